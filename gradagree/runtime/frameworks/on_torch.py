"""PyTorch: tensors, on the devices that this build and this machine have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import ml_dtypes
import numpy as np
import torch

from gradagree.runtime.frameworks import Host, host_copy, no_tf32
from gradagree.runtime.frameworks.compiler import no_compiler
from reference.validate import FloatData

# From here on PyTorch splits its reductions over threads (at::internal::GRAIN_SIZE, 2¹⁵ elements). Below, threads
# compute nothing sooner, but wait for each other: where cores are busy, 50 times as long as the sums take.
ROWS_FOR_THREADS = 2**15
# What NumPy converts by itself, and in half the time.
_NUMPYS_TOO = (torch.float32, torch.float64, torch.float16)


class Torch:
    """PyTorch as the judge sees it."""

    name = "torch"

    def version(self) -> str:
        """PyTorch's version, its build named behind the plus."""
        return str(torch.__version__)

    def devices(self) -> tuple[str, ...]:
        """The CPU, and each accelerator that PyTorch says it can use."""
        found = ["cpu"]
        if torch.cuda.is_available():
            found.append("cuda")
        if torch.backends.mps.is_available():
            found.append("mps")
        if torch.xpu.is_available():
            found.append("xpu")
        return tuple(found)

    def count(self, device: str) -> int:
        """How many devices of that kind PyTorch can use."""
        return {"cuda": torch.cuda.device_count, "xpu": torch.xpu.device_count}.get(device, lambda: 1)()

    def lacks(self, device: str, need: str) -> str | None:
        """float64 on GPUs of Intel's that have none, TF32 on those older than it, and whatever compiles."""
        if need == "float64" and device == "xpu" and not torch.xpu.get_device_properties(0).has_fp64:
            return f"{torch.xpu.get_device_name(0)} has no float64"
        if need == "tf32" and device == "cuda":
            major, minor = torch.cuda.get_device_capability(0)
            # On AMD's, PyTorch numbers generations alike and means others.
            return no_tf32(torch.cuda.get_device_name(0), "of AMD's" if torch.version.hip else f"{major}.{minor}")
        if need == "compiler":
            return no_compiler(device, str(torch.__version__))
        return None

    def session(self, device: str, dtype: str, rows: int = 0) -> AbstractContextManager[object]:  # noqa: ARG002
        """Float32 products are float32 products: TF32 is off inside, whatever it was. Few rows get one thread."""
        return _session(1 if rows < ROWS_FOR_THREADS else torch.get_num_threads())

    def array(self, values: FloatData, device: str) -> Any:
        """A tensor of the same bits; bfloat16 goes through its bit pattern, since NumPy has no such dtype."""
        own = np.ascontiguousarray(values).copy()
        if own.dtype == ml_dtypes.bfloat16:
            return torch.from_numpy(own.view(np.int16)).view(torch.bfloat16).to(device)
        return torch.from_numpy(own).to(device)

    def host(self, value: Any) -> Host:
        """A float64 copy of a tensor; a Python float, as `.item()` gives it, counts as one of the CPU's."""
        if isinstance(value, float):
            return Host(host_copy(value), "float", "cpu")
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"got a {type(value).__name__}; a torch.Tensor will do")
        # To the CPU first: not every device has float64, and there the conversion is exact.
        there = value.detach().cpu()
        values = host_copy(there.numpy()) if there.dtype in _NUMPYS_TOO else there.to(torch.float64).numpy()
        return Host(values, str(value.dtype).removeprefix("torch."), value.device.type)


@contextmanager
def _session(threads: int) -> Iterator[None]:
    before = torch.get_num_threads()
    with _full_precision():
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)


@contextmanager
def _full_precision() -> Iterator[None]:
    """Float32 products are those of float32. The switch of old sets those that 2.9 brought as well.

    Where somebody has set one of the new ones, asking the old one raises; they are then put back one by one.
    """
    try:
        precision = torch.get_float32_matmul_precision()
    except RuntimeError:
        precision = None
    switches = [
        backend.matmul for backend in (torch.backends.cuda, torch.backends.mkldnn) if hasattr(backend, "matmul")
    ]
    found = [getattr(switch, "fp32_precision", None) for switch in switches]
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        if precision is not None:
            torch.set_float32_matmul_precision(precision)
        else:
            for switch, value in zip(switches, found, strict=True):
                switch.fp32_precision = value


FRAMEWORK = Torch()
