"""Rows in files: what is written, what is read back, and what is refused with which sentence."""

import dataclasses
import json
import math
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gradagree.matrix import registry, second_order
from gradagree.matrix.row import Row
from gradagree.report.header import differences, header, revision
from gradagree.report.reader import ReportError, read, read_all
from gradagree.report.schema import SCHEMA_VERSION, schema
from gradagree.report.writer import Writer
from tests.support.rows import GOOD, head, right_row, row, written, wrong

VALIDATOR = jsonschema.Draft202012Validator(schema())
HEAD = json.dumps(head())
LINE = {"kind": "row", **right_row().as_json()}
CURVES = LINE["curves"]
LATER = head(schema_version=SCHEMA_VERSION + 1)


def without(line: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in names}


def test_schema_accepts_every_line_that_is_written(tmp_path: Path) -> None:
    second = second_order.run_cell(next(second_order.cells(registry.second_order(), ["cpu"], ["float64"], ["probe97"])))
    rows = [right_row(), second, wrong(gradient=math.inf, distance=math.nan, notes=("a note",)), row(bits=None)]
    lines = [json.loads(line) for line in written(tmp_path / "run.jsonl", *rows).read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["header", *["row"] * len(rows), "end"]
    for line in lines:
        VALIDATOR.validate(line)


@pytest.mark.parametrize(
    ("line", "valid"),
    [
        (LINE, True),
        (LINE | {"a_later_field": 1}, True),
        (head(), True),
        (without(LINE, "verdict"), False),
        (without(head(), "machine"), False),
        (LATER, False),
        *((LINE | {name: value}, False) for name, value in (
            ("verdict", "FINE"), ("gradient", "big"), ("steps", -1), ("kind", "line"), ("curves", {}), ("checks", -1)
        )),
    ],
)  # fmt: skip
def test_schema_refuses_a_broken_line(line: dict[str, Any], valid: bool) -> None:
    assert VALIDATOR.is_valid(line) is valid


def test_schema_says_what_a_field_is() -> None:
    fields = schema()["$defs"]["Row"]["properties"]
    assert {field.name for field in dataclasses.fields(Row)} == {*fields} - {"kind"}
    assert "error/bound" in fields["gradient"]["description"]


def test_header_names_versions_and_imports_no_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")
    monkeypatch.setenv("SECRET_TOKEN", "keep this")
    before = {*sys.modules}
    found = header({"device": ["cpu"]})
    assert found["versions"]["numpy"]
    assert found["flags"] == {"device": ["cpu"]}
    assert found["environment"]["NVIDIA_TF32_OVERRIDE"] == "0"
    assert "keep this" not in json.dumps(found)
    assert {"torch", "jax"} & ({*sys.modules} - before) == set()


def test_revision_outside_a_checkout_is_none(tmp_path: Path) -> None:
    assert revision(tmp_path) is None


def test_differences_leave_the_time_out() -> None:
    one, other = head(time="2026-01-01"), head(time="2026-01-02", devices=["cpu", "cuda"])
    assert differences([one, other]) == {"devices": [", ".join(one["devices"]), "cpu, cuda"]}
    assert differences([one, dict(one)]) == {}


class TestRead:
    @pytest.mark.parametrize(
        "written_row",
        [
            right_row(),
            wrong(resolution=math.inf, distance=-math.inf, notes=("with a\u2028line separator",)),
            row(implementation="nan", reason="inf", notes=("nan",), gradient=math.inf),
        ],
        ids=["measured", "infinite", "a text that reads like a number"],
    )
    def test_read_gives_back_what_was_written(self, tmp_path: Path, written_row: Row) -> None:
        (run,) = read(written(tmp_path / "run.jsonl", written_row))
        assert (run.rows, run.whole, run.warnings) == ([written_row], True, [])

    def test_read_of_a_nan_gives_a_nan(self, tmp_path: Path) -> None:
        ((found,),) = (run.rows for run in read(written(tmp_path / "run.jsonl", row(gradient=math.nan))))
        assert math.isnan(found.gradient or 0)

    def test_read_without_an_end_line_warns(self, tmp_path: Path) -> None:
        (run,) = read(written(tmp_path / "run.jsonl", GOOD, whole=False))
        assert (run.rows, run.whole) == ([GOOD], False)
        known = "after 1 of an unknown number of cells, the last of them that of torch_manual-cpu-float32-stackoverflow"
        assert f"was interrupted {known}" in run.warnings[0]

    @pytest.mark.parametrize("cut", [2, 40, 300])
    def test_read_of_a_cut_off_line_keeps_the_rows_before_it(self, tmp_path: Path, cut: int) -> None:
        path = written(tmp_path / "run.jsonl", GOOD, wrong(), whole=False)
        path.write_bytes(path.read_bytes()[:-cut])
        (run,) = read(path)
        assert run.rows == [GOOD]
        assert run.warnings == [f"{path}:3: the last line is cut off; the 1 whole rows before it are kept"]

    @pytest.mark.parametrize(
        ("ended", "sentence"),
        [
            ("stopped", "the run was stopped before its end, as -x does: 2 of 3 cells have no row"),
            ("interrupted", "the run was interrupted: 2 of 3 cells have no row"),
            ("failed", "the run ended with an error of pytest's own or of a plugin's: 2 of 3 cells have no row"),
            ("whole", "the run came to its end: 2 of 3 cells have no row"),
            ("of a later version", "the run ended otherwise ('of a later version'): 2 of 3 cells have no row"),
        ],
    )
    def test_read_says_how_a_run_ended(self, tmp_path: Path, ended: str, sentence: str) -> None:
        path = tmp_path / "run.jsonl"
        with Writer(path, head(chosen=3)) as writer:
            writer.row(GOOD)
            writer.end(1, ended, 2)
        (run,) = read(path)
        assert (run.whole, run.chosen, run.missing) == (False, 3, 2)
        assert run.warnings == [f"{path}:3: {sentence}"]

    def test_read_of_a_file_from_before_is_whole_of_an_unknown_number_of_cells(self, tmp_path: Path) -> None:
        lines = [without(head(), "chosen"), LINE, {"kind": "end", "rows": 1, "exit_status": 0}]
        (tmp_path / "run.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        assert all(map(VALIDATOR.is_valid, lines))
        (run,) = read(tmp_path / "run.jsonl")
        assert (run.whole, run.warnings, run.missing) == (True, [], None)
        assert run.of_chosen == "1 of an unknown number of cells"

    def test_read_with_missing_rows_warns(self, tmp_path: Path) -> None:
        path = written(tmp_path / "run.jsonl", GOOD, wrong())
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join([lines[0], lines[1], lines[3]]))
        (run,) = read(path)
        assert not run.whole
        assert run.warnings == [f"{path}:3: the run had 2 rows, and 1 are here"]

    def test_read_of_joined_files_gives_several_runs(self, tmp_path: Path) -> None:
        one, other = written(tmp_path / "a.jsonl", GOOD), written(tmp_path / "b.jsonl", wrong())
        joined = tmp_path / "both.jsonl"
        joined.write_text(one.read_text() + other.read_text())
        assert [run.rows for run in read_all([joined])] == [[GOOD], [wrong()]]

    def test_read_all_gives_each_run_a_name(self, tmp_path: Path) -> None:
        paths = [written(tmp_path / folder / "run.jsonl", GOOD) for folder in ("linux", "mac")]
        other = written(tmp_path / "gpu.jsonl", GOOD)
        names = [run.name for run in read_all([*paths, other, other])]
        assert len(set(names)) == 4
        assert "linux" in names[0]
        assert "mac" in names[1]

    def test_read_leaves_later_fields_out(self, tmp_path: Path) -> None:
        lines = [head(a_later_field=1), {"kind": "row", **GOOD.as_json(), "a_later_field": 1}]
        (tmp_path / "run.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        assert read(tmp_path / "run.jsonl")[0].rows == [GOOD]


def nested(name: str, value: Any) -> dict[str, Any]:
    return {"curves": CURVES | {name: value}}


REFUSED_ROWS = [
    ({"implementation": 5}, "implementation: Expected `str`, got `int`; implementation is 5"),
    ({"implementation": ""}, "implementation: Expected `str` of length >= 1; implementation is ''"),
    ({"device": ["cpu"]}, "device: Expected `str`, got `array`"),
    ({"steps": "many"}, "steps: Expected `int`, got `str`; steps is 'many'"),
    ({"steps": True}, "steps: Expected `int`, got `bool`"),
    ({"rows": "a"}, "rows: Expected `int | null`, got `str`"),
    ({"rows": 10**400}, "rows: "),
    ({"step": -1}, "step: Expected `int` >= 0"),
    ({"verdict": ["AGREES"]}, "verdict: Expected `str`, got `array`"),
    ({"verdict": "F"}, "verdict: Expected one of DISAGREES, INVALID, INCONCLUSIVE, NOT RUN, AGREES; verdict is 'F'"),
    ({"expected": "FINE"}, "expected: Expected one of DISAGREES, "),
    ({"blind": None}, "blind: Expected `array`, got `null`"),
    ({"notes": [1]}, "notes[0]: Expected `str`, got `int`; expected a file"),
    ({"notes": "one"}, "notes: Expected `array`, got `str`"),
    ({"repeated": "yes"}, "repeated: Expected `bool | null`, got `str`"),
    ({"gradient": True}, "gradient: Expected `float | str | null`, got `bool`"),
    ({"gradient": 10**400}, "gradient: "),
    ({"distance": "far"}, "distance: Expected a number, null, inf, -inf or nan; distance is 'far'"),
    ({"curves": "no"}, "curves: Expected `object | null`, got `str`"),
    ({"curves": {"steps": [1]}}, "curves: Object missing required field"),
    (nested("steps", []), "curves.steps: Expected `array` of length >= 1"),
    (nested("steps", [0.5]), "curves.steps[0]: Expected `int`, got `float`"),
    (nested("w", CURVES["w"][1:]), f"curves.w: Expected `array` of length {len(CURVES['w'])}"),
    (nested("b", ["a", *CURVES["b"][1:]]), "curves.b[0]: Expected `float | null`, got `str`"),
    (nested("loss", 3), "curves.loss: Expected `array`, got `int`"),
    (nested("gradient", [*CURVES["gradient"], 1, 1]), "curves.gradient: Expected `array` of length"),
    (nested("hessian", [1, 2]), "curves.hessian: Expected `array` of length >= 3"),
    (nested("minimiser", [1, None]), "curves.minimiser[1]: Expected `float`, got `null`"),
    (nested("lr", 10**400), "curves.lr: "),
]  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), REFUSED_ROWS, ids=range(len(REFUSED_ROWS)))
def test_read_refuses_a_row_of_other_types_by_field(tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    path = tmp_path / "foreign.jsonl"
    path.write_text(f"{HEAD}\n{json.dumps(LINE)}\n")
    assert len(read(path)[0].rows) == 1
    path.write_text(f"{HEAD}\n{json.dumps(LINE | change)}\n")
    with pytest.raises(ReportError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:2: {sentence}")
    assert str(caught.value).endswith("expected a file that `pytest --report` wrote")
    assert len(str(caught.value)) < 300 + len(str(path))


def test_read_holds_every_field_of_a_row_to_a_type(tmp_path: Path) -> None:
    for field in dataclasses.fields(Row):
        path = tmp_path / f"{field.name}.jsonl"
        path.write_text(f"{HEAD}\n{json.dumps(LINE | {field.name: {'anything': 1}})}\n")
        with pytest.raises(ReportError, match=rf"{field.name}\.jsonl:2: {field.name}: "):
            read(path)


END = {"kind": "end", "rows": 0, "exit_status": 0}
DEEP = "[" * 50_000 + "]" * 50_000


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "PATH: the file is empty; expected a file that `pytest --report` wrote"),
        (" \n\n", "PATH: the file is empty"),
        ("implementation,verdict\n", "PATH:1: no JSON"),
        ('{"kind": "row"}\n', "PATH:1: the first line is no header of gradagree's"),
        ("[1, 2]\n", "PATH:1: the first line is no header of gradagree's"),
        (json.dumps(LATER), "PATH:1: schema_version is 2; this gradagree reads up to 1"),
        (json.dumps(head(schema_version="one")), "PATH:1: schema_version: Expected `int`, got `str`"),
        (json.dumps(head(flags={"device": [["cpu"]]})), "PATH:1: flags[...][0]: Expected "),
        (json.dumps(head(chosen="all")), "PATH:1: chosen: Expected `int | null`, got `str`"),
        (f"{HEAD}\nnot JSON\n{json.dumps(LINE)}\n", "PATH:2: no JSON"),
        (f'{HEAD}\n\n{{"kind": "row", "verdict": "AGREES"}}\n', "PATH:3: Object missing required field `implement"),
        (f'{HEAD}\n{{"kind": "remark"}}\n', "PATH:2: kind: expected header, row or end, got 'remark'"),
        (f'{HEAD}\n{{"kind": "end", "rows": "all"}}\n', "PATH:2: rows: Expected `int`, got `str`"),
        (f"{HEAD}\n{json.dumps(END | {'missing': -1})}\n", "PATH:2: missing: Expected `int` >= 0"),
        (f"{HEAD}\n{json.dumps(END | {'ended': 1})}\n", "PATH:2: ended: Expected `str`, got `int`"),
        (f"{HEAD}\n{'[' * 100_000}\n", "PATH:2: no JSON (it nests too deep)"),
        (f"{HEAD}\n{json.dumps(LINE)[:-1]}, \"later\": {DEEP}}}\n", "PATH:2: no JSON (it nests too deep)"),
        (f"{HEAD}\n{json.dumps(LINE | {'gradient': math.nan})}\n", "PATH:2: no JSON"),
        (f"{HEAD}\n{json.dumps(LINE | {'reason': chr(0xD800) + ' and'})}\n", "PATH:2: no JSON"),
        (f"{HEAD}\n{json.dumps(LINE).replace(': 200,', ': ' + '5' * 5000 + ',')}\n", "PATH:2: no JSON"),
    ],
    ids=range(20),
)  # fmt: skip
def test_read_refuses_a_foreign_file_by_line(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "foreign.jsonl"
    path.write_text(text)
    with pytest.raises(ReportError) as caught:
        read(path)
    assert str(caught.value).startswith(sentence.replace("PATH", str(path)))


def test_read_refuses_an_absent_file_and_a_binary_one(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"absent\.jsonl: No such file or directory; expected a file that"):
        read(tmp_path / "absent.jsonl")
    binary = tmp_path / "binary.jsonl"
    binary.write_bytes(b"\x89PNG\r\n")
    with pytest.raises(ReportError, match=r"binary\.jsonl: byte 0 is no UTF-8 text"):
        read(binary)


def test_as_json_holds_no_number_that_json_has_not() -> None:
    values = wrong(gradient=math.inf, bits=math.inf, distance=-math.inf).as_json()
    assert Row.from_json(json.loads(json.dumps(values, allow_nan=False))).gradient == math.inf
