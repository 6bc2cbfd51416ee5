"""Loops from files of a user's own: what they may claim, and `pytest --impl my_loop.py:descend`."""

from __future__ import annotations

import dataclasses
import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from gradagree.errors import UsageError
from gradagree.matrix.registry import Implementation
from gradagree.runtime import frameworks
from gradagree.runtime.source import SIGNATURE, framework_of, function_of, read
from reference import claims
from reference.arithmetic import Arithmetic
from reference.claim import Claim, arithmetic_of
from reference.formats import BY_NAME

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


def check_claims(entries: Sequence[str], targets: Sequence[str]) -> None:
    """Refuse claims that cannot be read, or that are about nothing.

    Raises
    ------
    UsageError
        which names `--claim`.
    """
    if entries and not targets:
        raise UsageError("--claim says what a loop of --impl FILE does, and there is none; --impl FILE will do")
    try:
        for dtype in BY_NAME:
            claims.claimed(Arithmetic(BY_NAME[dtype], BY_NAME[dtype]), claims.speaking_of(entries, dtype))
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
    try:
        found = [_implementation(target, folder, tuple(entries)) for target in targets]
    except UsageError as error:
        raise UsageError(f"--impl {error}") from None
    each = {entry.target: entry for entry in found}.values()
    names = Counter(entry.name for entry in each)
    return tuple(entry if names[entry.name] == 1 else _named_by_path(entry, folder) for entry in each)


def _named_by_path(entry: Implementation, folder: Path) -> Implementation:
    """The entry under its path from the folder: another file has the same name."""
    path, _, function = entry.target.rpartition(":")
    words = re.findall(r"\w+", os.path.relpath(path, folder).removesuffix(".py"))
    return dataclasses.replace(entry, name="_".join([entry.framework, *words, function]))


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
