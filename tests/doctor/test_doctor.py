"""The probes see through emulated arithmetics, in whatever order they add; and find what is claimed on this CPU."""

from __future__ import annotations

import dataclasses
import importlib
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import pytest

import impls
from gradagree.doctor import accumulator, examine, operations
from gradagree.doctor.factors import factors
from gradagree.doctor.fused import fused
from gradagree.doctor.hypotheses import which
from gradagree.doctor.render import lines
from gradagree.doctor.subnormals import subnormals
from gradagree.report.header import header
from gradagree.runtime import devices, frameworks
from reference.formats import BFLOAT16, BY_NAME, TF32
from tests.support import emulated
from tests.support.checking import command
from tests.support.emulated import Emulated, Rounding

PRECISION = {name: precision for precision, name in accumulator.NAMES.items()}


class TestFactors:
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
    def test_what_is_left_of_them_is_told(self, rounding: Rounding, words: str) -> None:
        assert factors(Emulated(rounding, rounding), "float32") == words

    def test_each_side_is_asked(self) -> None:
        machine = Emulated(right=emulated.rounding(TF32))
        assert factors(machine, "float32") == "all 24 bits on the left, rounded to TF32's 11 bits on the right"

    def test_a_number_that_nothing_explains_is_shown(self) -> None:
        machine = Emulated(results=lambda values: 1.5 * values)
        assert factors(machine, "float16") == "none of these: got 1.51025390625"

    @pytest.mark.parametrize(
        ("dtype", "words"), [("float64", "rounded to float32's 24 bits"), ("bfloat16", "all 8 bits")]
    )
    def test_other_dtypes(self, dtype: str, words: str) -> None:
        in_float32 = emulated.rounding(BY_NAME["float32"])
        assert factors(Emulated(in_float32, in_float32), dtype) == words


ORDERS = (emulated.in_turn, emulated.from_the_end, emulated.in_lanes, emulated.in_pairs, emulated.in_blocks)


class TestAccumulators:
    @pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.__name__)
    @pytest.mark.parametrize(("bits", "name"), [(8, "bfloat16"), (11, "float16"), (14, "14 bits"), (24, "float32")])
    def test_the_format_is_told_in_whatever_order_it_adds(self, order: Any, bits: int, name: str) -> None:
        machine = Emulated(add=order(bits))
        assert accumulator.in_sums(machine, "bfloat16") == name
        assert accumulator.in_gradients(machine, "float32") == name
        assert accumulator.in_products(machine, "bfloat16") == name

    def test_a_dtype_of_small_range(self) -> None:
        assert accumulator.in_sums(Emulated(add=emulated.in_turn(24)), "float16") == "float32"
        assert accumulator.in_sums(Emulated(add=emulated.exactly), "float16") == "more than 29 bits"

    def test_an_accumulator_that_never_rounds(self) -> None:
        assert accumulator.in_sums(Emulated(add=emulated.exactly), "float32") == "more than 64 bits"

    def test_one_column_is_other_code(self) -> None:
        machine = Emulated(add_one_column=emulated.in_turn(11))
        assert accumulator.in_products(machine, "float16") == "float32, with one column float16"

    def test_factors_that_are_rounded_do_not_confuse_it(self) -> None:
        assert accumulator.in_products(emulated.IN_TF32, "float32") == "float32"

    def test_a_sum_that_loses_a_term_is_none_of_these(self) -> None:
        machine = Emulated(add=lambda terms: emulated.in_turn(24)(terms[1:]))
        assert accumulator.in_sums(machine, "float32").startswith("none of these: got -")


class TestSubnormals:
    @pytest.mark.parametrize("dtype", BY_NAME)
    def test_results_and_operands_are_told_apart(self, dtype: str) -> None:
        flushing = emulated.flushing(dtype)
        told = [
            subnormals(machine, dtype)
            for machine in (Emulated(), Emulated(results=flushing), Emulated(operands=flushing),
                            Emulated(results=flushing, operands=flushing))
        ]  # fmt: skip
        assert told == ["kept", "flushed as results", "flushed as operands", "flushed"]

    def test_products_are_asked_by_themselves(self) -> None:
        flushing = emulated.flushing("float32")
        assert subnormals(Emulated(flushing, flushing, flushing), "float32") == "kept, in products flushed"


class TestFused:
    @pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
    def test_the_three_ways(self, dtype: str) -> None:
        bits = BY_NAME[dtype].precision
        rounded = emulated.rounding(BY_NAME[dtype])
        told = [
            fused(machine, dtype)
            for machine in (Emulated(product=rounded, add=emulated.in_turn(bits)), Emulated(add=emulated.in_turn(bits)),
                            Emulated(add=emulated.exactly))
        ]  # fmt: skip
        assert told == ["rounded, then added", "fused", "added exactly"]

    def test_in_lanes_only_some_terms_meet(self) -> None:
        assert fused(Emulated(add=emulated.in_lanes(24)), "float32") == "fused"

    def test_rounded_factors_are_none_of_these(self) -> None:
        assert fused(emulated.IN_TF32, "float32").startswith("none of these: got ")


class TestWhich:
    def test_hypotheses_that_cannot_be_told_apart_are_refused(self) -> None:
        with pytest.raises(ValueError, match="'one' and 'other' give the same numbers"):
            which(1.0, {"one": 1.0, "other": 1.0})

    def test_nan_is_none_of_these(self) -> None:
        assert which(np.nan, {"one": 1.0}) == "none of these: got nan"


def claim(framework: str, dtype: str) -> Any:
    """What its roads claim on the CPU; for NumPy, those that leave sums to it."""
    if framework == "numpy":
        return impls.Implementation("numpy", "", ("cpu",), impls.ALL, claims=impls.NUMPY).arithmetic("cpu", dtype)
    basic = next(entry for entry in impls.IMPLEMENTATIONS if entry.basic and entry.framework == framework)
    return basic.arithmetic("cpu", dtype)


@pytest.fixture(params=frameworks.NAMES)
def examined(request: pytest.FixtureRequest) -> examine.Examined:
    if not frameworks.installed(request.param):
        pytest.skip(f"{request.param} is not installed")
    return examine.examine(request.param)


def test_this_cpu_computes_as_is_claimed(examined: examine.Examined) -> None:
    measured = [each for each in examined.measured if each.device == "cpu"]
    assert [each.dtype for each in measured] == list(BY_NAME)
    for each in measured:
        claimed = claim(examined.name, each.dtype)
        sums = [PRECISION[answer] for name, answer in each.answers.items() if name.startswith("sums")]
        assert each.answers["factors"].startswith("all "), each
        assert min(sums) >= claimed.accumulate.precision, each
        if examined.name != "torch":  # what is claimed there is narrower than plain, and seen to be
            assert min(sums) == claimed.accumulate.precision, each
        assert (each.answers["subnormals"] == "flushed") == claimed.flushes, each


def test_the_suite_s_own_bias_gradient_is_the_narrow_one_in_jax() -> None:
    pytest.importorskip("jax")
    patient = operations.of("jax")
    told = {dtype: accumulator.in_gradients(patient.operations("cpu"), dtype) for dtype in ("bfloat16", "float16")}
    assert told == {"bfloat16": "bfloat16", "float16": "float16"}
    assert accumulator.in_sums(patient.operations("cpu"), "bfloat16") == "float32"


class Broken:
    """A framework whose device has no matrix products."""

    def flags(self) -> dict[str, str]:
        return {}

    def named(self, device: str) -> str:  # noqa: ARG002
        return "a device"

    def operations(self, device: str) -> Any:  # noqa: ARG002
        return dataclasses.replace(Emulated(), left=self._fail)

    def setting(self, dtype: str) -> AbstractContextManager[object]:  # noqa: ARG002
        return nullcontext()

    def _fail(self, values: Any) -> Any:
        raise TypeError(f"no product of {values.ndim} dimensions\nand more")


def test_a_probe_that_fails_hides_no_other() -> None:
    found = examine.answers(Broken(), "cpu", "float32")
    assert found["factors"] == "raised TypeError: no product of 2 dimensions"
    assert found["sums"] == "float32"


def test_what_is_not_here_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frameworks, "installed", lambda name: name != "jax")
    assert examine.examine("jax").missing == "not installed"
    answer = command("doctor", "--framework", "jax", "--framework", "numpy")
    assert answer.status == 0
    assert "\njax: not installed\n" in answer.out
    assert "\nnumpy " in answer.out


@pytest.mark.parametrize("kind", [ImportError, OSError])
def test_what_cannot_be_imported_is_said(kind: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        raise kind(f"libcudart.so.12: cannot open shared object file, says {name}")

    monkeypatch.setattr(frameworks, "framework", broken)
    assert examine.examine("numpy").missing.startswith("cannot be imported: libcudart.so.12")


def test_a_device_that_a_framework_does_not_see_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "present", lambda: ("cpu", "cuda"))
    monkeypatch.setattr(examine, "USES", {"numpy": ("cuda",)})
    assert examine.examine("numpy").unseen == ("cuda",)
    told = "\n".join(lines(header({}), [examine.examine("numpy")]))
    assert "on cpu; does not see cuda, which this machine has" in told


def test_a_dtype_that_a_device_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    numpy = frameworks.framework("numpy")
    lacks = {"float16": "this device has no float16"}
    monkeypatch.setattr(type(numpy), "lacks", lambda _self, _device, need: lacks.get(need))
    found = examine.examine("numpy")
    assert [each.dtype for each in found.measured if each.missing] == ["float16"]
    assert "  cpu float16: this device has no float16" in lines(header({}), [found])


def test_the_text_has_a_row_for_each_dtype() -> None:
    out = command("doctor", "--framework", "numpy").out
    assert f"numpy {np.__version__}" in out
    (heading,) = [line for line in out.splitlines() if line.split()[:2] == ["device", "dtype"]]
    assert all(name in heading for name in examine.PROBES)
    assert [line.split()[1] for line in out.splitlines() if line.startswith("  cpu")] == list(BY_NAME)
    assert max(map(len, out.splitlines())) <= 120


def test_json_is_one_object() -> None:
    answer = command("doctor", "--json", "--framework", "numpy")
    assert answer.status == 0
    (found,) = answer.json["frameworks"]
    assert (found["name"], found["version"], found["missing"]) == ("numpy", np.__version__, "")
    assert found["measured"][0]["answers"]["factors"] == "all 53 bits"
    assert {"python", "cores"} <= set(answer.json["machine"])
    assert answer.json["versions"]["ml_dtypes"]
    assert json.loads(answer.out) == answer.json


@pytest.fixture
def settings() -> Iterator[Any]:
    """PyTorch's flags for products, put back afterwards."""
    pytest.importorskip("torch")
    torch = importlib.import_module("torch")
    before = torch.get_float32_matmul_precision()
    yield torch
    torch.set_float32_matmul_precision(before)


def test_a_flag_is_told_as_it_is(settings: Any) -> None:
    settings.set_float32_matmul_precision("high")
    assert operations.of("torch").flags()["float32_matmul_precision"] == "high"
    settings.set_float32_matmul_precision("highest")
    assert operations.of("torch").flags()["float32_matmul_precision"] == "highest"


def test_a_flush_that_was_asked_for_is_seen(settings: Any) -> None:
    if not settings.set_flush_denormal(True):
        pytest.skip("this processor has no such mode")
    try:
        assert subnormals(operations.of("torch").operations("cpu"), "float32") == "flushed"
    finally:
        settings.set_flush_denormal(False)
    assert subnormals(operations.of("torch").operations("cpu"), "float32") == "kept"
