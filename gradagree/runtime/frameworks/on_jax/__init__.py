"""JAX: arrays on the platforms whose plugins load; never more of a GPU's memory than is used.

- `data`    the data of a JAX script: what its function is given or closes over, and computes of it
- `roles`   which arguments of a JAX function are w, b, x and y, read off its jaxpr
- `scope`   what each operation makes of what depends on parameters, and what of it is not least squares
- `values`  one call: arguments by name, leaves by path, names in the script, and numbers on the host
- `watcher` watches a JAX script: what the functions that `jax.grad` and `jax.value_and_grad` make are given, and return
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from gradagree.runtime.frameworks.framework import Framework, Host, dtype_name, host_copy, tf32_missing
from reference.claim import Claim
from reference.formats import BFLOAT16, FLOAT16
from reference.validate import FloatData

if TYPE_CHECKING:
    from gradagree.runtime.watching.watcher import Watcher

# Two devices on the CPU, so that sharding over devices is more than a word there.
HOST_DEVICES = 2
# JAX calls its platforms by other names than everybody else.
_PLATFORM = {"cuda": "gpu"}
_DEVICE = {"gpu": "cuda"}
_CPU = ("cpu",)


class Jax(Framework):
    """JAX, on whichever platforms load."""

    name = "jax"
    title = "JAX"
    packages = ("jax", "jaxlib")
    kinds = ("cpu", "cuda", "tpu")
    claims = (
        Claim({"flushes": True}, "XLA's CPU code runs with subnormals flushed to zero", _CPU, ("float32", "float64")),
        Claim(
            {"accumulate": BFLOAT16, "flushes": True}, "XLA's CPU code sums bfloat16 in bfloat16", _CPU, ("bfloat16",)
        ),
        Claim({"accumulate": FLOAT16}, "XLA's CPU code sums float16 in float16", _CPU, ("float16",)),
        Claim({"flushes": True}, "TPUs flush subnormals to zero", ("tpu",)),
    )
    strides = False
    environment = ("JAX_", "XLA_")
    gradient_calls = "what jax.grad made"

    def __init__(self) -> None:
        """Import it, with what it reads once: when it is imported, or when its backend starts."""
        # JAX would otherwise take three quarters of a GPU's memory from its neighbours.
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
        super().__init__()
        # Where a caller has used JAX before and its backend has started, there stay as many devices as there are.
        with suppress(RuntimeError):
            self.module.config.update("jax_num_cpu_devices", HOST_DEVICES)

    def devices(self) -> tuple[str, ...]:
        """The platforms that have a device. The CPU is always one; which others is asked, since JAX falls back."""
        found = ["cpu"]
        for device in self.kinds[1:]:
            with suppress(RuntimeError):
                self._all(device)
                found.append(device)
        return tuple(found)

    def count(self, device: str) -> int:
        """How many devices the platform has; the CPU is as many as it was split into."""
        return len(self._all(device))

    def device_name(self, device: str) -> str:
        """What the platform calls its device."""
        kind = str(self._all(device)[0].device_kind)
        return "" if kind == device else kind

    def lacks(self, device: str, need: str) -> str | None:
        """TF32 on GPUs that are older than it."""
        if need != "tf32" or device != "cuda":
            return None
        gpu = self._all(device)[0]
        # "8.6" of NVIDIA's, "gfx90a" of AMD's.
        return tf32_missing(gpu.device_kind, getattr(gpu, "compute_capability", "unknown"))

    @contextmanager
    def session(self, device: str, dtype: str, rows: int = 0) -> Iterator[None]:  # noqa: ARG002
        """64-bit types where float64 is asked for, products in full precision, and new arrays on `device`."""
        jax, home = self.module, self._all(device)[0]
        with self._wide(dtype == "float64"), jax.default_matmul_precision("highest"), jax.default_device(home):
            yield

    def with_dtype(self, dtype: str) -> AbstractContextManager[object]:
        """64-bit types, where float64 is asked for."""
        return self._wide(True) if dtype == "float64" else nullcontext()

    def array(self, values: FloatData, device: str) -> Any:
        """An array of the same bits, committed to the device."""
        return self.module.device_put(values, self._all(device)[0])

    def host(self, value: Any) -> Host:
        """A float64 copy of an array; a Python float, as `float()` gives it, counts as one of the CPU's."""
        if isinstance(value, float):
            return Host(host_copy(value), "float", "cpu")
        if not isinstance(value, self.module.Array):
            raise TypeError(f"got a {type(value).__name__}; a jax.Array will do")
        platform = next(iter(value.devices())).platform
        return Host(host_copy(value), dtype_name(value.dtype), _DEVICE.get(platform, platform))

    def settings(self) -> dict[str, str]:
        """64-bit types, and the precision of products."""
        settings = self.module.config
        wide = "True" if settings.jax_enable_x64 else "False (float64 becomes float32; on for the probes of float64)"
        precision = str(settings.jax_default_matmul_precision)
        return {"jax_enable_x64": wide, "jax_default_matmul_precision": precision}

    def summary(self) -> str:
        """The same, in a few words."""
        settings = self.module.config
        wide = "on" if settings.jax_enable_x64 else "off"
        return f"jax_enable_x64 {wide}, precision of products {settings.jax_default_matmul_precision or 'default'}"

    def bias_gradient(self, incoming: Any) -> Any:
        """What the transpose of broadcasting makes of it, which is not `jnp.sum`."""
        jnp = importlib.import_module("jax.numpy")
        _, backward = self.module.vjp(lambda b: jnp.zeros_like(incoming) + b, incoming[0])
        (of_b,) = backward(incoming)
        return of_b

    def watcher(self, path: str) -> Watcher:
        """Of calls of the functions that `jax.grad` and `jax.value_and_grad` make."""
        from gradagree.runtime.frameworks.on_jax.watcher import JaxWatcher

        return JaxWatcher(path)

    def _all(self, device: str) -> Any:
        """The platform's devices; RuntimeError where there is no such platform."""
        return self.module.devices(_PLATFORM.get(device, device))

    def _wide(self, wanted: bool) -> AbstractContextManager[object]:
        """64-bit types on or off inside: JAX's own context since 0.8, and one of its experiments before."""
        home = self.module if hasattr(self.module, "enable_x64") else importlib.import_module("jax.experimental")
        context: AbstractContextManager[object] = home.enable_x64(wanted)
        return context
