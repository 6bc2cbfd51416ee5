"""Arithmetic in a narrower format than the one that was asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from gradagree.checking.low_precision import all_of, rounded_to
from gradagree.diagnosis.enclosure import Enclosure
from gradagree.diagnosis.evidence import Evidence
from gradagree.diagnosis.mistakes.catalogue import Prediction, silent
from gradagree.diagnosis.mistakes.other_data import GRADIENTS
from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, TF32, Format

NARROWER = (FLOAT32, FLOAT16, TF32, BFLOAT16)


@silent(
    "GD307",
    "the arithmetic is narrower than the dtype that was asked for",
    rank=0,
    explanation="JAX makes float32 of float64 unless `jax_enable_x64` is set; `.half()`, autocast and TF32 round the "
    "inputs of products. The numbers are right to the narrower format's unit roundoff and no further.",
    remedy="keep data and parameters in the dtype that was asked for; `jax.config.update('jax_enable_x64', True)`; "
    "`torch.set_float32_matmul_precision('highest')`",
    framework="numpy",
    wrong="dtype = x.dtype\nx, y = x.astype(np.float16), y.astype(np.float16)\n"
    + GRADIENTS.replace("e = x @ w + b - y", "e = (x @ w.astype(np.float16) + b.astype(np.float16) - y)").replace(
        "yield", "dw, db = dw.astype(dtype), db.astype(dtype)\n    yield"
    ),
)
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
        name, u = narrow.name, {"unit_roundoff": narrow.unit_roundoff}
        if (x != run.x).any() or (y != run.y).any():
            yield Prediction(
                f"the gradient for data rounded to {name}", run.gradient_on(x, y), constants=u, quantity="data"
            )
        if narrow is TF32:
            continue
        yield from _stored(run, narrow, x, y, u)


def _stored(run: Evidence, narrow: Format, x: FloatArray, y: FloatArray, u: dict[str, float]) -> Iterator[Prediction]:
    """Numbers that are all of the narrower format: the evidence without which a wide bound would explain any noise."""
    narrow_gradients = run.reported and all_of(run.history.center, narrow)
    narrow_iterates = len(run.after) > 0 and all_of(run.after, narrow)
    if not (narrow_gradients or narrow_iterates):
        return
    V = rounded_to(run.before, narrow)
    if not np.isfinite(V).all():
        return
    moved = float(np.abs(V - run.before).max()) > 0
    for accumulate in dict.fromkeys((FLOAT32 if FLOAT32.precision > narrow.precision else narrow, narrow)):
        claim = Arithmetic(narrow, accumulate)
        data = run.problem.replace(x=x, y=y)
        inner = Evidence(dataclasses.replace(run.run, problem=data, arithmetic=claim))
        if inner.steps < run.steps:
            continue
        sums = "" if accumulate is narrow else f", sums in {accumulate.name}"
        if narrow_iterates:
            first = Enclosure.exact(rounded_to(run.problem.V0[None], narrow))
            label = f"descent stored in {narrow.name}{sums}"
            yield Prediction(
                label, inner.true, inner.update(inner.slope), first, constants=u, quantity="data", informative=True
            )
        elif narrow_gradients:
            gradient = inner.gradient_at(V) if moved else inner.true
            yield Prediction(
                f"gradients computed in {narrow.name}{sums}", gradient, constants=u, quantity="data", informative=True
            )
