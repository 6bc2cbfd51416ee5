"""What holds on one problem is looked for on another: never on the same one again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from gradagree.checking.run import Run
from gradagree.cli.function import _Runs
from gradagree.diagnosis.another import PART, PROBE, another
from gradagree.diagnosis.compare import compare
from gradagree.runtime.frameworks import framework
from gradagree.runtime.record import record
from gradagree.runtime.worker.user_function import FunctionRun
from impls.numpy_analytic import descend
from reference import problems
from reference.formats import BY_NAME
from reference.problem import Problem
from tests.support.checking import changed, command, written
from tests.support.judging import judged, plain, recorded

BY_100 = changed("2 / y.size * (x.T @ e)", "2 / 100 * (x.T @ e)").replace("2 / y.size *", "2 / 100 *")


def test_a_literal_number_of_rows_is_confirmed_on_a_problem_that_it_was_not_seen_on(tmp_path: Path) -> None:
    """It agrees on 100 rows, and is found out on the probe: the probe cannot confirm it."""
    answer = command("check", written(tmp_path, BY_100))
    assert answer.status == 1
    assert f"this is the problem {PROBE}; on stackoverflow the loop agrees" in answer.out
    assert f"confirmed on a second problem, {PART}" in answer.out
    assert f"a second problem, {PROBE}" not in answer.out


@pytest.mark.parametrize("steps", [(), ("--steps", "40")])
def test_a_mistake_on_the_probe_is_confirmed_elsewhere(tmp_path: Path, steps: tuple[str, ...]) -> None:
    path = written(tmp_path, changed("2 / y.size", "1 / y.size"))
    answer = command("check", path, "--problem", PROBE, *steps)
    assert answer.out.startswith("error[GD120]")
    assert f"confirmed on a second problem, {PART}" in answer.out


def test_a_right_loop_on_the_probe_is_run_elsewhere_too(tmp_path: Path) -> None:
    answer = command("check", written(tmp_path, changed("2 / y.size", "2 / y.size")), "--problem", PROBE)
    assert answer.status == 0
    assert f"200 steps of {PROBE} in float64" in answer.out
    assert f"200 steps of {PART} in float64" in answer.out


def test_agreeing_on_the_probe_alone_is_not_agreeing(tmp_path: Path) -> None:
    answer = command("check", written(tmp_path, BY_100.replace("100", "97")), "--problem", PROBE)
    assert answer.status == 1
    assert f"this is the problem {PART}; on {PROBE} the loop agrees" in answer.out


@pytest.mark.parametrize("dtype", BY_NAME)
@pytest.mark.parametrize("name", ["stackoverflow", PROBE, "targets"])
def test_another_problem_has_other_rows_another_rate_and_the_same_dtype(name: str, dtype: str) -> None:
    given = problems.load(name).cast(dtype)
    for problem in (given, dataclasses.replace(given, steps=7), dataclasses.replace(given, name="its own data")):
        found = another(problem)
        assert found.x.dtype == problem.x.dtype
        assert len(found.x) != len(problem.x)
        assert found.lr != problem.lr
        assert len(found.x) * found.lr != pytest.approx(1, rel=0.05)
        assert another(found).name != found.name


def test_the_part_tells_as_much_as_the_probe() -> None:
    """A correct run agrees there, and its bounds are narrow."""
    part = another(problems.load(PROBE).cast("float32"))
    judgement = compare(Run(recorded(descend, part), part, plain("float32")))
    assert judgement.verdict is judged(descend, name=PROBE).verdict
    assert judgement.resolution is not None
    assert judgement.resolution < 1e-4


class Worker:
    """Answers as the process would, and counts."""

    def __init__(self) -> None:
        self.asked: list[Problem] = []

    def record(self, problem: Problem) -> FunctionRun:
        self.asked.append(problem)
        return FunctionRun(record(descend, problem, framework("numpy")), None, None)


def test_a_run_is_kept_for_its_problem_and_for_no_other() -> None:
    worker = Worker()
    runs = _Runs(worker)  # type: ignore[arg-type]
    given = problems.load(PROBE).cast("float32")
    assert runs(given) is runs(dataclasses.replace(given))
    assert len(worker.asked) == 1
    others = [
        dataclasses.replace(given, steps=3),
        given.replace(lr=0.02),
        given.replace(w0=given.w0 + 1),
        given.replace(y=np.nextafter(given.y, np.float32(0))),
        given.cast("float64"),
        given.cast("float16").cast("float32"),
    ]
    for count, problem in enumerate(others, start=2):
        trajectory = runs(problem)
        assert len(worker.asked) == count
        assert len(trajectory.w) == problem.steps + 1
        assert runs(problem) is trajectory
    assert len(runs(given).w) == given.steps + 1
