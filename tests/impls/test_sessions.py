"""What a framework's session changes, and that it is as it was afterwards."""

import pytest

from gradagree.runtime.frameworks import framework


def test_few_rows_get_one_thread_and_many_get_all() -> None:
    torch = pytest.importorskip("torch")
    from gradagree.runtime.frameworks.on_torch import ROWS_FOR_THREADS

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with framework("torch").session("cpu", "float32", ROWS_FOR_THREADS - 1):
            assert torch.get_num_threads() == 1
        with framework("torch").session("cpu", "float32", ROWS_FOR_THREADS):
            assert torch.get_num_threads() == 2
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_products_are_in_full_precision_inside_alone() -> None:
    torch = pytest.importorskip("torch")
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        with framework("torch").session("cpu", "float32", 1):
            assert torch.get_float32_matmul_precision() == "highest"
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision(before)


def test_the_switches_of_now_are_off_inside_alone_too() -> None:
    """In a process of its own: once the new ones are set, asking the old one raises."""
    torch = pytest.importorskip("torch")
    if not hasattr(torch.backends.cuda.matmul, "fp32_precision"):
        pytest.skip("this torch has the old switch alone")
    import subprocess
    import sys

    code = """
import torch
from gradagree.runtime.frameworks import framework
torch.backends.cuda.matmul.fp32_precision = "tf32"
with framework("torch").session("cpu", "float32", 1):
    print(torch.backends.cuda.matmul.fp32_precision)
print(torch.backends.cuda.matmul.fp32_precision, torch.backends.mkldnn.matmul.fp32_precision)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ieee", "tf32", "none"]


def test_a_session_that_ends_in_an_exception_is_put_back_too() -> None:
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads(), torch.get_float32_matmul_precision()
    with pytest.raises(RuntimeError, match="planted"), framework("torch").session("cpu", "float32", 1):
        raise RuntimeError("planted")
    assert (torch.get_num_threads(), torch.get_float32_matmul_precision()) == before


@pytest.mark.parametrize(("dtype", "wide"), [("float64", True), ("float32", False)])
def test_float64_means_float64(dtype: str, wide: bool) -> None:
    pytest.importorskip("jax")
    import jax.numpy as jnp

    with framework("jax").session("cpu", dtype, 1):
        assert (jnp.zeros(1, dtype=float).dtype == jnp.float64) is wide


def test_float64_means_float64_before_jax_0_8_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """There the context was one of JAX's experiments, and had no other name."""
    jax = pytest.importorskip("jax")
    experimental = pytest.importorskip("jax.experimental")
    jnp = pytest.importorskip("jax.numpy")

    if hasattr(jax, "enable_x64"):
        monkeypatch.setattr(experimental, "enable_x64", jax.enable_x64, raising=False)
        monkeypatch.delattr(jax, "enable_x64")
    with framework("jax").session("cpu", "float64", 1):
        assert jnp.zeros(1, dtype=float).dtype == jnp.float64
    assert jnp.zeros(1, dtype=float).dtype == jnp.float32


@pytest.mark.parametrize("name", ["numpy", "torch", "jax"])
def test_every_device_that_is_named_can_be_counted(name: str) -> None:
    pytest.importorskip(name)
    found = framework(name)
    assert all(found.count(device) >= 1 for device in found.devices())


def test_the_cpu_is_several_devices_to_shard_over() -> None:
    """In a process of its own, since JAX is split once, before it starts."""
    pytest.importorskip("jax")
    import subprocess
    import sys

    code = "from gradagree.runtime.frameworks import framework; print(framework('jax').count('cpu'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == 2


def test_a_backend_that_has_started_is_left_as_it_is() -> None:
    pytest.importorskip("jax")
    import subprocess
    import sys

    code = "import jax; n = len(jax.devices('cpu')); from gradagree.runtime.frameworks import framework;"
    code += "assert framework('jax').count('cpu') == n"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(("theirs", "kept"), [(None, "false"), ("true", "true")])
def test_no_memory_of_a_gpu_is_taken_beforehand(theirs: str | None, kept: str) -> None:
    """Set before JAX is imported, which reads it once; what the user has set stays. In a process of its own."""
    import os
    import subprocess
    import sys

    name = "XLA_PYTHON_CLIENT_PREALLOCATE"
    environment = {key: value for key, value in os.environ.items() if key != name}
    # A finder that is asked first sees the setting as it is when JAX's import begins, and goes no further.
    code = f"""if True:
        import os, sys

        class Watch:
            def find_spec(self, module, path=None, target=None):
                if module == "jax":
                    print(os.environ.get("{name}"))
                    raise SystemExit

        sys.meta_path.insert(0, Watch())
        from gradagree.runtime.frameworks import framework; framework('jax')
    """
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | ({} if theirs is None else {name: theirs}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == kept


def test_products_of_jax_are_in_full_precision_inside_alone() -> None:
    """On GPUs its float32 products would be TF32: what a product asks for says so on any device."""
    pytest.importorskip("jax")
    import jax
    import jax.numpy as jnp

    def asked() -> str:
        one = jnp.ones((2, 2), jnp.float32)
        return str(jax.make_jaxpr(lambda a: a @ a)(one))

    assert "HIGHEST" not in asked()
    with framework("jax").session("cpu", "float32", 1):
        assert "HIGHEST" in asked()
    assert "HIGHEST" not in asked()
