"""A function of the user's, as whoever judges it sees it: it is given problems, and gives back trajectories."""

from __future__ import annotations

from dataclasses import dataclass

from gradagree.runtime.failure import Failure
from gradagree.runtime.trajectory import Trajectory
from gradagree.runtime.worker.client import Worker
from gradagree.runtime.worker.protocol import packed_problem, unpacked_trajectory
from reference.problem import Problem


@dataclass(frozen=True)
class FunctionRun:
    """A run of the function: what it did, what it raised, and whether a gradient had been taken by then."""

    trajectory: Trajectory
    failure: Failure | None
    backward_seen: bool | None


class UserFunction(Worker):
    """A worker that runs the function of a file."""

    def __init__(self, path: str, function: str, framework: str, device: str, timeout: float) -> None:
        names = {"path": path, "function": function, "framework": framework, "device": device}
        super().__init__({"way": "function", **names}, timeout)

    def record(self, problem: Problem) -> FunctionRun:
        """What the function does with a problem, which is packed whole: data, start, rate, steps.

        Raises
        ------
        WorkerError, OwnError
            as `ask` does.
        """
        answer = self.ask(packed_problem(problem))
        raised = None if answer["failure"] is None else Failure(**answer["failure"])
        return FunctionRun(unpacked_trajectory(answer["trajectory"]), raised, answer["backward_seen"])
