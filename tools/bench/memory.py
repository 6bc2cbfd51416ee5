"""The most that a process has held in memory."""

from __future__ import annotations

import re
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak() -> float:
    """The most that this process has held in memory, in MB.

    On Linux, `ru_maxrss` of a process begins with what its parent held when it was started, so that whatever stays
    below that costs nothing at all. The kernel's own `VmHWM` begins with the program.
    """
    if STATUS.exists():
        found = re.search(r"^VmHWM:\s+(\d+) kB$", STATUS.read_text(), re.MULTILINE)
        if found is not None:
            return int(found[1]) * 1024 / 1e6
    import resource

    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / (1e6 if sys.platform == "darwin" else 1e6 / 1024)
