"""NumPy under examination."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from gradagree.doctor.operations import Native
from gradagree.runtime.frameworks.on_numpy import FRAMEWORK as ARRAYS
from reference.dyadic import FloatArray
from reference.validate import FloatData


class OnNumpy(Native):
    """NumPy's operations."""

    def gradient_of_b(self, a: FloatData) -> FloatArray:
        """The same: who writes the derivative by hand writes a sum."""
        return self.total(a)


class Numpy:
    """NumPy, which computes on the host alone."""

    def flags(self) -> dict[str, str]:
        """Whose matrix products these are."""
        found: dict[str, Any] = np.show_config(mode="dicts")  # type: ignore[assignment]
        blas = found.get("Build Dependencies", {}).get("blas", {})
        return {"blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()}

    def named(self, device: str) -> str:  # noqa: ARG002
        """The host's processor stands with the machine."""
        return ""

    def operations(self, device: str) -> OnNumpy:
        """Of the host."""
        return OnNumpy(ARRAYS, device)

    def setting(self, dtype: str) -> AbstractContextManager[object]:  # noqa: ARG002
        """NumPy has all dtypes; what overflows or underflows in a probe is what it asks for."""
        return nullcontext()


FRAMEWORK = Numpy()
