"""A slice of the false-alarm corpus: no correct evaluation is accused, and one beyond the model is."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest

from reference import rounding
from reference.formats import Format
from reference.truth import Truth
from tools.trial import corpus, edges, evaluation, runs, truths, worst_case
from tools.trial.corpus import SHAPES, Tallies
from tools.trial.kill_matrix import DTYPES
from tools.trial.sums import sequential

pytestmark = pytest.mark.sweep

WORST_SHAPES = worst_case.SHAPES[1:2]


@functools.cache
def part(name: str, dtype: str) -> Tallies:
    """A slice of a part of the corpus, evaluated once."""
    if name == "evaluations":
        return corpus.corpus([dtype], SHAPES[1::2], per_problem=1, iterates=4, orders=3)
    if name == "worst cases":
        return worst_case.worst_cases([dtype], WORST_SHAPES, iterates=1)
    return runs.runs([dtype], rows=9, steps=6, ways=1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["evaluations", "worst cases", "runs"])
def test_nothing_correct_is_accused(name: str, dtype: str) -> None:
    tallies = part(name, dtype)
    assert [sentence for tally in tallies.values() for sentence in tally.alarmed] == []
    assert sum(tally.checks for tally in tallies.values()) > 100


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_bit_is_asked_for_somewhere(dtype: str) -> None:
    """Of a tier that nothing is checked by, nothing would be alarmed either."""
    tallies = corpus.corpus([dtype], [(2, 1, 1)], per_problem=8, iterates=4, orders=1)
    assert tallies[dtype, "bit-exact"].checks > 0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("quantity", ["gradient", "loss", "update"])
def test_the_bound_is_attained(quantity: str, dtype: str) -> None:
    """A bound far above what arithmetic can do would never alarm either: the worst evaluation comes to 9/10 of it."""
    assert part("worst cases", dtype)[dtype, quantity].worst > 0.9


@pytest.mark.parametrize("quantity", ["gradient", "loss", "update"])
def test_a_bound_that_is_a_tenth_lower_is_exceeded(quantity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = getattr(rounding, f"{quantity}_bound")
    monkeypatch.setattr(rounding, f"{quantity}_bound", lambda *arguments: 0.9 * honest(*arguments))
    tallies = worst_case.worst_cases(["float64"], WORST_SHAPES, iterates=1)
    assert tallies["float64", quantity].alarms > 0


def test_a_machine_of_fewer_bits_than_claimed_is_accused() -> None:
    problem, V = edges.problem("equal terms", "float32", 64, 1, 1, 4, seed=0)
    way = next(v for v in corpus.variants("float32") if v.machine.direction == "nearest" and v.dot == "sequential")
    coarse = Format("float32", 10, -126, 127)
    claim = dataclasses.replace(way.machine.claim, storage=coarse, accumulate=coarse)
    machine = dataclasses.replace(way.machine, claim=claim)
    honest = corpus.evaluate(problem, V, [list(range(64))], dataclasses.replace(way, machine=machine))
    assert honest["gradient"].alarms == 0
    truth = Truth(problem, way.machine.claim, V)
    x, y = problem.x.astype(np.float64), problem.y.astype(np.float64)
    g = evaluation.gradient(machine, sequential, x, y, V, [list(range(64))])
    assert not (np.abs(truth.evaluation.gradient_error(g[0])) <= truth.gradient_bound).all()


def test_a_shape_that_overflows_is_left_out() -> None:
    problem, V = edges.problem("large", "float16", 16, 1, 1, 2, seed=0)
    way = corpus.variants("float16")[0]
    assert corpus.evaluate(problem, V * 2.0**8, [list(range(16))], way) == {}


def test_an_alarm_is_told() -> None:
    tally = corpus.Tally()
    tally.add(np.array([1.0, np.nan]), np.array([2.0, 2.0]), "here")
    assert (tally.checks, tally.alarms, tally.worst) == (2, 1, np.inf)
    assert list(corpus.lines({("float32", "gradient"): tally}))[-1] == "ALARM here: error/bound inf"


def test_two_truths_agree() -> None:
    assert truths.disagreements(200) == []
