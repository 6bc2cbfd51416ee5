"""Which pairings make sense: each reason for which one does not, and that it falls away where the reason does."""

import dataclasses

import pytest

import impls
from gradagree.matrix import registry
from gradagree.matrix.cells import Cell, absent, cells, fitting
from gradagree.matrix.options import DEPTHS
from gradagree.matrix.rules import chosen
from gradagree.matrix.rules import excluded as rule
from gradagree.matrix.running import run_cell
from gradagree.runtime import frameworks
from reference import problems
from reference.arithmetic import Arithmetic
from reference.claim import Claim
from reference.formats import BFLOAT16, BY_NAME, FLOAT16, FLOAT32
from tests.support.judging import plain
from tests.support.rows import on_trial

NARROW_SUMS = Arithmetic(BFLOAT16, BFLOAT16)
WIDE_SUMS = Arithmetic(FLOAT16, FLOAT32, wide_sums=True)


def excluded(
    framework: str, arithmetic: Arithmetic, dtype: str, problem: str, device: str = "cpu", forward: bool = False
) -> str | None:
    """Why an implementation in a framework that claims this arithmetic does not meet a problem."""
    claim = Claim({field.name: getattr(arithmetic, field.name) for field in dataclasses.fields(arithmetic)}, "planted")
    return rule(on_trial("", f"{framework}_planted", claims=(claim,), forward=forward), device, dtype, problem)


@pytest.mark.parametrize(
    ("framework", "claim", "dtype", "problem", "reason"),
    [
        ("torch", plain("float64"), "float64", "tiny_float32", "its numbers are subnormal in float32 alone"),
        ("torch", Arithmetic(FLOAT32, FLOAT32, flushes=True), "float32", "tiny_float32", "subnormals are flushed"),
        ("jax", plain("float32"), "float32", "layouts_strided", "JAX's arrays have no strides"),
        ("torch", plain("float16"), "float16", "scales", "beyond the largest float16"),
        ("torch", plain("float16"), "float16", "norris", "leave the range of float16"),
        ("jax", NARROW_SUMS, "bfloat16", "million", "1048576 rows in bfloat16"),
        ("torch", plain("float16"), "float16", "million", "leave the range of float16"),
        ("torch", WIDE_SUMS, "float16", "norris", "leave the range of float16"),
    ],
)
def test_a_pairing_is_left_out_with_its_reason(
    framework: str, claim: Arithmetic, dtype: str, problem: str, reason: str
) -> None:
    assert reason in (excluded(framework, claim, dtype, problem) or "")


@pytest.mark.parametrize(
    ("framework", "dtype", "problem"),
    [
        ("torch", "float32", "tiny_float32"),
        ("torch", "float16", "tiny_float16"),
        ("torch", "float32", "layouts_strided"),
        ("torch", "float32", "scales"),
        ("torch", "float32", "norris"),
        ("torch", "float32", "million"),
        ("torch", "float32", "offset"),
    ],
)
def test_elsewhere_it_is_run(framework: str, dtype: str, problem: str) -> None:
    assert excluded(framework, plain(dtype), dtype, problem) is None


def test_a_problem_whose_sums_alone_leave_the_range_is_run_where_they_are_taken_in_a_wider_one() -> None:
    assert excluded("torch", WIDE_SUMS, "float16", "million") is None


def test_forward_mode_is_spared_the_widest_problems_alone() -> None:
    assert "2,080 parameters" in (excluded("torch", plain("float32"), "float32", "wide", forward=True) or "")
    assert "272 parameters" in (excluded("torch", plain("float32"), "float32", "long_wide", forward=True) or "")
    assert excluded("torch", plain("float32"), "float32", "wide") is None
    assert excluded("torch", plain("float32"), "float32", "targets", forward=True) is None


@pytest.mark.parametrize("entry", registry.first_order(), ids=lambda entry: entry.name)
def test_every_road_has_cells_at_every_depth(entry: registry.Implementation) -> None:
    for depth in DEPTHS:
        assert any(cells([entry], entry.devices, list(BY_NAME), problems.NAMES, depth)), depth


def test_quick_is_a_part_of_full() -> None:
    """By what is chosen: what is left out for its bounds is left out at every depth."""
    quick, full = (
        {
            (entry.name, dtype, problem)
            for entry, _, dtype in fitting(registry.first_order(), ["cpu"], list(BY_NAME))
            for problem in problems.NAMES
            if chosen(depth, entry, dtype, problem)
        }
        for depth in ("quick", "full")
    )
    assert quick < full


@pytest.mark.parametrize("entry", [e for e in registry.first_order() if e.basic], ids=lambda entry: entry.name)
def test_the_classics_are_quick_for_the_plain_loops(entry: registry.Implementation) -> None:
    """In the wide dtypes: in the narrow ones some of them can tell nothing."""
    found = {str(cell) for cell in cells([entry], ["cpu"], impls.WIDE, problems.NAMES, "quick")}
    assert {f"{entry.name}-cpu-{dtype}-{name}" for dtype in impls.WIDE for name in problems.CLASSIC} <= found


def test_every_problem_is_run_at_full_depth_in_the_plain_loop() -> None:
    for problem in problems.NAMES:
        assert chosen("full", on_trial("", basic=True), "float32", problem)


def test_a_road_to_another_device_alone_has_one_line() -> None:
    found = [str(cell) for cell in absent(registry.first_order(), ["cpu"], list(BY_NAME), problems.NAMES)]
    implementations = ("torch_amp_float16", "torch_tf32", "torch_cuda_graph", "jax_tf32")
    assert [name.split("-")[0] for name in found] == list(implementations)
    assert list(absent(registry.first_order(), ["cpu", "cuda"], list(BY_NAME), problems.NAMES)) == []


def test_processes_without_a_device_each_are_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """One GPU for two processes: said, and not tried."""
    here = frameworks.framework("numpy")
    monkeypatch.setattr(type(here), "devices", lambda self: ("cpu", "cuda"))  # noqa: ARG005
    entry = on_trial("impls.numpy_analytic:descend", own_devices=2)
    row = run_cell(Cell(entry, "cuda", "float32", "probe97"))
    assert row.verdict == "NOT RUN"
    assert row.reason == "each of its 2 processes needs a cuda device of its own; here is 1"


@pytest.mark.parametrize(("device", "dtype"), [("mps", "float64")])
def test_a_device_without_a_dtype_has_no_cells_in_it(device: str, dtype: str) -> None:
    assert "no float64" in (excluded("torch", plain(dtype), dtype, "probe97", device=device) or "")
    assert not list(cells(registry.first_order(), [device], [dtype], problems.NAMES))
    assert list(cells(registry.first_order(), [device], ["float32"], problems.NAMES))


@pytest.mark.parametrize(("needs", "verdict"), [((), "AGREES"), (("tf32",), "NOT RUN")])
def test_a_road_that_needs_what_is_lacking_is_not_run(
    needs: tuple[str, ...], verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = frameworks.framework("numpy")
    lacks = {"tf32": "no TF32 here"}
    monkeypatch.setattr(type(here), "lacks", lambda self, device, need: lacks.get(need))  # noqa: ARG005
    row = run_cell(Cell(on_trial("impls.numpy_analytic:descend", needs=needs), "cpu", "float32", "norris"))
    assert (row.verdict, row.reason) == (verdict, "no TF32 here" if needs else "")


def test_every_need_is_one_that_is_known() -> None:
    assert {need for entry in registry.first_order() for need in entry.needs} == set(impls.NEEDS)
