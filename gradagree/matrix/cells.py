"""The cells of the matrix: implementation × device × dtype × problem."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradagree.matrix.registry import Implementation
from gradagree.matrix.rules import chosen, excluded


@dataclass(frozen=True)
class Cell:
    """One implementation on one device, in one dtype, on one problem."""

    implementation: Implementation
    device: str
    dtype: str
    problem: str

    def __str__(self) -> str:
        return f"{self.implementation.name}-{self.device}-{self.dtype}-{self.problem}"


def cells(
    implementations: Sequence[Implementation],
    devices: Sequence[str],
    dtypes: Sequence[str],
    problem_names: Sequence[str],
    depth: str | None = None,
) -> Iterator[Cell]:
    """Every cell of the matrix that makes sense; of these, where a depth is given, those that belong to it."""
    for entry, device, dtype in fitting(implementations, devices, dtypes):
        for problem in problem_names:
            if depth is not None and not chosen(depth, entry, dtype, problem):
                continue
            if excluded(entry, device, dtype, problem) is None:
                yield Cell(entry, device, dtype, problem)


def fitting(
    implementations: Sequence[Implementation], devices: Sequence[str], dtypes: Sequence[str]
) -> Iterator[tuple[Implementation, str, str]]:
    """Each implementation with the devices and dtypes that it is meant for."""
    for entry, device, dtype in itertools.product(implementations, devices, dtypes):
        if device in entry.devices and dtype in entry.dtypes:
            yield entry, device, dtype


def absent(
    implementations: Sequence[Implementation],
    devices: Sequence[str],
    dtypes: Sequence[str],
    problem_names: Sequence[str],
) -> Iterator[Cell]:
    """One cell for each implementation that is meant for none of these devices: the table says that it was not run."""
    for entry in implementations:
        wanted = [dtype for dtype in dtypes if dtype in entry.dtypes]
        if wanted and problem_names and not set(devices) & set(entry.devices):
            yield Cell(entry, entry.devices[0], wanted[0], problem_names[0])
