"""The page in a real browser: filters and cells are clicked, on a desk and on a phone; its plots are drawn there."""

import math
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest

from gradagree.matrix.curves import Curves
from gradagree.matrix.row import Row
from gradagree.report.run import Run
from tests.support import browser
from tests.support.landscape import exact_path, loss
from tests.support.rows import broken_row, head, right_row, row, wrong

pytest.importorskip("selenium", reason="no selenium here; pip install -e '.[test]' will do")
pytest.importorskip("jinja2", reason="the page needs jinja2; pip install -e '.[report]' will do")
pytestmark = pytest.mark.skipif(not (browser.found() or browser.required()), reason=browser.HOW_TO_GET_IT)

EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    right = right_row()
    here = [
        right,
        broken_row(),
        row(device="cuda"),
        row(dtype="bfloat16", problem="probe97", repeated=False, blind=("final",)),
        wrong(implementation=EVIL),
        wrong(implementation="torch_known", expected="DISAGREES", issue="pytorch#191763"),
    ]
    absent = row(device="tpu", verdict="NOT RUN", reason="sees no tpu here", gradient=None, update=None, final=None)
    there = [replace(right, version="99.0"), absent]
    return [
        Run("desk", head(), here, whole=True),
        Run("server", head(versions={"numpy": "99.0"}), there, whole=True),
    ]


@pytest.fixture(scope="module")
def file(runs: list[Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    from gradagree.report.page import page

    path = tmp_path_factory.mktemp("page") / "agreement.html"
    path.write_text(page(runs), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def started() -> Iterator[Any]:
    with browser.browser(1280, 900) as driver:
        yield driver


@pytest.fixture
def opened(started: Any, file: Path) -> Any:
    return show(started, file)


def show(driver: Any, path: Path, address: str = "", width: int = 1280) -> Any:
    """Open a page anew, and wait until its script has drawn it."""
    browser.resize(driver, width, 900)
    driver.get("about:blank")
    driver.get(path.resolve().as_uri() + address)
    until(lambda: one(driver, "#count").text)
    return driver


def shown_alone(driver: Any, folder: Path, *rows: Row) -> list[str]:
    """The sentences of the plots of the first of these rows."""
    from gradagree.report.page import page

    path = folder / "page.html"
    path.write_text(page([Run("run", head(), list(rows), whole=True)]), encoding="utf-8")
    show(driver, path, f"#open={quote(rows[0].cell)}")
    assert driver.get_log("browser") == []
    drawings = "return [...document.querySelectorAll('figure > svg')].map((drawing) => drawing.outerHTML).join('')"
    assert "NaN" not in driver.execute_script(drawings)
    return [figure.get_attribute("aria-label") for figure in driver.find_elements("css selector", "figure")]


def one(driver: Any, selector: str) -> Any:
    return driver.find_element("css selector", selector)


def cells(driver: Any, selector: str = ".cell") -> list[str]:
    """What stands in the matrix."""
    # In one go: the matrix may be drawn anew between two questions.
    found: list[str] = driver.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((cell) => cell.getAttribute('aria-label'))", selector
    )
    return found


def address(driver: Any) -> str:
    return str(driver.execute_script("return location.hash"))


def press(driver: Any, name: str) -> None:
    one(driver, f'#show [data-show="{name}"]').click()


def choose(driver: Any, name: str, value: str) -> None:
    from selenium.webdriver.support.ui import Select

    Select(one(driver, f"#choose-{name}")).select_by_visible_text(value)


def until(seen: Callable[[], Any]) -> Any:
    """What is seen as soon as it is; that it never is, is a failure after a time in which any machine shows it."""
    given_up = time.monotonic() + 300
    while time.monotonic() < given_up:
        if found := seen():
            return found
    raise AssertionError("was not seen")


class TestLoading:
    def test_page_runs_without_a_complaint_and_asks_nobody(self, opened: Any) -> None:
        assert opened.get_log("browser") == []
        assert one(opened, "h1").text.endswith("Unexpected: 2 cells disagree")
        requests = opened.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
        assert requests == []

    def test_page_that_did_ask_would_be_stopped(self, opened: Any) -> None:
        """The check above can fail: the policy refuses a picture from anywhere, and the browser complains of it."""
        opened.execute_script("document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x.png' }))")
        complaints = until(lambda: opened.get_log("browser"))
        assert "Content Security Policy" in complaints[0]["message"]

    def test_names_with_markup_stay_names(self, opened: Any) -> None:
        assert EVIL in one(opened, "#grid").text
        opened.find_element("link text", EVIL).click()
        assert EVIL in one(opened, ".detail h3").text
        assert opened.find_elements("css selector", "main img, .detail script") == []

    def test_verdicts_are_told_apart_by_glyph_and_word_too(self, opened: Any) -> None:
        buttons = [" ".join(each.text.split()) for each in opened.find_elements("css selector", "#show button")]
        expected = ["8 all", "2 unexpected", "1 known", "1 blind", "✗ 3 DISAGREES", "– 1 NOT RUN", "✓ 4 AGREES"]
        assert [text for text in buttons if text] == expected
        assert {cell.text[0] for cell in opened.find_elements("css selector", ".cell")} == {"✗", "✓"}


class TestFilters:
    @pytest.mark.parametrize(
        ("name", "count", "shown"),
        [("unexpected", 2, 2), ("known", 1, 1), ("blind", 1, 1), ("AGREES", 4, 4), ("NOT RUN", 1, 1)],
    )
    def test_button_shows_these_cells_alone(self, opened: Any, name: str, count: int, shown: int) -> None:
        everything = cells(opened)
        press(opened, name)
        assert one(opened, "#count").text == f"{count} of 8 cells"
        assert len(cells(opened)) == shown
        assert one(opened, f'#show [data-show="{name}"]').get_attribute("aria-pressed") == "true"
        press(opened, name)
        assert cells(opened) == everything

    def test_columns_are_those_of_what_was_run(self, opened: Any) -> None:
        assert "tpu" not in one(opened, "#grid").text
        press(opened, "NOT RUN")
        assert [cell.text for cell in opened.find_elements("css selector", ".device[scope=colgroup]")] == ["tpu"]

    def test_what_is_unexpected_comes_first(self, opened: Any) -> None:
        lines = [tr.text.splitlines()[0] for tr in opened.find_elements("css selector", ".matrix tbody tr")]
        assert lines[:4] == ["unexpected", EVIL, "numpy_broken", "numpy"]

    def test_filters_stand_in_the_address_and_are_read_from_it(self, opened: Any, file: Path) -> None:
        choose(opened, "framework", "torch")
        assert one(opened, "#count").text == "5 of 8 cells"
        choose(opened, "run", "desk")
        press(opened, "AGREES")
        one(opened, "#find").send_keys("manual cuda")
        until(lambda: one(opened, "#count").text == "1 of 8 cells")
        assert address(opened) == "#show=AGREES&find=manual+cuda&framework=torch&run=desk"
        found = cells(opened)
        show(opened, file, address(opened))
        assert (cells(opened), one(opened, "#find").get_attribute("value")) == (found, "manual cuda")
        assert one(opened, "#choose-run").get_attribute("value") == "desk"

    def test_finding_nothing_is_said(self, opened: Any) -> None:
        one(opened, "#find").send_keys("nothing is called so")
        until(lambda: not cells(opened))
        assert one(opened, "#grid").text == "No cell fits these filters."

    def test_both_runs_of_a_cell_are_shown(self, opened: Any) -> None:
        found = opened.find_elements("xpath", "//tr[th[.='numpy_right']]//button")
        assert [cell.text.split()[0] for cell in found] == ["✓1", "✓2"]
        opened.find_element("link text", "how").click()
        assert "≠ versions.numpy" in until(lambda: one(opened, "#runs table").text)


class TestDetail:
    def test_link_of_what_is_unexpected_opens_the_cell(self, opened: Any, file: Path) -> None:
        assert opened.find_elements("css selector", ".detail") == []
        opened.find_element("link text", "numpy_broken").click()
        detail = until(lambda: one(opened, ".detail"))
        for part in ("numpy_broken · cpu · float32", "probe97", "step 0, w.grad[0, 0]: got", "with the same bits"):
            assert part in detail.text
        assert len(detail.find_elements("css selector", "figure")) == 4
        assert address(opened) == "#open=1%3Anumpy_broken-cpu-float32-probe97"
        show(opened, file, address(opened))
        assert "numpy_broken" in one(opened, ".detail h3").text

    def test_cell_opens_and_closes_by_mouse_and_keyboard(self, opened: Any) -> None:
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys

        cell = opened.find_element("xpath", "//tr[th[.='torch_manual']]//button[contains(@data-open, 'bfloat16')]")
        cell.click()
        assert "which is not required" in one(opened, ".detail").text
        assert cell.get_attribute("aria-expanded") == "true"
        cell.click()
        assert opened.find_elements("css selector", ".detail") == []
        cell.send_keys(Keys.ENTER)
        assert one(opened, ".detail").is_displayed()
        ActionChains(opened).send_keys(Keys.ESCAPE).perform()
        assert opened.find_elements("css selector", ".detail") == []
        assert cell.get_attribute("aria-expanded") == "false"

    def test_known_defect_is_folded_and_linked(self, opened: Any) -> None:
        assert not one(opened, "#known a[href*=torch_known]").is_displayed()
        one(opened, "#known summary").click()
        opened.find_element("link text", "torch_known").click()
        assert "DISAGREES, known" in one(opened, ".detail").text
        link = one(opened, ".detail a").get_attribute("href")
        assert link == "https://github.com/pytorch/pytorch/issues/191763"

    def test_another_problem_of_the_cell_can_be_picked(self, started: Any, tmp_path: Path) -> None:
        right = right_row()
        other = wrong(implementation="numpy_right", problem="targets")
        assert shown_alone(started, tmp_path, right, other)[0].startswith("Error over bound of the gradient")
        started.find_element("xpath", "//button[@class='pick'][.='targets']").click()
        assert "2.001" in one(started, ".detail .why").text
        assert address(started).endswith("targets")


class TestPlots:
    def test_sentences_say_what_is_drawn(self, started: Any, tmp_path: Path) -> None:
        right = right_row()
        double = replace(right, dtype="float64")
        gradient, update, path, losses = shown_alone(started, tmp_path, right, double)
        assert right.curves is not None
        assert right.curves["gradient"]
        worst = max(value for value in right.curves["gradient"] if value is not None)
        assert f"cpu float32 at most {worst:.2g}; cpu float64 at most {worst:.2g}" in gradient
        assert "of the update" in update
        assert "the least-squares point is (5.0988, 2.2817)" in path
        assert "cpu float32" in losses
        drawn = started.execute_script("return document.querySelectorAll('figure .line.s1').length")
        assert drawn == 2 * 4  # a line each, and its key

    @pytest.mark.parametrize("lr", [None, 0.15], ids=["as it was", "diverging"])
    def test_exact_path_and_loss_are_those_of_the_row_s_numbers(self, started: Any, tmp_path: Path, lr: Any) -> None:
        right = right_row()
        curves = cast(Curves, right.curves | ({} if lr is None else {"lr": lr}))  # type: ignore[operator]
        _, _, path, losses = shown_alone(started, tmp_path, replace(right, curves=curves))
        end = exact_path(curves, curves["steps"][-1])
        found = re.search(r"the exact one at \((.*), (.*)\);", path)
        assert found is not None
        # Five digits are shown, and four of the loss.
        for text, value in zip(found.groups(), end, strict=True):
            assert math.isclose(float(text), value, rel_tol=1e-4)
        shown = re.search(r"exact (\S+),", losses)
        assert shown is not None
        assert math.isclose(float(shown[1]), min(loss(curves, end), 1e30), rel_tol=1e-3)

    def test_run_that_blew_up_is_drawn(self, started: Any, tmp_path: Path) -> None:
        right = right_row()
        assert right.curves is not None
        w = right.curves["w"]
        curves = right.curves | {
            "w": [w[0], *(1e300 if k % 2 else -1e300 for k in range(len(w) - 2)), None],
            "gradient": [None, 1e308, *[1e300] * 5],
            "loss": [1e308, None],
        }  # fmt: skip
        evil = replace(right, curves=curves, device="$<b>&")
        assert len(shown_alone(started, tmp_path, evil)) == 3
        assert "leaves the picture" in one(started, ".plots").text

    @pytest.mark.parametrize(
        "absurd",
        [
            {"hessian": [1e308, 1e308, 1e308], "lr": -1e200},
            {"minimiser": [1e308, -1e308]},
            {"minimum": 1e308, "minimiser": [-1e308, 1e200]},
            {"hessian": [0.0, 0.0, 0.0], "minimiser": [0.0, 0.0]},
        ],
        ids=str,
    )
    def test_numbers_that_no_run_has_cost_their_plot_and_not_the_page(
        self, started: Any, tmp_path: Path, absurd: dict[str, Any]
    ) -> None:
        right = right_row()
        curves = cast(Curves, right.curves | absurd)  # type: ignore[operator]
        found = shown_alone(started, tmp_path, replace(right, curves=curves))
        assert [sentence[:20] for sentence in found[:2]] == ["Error over bound of "] * 2

    def test_bits_are_drawn_where_there_are_several_sizes(self, started: Any, tmp_path: Path) -> None:
        sizes = [row(rows=10**k, bits=24.0 - k, problem=f"p_{k}") for k in range(2, 6)]
        (sentence,) = shown_alone(started, tmp_path, *sizes)
        assert "22 at N = 100, 21 at N = 1000" in sentence
        assert shown_alone(started, tmp_path, sizes[0]) == []

    @pytest.mark.parametrize("bits", [math.nan, math.inf, 1e308, -1e308])
    def test_bits_that_no_run_has_cost_no_page(self, started: Any, tmp_path: Path, bits: float) -> None:
        shown_alone(started, tmp_path, *(row(rows=10**k, bits=bits, dtype="odd", problem=f"p_{k}") for k in (2, 3)))

    def test_powers_of_ten_are_plain(self, started: Any, tmp_path: Path) -> None:
        shown_alone(started, tmp_path, broken_row())
        texts = started.execute_script("return [...document.querySelectorAll('figure text')].map(t => t.textContent)")
        assert {"10⁴", "100", "1"} <= {*texts}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(opened: Any, dark: bool) -> None:
    """Contrast of at least 4.5 to 1, as WCAG 2.2 asks of text (criterion 1.4.3), in both schemes."""
    browser.resize(opened, 1280, 900, dark)
    opened.execute_script("for (const part of document.querySelectorAll('details')) part.open = true")
    opened.find_element("link text", "numpy_broken").click()
    until(lambda: opened.find_elements("css selector", "figure"))
    pairs = opened.execute_script(CONTRAST)
    assert len(pairs) > 20
    assert [(text, ratio) for text, ratio in pairs if ratio < 4.5] == []
    (ground,) = {opened.execute_script("return getComputedStyle(document.body).backgroundColor")}
    assert (ground == "rgb(15, 17, 22)") is dark


CONTRAST = """
const TEXT = 'h1, h2, p, a, td, th, .chip, .cell, dt, dd, label, svg text';
const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const light = (rgb) => {
  const [r, g, b] = rgb.match(/[\\d.]+/g).map(Number);
  return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
};
const ground = (node) => {
  for (; node; node = node.parentElement) {
    const colour = getComputedStyle(node).backgroundColor;
    if (!/rgba\\(.*, 0\\)/.test(colour)) return colour;
  }
};
const seen = (node) => node.textContent.trim() && node.getClientRects().length;
return [...document.querySelectorAll(TEXT)].filter(seen).map((node) => {
  const style = getComputedStyle(node), ink = node instanceof SVGElement ? style.fill : style.color;
  const [a, b] = [light(ink), light(ground(node))];
  return [node.textContent.trim().slice(0, 40) + ' ' + ink, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
});
"""


def test_on_a_phone_nothing_is_wider_than_the_screen_and_no_number_breaks(started: Any, file: Path) -> None:
    show(started, file, width=390)
    started.execute_script("for (const part of document.querySelectorAll('details')) part.open = true")
    started.find_element("link text", "numpy_broken").click()
    detail = until(lambda: one(started, ".detail"))
    assert started.execute_script("return document.documentElement.scrollWidth") == 390
    assert detail.rect["width"] <= 390
    broken = """return [...document.querySelectorAll('.cell, td.number')].filter((node) => {
      const style = getComputedStyle(node), padding = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
      const tall = node.tagName === 'TD' && node.clientHeight - padding > 1.9 * parseFloat(style.lineHeight);
      return tall || [...node.children].some((child) => child.getClientRects().length > 1);
    }).map((node) => node.textContent)"""
    assert started.execute_script(broken) == []
    # The check can fail: where lines may wrap in a narrow cell, a number breaks.
    one(started, ".cell .number").click()
    narrow = "display: inline; white-space: normal; overflow-wrap: anywhere"
    started.execute_script(f"""const number = document.querySelector('.cell .number');
      number.style.cssText = '{narrow}'; number.textContent = '0.00/57 of 99';
      number.parentElement.style.cssText = 'display: block; min-width: 0; width: 2rem; white-space: normal';""")
    assert started.execute_script(broken) != []


def test_twenty_thousand_rows_stay_usable(started: Any, tmp_path: Path) -> None:
    from gradagree.report.page import page

    path = tmp_path / "many.html"
    path.write_text(page([Run("many", head(), many(), whole=True)]), encoding="utf-8")
    show(started, path)
    assert one(started, "#count").text == "20,000 cells"
    press(started, "unexpected")
    assert one(started, "#count").text == "2,400 of 20,000 cells"
    one(started, ".problems a").click()
    more = until(lambda: started.find_elements("css selector", ".more:not(.close)"))
    assert more[0].text == "show 40 of 40 more"


def many() -> list[Row]:
    """50 implementations, 2 devices and dtypes, 100 problems; one implementation in nine disagrees everywhere."""
    return [
        (wrong if k % 9 == 0 else row)(
            implementation=f"torch_{k}", device=device, dtype=dtype, problem=f"problem_{p}", rows=None
        )
        for k in range(50) for device in ("cpu", "cuda") for dtype in ("float32", "float64") for p in range(100)
    ]  # fmt: skip
