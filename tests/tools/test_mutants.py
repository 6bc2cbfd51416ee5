"""The mutation tool: what its operators make, what is reported of a weak test, and what it refuses."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.mutants import running, scope
from tools.mutants.__main__ import main
from tools.mutants.hook import install
from tools.mutants.operators import OPERATORS
from tools.mutants.page import Result, page, reasons, score, unexpected
from tools.mutants.tree import Mutant, mutants, mutated

LOOP = '''
def bound(error, limit, slack=0.0):
    """Whether an error is inside."""
    if not (error <= limit + slack):
        raise ValueError(f"beyond {limit - 1}")
    return True
'''


@pytest.mark.parametrize(
    ("operator", "source", "made"),
    [
        ("boundary", "a < b", ["a <= b"]),
        ("opposite", "a is None", ["a is not None"]),
        ("opposite", "not a", ["a"]),
        ("nan", "not (a <= b)", ["a > b"]),
        ("nan", "~(a <= b)", ["a > b"]),
        ("loose", "not (a <= b)", ["not a <= 2 * b"]),
        ("guard", "a if c else b", ["a if False else b", "a if True else b"]),
        ("guard", "[a for a in b if a]", ["[a for a in b]"]),
        ("operand", "a + b", ["a", "b"]),
        ("operand", "max(a, b)", ["a", "b"]),
        ("operand", "2 * a", ["a"]),
        ("operand", "a and b", ["b", "a"]),
        ("operand", "'text' + b", []),
        ("sign", "a - b", ["a + b", "b - a"]),
        ("number", "a[3]", ["a[2]"]),
        ("number", "f(0, 0.5)", ["f(1, 0.5)", "f(0, 0.25)"]),
        ("number", "f.unit_roundoff", ["f.unit_roundoff / 2"]),
        ("number", "True", []),
        ("twin", "a.any()", ["a.all()"]),
        ("call", "abs(a)", ["a"]),
        ("statement", "a[0] = b", ["pass"]),
        ("statement", "f(a)", ["pass"]),
        ("statement", "a += b", ["pass"]),
        ("answer", "def f() -> bool:\n    return g", ["return True", "return False"]),
        ("slice", "a[b:c]", ["a[:c]", "a[b:]"]),
        ("element", "for a in (b, c):\n    pass", ["for a in (b,):\n    pass"]),
        ("element", "a = {'x': b}", ["a = {}"]),
        ("swap", "f(a, b)", ["f(b, a)"]),
    ],
)
def test_operator_on_source_makes_these(operator: str, source: str, made: list[str]) -> None:
    keys = [mutant.key for mutant in mutants("m", source) if mutant.operator == operator]
    texts = [ast.unparse(mutated("m", source, key)) for key in keys]
    assert len(texts) == len(made)
    assert all(text.endswith(new) for text, new in zip(texts, made, strict=True))


def test_every_operator_has_a_case_above_and_a_docstring() -> None:
    cases = next(mark for mark in test_operator_on_source_makes_these.pytestmark if mark.name == "parametrize").args[1]  # type: ignore[attr-defined]
    assert {case[0] for case in cases} == set(OPERATORS)
    assert all(operator.__doc__ for operator in OPERATORS.values())


def test_mutants_leave_messages_and_docstrings_alone() -> None:
    assert not [mutant for mutant in mutants("m", LOOP) if "beyond" in mutant.before or "Whether" in mutant.before]


def test_mutant_names_survive_moving_renaming_and_reformatting() -> None:
    moved = "import math\n\n\ndef other():\n    return 1 - 1\n\n" + LOOP.replace("limit", "allowed").replace(
        "\n    ", "\n\n    "
    )
    after = {mutant.key for mutant in mutants("m", moved)}
    assert {mutant.key for mutant in mutants("m", LOOP)} <= after


def test_mutated_by_unknown_name_is_an_error() -> None:
    with pytest.raises(LookupError, match="expected a mutant 'm:gone nan 0', found none"):
        mutated("m", LOOP, "m:gone nan 0")


def test_install_on_an_imported_module_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="expected ast not to be imported yet"):
        install("ast:walk nan 0")


def test_share_of_an_unknown_module_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"expected a module or package reference\.gone, found none"):
        scope.modules(shares={"reference.gone": 1})


def test_sample_holds_each_operator_and_each_kernel_module() -> None:
    chosen = scope.sample(scope.every())
    assert {mutant.operator for mutant in chosen} == set(OPERATORS)
    assert {"reference.rounding", "gradagree.checking.check"} <= {mutant.module for mutant in chosen}


# A whole run on a toy: a strong test kills, a weak one lets live, and both are told.

STRONG = (
    "import pytest, toy_{n}\n"
    "def test_beyond():\n"
    "    with pytest.raises(ValueError):\n"
    "        toy_{n}.bound(float('nan'), 1)\n"
)
WEAK = "import toy_{n}\ndef test_inside():\n    assert toy_{n}.bound(0, 1)\n"
IN_ANOTHER = (
    "import subprocess, sys\n"
    "def test_beyond():\n"
    "    code = 'import toy_{n}; toy_{n}.bound(float(\"nan\"), 1)'\n"
    "    assert subprocess.run([sys.executable, '-c', code], capture_output=True).returncode == 1\n"
)


def attempted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, test: str, mutant: str, name: str) -> Result:
    (tmp_path / f"toy_{name}.py").write_text(LOOP)
    (tmp_path / f"test_toy_{name}.py").write_text(test.format(n=name))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    key = f"toy_{name}:bound {mutant}"
    jobs = {key: (running.attempt, (key, [[str(tmp_path / f"test_toy_{name}.py")]]))}
    ((_, answer, _),) = running.each(jobs, {key: 120.0}, 1)
    return Result.of(Mutant(f"toy_{name}", "bound", mutant.split()[0], int(mutant.split()[1])), answer)


forks = pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning", "ignore:This process:DeprecationWarning")


@forks
@pytest.mark.parametrize(
    ("test", "outcome"),
    [(STRONG, "killed"), (WEAK, "survived"), (IN_ANOTHER, "killed"), ("def test(): pass", "broken")],
)
def test_attempt_reports_what_the_tests_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, test: str, outcome: str
) -> None:
    """A mutant that no test imports is broken; one in a process that a test starts is there as well."""
    name = str(abs(hash(tmp_path)))
    assert attempted(tmp_path, monkeypatch, test, "nan 0", name).outcome == outcome


@forks
def test_attempt_on_a_mutant_that_is_not_there_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = attempted(tmp_path, monkeypatch, STRONG, "nan 7", "gone")
    assert (result.outcome, result.by.partition(":")[0]) == ("broken", "LookupError")


@forks
def test_observe_names_the_functions_that_a_test_enters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "toy_seen.py").write_text(LOOP)
    (tmp_path / "test_toy_seen.py").write_text(WEAK.format(n="seen"))
    monkeypatch.syspath_prepend(tmp_path)
    jobs = {"seen": (running.observe, (tmp_path, str(tmp_path / "test_toy_seen.py")))}
    ((_, answer, _),) = running.each(jobs, {"seen": 120.0}, 1)
    observed = scope.observed([answer])
    assert list(map(len, observed.tests_of(Mutant("toy_seen", "bound", "nan", 0)))) == [1]
    assert observed.tests_of(Mutant("toy_seen", "elsewhere", "nan", 0)) == []


# What is said of a run.

KILLED, EXCUSED, MISSED = (Mutant("m", name, "nan", 0) for name in ("one", "two", "three"))
ALL = (KILLED, EXCUSED, MISSED)


@pytest.mark.parametrize(
    ("outcomes", "excused", "told"),
    [
        (("killed", "survived", "killed"), {"m:two nan 0": "why"}, None),
        (("killed", "survived", "killed"), {"m:two *": "why"}, None),
        (("killed", "survived", "survived"), {"m:two *": "why"}, "expected to be killed, got survived: m:three nan 0"),
        (("killed", "killed", "killed"), {"m:two nan 0": "why"}, "expected to survive, got killed"),
        (("killed", "killed", "killed"), {"m:two *": "why"}, "expected survivors, got none that m:two * fits"),
        (("killed", "killed", "killed"), {"m:four nan 0": "why"}, "got m:four nan 0: there is none"),
        (("killed", "killed", "broken"), {}, "got broken"),
    ],
)
def test_unexpected_names_what_is_wrong(outcomes: tuple[str, ...], excused: dict[str, str], told: str | None) -> None:
    results = [Result(mutant, outcome) for mutant, outcome in zip(ALL, outcomes, strict=True)]
    found = unexpected(results, excused, ALL, whole=True)
    assert len(found) == (told is not None)
    assert told is None or told in found[0]


def test_page_gives_score_survivors_and_reasons() -> None:
    results = [Result(KILLED, "killed", "test"), Result(EXCUSED, "survived"), Result(MISSED, "survived")]
    text = "\n".join(page(results, {"m:two *": "no test can see it"}))
    assert f"**{score(results)}.**" in text
    assert score(results) == "1 of 3 mutants killed, 2 survive"
    assert "- m:two nan 0: `` → ``, survived: no test can see it" in text
    assert "- m:three nan 0: `` → ``, survived: unexpected" in text
    assert "| `m` | 1 | 2 |" in text


def test_reasons_name_mutants_that_exist() -> None:
    known = scope.every()
    assert [told for told in unexpected([], reasons(), known, whole=True) if "there is none" in told] == []


def test_page_of_some_mutants_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--write", "NaN"]) == 2
    assert "the page is of all mutants" in capsys.readouterr().out
