"""What other versions of Python and of the frameworks do differently, as far as one machine can show it."""

from __future__ import annotations

import subprocess
import sys

import pytest

# PyTorch compiles its own formulas once in a process: each of these is asked in a process of its own. There the
# function that warns sees Python 3.14, and every warning is an error.
ON_PYTHON_3_14 = """
import importlib, sys, types, warnings
import torch

class Later(types.ModuleType):
    version_info = (3, 14, 0, "final", 0)
    def __getattr__(self, name):
        return getattr(sys, name)

importlib.import_module("torch.jit._script").sys = Later("sys")
warnings.simplefilter("error")
x, y, w, b = torch.ones(4, 1), torch.ones(4, 1), torch.zeros(1, 1), torch.zeros(1)
try:
    torch.jit.script(lambda: None)
except DeprecationWarning as warning:
    assert "not supported in Python 3.14" in str(warning), warning
from {module} import {name} as road
{call}
print("ran")
"""


@pytest.mark.parametrize(
    ("module", "name", "call"),
    [
        ("impls.torch_forward", "descend", "list(road(x, y, w, b, 0.1, 1))"),
        ("impls.torch_compile", "descend", "list(road(x, y, w, b, 0.1, 1))"),
        ("impls.second.torch_hessian", "hessian", "road(x, y, w, b)"),
        ("impls.second.torch_product", "product", "road(x, y, w, b, w, b)"),
    ],
)
def test_python_3_14_words_a_warning_otherwise(module: str, name: str, call: str) -> None:
    pytest.importorskip("torch", minversion="2.13")
    code = ON_PYTHON_3_14.format(module=module, name=name, call=call)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "ran\n", done.stderr
