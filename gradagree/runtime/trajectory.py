"""What an implementation was seen to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reference.dyadic import FloatArray


@dataclass(frozen=True)
class ProtocolError:
    """Something that makes a run invalid, whatever its numbers.

    Parameters
    ----------
    kind
        `"raised"`, `"steps"`, `"shape"`, `"dtype"`, `"device"`, `"type"`, `"inputs"` or `"time"`.
    step
        the step at which it was seen; `None` where it belongs to none.
    message
        one sentence: what was given, and what would do.
    quantity, parameter
        of what it was seen: `"iterate"`, `"gradient"` or `"loss"`, of `"w"` or `"b"`; empty where of none of them.
    given
        the type that was given, of a fault of kind `"type"` in one of these quantities.
    """

    kind: str
    step: int | None
    message: str
    quantity: str = ""
    parameter: str = ""
    given: str = ""

    def __str__(self) -> str:
        return self.message if self.step is None else f"step {self.step}: {self.message}"


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The recorded numbers of a run, in float64, which holds every lower format exactly.

    K is the number of steps that were recorded, which a protocol error can make smaller than the number asked for.

    Parameters
    ----------
    params
        by name, `(K+1, …)`: the iterates, the end last; K of them where the end was never returned.
    grads
        by the same names, `(K, …)`; `None` where the implementation does not give them.
    loss
        `(K,)`, or `None`.
    protocol_errors
        what was wrong apart from the numbers, in the order it was seen.
    traceback
        the text of the exception that ended the run, if one did.
    unrecorded
        the values of the step that could not be recorded, by quantity, where one had another shape.
    """

    params: Mapping[str, FloatArray]
    grads: Mapping[str, FloatArray] | None = None
    loss: FloatArray | None = None
    protocol_errors: tuple[ProtocolError, ...] = ()
    traceback: str | None = None
    unrecorded: Mapping[str, FloatArray] = field(default_factory=dict)

    @property
    def w(self) -> FloatArray:
        """`(K+1, d, m)`: the weights of least squares."""
        return self.params["w"]

    @property
    def b(self) -> FloatArray:
        """`(K+1, m)`: its intercepts."""
        return self.params["b"]

    @property
    def grad_w(self) -> FloatArray | None:
        """`(K, d, m)`."""
        return None if self.grads is None else self.grads["w"]

    @property
    def grad_b(self) -> FloatArray | None:
        """`(K, m)`."""
        return None if self.grads is None else self.grads["b"]

    def with_params(self, **params: FloatArray) -> Trajectory:
        """The same run with other iterates of these parameters."""
        return replace(self, params={**self.params, **params})

    def with_grads(self, **grads: FloatArray) -> Trajectory:
        """The same run with other gradients of these parameters."""
        return replace(self, grads={**(self.grads or {}), **grads})
