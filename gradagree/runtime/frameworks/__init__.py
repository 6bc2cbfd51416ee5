"""How arrays go into a framework, and how numbers come back out of it.

One module for each framework, imported when it is asked for and not before.
"""

from __future__ import annotations

import importlib
import importlib.util
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np

from reference.dyadic import FloatArray
from reference.validate import FloatData

NAMES = ("torch", "jax", "numpy")


@dataclass(frozen=True)
class Host:
    """One value of an implementation, on the host.

    Parameters
    ----------
    values
        its numbers in float64, which holds every lower format exactly.
    dtype, device
        what it really was and where it really lived; the device without its index, `"cuda"`.
    """

    values: FloatArray
    dtype: str
    device: str


class Framework(Protocol):
    """What the judge needs of a framework."""

    name: str

    def version(self) -> str:
        """The framework's own version."""

    def devices(self) -> tuple[str, ...]:
        """The kinds of device that the framework can use here and now, `"cpu"` among them."""

    def count(self, device: str) -> int:
        """How many devices of a kind there are, one of those that `devices` names."""

    def lacks(self, device: str, need: str) -> str | None:
        """Why this machine's `device` cannot do what is needed, a dtype or one of `impls.NEEDS`; `None` if it can."""

    def session(self, device: str, dtype: str, rows: int = 0) -> AbstractContextManager[object]:
        """A context in which `dtype` means what it says on `device`, and after which everything is as it was.

        How many threads are worth their while depends on the number of rows.
        """

    def array(self, values: FloatData, device: str) -> Any:
        """A native array on `device`, of the dtype of `values` and with the same bits."""

    def host(self, value: Any) -> Host:
        """A copy of a native array's numbers, taken now.

        Raises
        ------
        TypeError
            if `value` is no array or number of this framework.
        """


def framework(name: str) -> Framework:
    """The framework called `name`, imported now.

    Raises
    ------
    ImportError
        if it is not installed.
    """
    module = importlib.import_module(f"gradagree.runtime.frameworks.on_{name}")
    found: Framework = module.FRAMEWORK
    return found


def installed(name: str) -> bool:
    """Whether the framework could be imported, found out without importing it."""
    return importlib.util.find_spec(name) is not None


def host_copy(values: Any) -> FloatArray:
    """A float64 copy of anything NumPy can read, not a view of it."""
    return np.array(values, dtype=np.float64)


@cache
def dtype_name(dtype: Any) -> str:
    """The name of a NumPy dtype, `"float32"`, which NumPy spells out anew each time it is asked."""
    name: str = dtype.name
    return name


def no_tf32(gpu: str, capability: str) -> str | None:
    """Why a GPU has no TF32: NVIDIA's have it from compute capability 8 on. `None` if it has."""
    major = capability.partition(".")[0]
    if major.isdecimal() and int(major) >= 8:
        return None
    return f"{gpu} (compute capability {capability}) has no TF32, which came with 8.0"
