"""Two runs beside each other: `diff`, the Markdown summary, and the commands' answers to bad input."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gradagree.__main__ import main
from gradagree.matrix.row import Row
from gradagree.report.changes import changes
from gradagree.report.markdown import LIMIT, escape, markdown
from gradagree.report.run import Run
from tests.support.rows import GOOD, broken_row, head, right_row, row, written, wrong

KNOWN: dict[str, Any] = {"expected": "DISAGREES", "issue": "x#1"}
INF = float("inf")
HEAD = head()


def run(*rows: Row, name: str = "run") -> Run:
    return Run(name, HEAD, list(rows), whole=True)


class TestChanges:
    @pytest.mark.parametrize(
        ("old", "new", "worse"),
        [
            ("AGREES", "DISAGREES", True), ("AGREES", "INCONCLUSIVE", True), ("AGREES", "NOT RUN", True),
            ("NOT RUN", "INVALID", True), ("DISAGREES", "AGREES", False), ("NOT RUN", "AGREES", False),
        ],
    )  # fmt: skip
    def test_changes_of_a_verdict(self, old: str, new: str, worse: bool) -> None:
        (change,) = changes([run(row(verdict=old))], [run(row(verdict=new))])
        assert (change.kind, change.text, change.worse) == ("verdict", f"{old} → {new}", worse)

    @pytest.mark.parametrize(
        ("old", "new", "text", "worse"),
        [
            (21.5, 20.5, "", None),
            (21.5, 20.4, "gradient: 21.5 → 20.4 right bits (-1.1)", True),
            (18.0, 20.4, "gradient: 18.0 → 20.4 right bits (+2.4)", False),
            (INF, 24.0, "", None),  # beyond the format's own precision lies luck
            (INF, 22.0, "gradient: 24.0 → 22.0 right bits (-2.0)", True),
        ],
    )
    def test_changes_of_more_than_a_bit_are_news(self, old: float, new: float, text: str, worse: bool | None) -> None:
        found = changes([run(row(bits=old))], [run(row(bits=new))])
        assert [(change.text, change.worse) for change in found] == ([(text, worse)] if text else [])

    @pytest.mark.parametrize("name", ["update", "loss", "final", "resolution"])
    def test_changes_of_a_wider_claim_hide_no_loss(self, name: str) -> None:
        old = getattr(GOOD, name)
        (change,) = changes([run(GOOD)], [run(row(**{name: 2.1 * old}))])
        assert change.text.startswith(f"{name}: ")
        assert change.worse
        assert changes([run(GOOD)], [run(row(**{name: 2 * old}))]) == []
        assert changes([run(GOOD)], [run(row(**{name: 7 * old}))], bits=3) == []
        assert changes([run(GOOD)], [run(row(**{name: None}))]) == []

    def test_changes_of_cells_that_are_new_or_gone(self) -> None:
        other = row(problem="probe97")
        (change,) = changes([run(GOOD, other)], [run(GOOD)])
        assert (change.kind, change.worse) == ("gone", True)
        (change,) = changes([run(GOOD, other)], [run(GOOD)], gone_is_worse=False)
        assert change.worse is None
        (change,) = changes([run(GOOD)], [run(GOOD, other)])
        assert (change.kind, change.worse) == ("new", None)
        (change,) = changes([run(GOOD)], [run(GOOD, wrong(problem="probe97"))])
        assert change.worse

    def test_changes_take_the_last_row_of_a_cell(self) -> None:
        assert changes([run(GOOD, wrong(problem="probe97"))], [run(wrong(), wrong(problem="probe97"), GOOD)]) == []

    def test_changes_put_what_is_worse_first_and_known_defects_last_of_that(self) -> None:
        old = [run(wrong(problem="a"), *(row(problem=name) for name in "bcd"))]
        new = [run(row(problem="a"), wrong(problem="b", **KNOWN), wrong(problem="c"), *map_problems("de"))]
        found = [(change.cell.rpartition("-")[2], change.worse) for change in changes(old, new)]
        assert found == [("c", True), ("b", True), ("a", False), ("e", None)]


def map_problems(names: str) -> list[Row]:
    return [row(problem=name) for name in names]


class TestDiff:
    def test_diff_of_an_implementation_broken_on_purpose(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Two real runs: the same implementation right, and with half the gradient."""
        old = written(tmp_path / "old.jsonl", right_row("numpy_on_trial"))
        new = written(tmp_path / "new.jsonl", broken_row("numpy_on_trial"), versions={"numpy": "99.0"})
        assert main(["diff", str(old), str(old)]) == 0
        assert main(["diff", str(old), str(new)]) == 1
        out = capsys.readouterr().out
        assert "worse: 1\n  ✗ numpy_on_trial-cpu-float32-probe97: AGREES → DISAGREES\n      step 0, w.grad" in out
        assert "versions.numpy: " in out
        assert " → 99.0" in out
        assert "1 worse, 0 better, 0 neither; 0 of 1 common cells as before" in out
        assert main(["diff", str(new), str(old)]) == 0

    @pytest.mark.parametrize(
        ("new", "options", "status"),
        [
            ([row(bits=18.0)], (), 1), ([row(bits=18.0)], ("--bits", "4"), 0), ([row(bits=21.4)], (), 0),
            ([row(bits=21.4)], ("--bits", "0"), 1), ([GOOD], ("--bits", "0"), 0),
            ([row(problem="probe97")], (), 1),
        ],
    )  # fmt: skip
    def test_diff_allows_as_many_bits_as_it_is_given(
        self, tmp_path: Path, new: list[Row], options: tuple[str, ...], status: int
    ) -> None:
        files = written(tmp_path / "old.jsonl", GOOD), written(tmp_path / "new.jsonl", *new)
        assert main(["diff", *options, *map(str, files)]) == status

    def test_diff_of_a_part_ignores_what_is_gone(self, tmp_path: Path) -> None:
        old = written(tmp_path / "old.jsonl", GOOD, row(problem="probe97"))
        part = written(tmp_path / "part.jsonl", GOOD)
        assert main(["diff", str(old), str(part)]) == 1
        assert main(["diff", "--ignore-gone", str(old), str(part)]) == 0

    @pytest.mark.parametrize("bits", ["nan", "-3", "-0.5", "inf", "many"])
    def test_diff_refuses_bits_that_switch_it_off(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], bits: str
    ) -> None:
        old, new = written(tmp_path / "old.jsonl", GOOD), written(tmp_path / "new.jsonl", row(bits=10.0))
        with pytest.raises(SystemExit) as caught:
            main(["diff", f"--bits={bits}", str(old), str(new)])
        assert caught.value.code == 2
        assert f"argument --bits: got '{bits}'; a number of bits, 0 or more, will do" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("rows", "whole", "sentence"),
        [([GOOD], False, "the run was interrupted"), ([], True, "the run has no rows: nothing was measured")],
        ids=["half", "empty"],
    )
    def test_diff_of_a_run_that_is_not_whole_fails(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: list[Row], whole: bool, sentence: str
    ) -> None:
        old, new = written(tmp_path / "old.jsonl", GOOD), written(tmp_path / "new.jsonl", *rows, whole=whole)
        for pair in ((old, new), (new, old), (new, new)):
            assert main(["diff", "--ignore-gone", *map(str, pair)]) == 1
            assert capsys.readouterr().out.startswith(f"incomplete: {new}: {sentence}")

    @pytest.mark.parametrize("both", [(), (row(verdict="NOT RUN"),)], ids=["apart", "not run"])
    def test_diff_that_compares_nothing_fails(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], both: tuple[Row, ...]
    ) -> None:
        old = written(tmp_path / "old.jsonl", row(problem="offset"), *both)
        new = written(tmp_path / "new.jsonl", row(problem="scales"), *both)
        assert main(["diff", "--ignore-gone", str(old), str(new)]) == 1
        assert capsys.readouterr().out.startswith("incomplete: no cell was run in both: nothing was compared")

    def test_diff_of_an_absent_file_is_an_error(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["diff", str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]) == 2
        assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'a.jsonl'}: No such file")


class TestMarkdown:
    def test_markdown_puts_what_is_unexpected_first(self) -> None:
        known = [wrong(problem=f"a{k}", **KNOWN) for k in range(3)]
        absent, mended = row(verdict="NOT RUN", device="cuda", reason="no GPU"), row(problem="b", **KNOWN)
        text = markdown([run(GOOD, *known, absent), run(wrong(problem="z"), mended, name="other")])
        assert [line for line in text.splitlines() if line.startswith("### ")] == [
            "### Disagrees, or is invalid: 1",
            "### Agrees, where a defect is known: is it mended?: 1",
            "### Disagrees, or is invalid, and is known for it: 3",
            "### Not run: 1",
            "### Agrees: 1",
        ]
        assert "\nUnexpected: 1 cell disagrees, 1 agrees where a defect is known.\n" in text
        assert "| ✗ torch_manual-cpu-float32-z | other | 1e+03 |" in text
        assert "step 3, w.grad&#91;0, 0&#93;: got 2.001" in text

    def test_markdown_tells_runs_apart(self) -> None:
        text = markdown([run(GOOD, name="linux"), run(GOOD, name="mac")])
        assert "| linux | 1 of an unknown number of cells |" in text
        for name in ("linux", "mac"):
            assert text.count(f"torch_manual-cpu-float32-stackoverflow | {name} |") == 1

    def test_markdown_leaves_agreeing_cells_out_first(self) -> None:
        rows = [row(problem=f"problem_{k}") for k in range(50)] + [wrong(problem=f"wrong_{k}") for k in range(5)]
        whole = markdown([run(*rows)])
        assert "left out" not in whole
        text = markdown([run(*rows)], limit=len(whole.encode()) - 1000)
        assert len(text.encode()) <= len(whole.encode()) - 1000
        assert text.count("✗") == 5
        assert 0 < text.count("✓") < 50
        assert f"{50 - text.count('✓')} more cells are left out here" in text

    @pytest.mark.parametrize(
        ("runs", "counted", "of_what"),
        [
            ([run(*(wrong(problem=f"problem_{k}", reason="ü" * 400) for k in range(3000)))], "✗", "cells"),
            ([Run(f"{'<' * 300}{k}", HEAD | {"revision": "&" * 300 + str(k)}, [wrong()]) for k in range(3000)],
             " | 1 of an unknown number of cells | ", "runs"),
            ([Run("run", HEAD, [wrong(device="d" * 2_000_000), GOOD], ["w" * 2_000_000] * 3000)], "\n> www",
             "warnings"),
        ],
        ids=["cells", "runs", "warnings"],
    )  # fmt: skip
    def test_markdown_fits_whatever_there_is(self, runs: list[Run], counted: str, of_what: str) -> None:
        text = markdown(runs)
        assert len(text.encode()) <= LIMIT
        assert "✗" in text
        shown = text.count(counted)
        assert 100 < shown < 3000
        assert f"{3000 - shown:,} more {of_what} are left out here" in text

    def test_markdown_names_what_did_not_repeat(self) -> None:
        text = markdown([run(row(repeated=True), row(repeated=False, problem="probe97"), row(problem="other"))])
        assert "not required: 1 of the cells, torch_manual-cpu-float32-probe97.\n" in text
        assert "repeat" not in markdown([run(row(repeated=True), row(repeated=None, problem="other"))])

    def test_markdown_keeps_cut_names_apart(self) -> None:
        text = markdown([run(wrong(implementation="n" * 500 + "one"), wrong(implementation="n" * 500 + "other"))])
        for number in (1, 2):
            assert f"… ({number})-cpu-float32-stackoverflow" in text

    def test_markdown_escapes_markup(self) -> None:
        text = markdown([run(wrong(implementation="a|b<script>`x`@you", reason="first\nsecond [link](there)"))])
        for markup in ("<script>", "a|b", "`", "@you", "\nsecond", "[link]"):
            assert markup not in text
        assert escape("torch_manual") == "torch_manual"

    def test_markdown_says_what_is_missing_first(self) -> None:
        missing = Run("run", head(chosen=3), [GOOD], ["run.jsonl:4: 1 of 3 cells have no row"], chosen=3, missing=1)
        text = markdown([missing]).removeprefix("## Agreement with exact gradient descent\n")
        assert text.startswith("\n**Incomplete: 1 chosen cells have no row**\n\n> run.jsonl:4: 1 of 3 cells have no")
        assert "**Nothing was measured: there are no rows**" in markdown([run()])


class TestReport:
    """`python -m gradagree report`."""

    @pytest.mark.parametrize(
        ("rows", "sentence"),
        [
            ([], "the run has no rows: nothing was measured"),
            ([row(verdict="NOT RUN")], "no cell was run: all 1 are NOT RUN"),
        ],
        ids=["no rows", "not run"],
    )  # fmt: skip
    def test_report_of_nothing_that_was_run_fails(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: list[Row], sentence: str
    ) -> None:
        path, page = written(tmp_path / "run.jsonl", *rows), tmp_path / "page.html"
        assert main(["report", str(path), "-o", str(page)]) == 1
        assert capsys.readouterr().err == f"incomplete: {path}: {sentence}\n"
        assert sentence in page.read_text()

    @pytest.mark.parametrize("option", ["-o", "--markdown"])
    def test_report_never_replaces_rows(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
        path, other = written(tmp_path / "run.jsonl", GOOD), written(tmp_path / "other.jsonl", GOOD)
        link = tmp_path / "link.html"
        link.symlink_to(path)
        before = path.read_bytes()
        for target in (path, other, link):
            assert main(["report", str(path), option, str(target)]) == 2
            sentence = f"error: {target}: it holds rows, which nothing else may replace; another name will do\n"
            assert capsys.readouterr().err == sentence
        assert path.read_bytes() == other.read_bytes() == before

    @pytest.mark.parametrize("option", ["-o", "--markdown"])
    def test_report_on_a_full_disk_leaves_no_half_a_page(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, option: str
    ) -> None:
        path, target = written(tmp_path / "run.jsonl", GOOD), tmp_path / "page"
        target.write_text("the page of yesterday")
        whole = Path.write_text

        def full(self: Path, data: str, *_: object, **__: object) -> int:
            whole(self, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(Path, "write_text", full)
        assert main(["report", str(path), option, str(target)]) == 2
        sentence = f"error: {target}: No space left on device; a file in a folder that can be written will do\n"
        assert capsys.readouterr().err == sentence
        assert target.read_text() == "the page of yesterday"
        assert sorted(found.name for found in tmp_path.iterdir()) == ["page", "run.jsonl"]

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
    @pytest.mark.parametrize("command", [["list"], ["report", "run.jsonl", "--markdown", "-"]], ids=lambda c: c[0])
    def test_full_disk_behind_standard_output_costs_a_sentence(self, tmp_path: Path, command: list[str]) -> None:
        written(tmp_path / "run.jsonl", *(row(problem=f"problem_{k}") for k in range(1000)))
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
        with open("/dev/full", "w") as full:
            ran = subprocess.run([sys.executable, "-m", "gradagree", *command], cwd=tmp_path, stdout=full,
                                 stderr=subprocess.PIPE, text=True, check=False, env=environment)  # fmt: skip
        sentence = "error: standard output: No space left on device; a disk with room will do\n"
        assert (ran.returncode, ran.stderr) == (2, sentence)

    def test_report_keeps_the_mode_of_what_it_replaces(self, tmp_path: Path) -> None:
        path, target = written(tmp_path / "run.jsonl", GOOD), tmp_path / "summary.md"
        target.touch(0o640)
        assert main(["report", str(path), "--markdown", str(target)]) == 0
        assert target.stat().st_mode & 0o777 == 0o640

    def test_report_without_the_extra_says_how_to_get_it_and_makes_markdown(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
        path = str(written(tmp_path / "run.jsonl", GOOD))
        assert main(["report", path]) == 2
        assert "the page needs jinja2; pip install -e '.[report]' will do" in capsys.readouterr().err
        assert main(["report", path, "--markdown", "-"]) == 0
        assert "1 cell: 1 AGREES" in capsys.readouterr().out

    def test_report_of_a_cut_off_file_warns(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        whole, cut = written(tmp_path / "a.jsonl", GOOD), written(tmp_path / "b.jsonl", GOOD, GOOD, whole=False)
        cut.write_bytes(cut.read_bytes()[:-9])
        target = tmp_path / "summary.md"
        assert main(["report", str(whole), str(cut), "--markdown", str(target)]) == 1
        assert "b.jsonl:3: the last line is cut off; the 1 whole rows" in capsys.readouterr().err
        assert "b.jsonl:3: the last line is cut off" in target.read_text()

    @pytest.mark.parametrize(
        ("content", "options", "sentence"),
        [
            ("{}\n", ("--markdown", "-"), "a.jsonl:1: the first line is no header"),
            (None, ("--markdown", "a.jsonl/summary.md"), "a file in a folder that can be written will do"),
            (None, ("-o", "both", "--markdown", "both"), "is named for the page and for the summary; two files"),
        ],
        ids=["foreign", "no folder", "one file"],
    )  # fmt: skip
    def test_report_of_what_cannot_be_is_an_error(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
        content: str | None, options: tuple[str, ...], sentence: str,
    ) -> None:  # fmt: skip
        monkeypatch.chdir(tmp_path)
        path = written(tmp_path / "a.jsonl", GOOD)
        if content is not None:
            path.write_text(content)
        assert main(["report", "a.jsonl", *options]) == 2
        assert sentence in capsys.readouterr().err
