"""Loops from outside beside our own: what they may claim, and `pytest --impl my_loop.py:descend`.

This and `registry` alone read the list of implementations.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import impls
from gradagree.errors import UsageError
from gradagree.runtime.source import SIGNATURE, framework_of, function_of, read
from reference import claims
from reference.arithmetic import Arithmetic
from reference.formats import BY_NAME

DEVICES = {"torch": impls.TORCH, "jax": impls.JAX, "numpy": impls.CPU}
# Nobody has said how code from outside forms its update.
ANY_UPDATE = impls.Claim({"fused_update": True}, "lr may be folded into the mean")
CLAIMS = {
    "torch": (*impls.PYTORCH, ANY_UPDATE),
    "jax": (*impls.XLA, ANY_UPDATE),
    "numpy": (*impls.NUMPY, ANY_UPDATE),
}


@dataclass(frozen=True)
class Outside(impls.Implementation):
    """An implementation in a file of somebody's own.

    Parameters
    ----------
    place
        `"/path/to/file.py:function"`.
    claimed
        what its author says of its arithmetic, as `reference.claims` reads it; where nothing is said, it is held to the
        plain formula, and never accused of more than wider bounds.
    """

    place: str = ""
    claimed: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """Where it is, for whoever runs it to import."""
        return self.place

    def arithmetic(self, device: str, dtype: str) -> Arithmetic:
        """The plain arithmetic of the dtype, the framework's own ways, and what is claimed of this dtype."""
        return claims.claimed(super().arithmetic(device, dtype), claims.speaking_of(self.claimed, dtype))


def claim_of(framework: str, device: str, dtype: str, entries: Sequence[str] = ()) -> Arithmetic:
    """What code in a framework may be held to: the plain arithmetic of its dtype, the framework's own ways, its claims.

    Raises
    ------
    UsageError
        if there is no such claim, or it says nothing of the dtype.
    """
    plain = Outside(framework, "", (device,), (dtype,), CLAIMS[framework]).arithmetic(device, dtype)
    try:
        return claims.claimed(plain, entries)
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


def implementations(targets: Sequence[str], folder: Path, entries: Sequence[str] = ()) -> tuple[Outside, ...]:
    """An entry for each `FILE:FUNCTION`, as `impls.IMPLEMENTATIONS` has them; the file is not imported yet.

    Parameters
    ----------
    targets
        as the user gave them; without `:FUNCTION` the file has one that fits.
    folder
        from which a relative path is meant.
    entries
        what is claimed of their arithmetic.

    Raises
    ------
    UsageError
        if a file cannot be read, or does not tell its function or its framework.
    """
    try:
        found = [_entry(target, folder, tuple(entries)) for target in targets]
    except UsageError as error:
        raise UsageError(f"--impl {error}") from None
    each = {entry.place: entry for entry in found}.values()
    names = Counter(entry.name for entry in each)
    return tuple(entry if names[entry.name] == 1 else _named_by_path(entry, folder) for entry in each)


def _named_by_path(entry: Outside, folder: Path) -> Outside:
    """The entry under its path from the folder: another file has the same name."""
    path, _, function = entry.place.rpartition(":")
    words = re.findall(r"\w+", os.path.relpath(path, folder).removesuffix(".py"))
    return dataclasses.replace(entry, name="_".join([entry.framework, *words, function]))


def _entry(target: str, folder: Path, entries: tuple[str, ...]) -> Outside:
    path, _, function = target.rpartition(":") if not target.endswith(".py") else (target, "", "")
    source = read(str(folder / path))
    if not function:
        if len(source.candidates) != 1:
            fitting = ", ".join(source.candidates) or "none"
            raise UsageError(f"{path}: the functions {SIGNATURE} in it are {fitting}; FILE:FUNCTION of one will do")
        function = source.candidates[0]
    function_of(source, function)
    framework, _ = framework_of(source, None)
    stem = source.path.stem.removeprefix(f"{framework}_")
    return Outside(
        name=f"{framework}_{stem}_{function}",
        about=f"{target}, from outside",
        devices=DEVICES[framework],
        dtypes=impls.ALL if framework == "torch" else impls.WIDE,
        claims=CLAIMS[framework],
        basic=True,
        place=f"{source.path}:{function}",
        claimed=entries,
    )
