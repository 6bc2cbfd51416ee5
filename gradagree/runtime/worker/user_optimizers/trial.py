"""What an optimizer of somebody's own is run on, and the run as it comes back from the worker process."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradagree.runtime.failure import Failure
from gradagree.runtime.frameworks.framework import Framework
from gradagree.runtime.optimizing import Group, Kept, OptimizerRun, Recorder, Training
from gradagree.runtime.trajectory import ProtocolError
from gradagree.runtime.worker.limit import TimeLimit
from gradagree.runtime.worker.protocol import packed, unpacked
from gradagree.runtime.worker.user_optimizers.forms import FormError, TorchForm, form_of
from gradagree.runtime.worker.users_code import UsersCode
from reference.optimizers.scenario import Leaf

SLOWER = 0.5  # the second group's learning rate, in units of the first's


def leaves(lr: float, dtype: str) -> tuple[Leaf, ...]:
    """Two of one shape, one that lies in memory with strides, one number alone, one of small gradients, two groups.

    The numbers are no larger than some steps of an optimizer that goes by lr, so that a step shows beside their own
    rounding; the small gradients are such that ε shows.
    """
    small = 2.0**-9 if dtype == "float16" else 2.0**-17
    size = 2.0 ** min(0, math.ceil(math.log2(8 * lr))) if lr > 0 else 1.0
    return (
        Leaf("matrix", (5, 7), size=size),
        Leaf("strided", (4, 9), "strided", size=size),
        Leaf("twin_a", (6,), size=size),
        Leaf("twin_b", (6,), size=size),
        Leaf("scalar", (), size=size),
        Leaf("small", (11,), size=small * size, gradient_size=small),
        Leaf("second_group", (9,), group=1, size=size),
    )


@dataclass(frozen=True)
class UserRun:
    """A run of an optimizer of somebody's own.

    Parameters
    ----------
    run
        the recorded numbers, up to where it ended.
    grouped
        whether the second group had a learning rate of its own, `SLOWER` times the first's.
    misuse
        where it is no optimizer or does not behave as one: a sentence that goes on where a label ends.
    failure
        what its code raised.
    timed_out
        whether its time was up.
    """

    run: OptimizerRun
    grouped: bool = False
    misuse: str = ""
    failure: Failure | None = None
    timed_out: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the arrays' very bits; not what the parent knows anyhow."""
        run = self.run
        arrays = {name: _packed(getattr(run, name)) for name in ("memory", "gradients", "gradients_after")}
        states = [
            {q: {name: [packed(kept.values), kept.dtype] for name, kept in of.items()} for q, of in state.items()}
            for state in run.states
        ]
        return {
            "dtype": run.dtype,
            "arrays": arrays,
            "states": states,
            "protocol_errors": [dataclasses.asdict(error) for error in run.protocol_errors],
            "grouped": self.grouped,
            "misuse": self.misuse,
            "failure": None if self.failure is None else self.failure.as_json(),
            "timed_out": self.timed_out,
        }

    @classmethod
    def from_json(cls, message: Mapping[str, Any], lr: float) -> UserRun:
        """What `to_json` wrote, of a trial at this learning rate."""
        tried = leaves(lr, message["dtype"])
        states = [
            {
                quantity: {name: Kept(unpacked(values), dtype) for name, (values, dtype) in of.items()}
                for quantity, of in state.items()
            }
            for state in message["states"]
        ]
        arrays = {name: {of: unpacked(each) for of, each in kept.items()} for name, kept in message["arrays"].items()}
        run = OptimizerRun(
            dtype=message["dtype"],
            leaves={leaf.name: leaf for leaf in tried},
            states=states,
            protocol_errors=tuple(ProtocolError(**error) for error in message["protocol_errors"]),
            layouts={leaf.name: leaf.layout for leaf in tried},
            gradient_layouts={leaf.name: leaf.gradient_layout for leaf in tried},
            **arrays,
        )
        raised = None if message["failure"] is None else Failure(**message["failure"])
        return cls(run, message["grouped"], message["misuse"], raised, message["timed_out"])


class Trial(UsersCode):
    """An optimizer that is run on `leaves`; as much of the run as there is can be asked for at any time.

    Parameters
    ----------
    target
        what the user named.
    framework, device, dtype
        whose arrays it takes, where, and of which dtype.
    lr
        the learning rate of the first group.
    path
        the file, for an exception's line.
    limit
        of its time, which the user's code alone is held to.
    """

    def __init__(
        self, target: Any, framework: Framework, device: str, dtype: str, lr: float, path: str,
        limit: TimeLimit | None = None,
    ) -> None:  # fmt: skip
        self.target, self.framework, self.device, self.dtype = target, framework, device, dtype
        super().__init__(path, limit)
        self.lr = lr
        self.recorder = Recorder(leaves(lr, dtype), framework, device, dtype)
        self.grouped = False
        self.misuse = ""

    def run(self) -> UserRun:
        """The run, up to its end or to whatever ended it.

        Raises
        ------
        Exception
            if it is ours that failed.
        """
        try:
            # What is not finite is a finding of the judge, so NumPy need not warn of it as well.
            with self.framework.session(self.device, self.dtype), np.errstate(divide="ignore"):
                self.recorder.run(self._begin, "", ({}, {"lr": SLOWER * self.lr}))
        except FormError as error:
            self.misuse = str(error)
        except TypeError as error:  # of the recorder: another dtype, shape or device, or what is no array
            if self.failure is None:
                self.misuse = str(error)
        except BaseException:
            if self.failure is None:
                raise
        return self.so_far()

    def so_far(self, timed_out: bool = False) -> UserRun:
        """What there is of it."""
        return UserRun(self.recorder.result(), self.grouped, self.misuse, self.failure, timed_out)

    def _begin(self, _: str, groups: list[Group]) -> Training:
        form = form_of(self.target)
        if form is TorchForm:
            try:
                begun = form(self.target, groups, self.users_code)
            except BaseException:
                # Code that goes through the parameters itself knows of no groups.
                if self.failure is None:
                    raise
                self.failure = None
            else:
                self.grouped = True
                return begun
        together = {name: p for group in groups for name, p in group["params"].items()}
        return form(self.target, [{"params": together}], self.users_code)


def _packed(arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {name: packed(np.asarray(values)) for name, values in arrays.items()}
