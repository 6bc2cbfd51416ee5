"""The false-alarm corpus: correct evaluations at the edges of the model, every one of which must be let pass."""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from reference import rounding
from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.formats import BY_NAME, FLOAT32, FLOAT64, TF32, Format
from reference.optimizers.sgd import update_error
from reference.problem import Problem
from reference.truth import Truth
from tools.trial import edges, evaluation
from tools.trial.machine import DIRECTIONS, Machine
from tools.trial.sums import DOTS

# (N, d, m): one row, fewer rows than unknowns, powers of two and their neighbours, several targets.
SHAPES = ((1, 1, 1), (2, 1, 1), (3, 3, 1), (16, 1, 1), (17, 2, 3), (33, 1, 2), (64, 2, 1))


@dataclass(frozen=True)
class Variant:
    """One correct way to evaluate: a machine, an order of summation, a place for the factor 2/(N m)."""

    machine: Machine
    dot: str
    scaling: str
    bias_first: bool

    def __str__(self) -> str:
        m, c = self.machine, self.machine.claim
        flags = [n for n, on in (("FMA", m.fused), ("FTZ", m.flushes_results), ("DAZ", m.flushes_operands)) if on]
        inputs = f", {c.multiply.name} inputs" if c.multiply else ""
        sums = f"{self.dot} sums in {c.accumulate.name}{inputs}"
        return ", ".join([sums, f"rounding {m.direction}", self.scaling, *flags])


@dataclass
class Tally:
    """What was compared: how many numbers, how many alarms, and the largest error/bound with where it was."""

    checks: int = 0
    alarms: int = 0
    worst: float = 0.0
    where: str = ""
    alarmed: list[str] = field(default_factory=list)

    def add(self, error: FloatArray, bound: FloatArray, where: str) -> None:
        """Count a comparison of arrays."""
        if not error.size:
            return
        size = np.abs(error)
        inside = size <= bound
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = float(np.nan_to_num(np.where(size == 0, 0.0, size / bound), nan=np.inf).max())
        self.checks += error.size
        self.alarms += int((~inside).sum())
        if not inside.all():
            self.alarmed.append(f"{where}: error/bound {ratio:.3g}")
        if ratio > self.worst:
            self.worst, self.where = ratio, where

    def merge(self, other: Tally) -> None:
        """Add another tally to this one."""
        self.checks += other.checks
        self.alarms += other.alarms
        self.alarmed += other.alarmed
        if other.worst > self.worst:
            self.worst, self.where = other.worst, other.where


Tallies = dict[tuple[str, str], Tally]  # by dtype and quantity


def claims(dtype: str) -> list[Arithmetic]:
    """The arithmetics that an implementation in this dtype might claim, of which every constant is a power of two."""
    storage = BY_NAME[dtype]
    found = [Arithmetic(storage, storage)]
    if storage.precision < FLOAT32.precision:
        found.append(Arithmetic(storage, FLOAT32))
    if storage == FLOAT32:
        found += [Arithmetic(storage, FLOAT64), Arithmetic(storage, storage, multiply=TF32)]
    return [dataclasses.replace(claim, dyadic=True) for claim in found]


def variants(dtype: str) -> list[Variant]:
    """Every way to evaluate in a dtype, shuffled (in the same way each time), so that a few are a fair sample."""
    ways = itertools.product(
        claims(dtype), DOTS, (False, True), (False, True), (False, True), DIRECTIONS, evaluation.SCALINGS, (False, True)
    )
    found = []
    for claim, dot, fused, results, operands, direction, scaling, bias_first in ways:
        if fused and direction != "nearest":
            continue  # what an exact sum of three is rounded to by a step would need its error as well
        honest = dataclasses.replace(claim, flushes=results or operands, through_gram=scaling == "through XᵀX")
        if direction != "nearest":
            honest = dataclasses.replace(honest, storage=_shorter(claim.storage), accumulate=_shorter(claim.accumulate))
        if dot == "pairwise":
            honest = dataclasses.replace(honest, height=_HEIGHT)
        found.append(Variant(Machine(honest, fused, results, operands, direction), dot, scaling, bias_first))
    random.Random(dtype).shuffle(found)
    return found


_HEIGHT = 8  # of a balanced tree over up to 128 rows, its products counted


def _shorter(form: Format) -> Format:
    """A directed rounding errs by up to one unit in the last place: like rounding to nearest with a bit less."""
    return Format(form.name, form.precision - 1, form.emin, form.emax)


def corpus(
    dtypes: Iterable[str], shapes: Sequence[tuple[int, int, int]], per_problem: int, iterates: int, orders: int
) -> Tallies:
    """Evaluate every family of problems in every shape, in `per_problem` ways each, and compare."""
    tallies: Tallies = {}
    for dtype in dtypes:
        ways = itertools.cycle(variants(dtype))
        for seed, (family, (N, d, m)) in enumerate(itertools.product(edges.FAMILIES, shapes)):
            problem, V = edges.problem(family, dtype, N, d, m, iterates, seed)
            permutations = edges.Draw(seed).orders(orders, N)
            for way in itertools.islice(ways, per_problem):
                for quantity, tally in evaluate(problem, V, permutations, way).items():
                    tallies.setdefault((dtype, quantity), Tally()).merge(tally)
    return tallies


def evaluate(problem: Problem, V: FloatArray, orders: list[list[int]], way: Variant) -> dict[str, Tally]:
    """One evaluation of gradient, loss and update at the iterates `V`, against the exact ones."""
    claim = way.machine.claim
    truth = Truth(problem, claim, V)
    inside = ~np.array([truth.may_overflow(k) for k in range(len(V))])
    if not inside.any():
        return {}
    if not inside.all():
        V = V[inside]
        truth = Truth(problem, claim, V)
    where = f"{problem.name} {problem.x.shape[0]}×{problem.x.shape[1]}×{problem.y.shape[1]}: {way}"
    x, y = problem.x.astype(np.float64), problem.y.astype(np.float64)
    dot, machine = DOTS[way.dot], way.machine
    tallies = {name: Tally() for name in ("gradient", "bit-exact", "loss", "update")}

    g = evaluation.gradient(machine, dot, x, y, V, orders, way.scaling, way.bias_first)
    general = rounding.gradient_bound(claim, problem.least_squares, truth.sizes)
    # Where the data are on a lattice every bit is asked for, of formats that round to nearest.
    lattice = (truth.gradient_bound < general) & (machine.direction == "nearest")
    for one in g:
        error = truth.evaluation.gradient_error(one)
        tallies["gradient"].add(error, general, where)
        tallies["bit-exact"].add(error[lattice], truth.gradient_bound[lattice], where)
    # The height that is claimed is that of the gradient's tree; the loss has m times as many terms. And this loss is
    # not the one through XᵀX.
    if (claim.height is None or y.shape[1] == 1) and not claim.through_gram:
        error = truth.evaluation.loss_error(evaluation.loss(machine, dot, x, y, V))
        tallies["loss"].add(error, truth.loss_bound, where)
    for lr in (problem.lr, claim.storage.smallest_normal / 3):
        after = evaluation.update(machine, V, g[0], lr)
        bound = rounding.update_bound(claim, lr, g[0], after)
        tallies["update"].add(update_error(V, g[0], lr, after), bound, f"{where}, lr {lr:.3g}")
    return tallies


def lines(tallies: Tallies) -> Iterator[str]:
    """The tallies as a table, with what alarmed under it."""
    yield f"{'dtype':10}{'quantity':10}{'checks':>10}{'alarms':>8}{'largest error/bound':>21}  where"
    for (dtype, quantity), tally in tallies.items():
        yield f"{dtype:10}{quantity:10}{tally.checks:10,}{tally.alarms:8}{tally.worst:21.3f}  {tally.where}"
    for tally in tallies.values():
        yield from (f"ALARM {sentence}" for sentence in tally.alarmed)
