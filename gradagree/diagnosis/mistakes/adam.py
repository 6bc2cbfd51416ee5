"""Adam's recurrence on bands: running means of the gradient and of its square, each with its rounding."""

from __future__ import annotations

import numpy as np

from gradagree.diagnosis.enclosure import OWN, Enclosure
from gradagree.diagnosis.evidence import Evidence


def adam(
    run: Evidence,
    slope: Enclosure,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    corrected: bool = True,
) -> Enclosure:
    """`m̂ / (sqrt(v̂) + eps)`, with `m = β₁ m + (1-β₁) g` and `v = β₂ v + (1-β₂) g²`, for every step.

    The error bounds run through the same recurrences, `E ← β E + (1-β) δ + 4u(β |m| + (1-β) |g|)`, and the quotient's
    relative error is at most `E_m/|m| + E_v/v + 8u` while `E_v < v/2`. With β₂ = 1 the squares are summed (Adagrad).
    Source: Kingma & Ba, ICLR 2015, algorithm 1.
    """
    (beta1, beta2), u = betas, run.u + OWN
    weight2 = 1 - beta2 if beta2 < 1 else 1.0
    m, v = np.zeros_like(slope.center[0]), np.zeros_like(slope.center[0])
    m_off, v_off = np.zeros_like(m), np.zeros_like(v)
    centers, bounds = [], []
    for k, (g, off) in enumerate(zip(slope.center, slope.bound, strict=True), start=1):
        squared, square_off = g * g, 2 * np.abs(g) * off + off * off
        m_off = beta1 * m_off + (1 - beta1) * off + 4 * u * (beta1 * np.abs(m) + (1 - beta1) * np.abs(g))
        v_off = beta2 * v_off + weight2 * square_off + 5 * u * (beta2 * v + weight2 * squared)
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + weight2 * squared
        mean, square = (m / (1 - beta1**k), v / (1 - beta2**k)) if corrected else (m, v)
        root = np.sqrt(square) + eps
        step = mean / root
        relative = np.where(v_off < v / 2, v_off / np.where(v > 0, v, 1) + 8 * u, np.inf)
        m_share = m_off / (1 - beta1**k) if corrected else m_off
        centers.append(step)
        bounds.append(np.abs(step) * relative + m_share / root * (1 + np.where(np.isfinite(relative), relative, 0)))
    return Enclosure(np.array(centers), np.array(bounds))
