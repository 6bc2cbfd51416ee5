"""Two runs beside each other: `diff`, the Markdown summary, and the commands' answers to bad input."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradagree.__main__ import main
from gradagree.matrix.row import Row
from gradagree.report.changes import changes
from gradagree.report.markdown import LIMIT, escape, markdown
from gradagree.report.run import Run
from tests.support.rows import GOOD, broken_row, head, right_row, row, runs, written, wrong


def run(*rows: Row, name: str = "run") -> Run:
    return Run(name, head(), list(rows), whole=True)


class TestChanges:
    def test_nothing_changed(self) -> None:
        assert changes([run(GOOD, wrong(problem="probe97"))], [run(GOOD, wrong(problem="probe97"))]) == []

    @pytest.mark.parametrize(
        ("old", "new", "worse"),
        [
            ("AGREES", "DISAGREES", True), ("AGREES", "INCONCLUSIVE", True), ("AGREES", "NOT RUN", True),
            ("NOT RUN", "INVALID", True), ("DISAGREES", "AGREES", False), ("NOT RUN", "AGREES", False),
        ],
    )  # fmt: skip
    def test_verdicts(self, old: str, new: str, worse: bool) -> None:
        (change,) = changes([run(row(verdict=old))], [run(row(verdict=new))])
        assert (change.kind, change.text, change.worse) == ("verdict", f"{old} → {new}", worse)

    def test_more_than_a_bit_is_news_and_a_bit_is_not(self) -> None:
        assert changes([run(row(bits=21.5))], [run(row(bits=20.5))]) == []
        (change,) = changes([run(row(bits=21.5))], [run(row(bits=20.4))])
        assert change.text == "gradient: 21.5 → 20.4 right bits (-1.1)"
        assert change.worse
        (change,) = changes([run(row(bits=18.0))], [run(row(bits=20.4))])
        assert change.worse is False

    def test_bits_beyond_the_format_s_are_luck(self) -> None:
        assert changes([run(row(bits=float("inf")))], [run(row(bits=24.0))]) == []
        assert len(changes([run(row(bits=float("inf")))], [run(row(bits=22.0))])) == 1

    @pytest.mark.parametrize("name", ["update", "loss", "final", "resolution"])
    def test_a_wider_claim_does_not_hide_a_loss(self, name: str) -> None:
        old = getattr(GOOD, name)
        (change,) = changes([run(GOOD)], [run(row(**{name: 2.1 * old}))])
        assert change.text.startswith(f"{name}: ")
        assert change.worse
        assert changes([run(GOOD)], [run(row(**{name: 2 * old}))]) == []
        assert changes([run(GOOD)], [run(row(**{name: 7 * old}))], bits=3) == []
        assert changes([run(GOOD)], [run(row(**{name: None}))]) == []

    def test_new_and_gone(self) -> None:
        other = row(problem="probe97")
        (change,) = changes([run(GOOD, other)], [run(GOOD)])
        assert (change.kind, change.worse) == ("gone", True)
        (change,) = changes([run(GOOD, other)], [run(GOOD)], gone_is_worse=False)
        assert change.worse is None
        (change,) = changes([run(GOOD)], [run(GOOD, other)])
        assert (change.kind, change.worse) == ("new", None)
        (change,) = changes([run(GOOD)], [run(GOOD, wrong(problem="probe97"))])
        assert change.worse

    def test_of_a_cell_that_ran_twice_the_last_row_counts(self) -> None:
        assert changes([run(GOOD)], [run(wrong(), GOOD)]) == []

    def test_worse_comes_first(self) -> None:
        old = [run(wrong(problem="a"), row(problem="b"), row(problem="c"))]
        new = [run(row(problem="a"), wrong(problem="b"), row(problem="c"), row(problem="d"))]
        assert [change.worse for change in changes(old, new)] == [True, False, None]


class TestDiff:
    def test_a_road_broken_on_purpose(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Two real runs: the same road right, and with half the gradient."""
        old = written(tmp_path / "old.jsonl", right_row("numpy_on_trial"))
        broken = broken_row("numpy_on_trial")
        new = written(tmp_path / "new.jsonl", broken, versions={"numpy": "99.0"})
        assert main(["diff", str(old), str(old)]) == 0
        assert main(["diff", str(old), str(new)]) == 1
        out = capsys.readouterr().out
        assert "worse: 1\n  ✗ numpy_on_trial-cpu-float32-probe97: AGREES → DISAGREES\n      step 0, w.grad" in out
        assert "versions.numpy: " in out
        assert " → 99.0" in out
        assert "1 worse, 0 better, 0 neither; 0 of 1 common cells as before" in out
        assert main(["diff", str(new), str(old)]) == 0

    def test_options(self, tmp_path: Path) -> None:
        old, new = written(tmp_path / "old.jsonl", GOOD), written(tmp_path / "new.jsonl", row(bits=18.0))
        assert main(["diff", str(old), str(new)]) == 1
        assert main(["diff", "--bits", "4", str(old), str(new)]) == 0
        old, part = (
            written(tmp_path / "old.jsonl", GOOD, row(problem="probe97")),
            written(tmp_path / "part.jsonl", GOOD),
        )
        assert main(["diff", str(old), str(part)]) == 1
        assert main(["diff", "--ignore-gone", str(old), str(part)]) == 0

    @pytest.mark.parametrize("bits", ["nan", "-3", "-0.5", "inf", "many"])
    def test_a_gate_cannot_be_switched_off(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], bits: str) -> None:
        old, new = written(tmp_path / "old.jsonl", GOOD), written(tmp_path / "new.jsonl", row(bits=10.0))
        with pytest.raises(SystemExit) as caught:
            main(["diff", f"--bits={bits}", str(old), str(new)])
        assert caught.value.code == 2
        assert f"argument --bits: got '{bits}'; a number of bits, 0 or more, will do" in capsys.readouterr().err

    def test_with_no_bits_to_lose_any_loss_is_worse(self, tmp_path: Path) -> None:
        old, new = written(tmp_path / "old.jsonl", GOOD), written(tmp_path / "new.jsonl", row(bits=21.4))
        assert main(["diff", "--bits", "0", str(old), str(new)]) == 1
        assert main(["diff", "--bits", "0", str(old), str(old)]) == 0

    def test_half_a_run_is_no_ground_for_a_gate(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        old, new = written(tmp_path / "old.jsonl", GOOD), written(tmp_path / "new.jsonl", GOOD, whole=False)
        for pair in ((old, new), (new, old)):
            assert main(["diff", *map(str, pair)]) == 1
            first, *_ = capsys.readouterr().out.splitlines()
            assert f"incomplete: {new}: the run was interrupted" in first

    def test_an_empty_run_is_no_ground_for_a_gate(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        old, new = written(tmp_path / "old.jsonl", GOOD), written(tmp_path / "new.jsonl")
        for pair in ((old, new), (new, old), (new, new)):
            assert main(["diff", "--ignore-gone", *map(str, pair)]) == 1
            assert capsys.readouterr().out.startswith(f"incomplete: {new}: the run has no rows: nothing was measured")

    @pytest.mark.parametrize("both", [(), (row(verdict="NOT RUN"),)], ids=["apart", "not run"])
    def test_what_compares_nothing_is_no_ground_for_a_gate(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], both: tuple[Row, ...]
    ) -> None:
        old = written(tmp_path / "old.jsonl", row(problem="offset"), *both)
        new = written(tmp_path / "new.jsonl", row(problem="scales"), *both)
        assert main(["diff", "--ignore-gone", str(old), str(new)]) == 1
        assert capsys.readouterr().out.startswith("incomplete: no cell was run in both: nothing was compared")

    def test_a_new_defect_comes_before_a_known_one(self) -> None:
        old = [run(row(problem="a"), row(problem="b"))]
        new = [run(wrong(problem="a", expected="DISAGREES", issue="x#1"), wrong(problem="b"))]
        assert [change.cell for change in changes(old, new)] == [
            "torch_manual-cpu-float32-b", "torch_manual-cpu-float32-a"
        ]  # fmt: skip

    def test_an_absent_file(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["diff", str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]) == 2
        assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'a.jsonl'}: No such file")


class TestMarkdown:
    def test_what_disagrees_comes_first(self) -> None:
        text = markdown([run(GOOD, wrong(problem="probe97"), row(verdict="NOT RUN", device="cuda", reason="no GPU"))])
        places = [text.index(part) for part in ("Disagrees, or is invalid: 1", "Not run: 1", "Agrees: 1")]
        assert places == sorted(places)
        assert "| ✗ torch_manual-cpu-float32-probe97 | 1e+03 |" in text
        assert "step 3, w.grad&#91;0, 0&#93;: got 2.001" in text

    def test_several_runs_are_told_apart(self) -> None:
        text = markdown([run(GOOD, name="linux"), run(GOOD, name="mac")])
        assert "| linux | 1 of an unknown number of cells |" in text
        assert text.count("torch_manual-cpu-float32-stackoverflow | linux |") == 1
        assert text.count("torch_manual-cpu-float32-stackoverflow | mac |") == 1

    def test_agreeing_cells_are_left_out_first(self) -> None:
        rows = [row(problem=f"problem_{k}") for k in range(50)] + [wrong(problem=f"wrong_{k}") for k in range(5)]
        whole = markdown([run(*rows)])
        assert "left out" not in whole
        text = markdown([run(*rows)], limit=len(whole.encode()) - 1000)
        assert len(text.encode()) <= len(whole.encode()) - 1000
        assert text.count("✗") == 5
        assert 0 < text.count("✓") < 50
        assert f"{50 - text.count('✓')} more cells are left out here" in text

    def test_it_fits_whatever_there_is(self) -> None:
        rows = [wrong(problem=f"problem_{k}", reason="ü" * 400) for k in range(3000)]
        text = markdown([run(*rows)])
        assert len(text.encode()) <= LIMIT
        assert text.count("✗") > 1000
        assert f"{3000 - text.count('✗'):,} more cells are left out" in text

    def test_it_fits_however_many_runs_there_are(self) -> None:
        own = head()
        many = [
            Run(f"{'<' * 300}{k}", own | {"revision": "&" * 300 + str(k)}, [wrong()], whole=True) for k in range(3000)
        ]
        text = markdown(many)
        assert len(text.encode()) <= LIMIT
        assert text.count("✗") > 100
        told = text.count(f" | 1 of an unknown number of cells | {own['time']} | revision ")
        assert 0 < told < 3000
        assert f"{3000 - told:,} more runs are left out here." in text
        assert "more runs are left out" not in markdown(many[:3])

    def test_it_fits_however_long_a_warning_or_a_name_is(self) -> None:
        long = Run("run", head(), [wrong(device="d" * 2_000_000), GOOD], ["w" * 2_000_000] * 3000, whole=True)
        text = markdown([long])
        assert len(text.encode()) <= LIMIT
        assert text.count("\n> www") > 100
        assert f"{3000 - text.count('> www'):,} more warnings are left out here." in text
        assert text.count("✗") == text.count("✓") == 1
        assert "warnings are left out" not in markdown([Run("run", head(), [GOOD], ["w"] * 3)])

    def test_what_did_not_repeat_is_named(self) -> None:
        text = markdown([run(row(repeated=True), row(repeated=False, problem="probe97"), row(problem="other"))])
        assert "not required: 1 of the cells, torch_manual-cpu-float32-probe97.\n" in text
        assert "repeat" not in markdown([run(row(repeated=True), row(repeated=None, problem="other"))])

    def test_cut_names_stay_apart(self) -> None:
        text = markdown([run(wrong(implementation="n" * 500 + "one"), wrong(implementation="n" * 500 + "other"))])
        assert "… (1)-cpu-float32-stackoverflow" in text
        assert "… (2)-cpu-float32-stackoverflow" in text

    def test_names_stay_names(self) -> None:
        text = markdown([run(wrong(implementation="a|b<script>`x`@you", reason="first\nsecond [link](there)"))])
        for markup in ("<script>", "a|b", "`", "@you", "\nsecond", "[link]"):
            assert markup not in text
        assert escape("torch_manual") == "torch_manual"

    def test_what_is_missing_comes_before_all_else(self) -> None:
        missing = Run("run", head(chosen=3), [GOOD, GOOD], ["run.jsonl:4: 1 of 3 cells have no row"], True, 3, 1)
        _, text = markdown([missing]).split("\n", 1)
        assert text.startswith(
            "\n**Incomplete: 1 chosen cells have no row**\n\n> run.jsonl:4: 1 of 3 cells have no row\n"
        )

    def test_a_run_without_rows_is_no_agreement(self) -> None:
        assert "**Nothing was measured: there are no rows**" in markdown([run()])

    def test_a_new_disagreement_comes_before_the_known_ones(self) -> None:
        known = [wrong(problem=f"a{k}", expected="DISAGREES", issue="x#1") for k in range(3)]
        mended = row(problem="b", expected="DISAGREES", issue="x#1")
        text = markdown([run(GOOD, *known), run(wrong(problem="z"), mended, name="other")])
        titles = [line for line in text.splitlines() if line.startswith("### ")]
        assert titles == [
            "### Disagrees, or is invalid: 1",
            "### Agrees, where a defect is known: is it mended?: 1",
            "### Disagrees, or is invalid, and is known for it: 3",
            "### Agrees: 1",
        ]
        assert text.index("float32-z") < text.index("float32-a0")


class TestReport:
    def test_a_file_without_rows_fails(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path, page = written(tmp_path / "run.jsonl"), tmp_path / "page.html"
        assert main(["report", str(path), "-o", str(page)]) == 1
        told = f"incomplete: {path}: the run has no rows: nothing was measured\n"
        assert capsys.readouterr().err == told
        assert "Nothing was measured" in page.read_text()
        assert "cells agree with" not in page.read_text()

    def test_a_file_in_which_no_cell_was_run_fails(self, tmp_path: Path) -> None:
        path = written(tmp_path / "run.jsonl", row(verdict="NOT RUN", reason="no GPU"))
        assert main(["report", str(path), "--markdown", "-"]) == 1

    @pytest.mark.parametrize("option", ["-o", "--markdown"])
    def test_rows_are_never_replaced(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
        path, other = written(tmp_path / "run.jsonl", GOOD), written(tmp_path / "other.jsonl", GOOD)
        link = tmp_path / "link.html"
        link.symlink_to(path)
        before = path.read_bytes()
        for target in (path, other, link):
            assert main(["report", str(path), option, str(target)]) == 2
            told = f"error: {target}: it holds rows, which nothing else may replace; another name will do\n"
            assert capsys.readouterr().err == told
        assert path.read_bytes() == other.read_bytes() == before

    def test_a_page_and_a_summary_are_two_files(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path, both = written(tmp_path / "run.jsonl", GOOD), str(tmp_path / "both")
        assert main(["report", str(path), "-o", both, "--markdown", both]) == 2
        assert "is named for the page and for the summary; two files will do" in capsys.readouterr().err

    @pytest.mark.parametrize("option", ["-o", "--markdown"])
    def test_a_full_disk_leaves_no_half_a_page(
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
        told = f"error: {target}: No space left on device; a file in a folder that can be written will do\n"
        assert capsys.readouterr().err == told
        assert target.read_text() == "the page of yesterday"
        assert sorted(found.name for found in tmp_path.iterdir()) == ["page", "run.jsonl"]

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
    @pytest.mark.parametrize("command", [["list"], ["report", "run.jsonl", "--markdown", "-"]], ids=lambda c: c[0])
    def test_a_full_disk_behind_standard_output_costs_a_sentence(self, tmp_path: Path, command: list[str]) -> None:
        written(tmp_path / "run.jsonl", *(row(problem=f"problem_{k}") for k in range(1000)))
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
        with open("/dev/full", "w") as full:
            ran = subprocess.run([sys.executable, "-m", "gradagree", *command], cwd=tmp_path, stdout=full,
                                 stderr=subprocess.PIPE, text=True, check=False, env=environment)  # fmt: skip
        told = "error: standard output: No space left on device; a disk with room will do\n"
        assert (ran.returncode, ran.stderr) == (2, told)

    def test_what_is_replaced_keeps_its_mode(self, tmp_path: Path) -> None:
        path, target = written(tmp_path / "run.jsonl", GOOD), tmp_path / "summary.md"
        target.touch(0o640)
        assert main(["report", str(path), "--markdown", str(target)]) == 0
        assert target.stat().st_mode & 0o777 == 0o640

    def test_markdown_needs_no_page(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = written(tmp_path / "run.jsonl", GOOD)
        assert main(["report", str(path), "--markdown", "-"]) == 0
        assert "1 cell: 1 AGREES" in capsys.readouterr().out

    def test_a_cut_off_file_is_merged_with_a_warning(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        whole, cut = written(tmp_path / "a.jsonl", GOOD), written(tmp_path / "b.jsonl", GOOD, GOOD, whole=False)
        cut.write_bytes(cut.read_bytes()[:-9])
        target = tmp_path / "summary.md"
        assert main(["report", str(whole), str(cut), "--markdown", str(target)]) == 1
        assert "b.jsonl:3: the last line is cut off; the 1 whole rows" in capsys.readouterr().err
        assert "b.jsonl:3: the last line is cut off" in target.read_text()

    def test_a_foreign_file(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "a.jsonl").write_text("{}\n")
        assert main(["report", str(tmp_path / "a.jsonl"), "--markdown", "-"]) == 2
        assert "a.jsonl:1: the first line is no header" in capsys.readouterr().err

    def test_a_path_that_cannot_be_written(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = written(tmp_path / "run.jsonl", GOOD)
        assert main(["report", str(path), "--markdown", str(path / "summary.md")]) == 2
        assert "a file in a folder that can be written will do" in capsys.readouterr().err

    def test_without_the_extra_the_answer_is_how_to_get_it(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
        assert main(["report", str(written(tmp_path / "run.jsonl", GOOD))]) == 2
        assert "the page needs jinja2; pip install -e '.[report]' will do" in capsys.readouterr().err

    def test_the_same_names_of_two_folders(self, tmp_path: Path) -> None:
        paths = [written(tmp_path / folder / "run.jsonl", GOOD) for folder in ("linux", "mac")]
        assert len({run.name for run in runs(*paths)}) == 2
