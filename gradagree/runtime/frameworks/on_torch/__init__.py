"""PyTorch: tensors, on the devices that this build and this machine have.

- `compiler`  what `torch.compile` needs beside PyTorch: a compiler, and a Python that it knows
- `gradients` which gradient a backward pass gave to which tensor, and which passes make one step
- `graph`     the graph of a PyTorch loss: which leaves it reaches, and what was noted of it
- `precision` the settings of float32 products, in their older and newer ways: read, and set for a while
- `roles`     which tensors of a script's operations are w, b, x and y, found by identity
- `scope`     what of the graph of a PyTorch loss is not least squares, and which optimizer is not plain descent
- `watcher`   watches a PyTorch script: to which leaves `backward()` and `torch.autograd.grad` give which gradients
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np

from gradagree.runtime.frameworks.framework import Framework, Host, host_copy, tf32_missing
from gradagree.runtime.frameworks.on_torch import precision
from gradagree.runtime.frameworks.on_torch.compiler import compiler_missing
from reference.claim import Claim
from reference.formats import BY_NAME
from reference.validate import FloatData

if TYPE_CHECKING:
    from gradagree.runtime.watching.watcher import Watcher

# From here on PyTorch splits its reductions over threads (at::internal::GRAIN_SIZE, 2¹⁵ elements). Below, threads
# compute nothing sooner, but wait for each other: where cores are busy, 50 times as long as the sums take.
ROWS_FOR_THREADS = 2**15


class Torch(Framework):
    """PyTorch, on whichever devices it sees."""

    name = "torch"
    title = "PyTorch"
    packages = ("torch",)
    kinds = ("cpu", "cuda", "mps", "xpu")
    dtypes = tuple(BY_NAME)
    claims = (
        Claim(
            {"partial_sums_from": 2**15 + 1},
            "PyTorch's CPU code stores a partial sum a thread where more than 2¹⁵ numbers of 16 bits add up to one",
            ("cpu",),
            ("bfloat16", "float16"),
        ),
        Claim({"flushes": True}, "Apple's GPUs flush float32's subnormals to zero", ("mps",), ("float32", "bfloat16")),
    )
    environment = ("TORCH_", "PYTORCH_")
    gradient_calls = "backward() or torch.autograd.grad"

    def devices(self) -> tuple[str, ...]:
        """The CPU, and each accelerator that PyTorch says it can use."""
        torch = self.module
        there = {"cuda": torch.cuda, "mps": torch.backends.mps, "xpu": torch.xpu}
        return ("cpu", *(device for device, build in there.items() if build.is_available()))

    def count(self, device: str) -> int:
        """How many devices of that kind PyTorch can use."""
        return int(getattr(self.module, device).device_count()) if device in ("cuda", "xpu") else 1

    def device_name(self, device: str) -> str:
        """A GPU's name."""
        return str(self.module.cuda.get_device_name()) if device == "cuda" else ""

    def lacks(self, device: str, need: str) -> str | None:
        """float64 on GPUs of Intel's that have none, TF32 on those older than it, and whatever compiles."""
        torch = self.module
        if need == "float64" and device == "xpu" and not torch.xpu.get_device_properties(0).has_fp64:
            return f"{torch.xpu.get_device_name(0)} has no float64"
        if need == "tf32" and device == "cuda":
            major, minor = torch.cuda.get_device_capability(0)
            # On AMD's, PyTorch numbers generations alike and means others.
            return tf32_missing(torch.cuda.get_device_name(0), "of AMD's" if torch.version.hip else f"{major}.{minor}")
        return compiler_missing(device, self.version()) if need == "compiler" else None

    @contextmanager
    def session(self, device: str, dtype: str, rows: int = 0) -> Iterator[None]:  # noqa: ARG002
        """Float32 products are float32 products: TF32 is off inside, whatever it was. Few rows get one thread."""
        torch = self.module
        before = torch.get_num_threads()
        with precision.full(torch):
            torch.set_num_threads(1 if rows < ROWS_FOR_THREADS else before)
            try:
                yield
            finally:
                torch.set_num_threads(before)

    def array(self, values: FloatData, device: str) -> Any:
        """A tensor of the same bits; bfloat16 goes through its bit pattern, since NumPy has no such dtype."""
        torch, own = self.module, np.ascontiguousarray(values).copy()
        if own.dtype == ml_dtypes.bfloat16:
            return torch.from_numpy(own.view(np.int16)).view(torch.bfloat16).to(device)
        return torch.from_numpy(own).to(device)

    def view(self, base: Any, shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> Any:
        """By `as_strided`."""
        return base.as_strided(shape, strides, offset)

    def strides_of(self, value: Any) -> tuple[int, ...] | None:
        """As `Tensor.stride` has them."""
        return tuple(value.stride())

    def host(self, value: Any) -> Host:
        """A float64 copy of a tensor; a Python float, as `.item()` gives it, counts as one of the CPU's."""
        torch = self.module
        if isinstance(value, float):
            return Host(host_copy(value), "float", "cpu")
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"got a {type(value).__name__}; a torch.Tensor will do")
        # To the CPU first: not every device has float64, and there the conversion is exact.
        there = value.detach().cpu()
        # What NumPy converts by itself, it does in half the time.
        own = there.dtype in (torch.float32, torch.float64, torch.float16)
        values = host_copy(there.numpy()) if own else there.to(torch.float64).numpy()
        return Host(values, str(value.dtype).removeprefix("torch."), value.device.type)

    def settings(self) -> dict[str, str]:
        """TF32, narrow sums on GPUs, and threads."""
        torch = self.module
        more = {"default dtype": str(torch.get_default_dtype()), "threads": str(torch.get_num_threads())}
        return precision.settings(torch) | more

    def summary(self) -> str:
        """TF32 and threads."""
        return f"TF32 {'on' if precision.tf32(self.module) else 'off'}, {self.module.get_num_threads()} threads"

    def bias_gradient(self, incoming: Any) -> Any:
        """What autograd makes of it."""
        torch = self.module
        b = torch.zeros(incoming.shape[1], dtype=incoming.dtype, device=incoming.device, requires_grad=True)
        (of_b,) = torch.autograd.grad(torch.zeros_like(incoming) + b, b, incoming)
        return of_b

    @contextmanager
    def count_backwards(self) -> Iterator[list[None]]:
        """Of `torch.autograd.backward`, through which `Tensor.backward` goes."""
        autograd, done = self.module.autograd, list[None]()
        original = autograd.backward

        def counted(*args: Any, **kwargs: Any) -> None:
            original(*args, **kwargs)
            done.append(None)

        autograd.backward = counted
        try:
            yield done
        finally:
            autograd.backward = original

    def watcher(self, path: str) -> Watcher:
        """Of `backward()` and `torch.autograd.grad`."""
        from gradagree.runtime.frameworks.on_torch.watcher import TorchWatcher

        return TorchWatcher(path)
