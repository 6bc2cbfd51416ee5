"""The settings of float32 products, in their older and newer ways: read, and set for a while.

Each function takes the module `torch`. 2.9 brought `fp32_precision` for each backend; where somebody has set one of
these, asking one of the older settings raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, reduce
from typing import Any

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


@contextmanager
def full(torch: Any) -> Iterator[None]:
    """Float32 products are those of float32 inside. The older setting sets the newer ones as well.

    Where the older one cannot be asked, the newer ones are put back one by one.
    """
    try:
        precision = torch.get_float32_matmul_precision()
    except RuntimeError:
        precision = None
    backends = (torch.backends.cuda, torch.backends.mkldnn)
    switches = [backend.matmul for backend in backends if hasattr(backend, "matmul")]
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


def tf32(torch: Any) -> bool:
    """Whether GPUs round the factors of float32 products to TF32."""
    matmul = torch.backends.cuda.matmul
    precision = getattr(matmul, "fp32_precision", None)
    return bool(matmul.allow_tf32 if precision is None else precision == "tf32")


def settings(torch: Any) -> dict[str, str]:
    """Each setting by its name, those left out that this release does not have."""
    found = {"float32_matmul_precision": _text(torch.get_float32_matmul_precision)}
    for name in BACKENDS:
        text = _text(partial(reduce, getattr, name.split("."), torch.backends))
        found |= {name: text} if text else {}
    return found


def _text(read: Callable[[], Any]) -> str:
    try:
        return str(read())
    except AttributeError:
        return ""
    except RuntimeError:
        return "set in two ways"
