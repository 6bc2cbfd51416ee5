"""The page as text: whole, small, and deaf to markup in names. `test_report_browser` opens it."""

import base64
import gzip
import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from gradagree.matrix.row import Row
from gradagree.report.run import Run
from tests.support.rows import GOOD, broken_row, head, right_row, row, wrong

pytest.importorskip("jinja2", reason="the page needs jinja2; pip install -e '.[report]' will do")

from gradagree.report.page import COLUMNS, DRAWN, SHOWN, Group, page

ROOT = Path(__file__).parents[2]
EVIL = "<script>alert('&')</script>"
KNOWN: dict[str, Any] = {"expected": "DISAGREES", "issue": "pytorch#191763"}


def run(*rows: Row, name: str = "run") -> Run:
    return Run(name, head(), list(rows), whole=True)


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


def embedded(text: str) -> list[dict[str, Any]]:
    found = re.search(r'id="data">(.*?)</script>', text)
    assert found is not None
    rows: list[dict[str, Any]] = json.loads(gzip.decompress(base64.b64decode(found[1])))["rows"]
    return rows


def heading(text: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>|<h1 .*?>(.*?)</h1>", text, re.DOTALL)
    assert found is not None
    return re.sub(r"<[^>]*>", "", found[1] or found[2]).strip()


def section(text: str, name: str) -> str:
    found = re.search(rf'<section id="{name}".*?</section>', text, re.DOTALL)
    return found[0] if found else ""


class TestHeadline:
    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            ([GOOD, wrong(**KNOWN), row(verdict="NOT RUN")],
             "✓ Nothing unexpected: 1 cell agrees, 1 shows a known defect, 1 was not run"),
            ([GOOD, wrong(), wrong(**KNOWN)], "✗ Unexpected: 1 cell disagrees"),
            ([GOOD, row(**KNOWN)], "✗ Unexpected: 1 cell agrees where a defect is known"),
            ([GOOD, row(verdict="INCONCLUSIVE")], "✗ Unexpected: 1 cell is inconclusive"),
            ([], "! Nothing was measured: there are no rows"),
        ],
        ids=["healthy", "wrong", "mended", "inconclusive", "empty"],
    )  # fmt: skip
    def test_headline_says_whether_anything_is_unexpected(self, rows: list[Row], expected: str) -> None:
        text = page([run(*rows)])
        assert heading(text) == expected
        assert f"<title>gradagree: {expected[2:]}</title>" in text
        assert bool(section(text, "unexpected")) is ("Unexpected" in expected)

    def test_headline_of_an_incomplete_run_says_what_is_missing(self) -> None:
        text = page([Run("run", head(chosen=3), [GOOD], ["run.jsonl:3: the run was stopped"], chosen=3, missing=2)])
        assert heading(text) == "! Incomplete: 2 chosen cells have no row"
        assert text.index("run.jsonl:3: the run was stopped") < text.index("Nothing unexpected: 1 cell agrees</p>")
        assert "<td>1 of 3 cells, incomplete</td>" in text

    def test_versions_and_date_stand_at_the_top(self) -> None:
        top = page([Run("run", head(time="2026-11-28T11:00:08+00:00", versions={"torch": "9.9"}), [GOOD])])
        assert "2026-11-28 11:00:08 UTC" in top.split("<main>")[0]
        assert "torch 9.9" in top.split("<main>")[0]


class TestSections:
    def test_group_speaks_with_the_earliest_step(self) -> None:
        late, early, nowhere = wrong(step=12, problem="a"), wrong(step=4, problem="b"), wrong(step=None, problem="c")
        assert Group("torch_manual", [(0, nowhere), (0, late), (0, early)]).row is early

    def test_unexpected_cells_are_listed_and_known_ones_are_folded(self) -> None:
        rows = [
            *(wrong(implementation=f"torch_{k}", **KNOWN) for k in "ab"),
            wrong(implementation="torch_c", problem="old", reason="step 0, w", **KNOWN),
            wrong(implementation="torch_c", problem="new", reason="step 9, w", verdict="INVALID"),
            row(implementation="torch_d", **KNOWN),
        ]
        text = page([run(*rows)])
        unexpected, known = section(text, "unexpected"), section(text, "known")
        assert re.findall(r'<li data-implementation="(\w+)"', unexpected) == ["torch_c", "torch_d"]
        assert "step 9, w" in unexpected
        assert "made DISAGREES of it: is it mended?" in unexpected
        assert "<details>" not in unexpected
        assert "<details open" not in known
        assert 'href="https://github.com/pytorch/pytorch/issues/191763"' in known
        assert "torch_a, torch_b, torch_c" in known
        ranks = [each["rank"] for each in embedded(text)]
        assert ranks[3] < ranks[4] < ranks[0] == ranks[1] == ranks[2]

    def test_an_issue_that_is_no_address_is_a_text(self) -> None:
        text = page([run(wrong(expected="DISAGREES", issue="javascript:alert#1"))])
        assert "javascript:alert#1" in section(text, "known")
        assert "javascript" not in " ".join(Elements(text).addresses)

    def test_cells_that_were_not_run_are_listed_by_reason(self) -> None:
        found = section(page([run(GOOD, row(verdict="NOT RUN", reason="no GPU"))]), "known")
        assert "Not run: 1 cell<" in found
        assert "no GPU" in found

    def test_diagnosis_is_shown_where_a_row_has_one(self) -> None:
        broken = broken_row()
        assert broken.diagnosis.startswith("GD120: ")
        assert "GD120: " in section(page([run(broken)]), "unexpected")
        assert "GD120: " not in page([run(replace(broken, diagnosis=""))])

    def test_headers_that_differ_are_marked(self) -> None:
        one, other = run(GOOD), Run("other", head(versions={"numpy": "1.0"}), [GOOD], whole=True)
        text = page([one, other])
        assert "These runs differ in versions." in text
        assert 'class="differs"' in text
        assert 'class="differs"' not in page([one, one])


class TestSafety:
    def test_page_asks_nobody_for_anything(self) -> None:
        elements = Elements(page([run(right_row(), wrong(**KNOWN))]))
        links = [address for address in elements.addresses if not address.startswith("#")]
        assert {*links} == {"https://github.com/pytorch/pytorch/issues/191763"}
        assert not {"link", "iframe", "img", "object", "embed"} & {*elements.tags}

    def test_names_with_markup_stay_names(self) -> None:
        """Its only scripts are its own data and its own code, whatever stands in a file."""
        evil = replace(GOOD, implementation=EVIL, framework=EVIL, device=EVIL, dtype=EVIL, problem=EVIL, version=EVIL)
        worst = replace(evil, verdict="DISAGREES", reason=EVIL, notes=(EVIL,))
        known = replace(worst, expected="DISAGREES", issue=EVIL)
        harmless, harmful = page([run(GOOD)]), page([run(evil, worst, known, name=EVIL)])
        assert Elements(harmful).tags.count("script") == Elements(harmless).tags.count("script") == 2
        assert "<script>alert" not in harmful
        assert embedded(harmful)[0]["implementation"] == EVIL


class TestData:
    def test_data_are_those_of_the_rows(self) -> None:
        right, broken = right_row(), wrong(gradient=float("inf"), repeated=False, bits=float("inf"), dtype="odd")
        first, second = embedded(page([run(right), run(broken, name="other")]))
        assert (first["implementation"], first["run"], first["unexpected"]) == ("numpy_right", 0, False)
        assert (first["gradient"], first["curves"]) == (right.gradient, right.as_json()["curves"])
        assert (second["run"], second["unexpected"], second["repeated"]) == (1, True, False)
        assert (second["gradient"], second["right_bits"]) == ("inf", None)

    def test_of_very_many_rows_the_most_alarming_carry_their_curves(self) -> None:
        right = right_row()
        many = [replace(right, problem=f"problem_{k}") for k in range(DRAWN + 1)]
        text = page([run(*many, replace(right, verdict="DISAGREES"))])
        found = embedded(text)
        assert sum(each["curves"] is not None for each in found) == DRAWN
        assert found[-1]["curves"] is not None
        assert "The plots of 2 less alarming cells are left out" in text
        assert "less alarming cells are left out" not in page([run(right)])


class TestSize:
    """Whatever there is to show, a page stays small."""

    @pytest.mark.sweep
    @pytest.mark.parametrize(
        ("count", "make"),
        [
            (
                20_000,
                lambda k: wrong(implementation=f"torch_{k % 125}", problem=f"p_{k % 40}", notes=("x" * 500 + str(k),)),
            ),
            (2_000, lambda k: wrong(implementation=f"torch_{k}", reason=f"step {k}, " + "x" * 400)),
            (2_000, lambda k: wrong(implementation=f"{k}" + "<" * 5_000)),
            (2_000, lambda k: wrong(reason=f"{k}" + "&" * 5_000)),
            (2_000, lambda k: wrong(device=f"{k}" + "ü" * 200, dtype=f"{k}" + "<" * 200)),
        ],
        ids=["rows", "implementations", "long names", "long reasons", "devices"],
    )
    def test_page_of_very_many_rows_is_small(self, count: int, make: Any) -> None:
        assert len(page([run(*map(make, range(count)))]).encode()) < 5e6

    def test_of_very_many_implementations_and_warnings_some_are_listed(self) -> None:
        rows = [wrong(implementation=f"torch_{k}") for k in range(100)]
        text = page([Run("run", head(), rows, ["w" * 9_000] * 1000)])
        assert text.count("<li data-implementation") == SHOWN
        assert "70 more implementations, in the matrix." in text
        assert "970 more warnings are left out here" in text

    def test_of_very_many_runs_some_have_a_column(self) -> None:
        own = head()
        found = [Run(f"run_{k}" + "x" * 5_000, own | {"revision": "y" * k}, [GOOD]) for k in range(3_000)]
        text = page(found)
        assert len(text.encode()) < 2e6
        assert f"{3_000 - COLUMNS:,} more runs are left out" in text
        few = page(found[:2])
        assert "left out" not in few.split('id="data"')[0]
        assert "These runs differ in revision" in few


def test_colours_of_the_plots_are_the_page_s() -> None:
    folder = ROOT / "gradagree" / "report" / "template"
    style = (folder / "page.css").read_text()
    for name in {*re.findall(r"var\(--(\w+)\)", style)}:
        assert style.count(f"--{name}:") == 2, f"{name}: one colour for light, one for dark"
    assert re.findall(r"#[0-9a-f]{6}\b", (folder / "plots.js").read_text()) == []


def test_rows_need_no_library_of_the_page() -> None:
    wanted = "{'jinja2', 'matplotlib', 'torch', 'jax'}"
    code = f"import gradagree.pytest_plugin.plugin, gradagree.__main__, sys; print(*({wanted} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
