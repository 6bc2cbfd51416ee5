"""`explain`, `list`, and colours."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gradagree.cli import colours
from gradagree.diagnosis.catalogue import ENTRIES, MISTAKES, REMARKS
from gradagree.matrix import registry
from gradagree.matrix.options import DEPTHS
from gradagree.runtime.worker.process import HOUSE
from reference import problems
from reference.formats import BY_NAME
from reference.named_claims import NAMED
from tests.support.checking import command


@pytest.mark.parametrize("code", ENTRIES)
def test_explain_says_all_that_the_file_does(code: str) -> None:
    answer, entry = command("explain", code), ENTRIES[code]
    assert answer.status == 0
    title, *said, advice = (paragraph.replace("\n", " ").strip() for paragraph in answer.out.split("\n\n"))
    assert title == f"{code}: {entry.name}"
    assert said[: len(entry.happens + entry.why)] == [*entry.happens, *entry.why]
    assert advice == f"Help: {entry.remedy}."
    assert all(line in answer.out for loop in (entry.wrong, entry.right) for line in loop.splitlines())
    assert ("Wrong (" in answer.out, "Right:" in answer.out) == (bool(entry.wrong), bool(entry.right))
    assert all(len(line) <= 100 for line in answer.out.splitlines())


CODE = re.compile(r"\bGD\d{3}\b")


def codes(folder: Path) -> set[str]:
    """Every code that a file of the folder could print, wherever in it."""
    files = [path for ending in ("py", "md") for path in folder.rglob(f"*.{ending}")]
    return {code for path in files for code in CODE.findall(path.read_text(encoding="utf-8"))}


def test_explain_every_code_that_can_be_printed_has_its_file() -> None:
    assert codes(HOUSE / "gradagree") == ENTRIES.keys()


def test_explain_code_without_a_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "theory.py").write_text('SAID = f"GD009: {what}"\n', encoding="utf-8")
    assert codes(tmp_path) == {"GD009"}
    assert command("explain", *codes(tmp_path)).status == 2


def test_a_code_may_be_written_small() -> None:
    assert command("explain", "gd101").out == command("explain", "GD101").out


def test_a_code_that_there_is_not() -> None:
    answer = command("explain", "GD1001")
    assert answer.status == 2
    assert "there is no mistake 'GD1001' (near it: GD" in answer.err


def test_the_list_names_everything() -> None:
    lines = command("list").out.splitlines()
    names = [
        *problems.NAMES,
        *(entry.name for entry in registry.first_order()),
        *(entry.name for entry in registry.second_order()),
    ]
    names += ["auto", "cpu", "cuda", "mps", "tpu", "xpu", *BY_NAME, *DEPTHS]
    names += ["cpu", "cuda", "mps", "tpu", "xpu", "jax", "numpy", "torch", *NAMED, "FIELD=VALUE"]
    names += [*MISTAKES, *REMARKS]
    assert [line.split()[0] for line in lines if line.startswith("  ")] == names


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert colours.wanted(Terminal())
    assert not colours.wanted(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not colours.wanted(Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colours.wanted(Terminal())


@pytest.mark.parametrize(
    "head", ["error: ", "error[GD101]: ", "agrees: ", "inconclusive: ", "  = note: ", "  = help: "]
)
def test_colours_change_no_word(head: str) -> None:
    text = f"{head}what is said"
    painted = colours.coloured(text)
    assert painted != text
    assert painted.count(colours.PLAIN) == painted.count("\033[1")
    assert _bare(painted) == text


def test_plain_lines_stay_plain() -> None:
    assert colours.coloured("    0   -88.3076") == "    0   -88.3076"


def _bare(text: str) -> str:
    for code in (colours.RED, colours.GREEN, colours.YELLOW, colours.BLUE, colours.BOLD, colours.PLAIN):
        text = text.replace(code, "")
    return text


def test_a_reader_that_has_had_enough_is_no_error() -> None:
    ran = [sys.executable, "-m", "gradagree", "list"]
    with subprocess.Popen(ran, cwd=HOUSE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1
