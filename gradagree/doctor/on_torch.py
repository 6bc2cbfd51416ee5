"""PyTorch under examination."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import reduce
from typing import Any

import torch

from gradagree.doctor.operations import Native
from gradagree.runtime.frameworks.on_torch import FRAMEWORK as ARRAYS
from reference.dyadic import FloatArray
from reference.validate import FloatData

# Settings under `torch.backends`; which of them there are depends on the release.
BACKENDS = (
    "cuda.matmul.fp32_precision",
    "cuda.matmul.allow_tf32",
    "cudnn.allow_tf32",
    "cuda.matmul.allow_bf16_reduced_precision_reduction",
    "cuda.matmul.allow_fp16_reduced_precision_reduction",
    "cuda.matmul.allow_fp16_accumulation",
    "mkldnn.matmul.fp32_precision",
)


class OnTorch(Native):
    """PyTorch's operations on one device."""

    def gradient_of_b(self, a: FloatData) -> FloatArray:
        """What autograd makes of it."""
        incoming = self.native(a)
        b = torch.zeros(incoming.shape[1], dtype=incoming.dtype, device=incoming.device, requires_grad=True)
        (of_b,) = torch.autograd.grad(torch.zeros_like(incoming) + b, b, incoming)
        return self.numbers(of_b)


class Torch:
    """PyTorch, on whichever devices it sees."""

    def flags(self) -> dict[str, str]:
        """TF32, narrow sums on GPUs, and threads."""
        told = {"float32_matmul_precision": _told(torch.get_float32_matmul_precision)}
        for name in BACKENDS:
            found = _told(lambda name=name: reduce(getattr, name.split("."), torch.backends))
            told |= {name: found} if found else {}
        return told | {"default dtype": str(torch.get_default_dtype()), "threads": str(torch.get_num_threads())}

    def named(self, device: str) -> str:
        """A GPU's name."""
        return torch.cuda.get_device_name() if device == "cuda" else ""

    def operations(self, device: str) -> OnTorch:
        """Its operations on one of its devices."""
        return OnTorch(ARRAYS, device)

    def setting(self, dtype: str) -> AbstractContextManager[object]:  # noqa: ARG002
        """PyTorch has all dtypes without being asked."""
        return nullcontext()


def _told(read: Any) -> str:
    """A setting; empty where this release has none of the name."""
    try:
        return str(read())
    except AttributeError:
        return ""
    except RuntimeError:  # PyTorch will not say where the older and the newer way of setting it are mixed
        return "set in two ways"


FRAMEWORK = Torch()
