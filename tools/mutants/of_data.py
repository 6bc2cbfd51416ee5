"""Mutants of what reads data and sums it up: casts, blocks and batches, sources, the closed forms and their bounds."""

from __future__ import annotations

from tools.mutants.patch import Patch

SUMS = ("tests/reference/test_limbs.py", "tests/reference/test_merge.py")
SOURCES = ("tests/reference/test_merge.py",)
FORMS = ("tests/reference/test_closed_form.py",)
CASTS = ("tests/reference/test_problems.py", "tests/reference/test_formats.py")

BATCHES = "reference/batches.py"
BLOCKS = "reference/blocks.py"
CLOSED = "reference/closed_form.py"
CLOSED_BOUNDS = "reference/closed_form_bounds.py"
PROBLEM = "reference/problem.py"
READERS = "reference/sources.py"

PATCHES = (
    # Casts.
    Patch("the start is not cast", PROBLEM, 'for name in ("x", "y", "w0", "b0"):', 'for name in ("x", "y"):', CASTS),
    Patch("the rate is cast as well", PROBLEM, "dataclasses.replace(self, **rounded)",
          "dataclasses.replace(self, **rounded, lr=float(formats.rounded(np.array(self.lr), dtype)))", CASTS),
    Patch("data beyond a dtype's range unnamed", PROBLEM, "if not np.isfinite(array).all():", "if False:", CASTS),
    Patch("bfloat16 rounded twice", "reference/formats.py",
          '(_to_odd(values) if name == "bfloat16" else values)', "values", CASTS),

    # Blocks of rows, and batches of blocks.
    Patch("limbs wider than is exact", BATCHES,
          "(SIGNIFICAND - (rows - 1).bit_length()) // 2", "(SIGNIFICAND - (rows - 1).bit_length()) // 2 + 1", SUMS),
    Patch("two limbs' products counted once", BATCHES, "if a != b:", "if False:", SUMS),
    Patch("the lowest bit shifted out", BATCHES,
          "(bits & -bits).bit_length() - 1)", "(bits & -bits).bit_length())", SUMS),
    Patch("the tail of a long product dropped", BATCHES, ".sum(axis=0) + tail @ tail.T", ".sum(axis=0)", SUMS),
    Patch("NaN among the rows", BLOCKS, "if not np.isfinite(largest).all():", "if False:", SUMS),
    Patch("columns reordered and not called so", BLOCKS,
          "self.order = self.order[ranks]", "self.order = self.order[:]", SUMS),
    Patch("the first block read again for a later one", BLOCKS,
          "table[start : start + self.rows].astype", "table[: self.rows].astype", SUMS),

    # Sources.
    Patch("nulls taken", READERS, "if column.null_count:", "if False:", SOURCES),
    Patch("integers taken", READERS, 'if values.dtype.kind != "f":', 'if values.dtype.kind not in "fiu":', SOURCES),
    Patch("features and targets exchanged", READERS,
          "yield _matrix(batch, x), _matrix(batch, y)", "yield _matrix(batch, y), _matrix(batch, x)", SOURCES),

    # The closed forms, and how far they may be off.
    Patch("a column of twos for the ones", CLOSED, "np.ones((len(xs), 1))", "np.full((len(xs), 1), 2.0)", FORMS),
    Patch("normal equations sold as QR", CLOSED,
          "_split(_solve(R, Q.T @ Y))", "_split(_solve(X.T @ X, X.T @ Y))", FORMS),
    Patch("small singular values dropped", CLOSED,
          "((U.T @ Y) / values[:, None])",
          "((U.T @ Y) * np.where(values > values[0] / 2**8, 1 / values, 0)[:, None])", FORMS),
    Patch("κ where κ² belongs", CLOSED_BOUNDS, "eta = kappa**2 *", "eta = kappa *", FORMS),
    Patch("the residual left out of Wedin's bound", CLOSED_BOUNDS,
          "(size.V + size.inverse * size.r)", "size.V", FORMS),
    Patch("Wedin's bound where its theorem is silent", CLOSED_BOUNDS,
          "    if not eta < 1:\n        return np.full_like(size.V, math.inf)\n", "", FORMS),
)  # fmt: skip
