"""Runs the optimizer of a file on gradients that it is given; and the parent's side of that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gradagree.runtime import frameworks
from gradagree.runtime.worker.client import Worker
from gradagree.runtime.worker.function import load
from gradagree.runtime.worker.limit import TimeLimit
from gradagree.runtime.worker.user_optimizers.trial import Trial, UserRun


class OptimizerWorker:
    """An optimizer of a file, ready to be run."""

    def __init__(self, path: str, name: str, framework: str, device: str) -> None:
        self.path, self.framework, self.device = path, frameworks.framework(framework), device
        self.target = load(Path(path), name)

    def run(self, request: dict[str, Any], limit: TimeLimit) -> dict[str, Any]:
        """Run it in the dtype and at the rate of the request, up to its end, its exception or the limit."""
        trial = Trial(
            self.target, self.framework, self.device, request["dtype"], request["lr"], self.path, limit
        )  # fmt: skip
        with limit.run(lambda: trial.so_far(timed_out=True).to_json()):
            return trial.run().to_json()


class UserOptimizer(Worker):
    """A worker that runs the optimizer of a file."""

    def __init__(self, path: str, name: str, framework: str, device: str, timeout: float) -> None:
        names = {"path": path, "function": name, "framework": framework, "device": device}
        super().__init__({"way": "optimizer", **names}, timeout)

    def record(self, dtype: str, lr: float) -> UserRun:
        """What the optimizer does in the trial.

        Raises
        ------
        WorkerError, OwnError
            as `ask` does.
        """
        return UserRun.from_json(self.ask({"dtype": dtype, "lr": lr}), lr)
