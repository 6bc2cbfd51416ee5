"""Who is on trial: one file per road to a gradient, each a complete loop to learn from.

This is the list of them. It holds strings alone, so that reading it costs no import of a framework; and it is the one
file here that knows of the rest of the suite, so that each of the others could be pasted into a notebook.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from reference.formats import BY_NAME, FLOAT32, FLOAT64
from reference.rounding import Arithmetic

WIDE = ("float32", "float64")
ALL = (*WIDE, "bfloat16", "float16")


@dataclass(frozen=True)
class Claim:
    """Where an implementation's arithmetic differs from the plain claim, and why that is honest.

    Parameters
    ----------
    changes
        fields of `Arithmetic`, by name.
    reason
        what the framework does, as seen.
    devices, dtypes
        where it does so; empty for everywhere.
    """

    changes: dict[str, Any]
    reason: str
    devices: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()

    def holds(self, device: str, dtype: str) -> bool:
        """Whether the claim is about this device and dtype."""
        return (not self.devices or device in self.devices) and (not self.dtypes or dtype in self.dtypes)


@dataclass(frozen=True)
class Implementation:
    """One road to a gradient.

    Parameters
    ----------
    name
        begins with the framework's name, so that `pytest -k` selects by it.
    target
        `"module:function"`, the generator to run.
    framework
        `"torch"`, `"jax"` or `"numpy"`: whose arrays it takes.
    devices, dtypes
        where it is meant to run.
    claims
        where its arithmetic is not the plain one of its dtype.
    """

    name: str
    target: str
    framework: str
    devices: tuple[str, ...]
    dtypes: tuple[str, ...]
    claims: tuple[Claim, ...] = ()

    def arithmetic(self, device: str, dtype: str) -> Arithmetic:
        """What the implementation claims of its arithmetic on `device` in `dtype`.

        The plain claim: results are stored in the dtype, and sums accumulated in it, or in float32 where the dtype is
        narrower, as BLAS libraries and tensor units do.
        """
        storage = BY_NAME[dtype]
        plain = Arithmetic(storage, accumulate=storage if storage in (FLOAT32, FLOAT64) else FLOAT32)
        for claim in self.claims:
            if claim.holds(device, dtype):
                plain = dataclasses.replace(plain, **claim.changes)
        return plain


TORCH = ("cpu", "cuda", "mps", "xpu")
JAX = ("cpu", "cuda", "tpu")

FLUSHES = Claim({"flushes": True}, "XLA's CPU code runs with subnormals flushed to zero", devices=("cpu",), dtypes=WIDE)

IMPLEMENTATIONS = (
    Implementation("torch_manual", "impls.torch_manual:descend", "torch", TORCH, ALL),
    Implementation("torch_rebind", "impls.torch_rebind:descend", "torch", TORCH, ALL),
    Implementation("numpy_analytic", "impls.numpy_analytic:descend", "numpy", ("cpu",), WIDE),
    Implementation("jax_grad", "impls.jax_grad:descend", "jax", JAX, WIDE, claims=(FLUSHES,)),
)
