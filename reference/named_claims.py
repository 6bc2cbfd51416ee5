"""Arithmetics by name: what matrix units, compilers and ways of summing are known to do, for anybody to claim.

A name stands for changes of an `Arithmetic`'s fields, which may depend on the dtype. Each comes with its source. Forms
of evaluation are told by what they round: a bound holds for every evaluation that rounds no more.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reference.arithmetic import Blocks
from reference.formats import (
    BFLOAT16,
    BY_NAME,
    FLOAT8_E4M3,
    FLOAT16,
    FLOAT32,
    TF32,
    TF32_CUT,
    Format,
)

MMA_SIM = "arXiv 2511.10909"
FASI = "PeerJ Comput. Sci. 7:e330"

# Factors that are taken apart into bfloat16 pieces: what is dropped of a product is below 3 2^-16 of it with three
# products of two pieces each, below 2.01 2^-24 with six, and nothing with all nine, or u_m of these at the most twice.
# A piece below bfloat16's smallest number is lost, 2^-126 of each factor where it flushes: that is u_m λ.
BF16X3 = Format("bf16x3", 15, -111, 127)
BF16X6 = Format("bf16x6", 23, -103, 127)
BF16X9 = Format("bf16x9", 24, -102, 127)


@dataclass(frozen=True)
class NamedClaim:
    """A named arithmetic.

    Parameters
    ----------
    about
        what it is, in a few words.
    source
        where that is from.
    changes
        fields of `Arithmetic`, by name.
    dtypes
        of which it says anything.
    by_dtype
        the fields that differ from dtype to dtype.
    """

    about: str
    source: str
    changes: Mapping[str, Any]
    dtypes: tuple[str, ...] = tuple(BY_NAME)
    by_dtype: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)

    def fields(self, storage: Format) -> dict[str, Any]:
        """The fields it changes for arrays of a format."""
        return {**self.changes, **self.by_dtype.get(storage.name, {})}


NARROW = ("bfloat16", "float16")
NOT_FLOAT64 = ("float32", *NARROW)


def _tensor_core(about: str, narrow: Blocks, tf32: Blocks | None, source: str) -> NamedClaim:
    dtypes = NOT_FLOAT64 if tf32 else NARROW
    by_dtype = {"float32": {"blocks": tf32, "multiply": TF32}} if tf32 else {}
    return NamedClaim(about, source, {"blocks": narrow, "accumulate": FLOAT32}, dtypes, by_dtype)


def _split(count: str, multiply: Format, pieces: int) -> NamedClaim:
    about = f"float32 products as {count} of bfloat16 pieces"
    return NamedClaim(about, "arXiv 1904.06376", {"multiply": multiply, "pieces": pieces}, ("float32",))


NAMED: dict[str, NamedClaim] = {
    "tf32": NamedClaim(
        "factors of matrix products rounded to TF32", "NVIDIA, cuBLAS", {"multiply": TF32}, ("float32",)
    ),
    "tf32-cut": NamedClaim(
        "factors of matrix products cut to TF32, toward zero", MMA_SIM, {"multiply": TF32_CUT}, ("float32",)
    ),
    "bf16x3": _split("three", BF16X3, 3),
    "bf16x6": _split("six", BF16X6, 6),
    "bf16x9": _split("nine", BF16X9, 9),
    "tensor-core-v100": _tensor_core("NVIDIA V100's matrix unit: 4 products, 23 bits", Blocks(4, 23), None, FASI),
    "tensor-core-a100": _tensor_core(
        "NVIDIA A100's matrix unit: 8 products (TF32: 4), 24 bits", Blocks(8, 24), Blocks(4, 24), FASI
    ),
    "tensor-core-h100": _tensor_core(
        "NVIDIA H100's matrix unit: 16 products (TF32: 8), 25 bits", Blocks(16, 25), Blocks(8, 25), MMA_SIM
    ),
    "hopper-fp8": NamedClaim(
        "H100's matrix unit on 8-bit factors: 32 products, 13 bits",
        MMA_SIM,
        {"blocks": Blocks(32, 13, result=13), "accumulate": FLOAT32, "multiply": FLOAT8_E4M3},
        NOT_FLOAT64,
    ),
    "mfma-flush": NamedClaim(
        "AMD CDNA2's matrix unit: factors and results below the smallest normal number are 0",
        MMA_SIM,
        {"flushes": True, "accumulate": FLOAT32},
        NARROW,
    ),
    "xla-cpu-bf16": NamedClaim(
        "sums in bfloat16, subnormals 0, as in XLA's CPU code",
        "measured, `doctor`",
        {"accumulate": BFLOAT16, "flushes": True},
        ("bfloat16",),
    ),
    "torch-cpu-16bit": NamedClaim(
        "plain sums of more than 2^15 terms store their partial sums, one a thread",
        "pytorch#60387",
        {"partial_sums_from": 2**15 + 1},
        NARROW,
    ),
    "fused-update": NamedClaim(
        "lr and the mean's scale in one constant, or an update from a gradient of more digits",
        "openxla/xla#41605",
        {"fused_update": True},
    ),
    "through-gram": NamedClaim("the gradient as XᵀX v - Xᵀy, or as Xᵀŷ - Xᵀy", "algebra", {"through_gram": True}),
    "row-by-row": NamedClaim(
        "gradients accumulated row by row in the dtype",
        "algebra",
        {},
        NARROW,
        {"bfloat16": {"accumulate": BFLOAT16}, "float16": {"accumulate": FLOAT16}},
    ),
    # Of `m += (t - m) / k`, each addition rounds m, in all N times. Difference, quotient and k (where it is no number
    # of the format) round besides: j of them take δ/(k-1) of each earlier term, j H_N in all, H_N < 14.5 for 2²⁰ rows.
    "running-mean": NamedClaim(
        "a running mean of the rows' gradients in the dtype, of up to 2^20 rows",
        "algebra",
        {"extra_roundings": 44},
        tuple(BY_NAME),
        {"bfloat16": {"accumulate": BFLOAT16}, "float16": {"accumulate": FLOAT16}},
    ),
    "dyadic": NamedClaim("no constants but powers of two: every bit, where data allow it", "algebra", {"dyadic": True}),
}
