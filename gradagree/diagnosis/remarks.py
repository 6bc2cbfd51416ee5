"""What can be said of a run that commits no mistake of the catalogue, and yet does not end where it should."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Remark:
    """A remark, with its story.

    Parameters
    ----------
    code, name
        `"GD001"` and one line.
    explanation
        what it is, and why it happens.
    remedy
        one or two sentences of advice.
    """

    code: str
    name: str
    explanation: str
    remedy: str


DIVERGES, SLOW, INPUTS, NOT_FINITE = "GD001", "GD002", "GD003", "GD004"

REMARKS = {
    remark.code: remark
    for remark in (
        Remark(
            DIVERGES,
            "the learning rate is beyond its limit, and the run diverges exactly as it must",
            "Every step is right: the gradient is the true one, and the update subtracts lr times it. But descent on a "
            "least-squares loss converges only where lr < 2/λmax, λmax being the largest eigenvalue of the loss's "
            "Hessian, (2/N) XᵀX with a column of ones for the intercept. Beyond that each step overshoots by more than "
            "the last, the parameters grow by a constant factor a step, and after enough of them they leave the range "
            "of the format: the loss is first inf, and then, as inf - inf, NaN. Columns of x that are large (ages, "
            "prices, years, pixels from 0 to 255) make λmax large, for it grows with their squares; so does a sum over "
            "the rows in place of the mean, which multiplies λmax by N.",
            "take a learning rate below the limit that the message gives, or scale the columns of x to mean 0 and "
            "standard deviation 1, which leaves λmax at 2 for one column, and at no more than 2 d for d of them",
        ),
        Remark(
            SLOW,
            "the run is right and not there yet: it is exactly as slow as theory says",
            "Every step is right, and the parameters are still far from the minimiser. The slowest part of the error "
            "shrinks by 1 - lr λmin a step, λmin being the smallest eigenvalue of the loss's Hessian, (2/N) XᵀX with a "
            "column of ones for the intercept. Where lr λmin is small that takes many steps: half the error is gone "
            "after about 0.7 / (lr λmin) of them. lr cannot be raised at will, since it has to stay below 2/λmax; what "
            "counts is the ratio λmax/λmin, which is large where columns of x differ in size, or lie far from 0, so "
            "that slope and intercept are hard to tell apart.",
            "take more steps, or a learning rate nearer to 2/(λmin + λmax); or scale the columns of x to mean 0 and "
            "standard deviation 1, which brings λmin and λmax together",
        ),
        Remark(
            INPUTS,
            "NaN or infinity went in: the data, the start or the learning rate are not finite",
            "A sum with NaN in it is NaN. Where a single row of x or y holds one, the loss is NaN from the first step "
            "on, and so is every gradient that sums over that row, and every parameter after the first update: no "
            "learning rate can help. Files with empty cells give such rows, and so do 0/0 in a standardisation (a "
            "column that is constant has standard deviation 0), the logarithm of 0, and numbers that a narrow format "
            "cannot hold: beyond 65504 float16 has infinity alone. A start that was never written, as torch.empty "
            "leaves it, can hold anything.",
            "leave out the rows that the message names, or fill their gaps, before training; and look where they come "
            "from",
        ),
        Remark(
            NOT_FINITE,
            "a number is not finite, where the exact one is in range",
            "The data, the start and every number before are finite, and the exact value of this one is well inside "
            "the range of the format: no rounding and no learning rate made it NaN or infinite, but an operation that "
            "has no value, or whose derivative has none. Such are 0/0, the square root or the logarithm of a negative "
            "number, and the derivative of a square root, a norm or a logarithm at 0, which is infinite and gives NaN "
            "when it is multiplied by 0; torch.where and jnp.where do not help, since the branch that is not taken is "
            "differentiated too.",
            "find the operation: torch.autograd.set_detect_anomaly(True) or jax.config.update('jax_debug_nans', True) "
            "names it; then keep its argument away from 0, as in torch.sqrt(s + 1e-12)",
        ),
    )
}
