"""Loops from files of a user's own: what they may claim, and `pytest --impl my_loop.py:descend`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gradagree.errors import UsageError
from gradagree.matrix.registry import Implementation
from gradagree.runtime import frameworks
from gradagree.runtime.source import SIGNATURE, framework_of, function_of, read
from reference import claims
from reference.arithmetic import Arithmetic
from reference.claim import Claim, arithmetic_of

# Nobody has said how code from outside forms its update.
ANY_UPDATE = Claim({"fused_update": True}, "lr may be folded into the mean")


def claim_of(framework: str, device: str, dtype: str, entries: Sequence[str] = ()) -> Arithmetic:
    """What code in a framework may be held to: the plain arithmetic of its dtype, the framework's own ways, its claims.

    Raises
    ------
    UsageError
        if there is no such claim, or it says nothing of the dtype.
    """
    try:
        return claims.claimed(arithmetic_of(_shared(framework), device, dtype), entries)
    except ValueError as error:
        raise UsageError(f"--claim: {error}") from None


def implementations(targets: Sequence[str], folder: Path, entries: Sequence[str] = ()) -> tuple[Implementation, ...]:
    """An implementation for each `FILE:FUNCTION`; the file is not imported yet.

    Parameters
    ----------
    targets
        as the user gave them; without `:FUNCTION` the file has one that fits.
    folder
        from which a relative path is meant.
    entries
        what is claimed of their arithmetic; where nothing is said, they are held to the plain formula, and never
        accused of more than wider bounds.

    Raises
    ------
    UsageError
        if a file cannot be read, or does not tell its function or its framework.
    """
    return tuple(_implementation(target, folder, tuple(entries)) for target in dict.fromkeys(targets))


def _implementation(target: str, folder: Path, entries: tuple[str, ...]) -> Implementation:
    path, _, function = target.rpartition(":") if not target.endswith(".py") else (target, "", "")
    source = read(str(folder / path))
    if not function:
        if len(source.candidates) != 1:
            fitting = ", ".join(source.candidates) or "none"
            raise UsageError(f"{path}: the functions {SIGNATURE} in it are {fitting}; FILE:FUNCTION of one will do")
        function = source.candidates[0]
    function_of(source, function)
    name, _ = framework_of(source, None)
    framework = frameworks.declared(name)
    return Implementation(
        name=f"{name}_{source.path.stem.removeprefix(f'{name}_')}_{function}",
        about=f"{target}, from outside",
        devices=framework.kinds,
        dtypes=framework.dtypes,
        claims=_shared(name),
        basic=True,
        target=f"{source.path}:{function}",
        claimed=entries,
    )


def _shared(framework: str) -> tuple[Claim, ...]:
    return (*frameworks.declared(framework).claims, ANY_UPDATE)
