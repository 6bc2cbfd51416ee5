"""What other versions of Python and of the frameworks do differently, as far as one machine can show it."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import impls
from reference.problems import cast

# PyTorch compiles its own formulas once in a process, so this is asked in a process of its own. There the function that
# warns sees Python 3.14, and every warning is an error.
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
from impls.torch_forward import descend
list(descend(x, y, w, b, 0.1, 1))
print("ran")
"""


def test_python_3_14_words_a_warning_otherwise() -> None:
    pytest.importorskip("torch", minversion="2.13")
    done = subprocess.run([sys.executable, "-c", ON_PYTHON_3_14], capture_output=True, text=True, check=False)
    assert done.stdout == "ran\n", done.stderr


@pytest.mark.parametrize(
    "implementation", ["torch_forward", "torch_compile", "second/torch_hessian", "second/torch_product"]
)
def test_however_python_words_it_the_warning_is_let_pass(implementation: str) -> None:
    """The others take seconds each; what they let pass is the same."""
    source = (Path(impls.__file__).parent / f"{implementation}.py").read_text(encoding="utf-8")
    (pattern,) = re.findall(r'message="(`torch.jit.script.*?)"', source)
    for words in ("`torch.jit.script` is deprecated.", "`torch.jit.script` is not supported in Python 3.14+"):
        assert re.match(pattern, words)


class Before29:
    """`torch.backends.cuda.matmul` as it was before 2.9: with the old switch alone."""

    allow_tf32 = False


def test_tf32_is_switched_by_its_old_name_where_there_is_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    from impls.torch_tf32 import tf32

    matmul = Before29()
    monkeypatch.setattr(torch.backends.cuda, "matmul", matmul)
    with tf32():
        assert matmul.allow_tf32 is True
    assert matmul.allow_tf32 is False
    assert vars(matmul) == {"allow_tf32": False}


@pytest.mark.parametrize(("system", "kind"), [("linux", "forkserver"), ("darwin", "spawn"), ("win32", "spawn")])
@pytest.mark.parametrize("implementation", ["torch_ddp", "torch_fsdp"])
def test_nothing_is_forked_where_a_fork_may_crash(
    implementation: str, system: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    module = importlib.import_module(f"impls.{implementation}")
    monkeypatch.setattr(sys, "platform", system)
    methods = ["spawn"] if system == "win32" else ["fork", "spawn", "forkserver"]
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: methods)
    expected = getattr(multiprocessing.get_context(kind), "Process")  # noqa: B009
    assert module.kind_of_process(torch.device("cpu")) == expected


def test_a_narrow_encoding_escapes_what_it_lacks() -> None:
    """As on Windows, where what is redirected is written in the system's own code page."""
    command = [sys.executable, "-m", "gradagree", "list"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\u" in done.stdout or b"\\x" in done.stdout


class Numpy20(np.ndarray):
    """Arrays that divide as in NumPy 2.0, where bfloat16 over a Python integer is float32."""

    def __truediv__(self, other: Any) -> Any:
        wide = isinstance(other, int) and self.dtype.name == "bfloat16"
        return super().__truediv__(np.float32(other) if wide else other)


def test_numpy_einsum_yields_the_dtype_it_was_given_where_bfloat16_over_an_integer_is_float32(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from impls import numpy_einsum

    def asarray(values: Any) -> Any:
        return np.asarray(values).view(Numpy20)

    problem = cast("probe97", "bfloat16")
    x, y, w, b = (asarray(array) for array in (problem.x, problem.y, problem.w0, problem.b0))
    assert (x / 7).dtype == np.float32
    monkeypatch.setattr(numpy_einsum, "np", SimpleNamespace(**vars(np) | {"asarray": asarray}))
    step = next(numpy_einsum.descend(x, y, w, b, problem.lr, 1))
    assert [array.dtype.name for array in step] == ["bfloat16"] * 5
