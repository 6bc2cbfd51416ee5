"""NumPy: arrays of the host, in the dtypes of NumPy and ml_dtypes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from gradagree.runtime.frameworks.framework import Framework, Host, dtype_name, host_copy
from reference.claim import Claim
from reference.formats import BFLOAT16, FLOAT16
from reference.validate import FloatData


class Numpy(Framework):
    """NumPy, which computes on the host alone, and does there whatever it does anywhere."""

    name = "numpy"
    title = "NumPy"
    packages = ("numpy", "ml_dtypes")
    default_dtype = "float64"
    claims = (
        Claim({"accumulate": FLOAT16}, "NumPy sums float16 over rows in float16", dtypes=("float16",)),
        Claim({"accumulate": BFLOAT16}, "ml_dtypes sums bfloat16 in bfloat16", dtypes=("bfloat16",)),
    )

    def session(self, device: str, dtype: str, rows: int = 0) -> AbstractContextManager[object]:  # noqa: ARG002
        """Overflow is a finding of the judge, so NumPy need not warn of it as well."""
        return np.errstate(over="ignore", invalid="ignore")

    def array(self, values: FloatData, device: str) -> Any:  # noqa: ARG002
        """A writable copy."""
        return values.copy()

    def view(self, base: Any, shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> Any:
        """By `as_strided`."""
        return np.lib.stride_tricks.as_strided(base[offset:], shape, [base.itemsize * stride for stride in strides])

    def strides_of(self, value: Any) -> tuple[int, ...] | None:
        """In entries, and not in bytes as NumPy has them."""
        return tuple(stride // value.itemsize for stride in value.strides)

    def host(self, value: Any) -> Host:
        """A float64 copy of an array, a NumPy scalar, or a Python float."""
        if isinstance(value, float) and not isinstance(value, np.generic):
            return Host(host_copy(value), "float", "cpu")
        if not isinstance(value, (np.ndarray, np.generic)):
            raise TypeError(f"got a {type(value).__name__}; a NumPy array will do")
        return Host(host_copy(value), dtype_name(value.dtype), "cpu")

    def settings(self) -> dict[str, str]:
        """Whose matrix products these are."""
        found: dict[str, Any] = np.show_config(mode="dicts")  # type: ignore[assignment]
        blas = found.get("Build Dependencies", {}).get("blas", {})
        return {"blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()}
