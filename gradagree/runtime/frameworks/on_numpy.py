"""NumPy: arrays of the host, in the dtypes of NumPy and ml_dtypes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from gradagree.runtime.frameworks import Host, dtype_name, host_copy
from reference.validate import FloatData


class Numpy:
    """NumPy as the judge sees it."""

    name = "numpy"

    def version(self) -> str:
        """NumPy's version."""
        return np.__version__

    def devices(self) -> tuple[str, ...]:
        """The host alone."""
        return ("cpu",)

    def count(self, device: str) -> int:  # noqa: ARG002
        """One host."""
        return 1

    def lacks(self, device: str, need: str) -> str | None:  # noqa: ARG002
        """Nothing: what NumPy does, it does everywhere."""
        return None

    def session(self, device: str, dtype: str, rows: int = 0) -> AbstractContextManager[object]:  # noqa: ARG002
        """Overflow is a finding of the judge, so NumPy need not warn of it as well."""
        return np.errstate(over="ignore", invalid="ignore")

    def array(self, values: FloatData, device: str) -> Any:  # noqa: ARG002
        """A writable copy."""
        return values.copy()

    def host(self, value: Any) -> Host:
        """A float64 copy of an array, a NumPy scalar, or a Python float."""
        if isinstance(value, float) and not isinstance(value, np.generic):
            return Host(host_copy(value), "float", "cpu")
        if not isinstance(value, (np.ndarray, np.generic)):
            raise TypeError(f"got a {type(value).__name__}; a NumPy array will do")
        return Host(host_copy(value), dtype_name(value.dtype), "cpu")


FRAMEWORK = Numpy()
