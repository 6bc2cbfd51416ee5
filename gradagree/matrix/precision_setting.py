"""A narrower multiplication that was requested and had no effect: a setting that does nothing must not pass."""

from __future__ import annotations

import dataclasses

from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.diagnosis.compare import compare

# Its residuals need more bits than TF32, bfloat16 and float16 hold: narrower products break the plain bounds there. And
# its matrices are large enough for tensor cores; for a few columns a library may well take other kernels.
INFORMATIVE = "wide"


def check_precision_setting_effective(run: Run, judgement: Judgement) -> Judgement:
    """The judgement, or INCONCLUSIVE where a run agrees that claims narrower factors and obeys the plain bounds too."""
    claim = run.arithmetic
    if claim.multiply is None or run.problem.name != INFORMATIVE or judgement.verdict is not Verdict.AGREES:
        return judgement
    kept = claim.parameters or claim.storage
    plain = dataclasses.replace(claim, multiply=None, storage=kept, accumulate=kept, parameters=None)
    if compare(dataclasses.replace(run, arithmetic=plain)).verdict is not Verdict.AGREES:
        return judgement
    reason = f"{claim.multiply.name} was requested but had no effect: products carry full {kept.name} precision"
    return dataclasses.replace(judgement, verdict=Verdict.INCONCLUSIVE, reason=reason)
