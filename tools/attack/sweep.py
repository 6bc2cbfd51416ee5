"""Many rows: forms are tried on drawn data, without climbing."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tools.attack.forms import FORMS, Form
from tools.attack.machine import DTYPES
from tools.attack.samples import KINDS, Draw, Sample, draw_sample
from tools.attack.search import Found, judge

ITERATES = 1


def sweep(
    arithmetic: tuple[str, str],
    rows: int,
    shape: tuple[int, int],
    samples: int,
    seed: int,
    forms: Sequence[Form] = FORMS,
) -> Found:
    """The worst of so many samples, of each special kind in turn."""
    draw, found = Draw(seed), Found()
    drawn = [
        draw_sample(draw, DTYPES[arithmetic[0]], rows, *shape, ITERATES, KINDS[i % len(KINDS)]) for i in range(samples)
    ]
    judge([_in_range(sample, arithmetic[0]) for sample in drawn], arithmetic, found, forms)
    return found


def _in_range(sample: Sample, storage: str) -> Sample:
    """Smaller where a sum of so many would leave float16's range."""
    if storage != "float16":
        return sample
    smaller = sample.x.dtype.type(2.0 ** -round(math.log2(len(sample.x)) / 4))
    return Sample(sample.x * smaller, sample.y * smaller, sample.V * smaller, sample.lr)
