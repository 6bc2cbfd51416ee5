"""The page as text: whole, small, and deaf to markup in names. `test_report_browser` opens it."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.linalg import norm

from gradagree.matrix.curves import GEOMETRY_DIGITS, POINTS, VALUE_DIGITS, thin, worst_between
from gradagree.matrix.row import Row
from gradagree.report.landscape import Landscape
from gradagree.report.run import Run
from reference import problems
from reference.dyadic import FloatArray
from tests.support.rows import GOOD, broken_row, head, right_row, row, wrong

pytest.importorskip("jinja2", reason="the page needs jinja2 and matplotlib; pip install -e '.[report]' will do")
pytest.importorskip("matplotlib", reason="the page needs jinja2 and matplotlib; pip install -e '.[report]' will do")

from gradagree.report.figures import plots
from gradagree.report.figures.drawing import decade
from gradagree.report.page import Section, page

ROOT = Path(__file__).parents[2]
EVIL = "<script>alert('&')</script>"


def run(*rows: Row, name: str = "run") -> Run:
    return Run(name, head(), list(rows), whole=True)


@pytest.fixture(scope="module")
def right() -> Row:
    return right_row("numpy_on_trial")


@pytest.fixture(scope="module")
def broken() -> Row:
    return broken_row()


@pytest.fixture(scope="module")
def undrawn(right: Row) -> Row:
    """The same without its curves, where a page is not asked for its plots: they take most of its time."""
    return replace(right, curves=None)


class Elements(HTMLParser):
    """The elements of a page, and every address in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [
            value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "xlink:href")
        ]


def embedded(text: str) -> dict[str, list[object]]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    values: dict[str, list[object]] = json.loads(found[1])
    return values


class TestPage:
    def test_the_earliest_step_speaks_for_an_implementation(self) -> None:
        """By the row's field: what its sentence says is for people."""
        late, early, nowhere = wrong(step=12, problem="a"), wrong(step=4, problem="b"), wrong(step=None, problem="c")
        run = Run("run", head())
        assert Section("torch_manual", "torch", [(run, nowhere), (run, late), (run, early)]).first is early

    def test_it_tells_what_disagreed_first(self, undrawn: Row, broken: Row) -> None:
        text = page([run(undrawn, replace(broken, curves=None))])
        assert "1 of 2 cells do not agree" in text
        assert "step 0, w.grad[0, 0]: got" in text

    def test_it_asks_nobody_for_anything(self, right: Row) -> None:
        elements = Elements(page([run(right)]))
        assert [address for address in elements.addresses if not address.startswith("#")] == []
        assert not {"link", "iframe", "img", "object", "embed"} & {*elements.tags}

    def test_names_stay_names(self, right: Row) -> None:
        """Its only scripts are its own data and its own code, whatever stands in a file."""
        evil = replace(right, implementation=EVIL, framework=EVIL, device=EVIL, dtype=EVIL, problem=EVIL, version=EVIL)
        worst = replace(evil, verdict="DISAGREES", reason=EVIL, notes=(EVIL,))
        harmless, harmful = page([run(right)]), page([run(evil, worst, name=EVIL)])
        assert Elements(harmful).tags.count("script") == Elements(harmless).tags.count("script") == 2
        assert "<script>alert" not in harmful
        assert EVIL in embedded(harmful)["texts"]

    def test_the_data_are_those_of_the_rows(self, undrawn: Row, broken: Row) -> None:
        found = embedded(page([run(undrawn), run(replace(broken, curves=None), name="other")]))
        columns = found["columns"]
        assert isinstance(columns, dict)
        assert [found["texts"][k] for k in columns["implementation"]] == ["numpy_on_trial", "numpy_broken"]
        assert columns["run"] == [0, 1]
        # Three digits of each, as they are shown.
        assert columns["gradient"] == [float(f"{each.gradient:.3g}") for each in (undrawn, broken)]

    def test_whether_a_cell_repeated_is_told(self) -> None:
        columns = embedded(page([run(*(row(repeated=again) for again in (True, False, None)))]))["columns"]
        assert isinstance(columns, dict)
        assert columns["repeated"] == [1, 0, None]

    def test_contradicting_headers_are_told_apart(self, undrawn: Row) -> None:
        one, other = run(undrawn), Run("other", head(versions={"numpy": "1.0"}), [undrawn], whole=True)
        text = page([one, other])
        assert "These runs differ in versions." in text
        assert 'class="differs"' in text
        assert 'class="differs"' not in page([one, one])

    def test_what_is_missing_is_told(self, undrawn: Row) -> None:
        interrupted = Run("run", head(), [undrawn], warnings=["run.jsonl: the run was interrupted"])
        assert "run.jsonl: the run was interrupted" in page([interrupted])

    def test_what_is_missing_is_the_headline(self, undrawn: Row) -> None:
        text = page([Run("run", head(chosen=3), [undrawn], ["run.jsonl:3: the run was stopped"], chosen=3, missing=2)])
        title, rest = text.split("<h1>")[0], text.split("<h1>")[1]
        assert "<title>gradagree: incomplete, 1 of 1 cells agree</title>" in title
        assert rest.split("</h1>")[0].endswith("Incomplete: 2 chosen cells have no row")
        assert rest.index("run.jsonl:3: the run was stopped") < rest.index("1 of 1 cells agree with")
        assert "All 1 cells" not in text
        assert "<td>1 of 3 cells, incomplete</td>" in text

    def test_an_empty_run_makes_a_page(self) -> None:
        text = page([run()])
        assert "Nothing was measured: there are no rows</h1>" in text
        assert "cells agree with" not in text

    def test_a_new_disagreement_comes_before_the_known_ones(self) -> None:
        known: dict[str, Any] = {"expected": "DISAGREES", "issue": "x#1"}
        rows = [
            *(wrong(implementation=f"torch_{k}", **known) for k in "ab"),
            wrong(implementation="torch_c", problem="old", reason="step 0, w", **known),
            wrong(implementation="torch_c", problem="new", reason="step 9, w", verdict="INVALID"),
            row(implementation="torch_d", **known),
        ]
        text = page([run(*rows)])
        assert re.findall(r'<li data-implementation="(\w+)"', text) == ["torch_c", "torch_a", "torch_b"]
        first = text[text.index('<li data-implementation="torch_c"') :].split("</li>")[0]
        assert "step 9, w" in first
        assert "1 of the cells agrees where a defect is known: is it mended?" in text
        columns = embedded(text)["columns"]
        assert isinstance(columns, dict)
        ranks = columns["rank"]
        assert ranks[3] < ranks[0] == ranks[1] == ranks[2] < ranks[4]

    def test_a_diagnosis_is_shown_where_a_row_has_one(self, broken: Row) -> None:
        assert broken.diagnosis.startswith("GD120: ")
        told = replace(broken, curves=None)
        assert "GD120: " in page([run(told)]).split('id="data"')[0]
        assert "GD120: " not in page([run(replace(told, diagnosis=""))])


class TestPlots:
    def test_a_line_for_each_cell_and_the_sentence_that_says_the_same(self, right: Row, broken: Row) -> None:
        found = plots([("cpu float32", broken), ("cpu float64", right)], [])
        assert len(found) == 4
        for plot in found:
            ElementTree.fromstring(plot.svg)
        gradient, _, path, loss = (plot.alternative for plot in found)
        assert f"cpu float32 at most {broken.gradient:.2g}" in gradient
        assert "the least-squares point is (5.0988, 2.2817)" in path
        assert "Loss over steps" in loss

    def test_colours_are_the_page_s(self, right: Row) -> None:
        style = (ROOT / "gradagree" / "report" / "template" / "page.css").read_text()
        for plot in plots([("cpu float32", right)], []):
            assert re.findall(r"#[0-9a-f]{6}\b", plot.svg) == []
            used = {*re.findall(r"var\(--(\w+)\)", plot.svg)}
            assert used
            for name in used:
                assert style.count(f"--{name}:") == 2, f"{name}: one colour for light, one for dark"

    def test_bits_by_rows_where_there_are_several_sizes(self) -> None:
        sizes = [("cpu float32", row(rows=10**k, bits=24.0 - k)) for k in range(2, 6)]
        (plot,) = plots([], sizes)
        assert "22 at N = 100, 21 at N = 1000" in plot.alternative
        assert plots([], sizes[:1]) == []

    def test_a_run_that_blew_up_is_drawn(self, right: Row) -> None:
        curves = dict(right.curves or {})
        curves["w"] = [curves["w"][0], *(1e300 if k % 2 else -1e300 for k in range(len(curves["w"]) - 2)), None]
        curves["gradient"] = [None, 1e308, *[1e300] * 5]
        curves["loss"] = [1e308, None]
        assert len(plots([("$evil$ & <b>", replace(right, curves=curves))], [])) >= 3

    def test_an_exact_run_that_diverges_is_drawn(self, right: Row) -> None:
        curves = (right.curves or {}) | {"lr": 50.0}
        path = plots([("cpu float32", replace(right, curves=curves))], [])[2]
        assert "e+" in path.alternative

    @pytest.mark.parametrize(
        "absurd",
        [
            {"hessian": [1e308, 1e308, 1e308], "lr": -1e200},
            {"minimiser": [1e308, -1e308]},
            {"minimum": 1e308, "minimiser": [-1e308, 1e200]},
            {"hessian": [0, 0, 0], "minimiser": [0, 0]},
        ],
        ids=str,
    )
    def test_numbers_that_no_run_has_cost_their_plot_and_not_the_page(
        self, right: Row, absurd: dict[str, list[float]]
    ) -> None:
        curves = (right.curves or {}) | absurd
        found = plots([("cpu float32", replace(right, curves=curves))], [])
        assert [plot.alternative[:20] for plot in found[:2]] == ["Error over bound of "] * 2

    @pytest.mark.parametrize("bits", [float("nan"), float("inf"), 1e308, -1e308])
    def test_bits_that_no_run_has_cost_their_plot_and_not_the_page(self, bits: float) -> None:
        plots([], [("cpu odd", row(rows=10**k, bits=bits, dtype="odd")) for k in range(2, 4)])

    @pytest.mark.parametrize(("value", "text"), [(0.01, "0.01"), (1, "1"), (1e6, "10⁶"), (1e-12, "10⁻¹²")])
    def test_powers_of_ten(self, value: float, text: str) -> None:
        assert decade(value) == text


STEPS = 10
# Backward error of an eigendecomposition over n ulp, at most, in LAPACK's own test programs (LAPACK Working Note 41).
LAPACK_RATIO = 30
EIGEN = LAPACK_RATIO * 2 * 2.0**-52


def rounding(digits: int) -> float:
    """The largest relative error of rounding to so many decimal digits."""
    return 0.5 * 10.0 ** (1 - digits)


def path_bound(H: FloatArray, optimum: FloatArray, start: FloatArray, lr: float) -> float:
    """How far `V* + (I - lr H)^k (V_0 - V*)` can be off, in the 2-norm, for the digits that a row keeps.

    With `‖I - lr H‖ <= 1` an error of V_0 or V* is no larger afterwards, and one of H counts once a step.
    """
    assert np.abs(np.linalg.eigvalsh(np.eye(2) - lr * H)).max() <= 1 - lr * (rounding(GEOMETRY_DIGITS) + EIGEN) * norm(
        H
    )
    of_start, of_optimum = rounding(VALUE_DIGITS) * norm(start), rounding(GEOMETRY_DIGITS) * norm(optimum)
    of_H = (rounding(GEOMETRY_DIGITS) + EIGEN) * norm(H)
    away = norm(start - optimum) + of_start + of_optimum
    return float(of_start + 2 * of_optimum + (STEPS * lr * of_H + EIGEN) * away)


def loss_bound(H: FloatArray, optimum: FloatArray, minimum: float, V: FloatArray) -> float:
    """How far `L* + ½ (V - V*)ᵀ H (V - V*)` can be off: by the digits of L*, H and V*, and by ten roundings."""
    half = rounding(GEOMETRY_DIGITS)
    of_optimum = half * np.abs(optimum)
    D = np.abs(V - optimum) + of_optimum
    height = 0.5 * D @ np.abs(H) @ D
    ten = 10 * 2.0**-53 / (1 - 10 * 2.0**-53)
    return float(half * (minimum + height) + of_optimum @ np.abs(H) @ D + ten * (1 + half) * (minimum + height))


def coarsely(values: FloatArray, digits: int) -> FloatArray:
    return np.array([float(f"{value:.{digits}g}") for value in values.flat]).reshape(values.shape)


class TestCurves:
    def test_thinned_out_to_both_ends(self) -> None:
        assert thin(3, 96) == [0, 1, 2]
        steps = thin(501, POINTS)
        assert (steps[0], steps[-1], len(steps)) == (0, 500, POINTS)
        assert steps == sorted(set(steps))

    def test_no_peak_is_lost(self) -> None:
        ratios = np.zeros(500)
        ratios[123] = 7.0
        assert max(worst_between(ratios, thin(501, POINTS))) == 7.0

    def test_they_are_small(self, right: Row) -> None:
        assert len(json.dumps(right.as_json())) < 6_000

    def test_the_landscape_is_the_exact_one(self, right: Row) -> None:
        """Against the exact rational truth: the loss, the minimiser and the path."""
        problem = problems.load("probe97").cast("float32")
        squares = problem.least_squares
        assert right.curves is not None
        land = Landscape.of(right.curves)
        found_w, found_b = squares.descend(problem.w0, problem.b0, problem.lr, STEPS)
        optimum_w, optimum_b = squares.solution()
        assert found_b is not None
        assert optimum_b is not None
        optimum = np.array([optimum_w[0, 0], optimum_b[0]], dtype=np.float64)
        H = np.array(squares.hessian(), dtype=np.float64)
        start = np.array([problem.w0[0, 0], problem.b0[0]], dtype=np.float64)

        path = np.array([found_w[0, 0], found_b[0]], dtype=np.float64)
        assert norm(land.exact_path([STEPS])[0] - path) <= path_bound(H, optimum, start, problem.lr)
        loss = float(squares.loss([[1.0]], [2.0]))
        bound = loss_bound(H, optimum, float(squares.loss(optimum_w, optimum_b)), np.array([1.0, 2.0]))
        assert abs(float(land.loss(np.array(1.0), np.array(2.0))) - loss) <= bound
        # Both can fail: a few digits fewer are seen.
        coarse = replace(land, hessian=coarsely(land.hessian, 6), start=coarsely(land.start, 3))
        assert not abs(float(coarse.loss(np.array(1.0), np.array(2.0))) - loss) <= bound
        assert not norm(coarse.exact_path([STEPS])[0] - path) <= path_bound(H, optimum, start, problem.lr)
        assert land.loss(*np.array(land.minimiser)) == land.minimum


def test_rows_need_no_library_that_draws() -> None:
    wanted = "{'jinja2', 'matplotlib', 'torch', 'jax'}"
    code = f"import gradagree.pytest_plugin.plugin, gradagree.__main__, sys; print(*({wanted} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    assert GOOD.curves is None


def test_a_ratio_just_inside_its_bound_does_not_look_as_if_it_stood_on_it(right: Row) -> None:
    columns = embedded(page([run(replace(right, update=0.9997), replace(right, update=1.0003))]))["columns"]
    assert isinstance(columns, dict)
    assert columns["update"] == [0.999, 1.0]
