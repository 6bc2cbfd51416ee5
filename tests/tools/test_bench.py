"""What `make bench` says: a limit that is missed, and memory that is held."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tools.bench.figures import at_least, at_most, line

MB = 2**20

ARRAY = 200 * MB

# What a process of its own holds of itself, and after it has held an array.
OWN = f"""
import numpy as np
from tools.bench.memory import peak
before = peak()
np.ones({ARRAY} // 8)
print(before, peak())
"""


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (at_most("ratio", 1.0, 1.0, "times"), True),
        (at_most("ratio", 1.1, 1.0, "times"), False),
        (at_most("ratio", math.nan, 1.0, "times"), False),
        (at_least("ratio", 1.0, 1.0, "times"), True),
        (at_least("ratio", 0.9, 1.0, "times"), False),
        (at_least("ratio", math.nan, 1.0, "times"), False),
    ],
)
def test_a_limit_that_is_missed_is_seen(figure: dict[str, object], met: bool) -> None:
    assert figure["ok"] is met
    assert line(figure).endswith("ok") is met


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a program by itself")
def test_memory_is_seen_though_the_parent_held_more() -> None:
    held = np.ones(2 * ARRAY // 8)
    done = subprocess.run(
        [sys.executable, "-c", OWN], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    before, after = map(float, done.stdout.split())
    assert before < ARRAY / 1e6 <= after < held.nbytes / 1e6
