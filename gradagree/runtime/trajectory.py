"""What an implementation was seen to do."""

from __future__ import annotations

from dataclasses import dataclass, field

from reference.dyadic import FloatArray


@dataclass(frozen=True)
class Fault:
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

    K is the number of steps that were recorded, which a fault can make smaller than the number asked for.

    Parameters
    ----------
    w, b
        `(K+1, d, m)` and `(K+1, m)`: the iterates, the end last; K of them where the end was never returned.
    grad_w, grad_b
        `(K, d, m)` and `(K, m)`, or `None` where the implementation does not give them.
    loss
        `(K,)`, or `None`.
    protocol_errors
        what was wrong apart from the numbers, in the order it was seen.
    traceback
        the text of the exception that ended the run, if one did.
    unrecorded
        the values of the step that could not be recorded, by quantity, where one had another shape.
    """

    w: FloatArray
    b: FloatArray
    grad_w: FloatArray | None
    grad_b: FloatArray | None
    loss: FloatArray | None
    protocol_errors: tuple[Fault, ...] = ()
    traceback: str | None = None
    unrecorded: dict[str, FloatArray] = field(default_factory=dict)
