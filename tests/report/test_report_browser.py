"""The page in a real browser: filters are clicked, cells pointed at and tapped, on a desk and on a phone."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradagree.matrix.row import Row
from gradagree.report.run import Run
from tests.support import browser
from tests.support.rows import broken_row, head, right_row, row, wrong

pytest.importorskip("selenium", reason="no selenium here; pip install -e '.[test]' will do")
pytest.importorskip("jinja2", reason="the page needs jinja2 and matplotlib; pip install -e '.[report]' will do")
pytest.importorskip("matplotlib", reason="the page needs jinja2 and matplotlib; pip install -e '.[report]' will do")
pytestmark = pytest.mark.skipif(not (browser.found() or browser.required()), reason=browser.HOW_TO_GET_IT)

EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    right = right_row()
    broken = broken_row()
    here = [
        right,
        broken,
        row(device="cuda"),
        row(dtype="bfloat16", problem="probe97", repeated=False),
        wrong(implementation=EVIL),
    ]
    absent = row(device="cuda", verdict="NOT RUN", reason="sees no cuda here", gradient=None, update=None, final=None)
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
    browser.resize(started, 1280, 900)
    browser.show(started, file)
    return started


def one(driver: Any, selector: str) -> Any:
    return driver.find_element("css selector", selector)


def cells(driver: Any, selector: str = ".cell") -> list[str]:
    """What stands in the matrix."""
    # In one go: the matrix may be drawn anew between two questions.
    found: list[str] = driver.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((cell) => cell.getAttribute('aria-label'))", selector
    )
    return found


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


def test_it_runs_without_a_complaint_and_asks_nobody(opened: Any) -> None:
    assert opened.get_log("browser") == []
    assert one(opened, "h1").text.endswith("2 of 7 cells do not agree with exact gradient descent")
    asked = opened.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
    assert asked == []


def test_a_page_that_did_ask_would_be_stopped(opened: Any) -> None:
    """The check above can fail: the policy refuses a picture from anywhere, and the browser complains of it."""
    opened.execute_script("document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x.png' }))")
    complaints = until(lambda: opened.get_log("browser"))
    assert "Content Security Policy" in complaints[0]["message"]


def test_names_with_markup_stay_names(opened: Any) -> None:
    assert EVIL in one(opened, "#grid").text
    assert EVIL in one(opened, "#problems").text
    assert opened.find_elements("css selector", "main img") == []
    opened.execute_script("for (const part of document.querySelectorAll('.part')) part.open = true")
    assert opened.find_elements("css selector", "main img, main script") == []


def test_verdicts_are_told_by_glyph_and_word_too(opened: Any) -> None:
    texts = [
        " ".join(button.text.split())
        for button in opened.find_elements("css selector", "#verdicts button:not([hidden])")
    ]
    assert texts == ["✗ 2 DISAGREES", "– 1 NOT RUN", "✓ 4 AGREES"]
    glyphs = {cell.text[0] for cell in opened.find_elements("css selector", ".cell")}
    assert glyphs == {"✗", "–", "✓"}


def test_verdicts_can_be_switched_off_and_on(opened: Any) -> None:
    everything = cells(opened)
    agrees = one(opened, '#verdicts [data-verdict="AGREES"]')
    agrees.click()
    assert len(cells(opened, ".cell.AGREES")) == 0
    assert len(cells(opened)) == 3
    assert one(opened, "#count").text == "3 of 7 cells"
    assert agrees.get_attribute("aria-pressed") == "false"
    agrees.click()
    assert cells(opened) == everything


def test_filters_by_name(opened: Any) -> None:
    choose(opened, "framework", "torch")
    assert one(opened, "#count").text == "4 of 7 cells"
    choose(opened, "device", "cuda")
    assert len(cells(opened)) == 2  # from both runs
    choose(opened, "run", "server")
    assert cells(opened) == ["NOT RUN, error/bound none, run server"]
    assert "cpu" not in one(opened, "#grid").text
    choose(opened, "run", "all")
    choose(opened, "device", "all")
    choose(opened, "framework", "all")
    assert one(opened, "#count").text == "7 cells"


def test_finding(opened: Any) -> None:
    one(opened, "#find").send_keys("numpy broken")
    until(lambda: one(opened, "#count").text != "7 cells")
    assert len(cells(opened)) == 1
    shown = [item.text for item in opened.find_elements("css selector", ".problems li") if item.is_displayed()]
    assert len(shown) == 1
    one(opened, "#find").send_keys(" nothing is called so")
    until(lambda: not cells(opened))
    assert one(opened, "#grid").text == "No cell fits these filters."


def test_both_runs_of_a_cell_are_shown(opened: Any) -> None:
    labels = [label for label in cells(opened) if "run desk" in label or "run server" in label]
    assert len(labels) == len(cells(opened)) == 7
    row_ = opened.find_elements("xpath", "//tr[th[.='numpy_right']]//button")
    assert [cell.text.split()[0] for cell in row_] == ["✓1", "✓2"]
    assert "≠ versions.numpy" in one(opened, "#runs").text


def test_pointing_at_a_cell_shows_its_figures(opened: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    card = one(opened, "#card")
    assert not card.is_displayed()
    cell = one(opened, ".cell.DISAGREES")
    ActionChains(opened).move_to_element(cell).perform()
    assert card.is_displayed()
    for part in ("resolution", "gradient", "step 0, w.grad[0, 0]: got", "probe97"):
        assert part in card.text
    ActionChains(opened).move_to_element(one(opened, "h1")).perform()
    assert not card.is_displayed()


def test_the_card_and_the_part_say_whether_a_cell_repeated(opened: Any) -> None:
    card = one(opened, "#card")
    for name, told in (("numpy_right", "run twice, with the same bits"), ("torch_manual", "second time: probe97")):
        said = []
        for cell in opened.find_elements("xpath", f"//tr[th[.='{name}']]//button"):
            cell.click()
            said.append(card.text)
            cell.click()
        assert any(told in text for text in said), said
    opened.find_element("xpath", "//tr/th/a[.='torch_manual']").click()
    part = one(opened, ".part[open]")
    until(lambda: "other bits" in part.text)


def test_a_click_keeps_the_card_and_escape_ends_it(opened: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    card = one(opened, "#card")
    one(opened, ".cell.DISAGREES").click()
    ActionChains(opened).move_to_element(one(opened, "h2")).perform()
    assert card.is_displayed()
    ActionChains(opened).send_keys(Keys.ESCAPE).perform()
    assert not card.is_displayed()


def test_an_implementation_s_part_has_plots_and_rows(opened: Any) -> None:
    one(opened, ".problems a.chip").click()
    part = one(opened, ".part[open]")
    assert "numpy_broken" in part.text
    assert len(part.find_elements("css selector", "figure svg")) == 4
    until(lambda: "step 0, w.grad[0, 0]: got" in part.text)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(opened: Any, dark: bool) -> None:
    """Contrast of at least 4.5 to 1, as WCAG 2.2 asks of text (criterion 1.4.3), in both schemes."""
    browser.resize(opened, 1280, 900, dark)
    opened.execute_script("for (const part of document.querySelectorAll('.part')) part.open = true")
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


def test_on_a_phone_nothing_is_wider_than_the_screen(opened: Any, file: Path) -> None:
    browser.resize(opened, 390, 800)
    browser.show(opened, file)
    opened.execute_script("for (const part of document.querySelectorAll('.part')) part.open = true")
    assert opened.execute_script("return document.documentElement.scrollWidth") == 390
    cell = one(opened, ".cell.DISAGREES")
    opened.execute_script("arguments[0].scrollIntoView({ block: 'center' })", cell)
    cell.click()
    card = one(opened, "#card")
    assert card.is_displayed()
    box = opened.execute_script("return document.getElementById('card').getBoundingClientRect().toJSON()")
    assert (box["left"], box["right"], box["bottom"]) == (0, 390, 800)


def test_twenty_thousand_rows_stay_usable(started: Any, tmp_path: Path) -> None:
    from gradagree.report.page import page

    path = tmp_path / "many.html"
    path.write_text(page([Run("many", head(), many(), whole=True)]), encoding="utf-8")
    browser.resize(started, 1280, 900)
    browser.show(started, path)
    assert one(started, "#count").text == "20,000 cells"
    one(started, '#verdicts [data-verdict="AGREES"]').click()
    assert one(started, "#count").text == "2,240 of 20,000 cells"
    one(started, ".problems a.chip").click()
    part = one(started, ".part[open]")
    until(lambda: part.find_elements("css selector", ".more"))
    assert part.find_element("css selector", ".more").text == "show 60 of 100 more"


def many() -> list[Row]:
    """125 implementations, 4 devices and dtypes, 40 problems; one implementation in nine disagrees everywhere."""
    found = []
    for k in range(125):
        make = wrong if k % 9 == 0 else row
        for device in ("cpu", "cuda"):
            for dtype in ("float32", "float64"):
                for p in range(40):
                    found.append(
                        make(
                            implementation=f"torch_road_{k}",
                            device=device,
                            dtype=dtype,
                            problem=f"problem_{p}",
                            rows=None,
                        )
                    )
    return found
