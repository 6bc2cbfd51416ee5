"""Rows in files: what is written, what is read back, and what is refused with which sentence."""

import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gradagree.matrix import registry, second_order
from gradagree.matrix.row import Row
from gradagree.report import reader
from gradagree.report.fields import FIELDS
from gradagree.report.header import SCHEMA_VERSION, differences, header, revision
from gradagree.report.reader import ReportError, read, read_all
from gradagree.report.writer import Writer
from tests.support.rows import GOOD, head, right_row, row, written, wrong

SCHEMA = json.loads((Path(reader.__file__).parent / "schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def invalid(line: dict[str, Any]) -> bool:
    return not VALIDATOR.is_valid(line)


class TestSchema:
    def test_every_line_that_is_written_is_valid(self, tmp_path: Path) -> None:
        rows = [right_row(), wrong(gradient=math.inf, distance=math.nan, notes=("a note",)), row(bits=None)]
        path = written(tmp_path / "run.jsonl", *rows)
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert [line["kind"] for line in lines] == ["header", "row", "row", "row", "end"]
        for line in lines:
            VALIDATOR.validate(line)

    def test_a_row_of_second_derivatives_is_valid_and_read_back(self, tmp_path: Path) -> None:
        found = second_order.run_cell(
            next(second_order.cells(registry.second_order(), ["cpu"], ["float64"], ["probe97"]))
        )
        VALIDATOR.validate({"kind": "row", **found.as_json()})
        [run] = read(written(tmp_path / "run.jsonl", found))
        [again] = run.rows
        assert again == found

    def test_it_knows_every_field_of_a_row(self) -> None:
        """A field that was added to `Row` is added to the schema, with a word on what it is."""
        known = set(SCHEMA["$defs"]["row"]["properties"]) - {"kind"}
        assert FIELDS - known == set()

    def test_it_has_the_version_that_is_written(self) -> None:
        assert SCHEMA["$defs"]["header"]["properties"]["schema_version"]["const"] == SCHEMA_VERSION

    @pytest.mark.parametrize(
        "change",
        [{"verdict": "FINE"}, {"gradient": "big"}, {"steps": -1}, {"kind": "line"}, {"curves": {}}, {"checks": -1}],
        ids=str,
    )
    def test_a_broken_row_is_invalid(self, change: dict[str, Any]) -> None:
        good = {"kind": "row", **GOOD.as_json()}
        assert not invalid(good)
        assert invalid(good | change)

    def test_a_row_without_a_verdict_is_invalid(self) -> None:
        line = {"kind": "row", **GOOD.as_json()}
        del line["verdict"]
        assert invalid(line)

    def test_a_header_of_another_version_is_invalid(self) -> None:
        assert not invalid(head())
        assert invalid(head(schema_version=SCHEMA_VERSION + 1))


class TestHeader:
    def test_it_names_versions_without_importing(self) -> None:
        import sys

        before = {*sys.modules}
        found = header({"device": ["cpu"]})
        assert found["versions"]["numpy"]
        assert found["flags"] == {"device": ["cpu"]}
        assert {"torch", "jax"} & ({*sys.modules} - before) == set()

    def test_settings_from_outside_are_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")
        monkeypatch.setenv("SECRET_TOKEN", "do not tell")
        assert header({})["environment"]["NVIDIA_TF32_OVERRIDE"] == "0"
        assert "do not tell" not in json.dumps(header({}))

    def test_outside_a_checkout_there_is_no_revision(self, tmp_path: Path) -> None:
        assert revision(tmp_path) is None

    def test_differences_are_named_and_the_time_is_none(self) -> None:
        one, other = head(time="2026-01-01"), head(time="2026-01-02", devices=["cpu", "cuda"])
        assert differences([one, other]) == {"devices": [", ".join(one["devices"]), "cpu, cuda"]}
        assert differences([one, dict(one)]) == {}


class TestReading:
    def test_what_was_written_comes_back(self, tmp_path: Path) -> None:
        rows = [right_row(), wrong(resolution=math.inf, notes=("with a\u2028line separator",))]
        (run,) = read(written(tmp_path / "run.jsonl", *rows))
        assert run.rows == rows
        assert run.whole
        assert run.warnings == []

    def test_an_interrupted_run_is_kept_and_told(self, tmp_path: Path) -> None:
        (run,) = read(written(tmp_path / "run.jsonl", GOOD, whole=False))
        assert run.rows == [GOOD]
        assert not run.whole
        told = (
            "was interrupted after 1 of an unknown number of cells, the last of them that of torch_manual-cpu-float32-"
        )
        assert told in run.warnings[0]

    def test_a_cut_off_line_is_left_out_and_named(self, tmp_path: Path) -> None:
        path = written(tmp_path / "run.jsonl", GOOD, wrong(), whole=False)
        path.write_bytes(path.read_bytes()[:-40])
        (run,) = read(path)
        assert run.rows == [GOOD]
        assert run.warnings == [f"{path}:3: the last line is cut off; the 1 whole rows before it are kept"]

    @pytest.mark.parametrize(
        ("ended", "told"),
        [
            ("stopped", "the run was stopped before its end, as -x does: 2 of 3 cells have no row"),
            ("interrupted", "the run was interrupted: 2 of 3 cells have no row"),
            ("failed", "the run ended with an error of pytest's own or of a plugin's: 2 of 3 cells have no row"),
            ("whole", "the run came to its end: 2 of 3 cells have no row"),
            ("of a later version", "the run ended otherwise ('of a later version'): 2 of 3 cells have no row"),
        ],
    )
    def test_how_a_run_ended_is_told(self, tmp_path: Path, ended: str, told: str) -> None:
        path = tmp_path / "run.jsonl"
        with Writer(path, head(chosen=3)) as writer:
            writer.row(GOOD)
            writer.end(1, ended, 2)
        (run,) = read(path)
        assert (run.whole, run.chosen, run.missing) == (False, 3, 2)
        assert run.warnings == [f"{path}:3: {told}"]

    def test_a_file_from_before_is_whole_and_its_number_of_cells_unknown(self, tmp_path: Path) -> None:
        before = {name: value for name, value in head().items() if name != "chosen"}
        lines = [before, {"kind": "row", **GOOD.as_json()}, {"kind": "end", "rows": 1, "exit_status": 0}]
        (tmp_path / "run.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        for line in lines:
            VALIDATOR.validate(line)
        (run,) = read(tmp_path / "run.jsonl")
        assert (run.whole, run.warnings, run.missing) == (True, [], None)
        assert run.of_chosen == "1 of an unknown number of cells"

    def test_missing_rows_are_told(self, tmp_path: Path) -> None:
        path = written(tmp_path / "run.jsonl", GOOD, wrong())
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join([lines[0], lines[1], lines[3]]))
        (run,) = read(path)
        assert not run.whole
        assert run.warnings == [f"{path}:3: the run had 2 rows, and 1 are here"]

    def test_joined_files_are_several_runs(self, tmp_path: Path) -> None:
        one, other = written(tmp_path / "a.jsonl", GOOD), written(tmp_path / "b.jsonl", wrong())
        joined = tmp_path / "both.jsonl"
        joined.write_text(one.read_text() + other.read_text())
        assert [run.rows for run in read_all([joined])] == [[GOOD], [wrong()]]

    def test_a_text_that_reads_like_a_number_is_a_text(self, tmp_path: Path) -> None:
        found = row(implementation="nan", reason="inf", notes=("nan",), gradient=math.inf)
        assert read(written(tmp_path / "run.jsonl", found))[0].rows == [found]

    def test_names_tell_runs_apart(self, tmp_path: Path) -> None:
        paths = [written(tmp_path / folder / "run.jsonl", GOOD) for folder in ("linux", "mac")]
        other = written(tmp_path / "gpu.jsonl", GOOD)
        names = [run.name for run in read_all([*paths, other, other])]
        assert len(set(names)) == 4
        assert "linux" in names[0]
        assert "mac" in names[1]

    def test_a_later_field_is_no_hindrance(self, tmp_path: Path) -> None:
        path = written(tmp_path / "run.jsonl", GOOD, whole=False)
        line = {"kind": "row", **GOOD.as_json(), "a_later_field": 1}
        path.write_text(path.read_text() + json.dumps(line) + "\n")
        assert read(path)[0].rows == [GOOD, GOOD]


HEAD = json.dumps(head())
LINE = {"kind": "row", **GOOD.as_json()}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "{path}: the file is empty"),
        (" \n\n", "{path}: the file is empty"),
        ("implementation,verdict\n", "{path}:1: no JSON"),
        ('{"kind": "row"}\n', "{path}:1: the first line is no header of gradagree's"),
        ("[1, 2]\n", "{path}:1: the first line is no header of gradagree's"),
        (json.dumps(head(schema_version=SCHEMA_VERSION + 1)), "{path}:1: the rows have schema 2, * reads up to 1"),
        (json.dumps(head(schema_version="one")), "{path}:1: schema_version is 'one'"),
        (f"{HEAD}\nnot JSON\n{json.dumps(LINE)}\n", "{path}:2: no JSON"),
        (f"{HEAD}\n{json.dumps(LINE | {'verdict': 'FINE'})}\n", "{path}:2: verdict is 'FINE'; one of AGREES, "),
        (f"{HEAD}\n{json.dumps(LINE | {'gradient': 'big'})}\n", "{path}:2: gradient is 'big'; a number or null"),
        (f'{HEAD}\n\n{{"kind": "row", "verdict": "AGREES"}}\n', "{path}:3: the row has no implementation, framework"),
        (f'{HEAD}\n{{"kind": "remark"}}\n', "{path}:2: kind is 'remark'; one of header, row, end will do"),
    ],
    ids=range(12),
)
def test_a_file_that_is_none_of_ours_is_refused_by_line(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "foreign.jsonl"
    path.write_text(text)
    with pytest.raises(ReportError) as caught:
        read(path)
    for part in sentence.format(path=path).split("*"):
        assert part in str(caught.value)


CURVES = right_row().as_json()["curves"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"implementation": 5}, "implementation is 5; a name will do"),
        ({"implementation": None}, "implementation is None; a name will do"),
        ({"implementation": ""}, "implementation is ''; a name will do"),
        ({"device": ["cpu"]}, "device is ['cpu']; a text will do"),
        ({"steps": "many"}, "steps is 'many'; a whole number from 0"),
        ({"steps": True}, "steps is True; a whole number from 0"),
        ({"rows": "a"}, "rows is 'a'; a whole number from 0"),
        ({"rows": 10**400}, "or null, will do"),
        ({"verdict": ["AGREES"]}, "verdict is ['AGREES']; one of AGREES, "),
        ({"expected": "FINE"}, "expected is 'FINE'; one of AGREES, "),
        ({"blind": None}, "blind is None; a list of texts will do"),
        ({"checks": "x"}, "checks is 'x'; a whole number from 0"),
        ({"notes": [1]}, "notes is [1]; a list of texts will do"),
        ({"notes": "one"}, "notes is 'one'; a list of texts will do"),
        ({"repeated": "yes"}, "repeated is 'yes'; true, false or null will do"),
        ({"gradient": True}, "gradient is True; a number or null"),
        ({"gradient": 10**400}, "; a number or null"),
        ({"distance": "far"}, "distance is 'far'; a number or null"),
        ({"curves": "no"}, "curves is 'no'; an object"),
        ({"curves": {"steps": [1]}}, "curves has no w, b, lr, hessian, minimiser, minimum"),
        ({"curves": CURVES | {"steps": []}}, "curves.steps is []; a list of 1 to 200 whole numbers"),
        ({"curves": CURVES | {"steps": [0.5]}}, "curves.steps is [0.5]; "),
        ({"curves": CURVES | {"w": CURVES["w"][1:]}}, "curves.w is "),
        ({"curves": CURVES | {"b": ["a", *CURVES["b"][1:]]}}, "curves.b is ['a', "),
        ({"curves": CURVES | {"loss": 3}}, "curves.loss is 3; a list of "),
        ({"curves": CURVES | {"gradient": [*CURVES["gradient"], 1, 1]}}, "curves.gradient is "),
        ({"curves": CURVES | {"hessian": [1, 2]}}, "curves.hessian is [1, 2]; a list of 3 numbers will do"),
        ({"curves": CURVES | {"minimiser": [1, None]}}, "curves.minimiser is [1, None]; a list of 2 numbers will do"),
        ({"curves": CURVES | {"lr": 10**400}}, "; a number will do"),
    ],
)
def test_a_row_of_other_types_is_refused_by_field(tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    path = tmp_path / "foreign.jsonl"
    line = {"kind": "row", **right_row().as_json()}
    path.write_text(f"{HEAD}\n{json.dumps(line)}\n")
    assert len(read(path)[0].rows) == 1
    path.write_text(f"{HEAD}\n{json.dumps(line | change)}\n")
    with pytest.raises(ReportError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(path))


def test_every_field_of_a_row_is_held_to_a_type(tmp_path: Path) -> None:
    """A field that is added to `Row` is read from no file with just anything in it."""
    for name in FIELDS:
        path = tmp_path / f"{name}.jsonl"
        path.write_text(f"{HEAD}\n{json.dumps(LINE | {name: {'anything': 1}})}\n")
        with pytest.raises(ReportError, match=rf"{name}\.jsonl:2: {name} |:2: curves has no"):
            read(path)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("[" * 100_000, "nests too deep"),
        (json.dumps(LINE).replace('"notes"', f'"later": {"[" * 50_000}{"]" * 50_000}, "notes"'), "nests too deep"),
        (json.dumps(LINE | {"gradient": math.nan}), "NaN is no number in JSON"),
        (json.dumps(LINE | {"reason": "\ud800"}), "half a character"),
        (json.dumps(LINE).replace('"steps": 500', f'"steps": {"5" * 5000}'), "no JSON"),
        (json.dumps(head(flags={"device": [["cpu"]]})), "'flags' nests deeper than a header's fields do"),
        ('{"kind": "end", "rows": "all"}', "rows is 'all'; a whole number will do"),
        ('{"kind": "end", "rows": 0, "missing": -1}', "missing is -1; a whole number will do"),
        ('{"kind": "end", "rows": 0, "ended": 1}', "ended is 1; one of whole, stopped, interrupted, failed will do"),
        (json.dumps(head(chosen="all")), "chosen is 'all'; a whole number, or null, will do"),
    ],
    ids=["brackets", "deep field", "NaN", "surrogate", "digits", "header", "end", "missing", "ended", "chosen"],
)
def test_json_that_no_reader_of_rows_can_take_is_refused(tmp_path: Path, line: str, sentence: str) -> None:
    path = tmp_path / "foreign.jsonl"
    path.write_text(f"{HEAD}\n{line}\n")
    with pytest.raises(ReportError, match=rf"foreign\.jsonl:2: .*{sentence}"):
        read(path)


def test_an_absent_file_and_a_binary_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"absent\.jsonl: No such file or directory; a file that `pytest --report`"):
        read(tmp_path / "absent.jsonl")
    binary = tmp_path / "binary.jsonl"
    binary.write_bytes(b"\x89PNG\r\n")
    with pytest.raises(ReportError, match=r"binary\.jsonl: byte 0 is no UTF-8 text"):
        read(binary)


def test_rows_hold_no_number_that_json_has_not() -> None:
    values = wrong(gradient=math.inf, bits=math.inf, distance=-math.inf).as_json()
    assert Row.from_json(json.loads(json.dumps(values, allow_nan=False))).gradient == math.inf
