"""JAX under examination."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import jax.numpy as jnp

from gradagree.doctor.operations import Native
from gradagree.runtime.frameworks.on_jax import FRAMEWORK as ARRAYS
from gradagree.runtime.frameworks.on_jax import wide
from reference.dyadic import FloatArray
from reference.validate import FloatData


class OnJax(Native):
    """JAX's operations on one device."""

    def gradient_of_b(self, a: FloatData) -> FloatArray:
        """What the transpose of broadcasting makes of it, which is not `jnp.sum`."""
        incoming = self.native(a)
        _, backward = jax.vjp(lambda b: jnp.zeros_like(incoming) + b, incoming[0])
        (of_b,) = backward(incoming)
        return self.numbers(of_b)


class Jax:
    """JAX, on whichever platforms load."""

    def flags(self) -> dict[str, str]:
        """64-bit types, and the precision of products."""
        settings: Any = jax.config
        wide = "True" if settings.jax_enable_x64 else "False (float64 becomes float32; on for the probes of float64)"
        precision = str(settings.jax_default_matmul_precision)
        return {"jax_enable_x64": wide, "jax_default_matmul_precision": precision}

    def named(self, device: str) -> str:
        """What the platform calls its device."""
        kind = str(jax.devices({"cuda": "gpu"}.get(device, device))[0].device_kind)
        return "" if kind == device else kind

    def operations(self, device: str) -> OnJax:
        """Its operations on one of its devices."""
        return OnJax(ARRAYS, device)

    def setting(self, dtype: str) -> AbstractContextManager[object]:
        """64-bit types, where float64 is asked for."""
        return wide(True) if dtype == "float64" else nullcontext()


FRAMEWORK = Jax()
