"""A recorded run with all that the command line knows of it besides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gradagree.checking.run import Run
from gradagree.runtime.trajectory import Trajectory
from reference.problem import Problem


@dataclass(frozen=True)
class Case:
    """A run to be answered.

    Parameters
    ----------
    label
        what is checked, as the user gave it.
    run
        what was recorded of it.
    device
        where it ran.
    assumed
        what was found out or taken for granted, by name.
    confirm
        runs the code on another problem, for a diagnosis to be repeated; `None` where only this record exists.
    notes
        sentences that stand in the message whatever the verdict.
    claimed
        whether anybody has said what its arithmetic is; else the plain one of its dtype is taken.
    """

    label: str
    run: Run
    device: str
    assumed: dict[str, str]
    confirm: Callable[[Problem], Trajectory] | None = None
    notes: tuple[str, ...] = ()
    claimed: bool = False
