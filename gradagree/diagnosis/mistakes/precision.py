"""Arithmetic in a narrower format than the one that was asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradagree.checking.low_precision import all_of, rounded_to
from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.prediction import Prediction, predicts
from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, TF32, Format

NARROWER = (FLOAT32, FLOAT16, TF32, BFLOAT16)


@predicts("GD307")
def narrower(run: Evidence) -> Iterator[Prediction]:
    """Exact descent in the bounds of a narrower format, where the numbers recorded are that format's."""
    storage = run.arithmetic.storage
    for narrow in NARROWER:
        if narrow.precision >= storage.precision or (narrow is TF32 and storage is not FLOAT32):
            continue
        with np.errstate(over="ignore"):
            x, y = rounded_to(run.x, narrow), rounded_to(run.y, narrow)
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            continue
        u = {"unit_roundoff": narrow.unit_roundoff}
        if (x != run.x).any() or (y != run.y).any():
            label = f"the gradient for data rounded to {narrow.name}"
            yield Prediction(label, run.gradient_on(x, y), constants=u, quantity="data")
        if narrow is not TF32:
            yield from _stored(run, narrow, x, y)


def _stored(run: Evidence, narrow: Format, x: FloatArray, y: FloatArray) -> Iterator[Prediction]:
    """Numbers that are all of the narrower format: the evidence without which a wide bound would explain any noise."""
    narrow_gradients = run.reported and all_of(run.history.center, narrow)
    narrow_iterates = len(run.after) > 0 and all_of(run.after, narrow)
    V = rounded_to(run.before, narrow)
    if not (narrow_gradients or narrow_iterates) or not np.isfinite(V).all():
        return
    said: dict[str, Any] = {
        "constants": {"unit_roundoff": narrow.unit_roundoff},
        "quantity": "data",
        "informative": True,
    }
    for accumulate in dict.fromkeys((FLOAT32 if FLOAT32.precision > narrow.precision else narrow, narrow)):
        data, arithmetic = run.problem.replace(x=x, y=y), Arithmetic(narrow, accumulate)
        inner = Evidence(dataclasses.replace(run.run, problem=data, arithmetic=arithmetic))
        if inner.steps < run.steps:
            continue
        sums = "" if accumulate is narrow else f", sums in {accumulate.name}"
        if narrow_iterates:
            first = Enclosure.exact(rounded_to(run.problem.V0[None], narrow))
            label = f"descent stored in {narrow.name}{sums}"
            yield Prediction(label, inner.true, inner.update(inner.slope), first, **said)
        else:
            gradient = inner.gradient_at(V) if (run.before != V).any() else inner.true
            yield Prediction(f"gradients computed in {narrow.name}{sums}", gradient, **said)
