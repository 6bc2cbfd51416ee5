"""Clipping by norm.

Sources: torch 2.13, `nn/utils/clip_grad.py`; optax 0.2.8, `transforms/_clipping.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reference.dyadic import FloatArray
from reference.formats import Format

U = 2.0**-53


@dataclass(frozen=True)
class Clipped:
    """Gradients after clipping, the norm before, and how far a correct evaluation may be off from either."""

    gradients: list[FloatArray]
    bounds: list[FloatArray]
    norm: float
    norm_bound: float


def by_norm(gradients: Sequence[FloatArray], most: float, stored: Format, eps: float = 1e-6) -> Clipped:
    """`g min(1, most / (‖g‖ + eps))`, ‖g‖ over all gradients; torch's eps is 1e-6, optax' 0.

    The norm is within `(n + 4) u` of itself, in any order of summation, u the unit roundoff that everything is stored
    in; beyond that four operations make the clipped gradient. What is below the smallest normal number is not bounded.
    """
    entries = np.concatenate([gradient.ravel() for gradient in gradients]) if gradients else np.zeros(0)
    norm = math.sqrt(math.fsum(entry * entry for entry in entries.tolist()))
    relative = (entries.size + 4) * stored.unit_roundoff + 4 * U
    factor = min(1.0, most / (norm + eps)) if norm + eps else 1.0
    off = relative + 6 * stored.unit_roundoff
    clipped = [np.asarray(gradient * factor) for gradient in gradients]
    return Clipped(clipped, [np.abs(each) * off + stored.smallest_normal for each in clipped], norm, norm * relative)
