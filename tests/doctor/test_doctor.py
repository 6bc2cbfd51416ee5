"""The probes see through emulated arithmetics, in whatever order they add; and find what is claimed on this CPU."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from gradagree.doctor import accumulator, examine
from gradagree.doctor.factors import factors
from gradagree.doctor.fused import fused
from gradagree.doctor.hypotheses import matching_hypothesis
from gradagree.doctor.operations import Native
from gradagree.doctor.render import lines
from gradagree.doctor.subnormals import subnormals
from gradagree.report.header import header
from gradagree.runtime import devices, frameworks
from gradagree.runtime.frameworks.on_numpy import Numpy
from reference.claim import arithmetic_of
from reference.formats import BFLOAT16, BY_NAME, FLOAT32, TF32
from tests.support import emulated
from tests.support.checking import command
from tests.support.emulated import Emulated, Rounding

PRECISION = {name: precision for precision, name in accumulator.NAMES.items()}
ORDERS = (emulated.in_turn, emulated.from_the_end, emulated.in_lanes, emulated.in_pairs, emulated.in_blocks)
FLUSHED = {
    (): "kept",
    ("results",): "flushed as results",
    ("operands",): "flushed as operands",
    ("results", "operands"): "flushed",
}
IN_FLOAT32 = emulated.rounding(FLOAT32)


def flushing(dtype: str, *what: str) -> Emulated:
    """A machine that flushes subnormals as `"results"`, as `"operands"`, or as both."""
    return Emulated(**dict.fromkeys(what, emulated.flushing(dtype)))


@pytest.mark.parametrize(
    ("rounding", "words"),
    [
        (emulated.unchanged, "all 24 bits"),
        (emulated.rounding(TF32), "rounded to TF32's 11 bits"),
        (emulated.cutting(TF32), "cut to TF32's 11 bits"),
        (emulated.rounding(BFLOAT16), "rounded to bfloat16's 8 bits"),
        (emulated.cutting(BFLOAT16), "cut to bfloat16's 8 bits"),
        (emulated.as_two, "as two bfloat16 numbers"),
    ],
)
def test_factors_of_narrower_factors_tells_width_and_rounding(rounding: Rounding, words: str) -> None:
    assert factors(Emulated(rounding, rounding), "float32") == words


@pytest.mark.parametrize(
    ("probe", "machine", "dtype", "words"),
    [
        (factors, Emulated(right=emulated.rounding(TF32)), "float32",
         "all 24 bits on the left, rounded to TF32's 11 bits on the right"),
        (factors, Emulated(results=lambda values: 1.5 * values), "float16", "none of these: got 1.51025390625"),
        (factors, Emulated(IN_FLOAT32, IN_FLOAT32), "float64", "rounded to float32's 24 bits"),
        (factors, Emulated(IN_FLOAT32, IN_FLOAT32), "bfloat16", "all 8 bits"),
        (accumulator.in_sums, Emulated(add=emulated.in_turn(24)), "float16", "float32"),
        (accumulator.in_sums, Emulated(add=emulated.exactly), "float16", "more than 29 bits"),
        (accumulator.in_sums, Emulated(add=emulated.exactly), "float32", "more than 64 bits"),
        (accumulator.in_sums, Emulated(add=lambda terms: emulated.in_turn(24)(terms[1:])), "float32",
         "none of these: got -"),
        (accumulator.in_products, Emulated(add_one_column=emulated.in_turn(11)), "float16",
         "float32, with one column float16"),
        (accumulator.in_products, emulated.IN_TF32, "float32", "float32"),
        (subnormals, Emulated(*[emulated.flushing("float32")] * 3), "float32", "kept, in products flushed"),
        (fused, Emulated(add=emulated.in_lanes(24)), "float32", "fused"),
        (fused, emulated.IN_TF32, "float32", "none of these: got "),
        *((subnormals, flushing(dtype, *what), dtype, words) for dtype in BY_NAME for what, words in FLUSHED.items()),
        *((fused, Emulated(product=product, add=add), dtype, words)
          for dtype in ("float32", "bfloat16", "float16")
          for product, add, words in (
              (emulated.rounding(BY_NAME[dtype]), emulated.in_turn(BY_NAME[dtype].precision),
               "rounded, then added"),
              (emulated.unchanged, emulated.in_turn(BY_NAME[dtype].precision), "fused"),
              (emulated.unchanged, emulated.exactly, "added exactly"))),
    ],
)  # fmt: skip
def test_probe_of_an_emulated_machine_tells_its_arithmetic(
    probe: Callable[..., str], machine: Emulated, dtype: str, words: str
) -> None:
    answer = probe(machine, dtype)
    assert answer.startswith(words) if words.startswith("none") else answer == words


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.__name__)
@pytest.mark.parametrize(("bits", "name"), [(8, "bfloat16"), (11, "float16"), (14, "14 bits"), (24, "float32")])
def test_accumulator_in_any_order_tells_its_format(order: Any, bits: int, name: str) -> None:
    machine = Emulated(add=order(bits))
    assert accumulator.in_sums(machine, "bfloat16") == name
    assert accumulator.in_gradients(machine, "float32") == name
    assert accumulator.in_products(machine, "bfloat16") == name


def test_matching_hypothesis_of_equal_hypotheses_raises() -> None:
    with pytest.raises(ValueError, match="'one' and 'other' give the same numbers"):
        matching_hypothesis(1.0, {"one": 1.0, "other": 1.0})


def test_matching_hypothesis_of_nan_is_none_of_these() -> None:
    assert matching_hypothesis(np.nan, {"one": 1.0}) == "none of these: got nan"


@pytest.mark.parametrize("name", frameworks.BUILT_IN)
def test_examine_this_cpu_finds_what_its_framework_claims(name: str) -> None:
    if not frameworks.installed(name):
        pytest.skip(f"{name} is not installed")
    measured = [each for each in examine.examine(name).measured if each.device == "cpu"]
    assert [each.dtype for each in measured] == list(BY_NAME)
    for each in measured:
        claimed = arithmetic_of(frameworks.declared(name).claims, "cpu", each.dtype)
        sums = [PRECISION[answer] for probe, answer in each.answers.items() if probe.startswith("sums")]
        assert each.answers["factors"].startswith("all "), each
        narrowest = claimed.accumulate.precision
        # PyTorch adds float16 in float32 or wider; what the others claim is narrower than plain, and seen to be.
        assert (min(sums) >= narrowest) if name == "torch" else (min(sums) == narrowest), each
        assert (each.answers["subnormals"] == "flushed") == claimed.flushes, each


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_bias_gradient_of_jax_is_narrower_than_its_sum(dtype: str) -> None:
    pytest.importorskip("jax")
    native = Native(frameworks.framework("jax"), "cpu")
    assert accumulator.in_gradients(native, dtype) == dtype
    assert accumulator.in_sums(native, dtype) == "float32"


def test_answers_where_a_probe_raises_has_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_self: Any, a: Any, _b: Any) -> Any:
        raise TypeError(f"no product of {a.ndim} dimensions\nand more")

    monkeypatch.setattr(Native, "matmul", fails)
    found = examine.answers(Numpy(), "cpu", "float32")
    assert found["factors"] == "raised TypeError: no product of 2 dimensions"
    assert found["sums"] == "float32"


def test_doctor_without_a_framework_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frameworks, "installed", lambda name: name != "jax")
    answer = command("doctor", "--framework", "jax", "--framework", "numpy")
    assert answer.status == 0
    assert "\njax: not installed\n" in answer.out
    assert "\nnumpy " in answer.out


@pytest.mark.parametrize("kind", [ImportError, OSError])
def test_examine_what_cannot_be_imported_says_so(kind: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        raise kind(f"libcudart.so.12: cannot open shared object file, says {name}")

    monkeypatch.setattr(frameworks, "framework", broken)
    assert examine.examine("numpy").missing.startswith("cannot be imported: libcudart.so.12")


def test_examine_a_device_that_is_not_seen_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "present", lambda: ("cpu", "cuda"))
    monkeypatch.setattr(Numpy, "kinds", ("cpu", "cuda"))
    found = examine.examine("numpy")
    assert found.unseen == ("cuda",)
    assert "on cpu; does not see cuda, which this machine has" in "\n".join(lines(header({}), [found]))


def test_examine_a_device_that_lacks_a_dtype_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    lacks = {"float16": "this device has no float16"}
    monkeypatch.setattr(Numpy, "lacks", lambda _self, _device, need: lacks.get(need))
    found = examine.examine("numpy")
    assert [each.dtype for each in found.measured if each.missing] == ["float16"]
    assert "  cpu float16: this device has no float16" in lines(header({}), [found])


def test_doctor_has_a_row_for_each_dtype() -> None:
    out = command("doctor", "--framework", "numpy").out
    assert f"numpy {np.__version__}" in out
    (heading,) = [line for line in out.splitlines() if line.split()[:2] == ["device", "dtype"]]
    assert all(name in heading for name in examine.PROBES)
    assert [line.split()[1] for line in out.splitlines() if line.startswith("  cpu")] == list(BY_NAME)
    assert max(map(len, out.splitlines())) <= 120


def test_doctor_json_is_one_object() -> None:
    answer = command("doctor", "--json", "--framework", "numpy")
    assert answer.status == 0
    (found,) = answer.json["frameworks"]
    assert (found["name"], found["version"], found["missing"]) == ("numpy", np.__version__, "")
    assert found["measured"][0]["answers"]["factors"] == "all 53 bits"
    assert {"python", "cores"} <= set(answer.json["machine"])
    assert answer.json["versions"]["ml_dtypes"]
    assert json.loads(answer.out) == answer.json


@pytest.fixture
def torch() -> Iterator[Any]:
    """PyTorch, its settings of products and of subnormals put back afterwards."""
    pytest.importorskip("torch")
    module = importlib.import_module("torch")
    before = module.get_float32_matmul_precision()
    yield module
    module.set_float32_matmul_precision(before)
    module.set_flush_denormal(False)


@pytest.mark.parametrize("precision", ["high", "highest"])
def test_settings_of_torch_are_what_was_set(torch: Any, precision: str) -> None:
    torch.set_float32_matmul_precision(precision)
    assert frameworks.framework("torch").settings()["float32_matmul_precision"] == precision


def test_subnormals_of_torch_are_flushed_where_it_was_asked_to(torch: Any) -> None:
    native = Native(frameworks.framework("torch"), "cpu")
    assert subnormals(native, "float32") == "kept"
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor has no such mode")
    assert subnormals(native, "float32") == "flushed"
