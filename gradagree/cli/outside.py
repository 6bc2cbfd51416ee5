"""The third way in: `pytest --impl my_loop.py:descend` puts a loop beside the others in the matrix."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import impls
from gradagree.cli.outcome import UsageError
from gradagree.cli.source import SIGNATURE, framework_of, function_of, read

DEVICES = {"torch": impls.TORCH, "jax": impls.JAX, "numpy": ("cpu",)}


def implementations(targets: Sequence[str], folder: Path) -> tuple[impls.Implementation, ...]:
    """An entry for each `FILE:FUNCTION`, as `impls.IMPLEMENTATIONS` has them; the file is not imported yet.

    Parameters
    ----------
    targets
        as the user gave them; without `:FUNCTION` the file has one that fits.
    folder
        from which a relative path is meant.

    Raises
    ------
    UsageError
        if a file cannot be read, or does not tell its function or its framework.
    """
    return tuple(_entry(target, folder) for target in dict.fromkeys(targets))


def _entry(target: str, folder: Path) -> impls.Implementation:
    path, _, function = target.rpartition(":") if not target.endswith(".py") else (target, "", "")
    source = read(str(folder / path))
    if not function:
        if len(source.candidates) != 1:
            fitting = ", ".join(source.candidates) or "none"
            raise UsageError(f"{path}: got {fitting} of functions {SIGNATURE}; FILE:FUNCTION of one will do")
        function = source.candidates[0]
    function_of(source, function)
    framework, _ = framework_of(source, None)
    stem = source.path.stem.removeprefix(f"{framework}_")
    dtypes = impls.ALL if framework == "torch" else impls.WIDE
    claims = (impls.FLUSHES,) if framework == "jax" else ()
    name = f"{framework}_{stem}_{function}"
    return impls.Implementation(name, f"{source.path}:{function}", framework, DEVICES[framework], dtypes, claims)
