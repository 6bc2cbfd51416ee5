"""The README tells what the program does: its table's cells and verdicts, its worked number, its commands."""

import json
import re
from pathlib import Path

import pytest

import impls
from gradagree.doctor.examine import PROBES
from gradagree.matrix import registry
from gradagree.matrix.cells import cells
from gradagree.matrix.options import SelectionOptions
from gradagree.matrix.selection import Selection
from gradagree.matrix.table import HEADER
from reference.formats import BY_NAME
from tools.bench.figures import at_least, at_most, told
from tools.readme import README, block, checked, checked_optimizer, cost, implementations, with_block, worked

SHOWN = ("torch_manual", "torch_rebind", "numpy_analytic", "jax_grad")


@pytest.fixture(scope="module")
def text() -> str:
    return README.read_text()


def test_the_table_has_the_cells_that_are_run(text: str) -> None:
    lines = block("table", text).splitlines()
    assert tuple(lines[1].split()) == HEADER
    printed = {"-".join(line.split()[:4]) for line in lines if line.endswith("AGREES") and line.split()[0] in SHOWN}
    entries = [entry for entry in registry.first_order() if entry.name in SHOWN]
    assert printed == {str(c) for c in cells(entries, ["cpu"], list(BY_NAME), ["stackoverflow", "probe97"], "quick")}


def test_the_worked_number_is_the_program_s(text: str) -> None:
    assert block("worked", text) == worked()


def test_the_implementations_are_the_registry_s(text: str) -> None:
    assert block("implementations", text) == implementations()


def test_an_implementation_that_is_missing_would_be_seen(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impls, "IMPLEMENTATIONS", impls.IMPLEMENTATIONS[:-1])
    assert block("implementations", text) != implementations()


def test_the_answer_to_a_script_is_the_program_s(text: str) -> None:
    assert block("check", text) == checked()


def test_readme_answer_to_an_optimizer_is_the_program_s(text: str) -> None:
    shown = block("as", text)
    assert "error[GD602]" in shown
    assert shown == checked_optimizer()


def test_what_doctor_says_has_its_probes_and_agrees_with_the_claims(text: str) -> None:
    heading, *rows = [
        re.split(r"  +", line.strip()) for line in block("doctor", text).splitlines() if line[:2] == "  "
    ][1:]
    assert heading == ["device", "dtype", *PROBES]
    jax_grad = next(entry for entry in registry.first_order() if entry.name == "jax_grad")
    for device, dtype, *answers in rows:
        claim, told = jax_grad.arithmetic(device, dtype), dict(zip(PROBES, answers, strict=True))
        assert told["sums in b's gradient"] == claim.accumulate.name
        assert (told["subnormals"] == "flushed") == claim.flushes
    assert [row[1] for row in rows] == list(BY_NAME)


def missed(table: str) -> list[str]:
    """The rows of a table of costs whose figure is beyond its limit, or is none."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return [
        name
        for name, measured, (sign, limit) in ((name, float(m.split()[0]), b.split()) for name, m, b in rows)
        if not (measured >= float(limit) if sign == "≥" else measured <= float(limit))
    ]


def test_what_it_costs_is_within_its_limits(text: str) -> None:
    assert len(block("cost", text).splitlines()) > 2
    assert missed(block("cost", text)) == []


def test_a_limit_that_is_missed_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = [
        at_most("a", 2.0, 1.0, "s"),
        at_least("b", 2.0, 3.0, "times"),
        at_most("c", 1.0, 1.0, "s"),
        told("d", 1, "s"),
    ]
    written = tmp_path / "bench.json"
    written.write_text(json.dumps({"figures": {"module": figures}}))
    monkeypatch.setattr("tools.readme.WRITTEN", written)
    assert missed(cost()) == ["a", "b"]
    assert "| d |" not in cost()


def test_another_worked_number_would_be_seen(text: str) -> None:
    assert block("worked", with_block("worked", "another\n", text)) != worked()


def test_a_readme_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match=r"README\.md: got no markers <!-- table -->"):
        block("table", "nothing")


def test_the_options_are_the_plugin_s(text: str) -> None:
    rows = dict(re.findall(r"^\| `--(\w+)` \| (.+?) \|", text, re.MULTILINE))
    choices = Selection(SelectionOptions(), registry.first_order(), registry.second_order(), (), ("cpu",)).choices()
    assert rows.keys() == {*choices, "claim"}
    for option in ("device", "dtype", "depth"):
        assert set(re.findall(r"`(\w+)`", rows[option])) == set(choices[option])


def test_the_commands_are_targets(text: str) -> None:
    makefile = (README.parent / "Makefile").read_text()
    named = set(re.findall(r"^make (\w+)", text, re.MULTILINE))
    assert named
    assert named <= set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
