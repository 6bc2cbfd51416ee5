"""JAX: arrays on the platforms whose plugins load; never more of a GPU's memory than is used."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

# Read once, when the backend starts: JAX would otherwise take three quarters of a GPU's memory from its neighbours.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax

from gradagree.runtime.frameworks import Host, dtype_name, host_copy, no_tf32
from reference.validate import FloatData

# Read once too. Two devices on the CPU, so that sharding over devices is more than a word there; where a caller has
# used JAX before and its backend has started, there stay as many as there are.
HOST_DEVICES = 2
with suppress(RuntimeError):
    jax.config.update("jax_num_cpu_devices", HOST_DEVICES)  # type: ignore[no-untyped-call]

# JAX calls its platforms by other names than everybody else.
_PLATFORM = {"cuda": "gpu"}
_DEVICE = {"gpu": "cuda"}


class Jax:
    """JAX as the judge sees it."""

    name = "jax"

    def version(self) -> str:
        """JAX's version."""
        return str(jax.__version__)

    def devices(self) -> tuple[str, ...]:
        """The platforms that have a device. The CPU is always one; which others is asked, since JAX falls back."""
        found = ["cpu"]
        for device in ("cuda", "tpu"):
            try:
                jax.devices(_PLATFORM.get(device, device))
            except RuntimeError:
                continue
            found.append(device)
        return tuple(found)

    def count(self, device: str) -> int:
        """How many devices the platform has; the CPU is as many as it was split into."""
        return len(jax.devices(_PLATFORM.get(device, device)))

    def lacks(self, device: str, need: str) -> str | None:
        """TF32 on GPUs that are older than it."""
        if need != "tf32" or device != "cuda":
            return None
        gpu = jax.devices(_PLATFORM[device])[0]
        # "8.6" of NVIDIA's, "gfx90a" of AMD's.
        return no_tf32(gpu.device_kind, getattr(gpu, "compute_capability", "unknown"))

    def session(self, device: str, dtype: str, rows: int = 0) -> AbstractContextManager[object]:  # noqa: ARG002
        """64-bit types where float64 is asked for, products in full precision, and new arrays on `device`."""
        return _session(device, dtype)

    def array(self, values: FloatData, device: str) -> Any:
        """An array of the same bits, committed to the device."""
        return jax.device_put(values, jax.devices(_PLATFORM.get(device, device))[0])

    def host(self, value: Any) -> Host:
        """A float64 copy of an array; a Python float, as `float()` gives it, counts as one of the CPU's."""
        if isinstance(value, float):
            return Host(host_copy(value), "float", "cpu")
        if not isinstance(value, jax.Array):
            raise TypeError(f"got a {type(value).__name__}; a jax.Array will do")
        platform = next(iter(value.devices())).platform
        return Host(host_copy(value), dtype_name(value.dtype), _DEVICE.get(platform, platform))


def wide(wanted: bool) -> AbstractContextManager[object]:
    """64-bit types on or off inside: JAX's own context since 0.8, and one of its experiments before."""
    home = jax if hasattr(jax, "enable_x64") else importlib.import_module("jax.experimental")
    context: AbstractContextManager[object] = home.enable_x64(wanted)
    return context


@contextmanager
def _session(device: str, dtype: str) -> Iterator[None]:
    home = jax.devices(_PLATFORM.get(device, device))[0]
    with wide(dtype == "float64"), jax.default_matmul_precision("highest"), jax.default_device(home):
        yield


FRAMEWORK = Jax()
