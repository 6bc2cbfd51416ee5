"""What is checked, as messages speak of it; and a recorded run of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gradagree.checking.run import Run
from gradagree.runtime.trajectory import Trajectory
from reference.problem import Problem


@dataclass(frozen=True)
class Code:
    """What is known of the checked code before its numbers are looked at.

    Parameters
    ----------
    label
        what is checked, as the user gave it.
    framework
        whose arrays it takes.
    assumed
        what was found out or taken for granted, by name.
    notes
        sentences that stand in the message whatever the verdict.
    """

    label: str
    framework: str
    assumed: dict[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Case(Code):
    """The code, and a run of it to be answered.

    Parameters
    ----------
    run
        what was recorded of it.
    device
        where it ran.
    confirm
        runs the code on another problem, for a diagnosis to be repeated; `None` where only this record exists.
    claimed
        whether anybody has said what its arithmetic is; else the plain one of its dtype is taken.
    """

    run: Run
    device: str
    confirm: Callable[[Problem], Trajectory] | None = None
    claimed: bool = False
