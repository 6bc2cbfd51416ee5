"""Code that has claimed nothing, outside the plain bounds: whether some honest arithmetic holds it at every step.

Gradients accumulated row by row in bfloat16, or formed as `Xᵀŷ - Xᵀy`, are right, and outside the bounds of the plain
formula. Nobody said that this is what was done; so where the numbers lie inside the bounds of such an arithmetic, they
are no proof of a mistake. Nor are they one of innocence, since wide bounds hold many wrong gradients: the verdict is
that nobody can tell, and what would have to be claimed.
"""

from __future__ import annotations

import dataclasses

from gradagree.checking.judge import judge
from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.diagnosis.identify.hypotheses import INSIDE
from reference.claims import claimed

# What is tried, the narrowest first: what `--claim` would say, and in words.
WIDER = (
    (("extra_roundings=8",), "a gradient stored some times more than in the plain formula"),
    (("through-gram",), "a gradient formed as XᵀX v - Xᵀy, or as Xᵀŷ - Xᵀy"),
    (("row-by-row",), "gradients accumulated row by row in {dtype}"),
    (("running-mean",), "a running mean in {dtype}"),
    (("row-by-row", "through-gram"), "sums over the rows of Xᵀŷ and Xᵀy, accumulated in {dtype}"),
)


def undecided(run: Run, judgement: Judgement) -> Judgement | None:
    """INCONCLUSIVE, with the arithmetic that holds a run of unclaimed code at every step; `None` if none does.

    Parameters
    ----------
    judgement
        of the run under the plain claim.
    """
    inside = INSIDE if run.gradient is not None else INSIDE | {"update"}
    if judgement.verdict is not Verdict.DISAGREES or not judgement.violated <= inside:
        return None  # however a gradient is summed, the update is made of the one that is reported
    dtype = run.arithmetic.storage.name
    for entries, words in WIDER:
        try:
            wide = claimed(run.arithmetic, entries)
        except ValueError:  # it says nothing of this dtype
            continue
        held = judge(dataclasses.replace(run, arithmetic=wide))
        if held.verdict in (Verdict.AGREES, Verdict.INCONCLUSIVE):
            return dataclasses.replace(
                held,
                verdict=Verdict.INCONCLUSIVE,
                reason=f"outside the bounds of the plain formula in {dtype}, and within wider ones: {judgement.reason}",
                arithmetic=f"consistent with {words.format(dtype=dtype)}: --claim {','.join(entries)} holds it to that",
            )
    return None
