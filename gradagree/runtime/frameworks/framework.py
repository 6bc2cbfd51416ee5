"""What the suite needs of a framework: the class from which the class of each derives."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reference.claim import Claim
from reference.dyadic import FloatArray
from reference.validate import FloatData

if TYPE_CHECKING:
    from gradagree.runtime.watching.watcher import Watcher


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


class Framework(ABC):
    """A framework. The class tells what is known without importing it; an instance imports it, and holds its arrays.

    Only `array` and `host` must be written. The probes of `doctor` are made of the arrays' own `@`, `*` and `.sum(0)`.
    """

    name: ClassVar[str]  # the module to import; names of implementations begin with it
    title: ClassVar[str]  # what sentences call it
    packages: ClassVar[tuple[str, ...]]  # the distributions whose versions a report tells, the framework's own first
    kinds: ClassVar[tuple[str, ...]] = ("cpu",)  # of device, that it can use where its build is for them
    dtypes: ClassVar[tuple[str, ...]] = ("float32", "float64")  # in which a user's loop is run
    default_dtype: ClassVar[str] = "float32"  # in which it is where nobody says
    claims: ClassVar[tuple[Claim, ...]] = ()  # where its arithmetic is not the plain one, whatever is computed
    strides: ClassVar[bool] = True  # whether its arrays can be views with strides
    environment: ClassVar[tuple[str, ...]] = ()  # how the variables begin that change what it computes
    gradient_calls: ClassVar[str] = ""  # which calls its watcher sees, in words; empty where there is no watcher

    def __init__(self) -> None:
        """Import it.

        Raises
        ------
        ImportError
            if it is not installed; whatever else an import may raise.
        """
        self.module: Any = importlib.import_module(self.name)

    @abstractmethod
    def array(self, values: FloatData, device: str) -> Any:
        """A native array on `device`, of the dtype of `values` and with the same bits."""

    @abstractmethod
    def host(self, value: Any) -> Host:
        """A copy of a native array's numbers, taken now.

        Raises
        ------
        TypeError
            if `value` is no array or number of this framework.
        """

    def view(self, base: Any, shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> Any:
        """The view into a native array of one axis whose strides are these, in entries, from entry `offset` on."""
        raise NotImplementedError(f"{self.name}: has no views; a class with `strides` has")

    def strides_of(self, value: Any) -> tuple[int, ...] | None:  # noqa: ARG002
        """A native array's strides, in entries; `None` where it has none."""
        return None

    def version(self) -> str:
        """The framework's own version; that of its package where its module tells none."""
        return str(getattr(self.module, "__version__", None) or metadata.version(self.packages[0]))

    def devices(self) -> tuple[str, ...]:
        """The kinds of device that the framework can use here and now, `"cpu"` among them."""
        return ("cpu",)

    def count(self, device: str) -> int:  # noqa: ARG002
        """How many devices of a kind there are, one of those that `devices` names."""
        return 1

    def device_name(self, device: str) -> str:  # noqa: ARG002
        """Which device of a kind this is, in its maker's words; empty where nobody says."""
        return ""

    def lacks(self, device: str, need: str) -> str | None:  # noqa: ARG002
        """Why this machine's `device` cannot do what is needed, a dtype or one of `impls.NEEDS`; `None` if it can."""
        return None

    def session(self, device: str, dtype: str, rows: int = 0) -> AbstractContextManager[object]:  # noqa: ARG002
        """A context in which `dtype` means what it says on `device`, and after which everything is as it was.

        How many threads are worth their while depends on the number of rows.
        """
        return nullcontext()

    def with_dtype(self, dtype: str) -> AbstractContextManager[object]:  # noqa: ARG002
        """A context in which there are arrays of `dtype` at all. Nothing else is changed."""
        return nullcontext()

    def settings(self) -> dict[str, str]:
        """The settings that decide about arithmetic, by the names that the framework gives them."""
        return {}

    def summary(self) -> str:
        """Those that stand above a run, in a few words; empty where there are none."""
        return ""

    def bias_gradient(self, incoming: Any) -> Any:
        """What reaches b of `x @ w + b`, `(m,)`, when the native array `incoming`, `(N, m)`, reaches the sum.

        As the framework's own differentiation has it; who writes derivatives by hand writes a sum.
        """
        return incoming.sum(0)

    def count_backwards(self) -> AbstractContextManager[list[None] | None]:
        """A context with a list that grows by each backward that ends; `None` where the framework has no such call."""
        return nullcontext()

    def watcher(self, path: str) -> Watcher:
        """What sees the gradients that the script at `path` takes."""
        raise NotImplementedError(f"{self.name}: has no watcher; a class with `gradient_calls` has one")


def host_copy(values: Any) -> FloatArray:
    """A float64 copy of anything NumPy can read, not a view of it."""
    return np.array(values, dtype=np.float64)


@cache
def dtype_name(dtype: Any) -> str:
    """The name of a NumPy dtype, `"float32"`, which NumPy spells out anew each time it is asked."""
    name: str = dtype.name
    return name


def tf32_missing(gpu: str, capability: str) -> str | None:
    """Why a GPU has no TF32: NVIDIA's have it from compute capability 8 on. `None` if it has."""
    major = capability.partition(".")[0]
    if major.isdecimal() and int(major) >= 8:
        return None
    return f"{gpu} (compute capability {capability}) has no TF32, which came with 8.0"
