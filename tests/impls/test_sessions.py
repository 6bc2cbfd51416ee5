"""What a framework's session changes, and that it is as it was afterwards; and what its class sets as it imports it."""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from gradagree.runtime import frameworks
from gradagree.runtime.frameworks import framework
from gradagree.runtime.frameworks.on_torch import ROWS_FOR_THREADS

PREALLOCATE = "XLA_PYTHON_CLIENT_PREALLOCATE"
# A finder that is asked first sees the setting as it is when JAX's import begins, and goes no further.
AS_JAX_IS_IMPORTED = f"""
import os, sys

class Watch:
    def find_spec(self, module, path=None, target=None):
        if module == "jax":
            print(os.environ.get("{PREALLOCATE}"))
            raise SystemExit

sys.meta_path.insert(0, Watch())
framework("jax")
"""
SWITCHES = """
import torch
torch.backends.cuda.matmul.fp32_precision = "tf32"
with framework("torch").session("cpu", "float32", 1):
    print(torch.backends.cuda.matmul.fp32_precision)
print(torch.backends.cuda.matmul.fp32_precision, torch.backends.mkldnn.matmul.fp32_precision)
"""


def printed(code: str, **environment: str) -> list[str]:
    """What a fresh process prints, in which a framework can still be set up."""
    start = f"from gradagree.runtime.frameworks import framework\n{code}"
    kept = {name: value for name, value in os.environ.items() if name != PREALLOCATE}
    done = subprocess.run(
        [sys.executable, "-c", start], env=kept | environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.fixture
def torch() -> Iterator[Any]:
    """PyTorch with 2 threads and TF32 products, put back afterwards."""
    pytest.importorskip("torch")
    module = importlib.import_module("torch")
    before = module.get_num_threads(), module.get_float32_matmul_precision()
    module.set_num_threads(2)
    module.set_float32_matmul_precision("high")
    yield module
    module.set_num_threads(before[0])
    module.set_float32_matmul_precision(before[1])


@pytest.fixture
def jax() -> Any:
    return pytest.importorskip("jax")


@pytest.mark.parametrize(("rows", "threads"), [(ROWS_FOR_THREADS - 1, 1), (ROWS_FOR_THREADS, 2)])
def test_session_of_torch_sets_threads_and_precision_inside_alone(torch: Any, rows: int, threads: int) -> None:
    with framework("torch").session("cpu", "float32", rows):
        assert (torch.get_num_threads(), torch.get_float32_matmul_precision()) == (threads, "highest")
    assert (torch.get_num_threads(), torch.get_float32_matmul_precision()) == (2, "high")


def test_session_of_torch_that_raises_is_put_back(torch: Any) -> None:
    with pytest.raises(RuntimeError, match="planted"), framework("torch").session("cpu", "float32", 1):
        raise RuntimeError("planted")
    assert (torch.get_num_threads(), torch.get_float32_matmul_precision()) == (2, "high")


def test_session_of_torch_with_the_newer_switches_set_puts_them_back(torch: Any) -> None:
    if not hasattr(torch.backends.cuda.matmul, "fp32_precision"):
        pytest.skip("this torch has the old switch alone")
    assert printed(SWITCHES) == ["ieee", "tf32", "none"]


@pytest.mark.parametrize("experimental", [False, True])
@pytest.mark.parametrize(("dtype", "wide"), [("float64", True), ("float32", False)])
def test_session_of_jax_makes_float64_what_it_says(
    jax: Any, dtype: str, wide: bool, experimental: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    jnp = importlib.import_module("jax.numpy")
    if experimental and hasattr(jax, "enable_x64"):  # before 0.8 the context had no other name
        monkeypatch.setattr(importlib.import_module("jax.experimental"), "enable_x64", jax.enable_x64, raising=False)
        monkeypatch.delattr(jax, "enable_x64")
    with framework("jax").session("cpu", dtype, 1):
        assert (jnp.zeros(1, dtype=float).dtype == jnp.float64) is wide
    assert jnp.zeros(1, dtype=float).dtype == jnp.float32


def test_session_of_jax_has_products_in_full_precision_inside_alone(jax: Any) -> None:
    """On GPUs its float32 products would be TF32: what a product asks for says so on any device."""

    def asked() -> bool:
        return "HIGHEST" in str(jax.make_jaxpr(lambda a: a @ a)(jax.numpy.ones((2, 2), "float32")))

    before = asked()
    with framework("jax").session("cpu", "float32", 1):
        inside = asked()
    assert (before, inside, asked()) == (False, True, False)


@pytest.mark.parametrize("name", frameworks.BUILT_IN)
def test_count_of_every_device_that_is_named_is_positive(name: str) -> None:
    pytest.importorskip(name)
    assert all(framework(name).count(device) >= 1 for device in framework(name).devices())


def test_jax_splits_the_cpu_unless_its_backend_has_started(jax: Any) -> None:  # noqa: ARG001
    count = "print(framework('jax').count('cpu'))"
    assert printed(count) == ["2"]
    started, counted = printed(f"import jax; print(len(jax.devices('cpu'))); {count}")
    assert counted == started


@pytest.mark.parametrize(("theirs", "kept"), [({}, "false"), ({PREALLOCATE: "true"}, "true")])
def test_jax_takes_no_memory_of_a_gpu_beforehand_unless_the_user_says(
    jax: Any,  # noqa: ARG001
    theirs: dict[str, str],
    kept: str,
) -> None:
    assert printed(AS_JAX_IS_IMPORTED, **theirs) == [kept]
