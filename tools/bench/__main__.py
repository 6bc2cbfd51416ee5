"""What verifying costs, measured side by side in one run: `python -m tools.bench [MODULE …]`.

Prints each figure with its limit, writes them all to `bench.json`, and exits with 1 if a limit is missed.
"""

from __future__ import annotations

import importlib
import json
import platform
import sys
import time
from pathlib import Path

import numpy as np

from tools.bench.figures import Result, line

# The quickest first; each is imported when its turn comes, since start-up is measured as well.
MODULES = ("startup", "verifying", "checkers", "implementations", "rows", "scale")
WRITTEN = Path(__file__).parents[2] / "bench.json"


def main(names: list[str]) -> int:
    """Measure, print and write; the exit status."""
    unknown = [name for name in names if name not in MODULES]
    if unknown:
        print(f"tools.bench: got {unknown[0]!r}; any of {', '.join(MODULES)} will do")
        return 2
    results: dict[str, list[Result]] = {}
    for name in names or MODULES:
        began = time.perf_counter()
        module = importlib.import_module(f"tools.bench.{name}")
        results[name] = module.measure()
        print(f"\n== {(module.__doc__ or name).splitlines()[0]} ({time.perf_counter() - began:.0f} s)\n")
        print("\n".join(line(figure) for figure in results[name]), flush=True)
    machine = {"python": platform.python_version(), "numpy": np.__version__, "machine": platform.machine()}
    WRITTEN.write_text(json.dumps({"machine": machine, "figures": results}, indent=1), encoding="utf-8")
    missed = [figure for figures in results.values() for figure in figures if not figure["ok"]]
    print(f"\n{sum(map(len, results.values()))} figures, {len(missed)} limits missed")
    for figure in missed:
        print(line(figure))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
