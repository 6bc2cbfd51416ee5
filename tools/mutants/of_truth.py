"""Mutants of `reference`: the bounds, the exact numbers, the exact sums."""

from __future__ import annotations

from tools.mutants.patch import Patch

BOUNDS = (
    "tests/reference/test_rounding.py",
    "tests/reference/test_rounding_adversary.py",
    "tests/tools/test_trial_corpus.py",
)
BITS = ("tests/reference/test_lattice.py",)
ATTACK = ("tests/reference/test_rounding.py",)
WIDE = ("tests/reference/test_wide_sums.py", "tests/reference/test_dense_lattice.py")
TRUTH = (
    "tests/reference/test_least_squares.py",
    "tests/reference/test_dyadic.py",
    "tests/reference/test_spectrum.py",
    "tests/reference/test_truth_twice.py",
)
SUMS = ("tests/reference/test_limbs.py", "tests/reference/test_merge.py", "tests/reference/test_least_squares.py")

ROUNDING = "reference/rounding.py"
ARITHMETIC = "reference/arithmetic.py"
SCALES = "reference/scales.py"
EVALUATE = "reference/evaluate.py"
SQUARES = "reference/least_squares.py"
QUADRATIC = "reference/quadratic.py"
DESCENT = "reference/descent.py"
LATTICE = "reference/lattice.py"

PATCHES = (
    # The bounds.
    Patch("the residual's own error, ρ Q, dropped", ROUNDING,
          "carried = rho * sizes.Q + (1 + rho) * lost", "carried = (1 + rho) * lost", BOUNDS),
    Patch("the error of the sums, σ P, dropped", ROUNDING,
          "rounding = c * (sigma * sizes.P + (1 + sigma) * carried)", "rounding = c * (1 + sigma) * carried", BOUNDS),
    Patch("u of the sums halved", ARITHMETIC,
          "ways = [(self.accumulate.unit_roundoff, depth)]",
          "ways = [(self.accumulate.unit_roundoff / 2, depth)]", BOUNDS),
    Patch("one rounding to storage less in ρ", ARITHMETIC,
          "3 + self.extra_roundings\n", "2 + self.extra_roundings\n", BOUNDS),
    Patch("products of several features taken for exact", ARITHMETIC,
          "        stored += d > 1 and self.storage != self.accumulate\n", "", BOUNDS),
    Patch("one rounding to storage less in σ", ARITHMETIC,
          "stored = 6 + self.extra_roundings", "stored = 5 + self.extra_roundings", BOUNDS),
    Patch("the roundings of an implementation's own forgotten", ARITHMETIC,
          "stored = 6 + self.extra_roundings", "stored = 6", BOUNDS),
    Patch("stored partial sums forgotten", ARITHMETIC,
          "return self.partial_sums_from is not None and terms >= self.partial_sums_from", "return False", BOUNDS),
    Patch("a matrix unit's blocks forgotten", ARITHMETIC, "if self.blocks is not None:", "if False:", BOUNDS),
    Patch("pieces of products forgotten", ARITHMETIC,
          "depth *= self.pieces + 1", "depth *= 1", BOUNDS),
    Patch("narrowed factors of squares forgotten", ARITHMETIC,
          "stored = 4 + self.extra_roundings + self.stores_partial_sums(terms)\n"
          "        return growth((self.narrowing, 2),",
          "stored = 4 + self.extra_roundings + self.stores_partial_sums(terms)\n        return growth(", BOUNDS),
    Patch("one rounding to storage less in τ", ARITHMETIC,
          "stored = 4 + self.extra_roundings", "stored = 3 + self.extra_roundings", BOUNDS),
    Patch("the 2 of 2/(N m) forgotten in the bound", ROUNDING,
          "c, sigma, omega, iota = 2 / (N * m),", "c, sigma, omega, iota = 1 / (N * m),", BOUNDS),
    Patch("targets forgotten in the mean of the bound", ROUNDING,
          "c, sigma, omega, iota = 2 / (N * m),", "c, sigma, omega, iota = 2 / N,", BOUNDS),
    Patch("flushed operands forgotten", ARITHMETIC,
          "flushed = self.omega if self.flushes else 0.0", "flushed = 0.0", BOUNDS),
    Patch("narrowed subnormals forgotten", ARITHMETIC, "return flushed + narrowed", "return flushed", BOUNDS),
    Patch("flushing costs no more than gradual underflow", ARITHMETIC,
          "f.smallest_normal * (1.0 if self.flushes else f.unit_roundoff) for f in formats",
          "f.smallest_normal * f.unit_roundoff for f in formats", BOUNDS),
    Patch("multiplier inputs taken for exact", ARITHMETIC,
          "return self.multiply.unit_roundoff", "return 0.0", BOUNDS),
    Patch("the lift above float64's own rounding is 1", "reference/upward.py",
          "return 1 + 2 * (64 + 2 * terms) * FLOAT64.unit_roundoff",
          "return (1 + FLOAT64.unit_roundoff) ** (64 + 2 * terms)", BOUNDS),
    Patch("the square of the residual's error dropped from the loss", ROUNDING,
          "(2 * np.sqrt(sizes.rss) * E + E * E)", "(2 * np.sqrt(sizes.rss) * E)", BOUNDS),
    Patch("the rounding of the new parameter dropped", ROUNDING,
          "np.asarray((u * np.abs(after) + slope + underflow) * upward())",
          "np.asarray((slope + underflow) * upward())", BOUNDS),
    Patch("the rounding of lr dropped", ROUNDING,
          "slope = (2 * u + u * u) * (lr", "slope = u * (lr", BOUNDS),
    Patch("a step carries no error on", ROUNDING,
          "(contraction * error[target] + step)", "step", BOUNDS),
    Patch("the gradient's bound forgotten in a run", ROUNDING,
          "V[1:], count) + lr * bound", "V[1:], count)", BOUNDS),
    Patch("an update folded into the mean held to the plain bound", ROUNDING,
          "slope = np.maximum(slope, fused_step(claim, lr, size, count))", "pass", ATTACK),
    Patch("a constant below the smallest normal number taken for exact", ROUNDING,
          "constant = 3 * omega / (c * kept) if lr * c < 4 * smallest else 0.0", "constant = 0.0", ATTACK),
    Patch("an x that is scaled and underflows forgotten", ROUNDING, "+ 2 * terms[:, -1:] + 2 * N", "+ 2 * N", BOUNDS),
    Patch("Cauchy and Schwarz with the wrong column", SCALES,
          "P = np.sqrt(np.diagonal(A))[:, None]", "P = np.sqrt(np.diagonal(A))[::-1, None]", BOUNDS),
    Patch("y left out of q", SCALES, "Q = A @ magnitudes + a\n", "Q = A @ magnitudes\n", BOUNDS),
    Patch("overflow promised one binade later", SCALES,
          "peak = 2 * np.maximum", "peak = 1e-3 * np.maximum", BOUNDS),
    Patch("what is stored promised to stay in range", SCALES,
          "inside & (self.stored <= claim.storage.largest)", "inside", WIDE),
    Patch("sums that are stored promised a wider range", SCALES,
          "claim.accumulate.largest if claim.wide_sums else claim.largest", "claim.accumulate.largest", WIDE),
    Patch("the squares of residuals taken for smaller", SCALES, "residual**2, largest", "residual, largest", BOUNDS),
    Patch("sums over the rows promised to stay in range", SCALES,
          "np.full(len(V), absolute.max())", "np.zeros(len(V))", ("tests/impls/test_gram_road.py",)),

    # The bit-exact tier.
    Patch("bits promised whatever the mean's scale", LATTICE,
          "if count & (count - 1) or claim.pieces > 1:", "if claim.pieces > 1:", BITS),
    Patch("bits promised where residuals turn subnormal", LATTICE,
          "    exact &= unit + scale >= claim.storage.emin\n", "", BITS),
    Patch("bits promised where products turn subnormal", LATTICE,
          " & (products + scale >= claim.storage.emin)", "", BITS),
    Patch("bits promised where a sum may overflow", LATTICE,
          "    fits &= sizes.within(claim)[:, None, None]\n", "", BITS),
    Patch("the residuals' sizes for those of XᵀX", LATTICE,
          "size = sizes.Q if claim.through_gram else sizes.P", "size = sizes.P", BITS),
    Patch("entries wider than the multipliers taken", LATTICE,
          "        exact &= _inputs_fit(claim.multiply, V, largest[:p], steps[:p])\n", "", BITS),
    Patch("bits promised to those who claim none", "gradagree/checking/truth.py",
          "return np.minimum(general, self.lattice_bound) if self.claim.dyadic else general",
          "return np.minimum(general, self.lattice_bound)", BITS),
    Patch("bits promised where a stored product has more", LATTICE,
          "fits = exact[:, None, :] & exact_products &", "fits = exact[:, None, :] &", BITS),
    Patch("bits promised where partial sums are stored", LATTICE,
          "of_b = min(bits, claim.storage.precision)", "of_b = bits", BITS),

    # The exact truth.
    Patch("the 2 of the gradient forgotten", EVALUATE,
          "np.array([e - lowest + 1 for e in", "np.array([e - lowest for e in", TRUTH),
    Patch("the 2 of the exact gradient forgotten", QUADRATIC,
          "(self.G * V - self.C) * self._mean(2))", "(self.G * V - self.C) * self._mean(1))", TRUTH),
    Patch("targets forgotten in the exact mean", QUADRATIC,
          "return fmpq(factor, self.rows * self.m)", "return fmpq(factor, self.rows)", TRUTH),
    Patch("the cross term of the loss halved", QUADRATIC,
          "(self.G * V - self.C * 2)", "(self.G * V - self.C)", TRUTH),
    Patch("a sum of squared residuals without yᵀy", EVALUATE,
          "return total + Dyadic(squares, 0) * self._s * self._s", "return total", TRUTH),
    Patch("XᵀY with its targets in reverse", EVALUATE,
          "for t in range(p, q)] for j in range(p)]", "for t in reversed(range(p, q))] for j in range(p)]", TRUTH),
    Patch("the difference of the wrong sign", EVALUATE,
          "step = Dyadic.from_floats(gradient) * Dyadic.from_floats(lr)",
          "step = Dyadic.from_floats(-gradient) * Dyadic.from_floats(lr)", TRUTH),
    Patch("descent of one step more", DESCENT, "    while steps:\n", "    steps += 1\n    while steps:\n", TRUTH),
    Patch("a map squared without its constant", DESCENT, "c = A * c + c\n", "c = A * c\n", TRUTH),
    Patch("the start's share of the null space forgotten", SQUARES,
          "least_norm(self.G, self.C - self.G * V0) + V0", "least_norm(self.G, self.C)", TRUTH),
    Patch("degrees of freedom off by one", SQUARES,
          "freedom = self.rows - self.unknowns\n", "freedom = self.rows - self.unknowns + 1\n", TRUTH),
    Patch("the spectrum's error left out of the contraction", QUADRATIC,
          "* (1 + 2**-50) + lr * error", "* (1 + 2**-50)", TRUTH),
    Patch("exponents added with the wrong sign", "reference/dyadic.py",
          "return self.digits * (1 << (self.exponent - exponent))",
          "return self.digits * (1 << (exponent - self.exponent))", TRUTH),
    Patch("the sticky bit dropped", "reference/dyadic.py", "kept |= 1  #", "kept |= 0  #", TRUTH),

    # The exact sums.
    Patch("a wrong entry of the Gram matrix", "reference/limbs.py",
          "integers = np.array([int(entry) for entry in entries], dtype=object).reshape(q, q)",
          "integers = np.array([int(entry) for entry in entries], dtype=object).reshape(q, q)\n"
          "    integers[0, -1] += 1", SUMS),
    Patch("rows of two shards counted once", "reference/gram.py",
          "return Gram(self.rows + other.rows,", "return Gram(max(self.rows, other.rows),", SUMS),
    Patch("scales of two shards mixed", "reference/gram.py",
          "self.at(scales) + other.at(scales)", "self.integers + other.integers", SUMS),
    Patch("absolute sums rounded down", "reference/gram.py",
          "np.asarray(sums * (1 + 2 * (rows + 2) * FLOAT64.unit_roundoff) + rows * 2.0**-1074)",
          "np.asarray(sums * (1 - 2 * (rows + 2) * FLOAT64.unit_roundoff))", (*SUMS, *BOUNDS)),
)  # fmt: skip
