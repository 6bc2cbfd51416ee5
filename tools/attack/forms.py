"""Every form of evaluation that is tried, with the claim that covers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from tools.attack import gradients, losses, orders, residuals, updates
from tools.attack.claims import FUSED, GRAM, PLAIN, Claim, running_mean, stored, summed_in_storage
from tools.attack.machine import DTYPES, Machine, finfo

SMALL = 100  # rows, where each operation of a row is a step of Python's
LONG = 4096  # the same, where the step is short
MANY = 64  # parts of a sum


@dataclass(frozen=True)
class Form:
    """One way to evaluate.

    Parameters
    ----------
    quantity
        `"gradient"`, `"loss"` or `"update"`.
    name
        as it stands in the table.
    evaluate
        of a machine and data: the quantity; for an update the gradient too.
    claim
        what covers it.
    order
        of its sums over the rows.
    rows
        up to how many it is tried on.
    half_rows
        the same in float16, whose range ends at 65504.
    headroom
        how much larger than the plain formula's its intermediate results may be.
    divides
        whether N m has to be a number of the storage format.
    wide
        whether it needs a format wider than storage.
    """

    quantity: str
    name: str
    evaluate: Callable[..., Any]
    claim: Claim = PLAIN
    order: orders.Order = orders.in_turn
    rows: int = 2**20
    half_rows: int = 2**20
    headroom: float = 1.0
    divides: bool = False
    wide: bool = False

    def machine(self, storage: str, accumulate: str) -> Machine:
        return Machine(storage, accumulate, self.order)

    def applies(self, storage: str, rows: int, m: int) -> bool:
        largest = float(finfo(DTYPES[storage]).max)
        fits = max(self.headroom, rows * m if self.divides else 1) <= largest
        most = min(self.rows, self.half_rows) if storage == "float16" else self.rows
        return fits and rows <= most and not (self.wide and storage == "float64")


_gradient, _loss, _update = (partial(Form, quantity) for quantity in ("gradient", "loss", "update"))
_divided = partial(_gradient, divides=True)

ORDERS = {
    "backwards": orders.backwards,
    "smallest first": orders.smallest_first,
    "largest first": orders.largest_first,
    "pairwise": orders.in_pairs,
    "in 8 lanes": orders.in_lanes,
    "in blocks of 128": orders.in_blocks,
}
RESIDUALS = {
    "-(y - ŷ)": residuals.negated,
    "x w - (y - b)": residuals.target_first,
    "(b - y) + x w": residuals.bias_first,
    "(x w - y) + b": residuals.target_before_bias,
    "[x, 1] v - y": residuals.in_one_product,
    "accumulator begins at b": residuals.from_the_bias,
}
SCALES = (1000, 1024, 65536)

ROW_BY_ROW = summed_in_storage("each addition to `.grad` is stored: N - 1 roundings, and c, c r and r x before them")
PARTS = stored("gradient", lambda n, _: 2 + min(MANY, n), "60", "c, c r and storing the part, then 63 additions")
MICROBATCHES = stored(
    "gradient",
    lambda n, _: 4 + -(-n // gradients.MICROBATCH),
    "N/8-2",
    "the batch's c, c r, its sum, the share n/N and the product with it, then N/8 - 1 additions",
)
LOSS_ROW_BY_ROW = summed_in_storage("each addition is stored: N m - 1 roundings, the square's and the division's")
LOSS_PARTS = stored("loss", lambda n, m: 1 + min(MANY, n * m), "61", "storing the part, 63 additions and the division")
LOSS_MICROBATCHES = stored(
    "loss",
    lambda n, _: 3 + -(-n // gradients.MICROBATCH),
    "N/8-1",
    "the batch's sum, its division, the share n/N and the product with it, then N/8 - 1 additions",
)

GRADIENTS = (
    _gradient("Xᵀ(c r)", gradients.scale_first),
    _gradient("c Xᵀr", gradients.scale_last),
    _divided("(2 Xᵀr) / N", gradients.divided_last),
    _gradient("(1/N) (2 Xᵀr)", gradients.reciprocal),
    _divided("2 (Xᵀr / N)", gradients.doubled_mean),
    _gradient("2 Xᵀ(r (1/N)), half the loss doubled", gradients.half_doubled),
    _divided("2 Xᵀ(r / N)", gradients.rows_divided),
    _gradient("Σ c (r x), products stored", gradients.elementwise),
    _gradient("autograd of (w x + b - y)²", gradients.autograd),
    _divided("forward mode: Σ (2 r x) / N", gradients.jacobian_product),
    _divided("through ‖r‖²/N: (2‖r‖/N) (r/‖r‖)", gradients.norm_squared),
    _divided("through ‖r‖²/N: r ((2‖r‖/N)/‖r‖)", gradients.norm_squared_divided),
    *(_gradient(f"loss scale {s}", gradients.loss_scaled(s), headroom=float(s), half_rows=SMALL) for s in SCALES),
    _gradient("rows weighted √(1/N): x and r", gradients.rows_weighted),
    _gradient("rows weighted √(1/N): x and y", gradients.data_weighted),
    _gradient("(c X)ᵀr", gradients.x_scaled),
    _divided("mean of targets after mean of rows", gradients.targets_after_rows),
    _gradient("fused multiply-add, residual and sums", gradients.fused_sums, rows=SMALL),
    _gradient("excess precision, rounded once", gradients.excess_precision, wide=True),
    *(_gradient(f"residual {name}", partial(gradients.scale_first, residual=r)) for name, r in RESIDUALS.items()),
    _gradient(
        "residual Σ (x w), products stored", partial(gradients.scale_first, residual=residuals.one_feature_at_a_time)
    ),
    _gradient("residual fused", partial(gradients.scale_first, residual=residuals.fused), rows=SMALL),
    *(_gradient(f"summed {name}", gradients.scale_first, order=order) for name, order in ORDERS.items()),
    _gradient("summed with Kahan's compensation", gradients.scale_first, order=orders.compensated, rows=LONG),
    *(_gradient(f"{k} parts, each stored", gradients.in_parts(k)) for k in (2, 4)),
    _gradient("8 parts, each stored, added wide", gradients.in_parts(8, combine_wide=True)),
    _gradient("2 micro-batches, weighted n/N", gradients.in_microbatches()),
    _gradient("64 parts, each stored", gradients.in_parts(MANY), PARTS),
    _gradient(
        "micro-batches of 8 rows, weighted n/N",
        gradients.in_microbatches(gradients.MICROBATCH),
        MICROBATCHES,
        rows=LONG,
    ),
    _gradient(".grad accumulated row by row", gradients.row_by_row, ROW_BY_ROW),
    _gradient("running mean over the rows", gradients.running_mean, running_mean("gradient", 3), rows=LONG),
    _gradient("c (Xᵀŷ - Xᵀy)", gradients.split_difference, GRAM, half_rows=LONG),
    _gradient("c (XᵀX v - Xᵀy)", gradients.through_gram, GRAM, half_rows=LONG),
)
LOSSES = (
    _loss("rᵀr / N", losses.divided, divides=True),
    _loss("(1/N) rᵀr", losses.reciprocal),
    _loss("2 ((1/2N) rᵀr)", losses.half_doubled),
    _loss("mean of squares stored", losses.mean_of_squares, divides=True),
    _loss("Σ (r²/N)", losses.rows_divided, divides=True),
    _loss("‖r‖²/N", losses.norm_squared, divides=True),
    *(_loss(f"loss scale {s}", losses.scaled(s), headroom=float(s), divides=True, half_rows=SMALL) for s in SCALES),
    _loss("rows weighted √(1/N)", losses.rows_weighted),
    _loss("mean of targets after mean of rows", losses.targets_after_rows, divides=True),
    _loss("fused multiply-add", losses.fused_sums, divides=True, rows=SMALL),
    _loss("excess precision, rounded once", losses.excess_precision, wide=True),
    *(_loss(f"summed {name}", losses.reciprocal, order=order) for name, order in ORDERS.items()),
    _loss("summed with Kahan's compensation", losses.reciprocal, order=orders.compensated, rows=LONG),
    _loss("3 parts, each stored", losses.in_parts(3), divides=True),
    _loss("64 parts, each stored", losses.in_parts(MANY), LOSS_PARTS, divides=True),
    _loss("micro-batches of 8 rows, weighted n/N", losses.in_microbatches, LOSS_MICROBATCHES, divides=True, rows=LONG),
    _loss("accumulated row by row", losses.row_by_row, LOSS_ROW_BY_ROW, divides=True),
    _loss("running mean over the rows", losses.running_mean, running_mean("loss", 1), rows=LONG),
    _loss("vᵀ(XᵀX v - 2 Xᵀy) + yᵀy", losses.through_gram, GRAM, divides=True),
    _loss("mean of ŷ² - 2 ŷ y + y²", losses.expanded, GRAM, divides=True),
)
UPDATES = (
    _update("V - lr g", updates.by_gradient(updates.subtracted)),
    _update("V + (-lr) g", updates.by_gradient(updates.added)),
    _update("1 V - lr (g + 0 V)", updates.by_gradient(updates.decayed_by_nothing)),
    _update("fused multiply-add", updates.by_gradient(updates.fused), rows=SMALL),
    _update("wide, rounded once", updates.by_gradient(updates.rounded_once), wide=True),
    _update("V - (2 lr/N) S", updates.folded, FUSED),
    _update("V - ((lr/N) 2) S, stored", updates.folded_stored, FUSED, divides=True),
    _update("V - ((lr 2) S)/N, stored", updates.divided_last, FUSED, divides=True),
    _update("excess precision: g unrounded", updates.excess_precision, FUSED, wide=True),
)
FORMS = (*GRADIENTS, *LOSSES, *UPDATES)
