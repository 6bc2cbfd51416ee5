"""Hill climbing: of each form's worst data, a few bits are changed, and what is worse is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tools.attack.claims import PLAIN
from tools.attack.forms import FORMS, Form
from tools.attack.judged import BEYOND, Floats, Judged
from tools.attack.machine import DTYPES
from tools.attack.samples import Draw, Sample, draw_sample, mutated

# Storage and accumulator: the claims of the suite's own dtypes, and sums taken in 16 bits.
ARITHMETICS = (
    ("float64", "float64"),
    ("float32", "float32"),
    ("bfloat16", "float32"),
    ("bfloat16", "bfloat16"),
    ("float16", "float32"),
    ("float16", "float16"),
)
SHAPES = ((1, 1), (2, 1), (3, 2))  # d, m
ITERATES = 6


@dataclass
class Worst:
    """The largest error/bound of one form in one arithmetic, under its own claim and under the plain one."""

    own: float = BEYOND
    plain: float = BEYOND
    rows: int = 0
    plain_rows: int = 0
    sample: Sample | None = None

    def add(self, judged: Judged, samples: Sequence[Sample], own: Floats, plain: Floats) -> None:
        i, k = np.unravel_index(int(np.argmax(own)), own.shape)
        if own[i, k] > self.own:
            sample = samples[int(i)]
            # The worst iterate first: what is mutated keeps it.
            kept = Sample(sample.x, sample.y, sample.V[[k, *range(len(sample.V) - 1)]], sample.lr)
            self.own, self.sample, self.rows = float(own[i, k]), kept, judged.data.rows
        if plain.max() > self.plain:
            self.plain, self.plain_rows = float(plain.max()), judged.data.rows


Found = dict[tuple[str, str, str, str], Worst]  # by quantity, form, storage, accumulator


def judge(samples: list[Sample], arithmetic: tuple[str, str], found: Found, forms: Sequence[Form] = FORMS) -> None:
    """Every form on the samples; what is worse than before is noted."""
    judged = Judged(samples, *arithmetic)
    for form in forms:
        if not form.applies(arithmetic[0], judged.data.rows, judged.data.m):
            continue
        claims = (form.claim,) if form.claim is PLAIN else (form.claim, PLAIN)
        own, *plain = judged.ratios(form, claims)
        found.setdefault((form.quantity, form.name, *arithmetic), Worst()).add(
            judged, samples, own, plain[0] if plain else own
        )


def climb(
    arithmetic: tuple[str, str],
    rows: int,
    shape: tuple[int, int],
    generations: int,
    population: int,
    seed: int,
    forms: Sequence[Form] = FORMS,
) -> Found:
    """The worst that a search of so many generations finds, in so many samples each."""
    draw, dtype, found = Draw(seed), DTYPES[arithmetic[0]], Found()
    judge([draw_sample(draw, dtype, rows, *shape, ITERATES) for _ in range(population)], arithmetic, found, forms)
    for _ in range(generations):
        parents = [worst.sample for worst in found.values() if worst.sample is not None]
        chosen = [draw.choose(parents) for _ in range(population - population // 8)]
        fresh = [draw_sample(draw, dtype, rows, *shape, ITERATES) for _ in range(population // 8)]
        judge([*(mutated(draw, parent) for parent in chosen), *fresh], arithmetic, found, forms)
    return found


def merged(several: Iterable[Found]) -> Found:
    """The worst of several searches."""
    total = Found()
    for found in several:
        for key, worst in found.items():
            best = total.setdefault(key, Worst())
            if worst.own > best.own:
                best.own, best.rows, best.sample = worst.own, worst.rows, worst.sample
            if worst.plain > best.plain:
                best.plain, best.plain_rows = worst.plain, worst.plain_rows
    return total


def beyond(found: Found) -> dict[tuple[str, str, str, str], float]:
    """The forms that were not judged, or went beyond what their claim allows."""
    return {key: worst.own for key, worst in found.items() if not 0 <= worst.own <= 1}
