"""The narrower arithmetics, in the order in which they are tried: flushing, factors, sums, results, storage."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gradagree.checking.run import Run
from gradagree.diagnosis.identify import traces
from gradagree.diagnosis.identify.emulation import Steps
from gradagree.diagnosis.identify.factors import rounded_factors
from gradagree.diagnosis.identify.sums import narrow_sums
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, TF32, Format

Trace = Callable[[Run, Steps], str]
# What happens inside a gradient makes no update wrong, nor where the run starts.
INSIDE = frozenset({"gradient", "loss", "final", "distance"})
ALL = INSIDE | {"update", "start"}


@dataclass(frozen=True)
class Hypothesis:
    """A narrower arithmetic.

    Parameters
    ----------
    name
        what a sentence calls it.
    run
        the same record, said to be of this arithmetic.
    explains
        the quantities that can be wrong on its account.
    trace
        looks for what speaks for it in the run, at the steps whose gradients are wrong: part of a sentence, empty if
        nothing does.
    informative
        whether its bounds have to tell something. Where results flush, nothing finer than zero is known of them, but
        the trace has accounted for each of them.
    """

    name: str
    run: Run
    explains: frozenset[str]
    trace: Trace
    informative: bool = True


def hypotheses(run: Run) -> Iterator[Hypothesis]:
    """Every arithmetic that is narrower than the claim in one respect."""
    claim = run.arithmetic
    storage, factors = claim.storage, claim.multiply or claim.updates
    narrower = [f for f in (FLOAT32, FLOAT16, BFLOAT16) if storage.contains(f) and f != storage]

    def under(name: str, trace: Trace, **changes: Any) -> Hypothesis:
        narrower = dataclasses.replace(run, arithmetic=dataclasses.replace(claim, **changes))
        return Hypothesis(name, narrower, INSIDE, trace)

    if not claim.flushes:
        flushing = under("subnormals flushed to zero", traces.flushed, flushes=True)
        yield dataclasses.replace(flushing, informative=False)
    for narrow in (FLOAT32, TF32, BFLOAT16):
        if narrow.precision < factors.precision:
            name = f"{narrow.name.upper() if narrow is TF32 else narrow.name} multiplication"
            yield under(name, partial(rounded_factors, narrow=narrow), multiply=narrow)
    if storage.precision < claim.accumulate.precision:
        yield under(f"sums in {storage.name}", partial(narrow_sums, narrow=storage), accumulate=storage)
    for narrow in narrower if claim.parameters is None else []:
        yield under(
            f"products and their results in {narrow.name}",
            partial(traces.results_in, narrow=narrow),
            storage=narrow, accumulate=FLOAT32, multiply=narrow, parameters=storage,
        )  # fmt: skip
    for narrow in narrower:
        yield from _stored(run, narrow)


def _stored(run: Run, narrow: Format) -> Iterator[Hypothesis]:
    """Everything in a narrower format, the data too: that is another problem, whose exact sums are dear."""
    trace = partial(traces.stored_in, narrow=narrow)
    if not trace(run, np.array([], dtype=np.intp)):
        return
    try:
        problem = run.problem.cast(narrow.name)
    except ValueError:  # the data are beyond its range
        return
    for accumulate in dict.fromkeys((FLOAT32, narrow)):
        sums = " and sums" if accumulate == narrow else ""
        claim = dataclasses.replace(
            run.arithmetic, storage=narrow, accumulate=accumulate, multiply=None, parameters=None
        )
        narrower = dataclasses.replace(run, problem=problem, arithmetic=claim)
        yield Hypothesis(f"storage{sums} in {narrow.name}", narrower, ALL, trace)
