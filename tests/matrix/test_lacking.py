"""What a machine may lack: each is told in one sentence, and nothing is told where it is there."""

import shutil
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from gradagree.runtime.frameworks import framework
from gradagree.runtime.frameworks.framework import tf32_missing
from gradagree.runtime.frameworks.on_torch.compiler import compiler_missing


@pytest.mark.parametrize("capability", ["8.0", "8.6", "9.0", "12.0"])
def test_tf32_is_there_since_ampere(capability: str) -> None:
    assert tf32_missing("a GPU", capability) is None


@pytest.mark.parametrize("capability", ["7.5", "gfx90a", "of AMD's", "unknown"])
def test_tf32_is_not_there_before(capability: str) -> None:
    assert (
        tf32_missing("a GPU", capability) == f"a GPU (compute capability {capability}) has no TF32, which came with 8.0"
    )


@pytest.mark.parametrize(("capability", "there"), [((7, 5), False), ((9, 0), True)])
@pytest.mark.parametrize("amd", [False, True])
def test_pytorch_is_asked_for_its_gpu(
    capability: tuple[int, int], there: bool, amd: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "a GPU")
    monkeypatch.setattr(torch.version, "hip", "6.2" if amd else None)
    assert (framework("torch").lacks("cuda", "tf32") is None) is (there and not amd)
    assert framework("torch").lacks("cuda", "float64") is None


@pytest.mark.parametrize(("capability", "there"), [("7.5", False), ("9.0", True)])
def test_jax_is_asked_for_its_gpu(capability: str, there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    jax = pytest.importorskip("jax")
    on = framework("jax")
    gpu = SimpleNamespace(device_kind="a GPU", compute_capability=capability)
    monkeypatch.setattr(jax, "devices", lambda platform: {"gpu": [gpu]}[platform])
    assert (on.lacks("cuda", "tf32") is None) is there


@pytest.mark.parametrize("there", [True, False])
def test_not_every_gpu_of_intel_s_has_float64(there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    on = framework("torch")
    monkeypatch.setattr(torch.xpu, "get_device_properties", lambda _: SimpleNamespace(has_fp64=there))
    monkeypatch.setattr(torch.xpu, "get_device_name", lambda _: "a GPU")
    assert on.lacks("xpu", "float64") == (None if there else "a GPU has no float64")
    assert on.lacks("xpu", "float32") is None


@pytest.mark.parametrize(("system", "compiler"), [("linux", "g++"), ("darwin", "clang++"), ("win32", "cl")])
@pytest.mark.parametrize("there", [True, False])
def test_compiling_needs_a_compiler(system: str, compiler: str, there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, Any] = {compiler: "/somewhere"} if there else {}
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(sys, "version_info", (3, 13, 0))
    monkeypatch.setattr(shutil, "which", found.get)
    told = compiler_missing("cpu", "2.13.0")
    assert told is None if there else f"no {compiler} on the PATH" in str(told)


def test_another_compiler_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", sys.executable)
    assert compiler_missing("cpu", "2.13.0") is None
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert "no no-such-compiler on the PATH" in str(compiler_missing("cpu", "2.13.0"))


@pytest.mark.parametrize(("version", "there"), [("2.9.1", False), ("2.10.0", True), ("2.13.0+cpu", True)])
def test_compiling_on_python_3_14_came_with_2_10(version: str, there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", sys.executable)
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    assert (compiler_missing("cpu", version) is None) is there


def test_a_gpu_is_compiled_for_by_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "Triton" in str(compiler_missing("cuda", "2.13.0"))
