"""Known defects of optimizers: cells that are expected to disagree, and by how much and where.

Whatever a defect does not explain is a surprise: the run is judged once more with what it does left out.
"""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any

from gradagree.checking.optimizer import judge
from gradagree.checking.verdict import Verdict
from gradagree.matrix.known_defects import is_among
from gradagree.runtime.optimizing import OptimizerRun
from reference.arithmetic import Arithmetic
from reference.formats import FLOAT32
from reference.optimizers import Optimizer

X86 = ("x86_64", "AMD64")


@dataclass(frozen=True)
class OptimizerDefect:
    """A defect of a framework, as the cells of optimizers show it.

    Parameters
    ----------
    implementations
        patterns as in file names.
    dtypes, sets
        where it shows.
    versions
        of the framework, as pip writes them.
    reason
        what goes wrong.
    issue
        where it was reported.
    script
        in `examples/findings/`: the least that shows it.
    parameters
        patterns of the parameters that it touches: without them the run must agree.
    quantities
        those that it touches in every parameter: all others must agree.
    arithmetic
        fields of the claim under which the run must agree.
    machines
        the processors it shows on; empty for all.
    verdict
        what it makes of the run; INVALID where the framework itself raises for it.
    """

    implementations: tuple[str, ...]
    dtypes: tuple[str, ...]
    sets: tuple[str, ...]
    versions: str
    reason: str
    issue: str
    script: str
    parameters: tuple[str, ...] = ()
    quantities: frozenset[str] = frozenset()
    arithmetic: Mapping[str, Any] = field(default_factory=dict)
    machines: tuple[str, ...] = ()
    verdict: Verdict = Verdict.DISAGREES

    def covers(self, implementation: str, dtype: str, leaves: str, version: str) -> bool:
        """Whether a cell, run with this version of its framework, is one that the defect shows in."""
        return (
            any(fnmatch(implementation, pattern) for pattern in self.implementations)
            and dtype in self.dtypes
            and leaves in self.sets
            and (not self.machines or platform.machine() in self.machines)
            and is_among(version, self.versions)
        )

    def beyond(self, run: OptimizerRun, recurrences: Sequence[Optimizer], arithmetic: Arithmetic) -> str:
        """The first number that the defect does not explain, as a sentence; empty where it explains everything."""
        claim = dataclasses.replace(arithmetic, **self.arithmetic)
        judgement = judge(_without(run, self.parameters), recurrences, claim)
        wrong = [
            check.first_violation
            for name, check in judgement.checks.items()
            if name not in self.quantities and check.first_violation is not None
        ]
        if run.protocol_errors and self.verdict is not Verdict.INVALID:
            return judgement.reason
        return str(min(wrong, key=lambda deviation: deviation.step)) if wrong else ""


def _without(run: OptimizerRun, patterns: Sequence[str]) -> OptimizerRun:
    """The run, as though it had no parameters of these names."""
    kept = [name for name in run.leaves if not any(fnmatch(name, pattern) for pattern in patterns)]

    def of(found: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in found.items() if name in kept}

    states = [{quantity: of(values) for quantity, values in state.items()} for state in run.states]
    return dataclasses.replace(
        run,
        leaves=of(run.leaves),
        memory=of(run.memory),
        gradients=of(run.gradients),
        gradients_after=of(run.gradients_after),
        states=states,
        layouts=of(run.layouts),
        gradient_layouts=of(run.gradient_layouts),
    )


FUSED_SGD = ("torch_sgd*_fused", "torch_nesterov_fused")
FUSED_OTHERS = ("torch_adam*_fused", "torch_amsgrad_fused", "torch_adagrad_fused")
NARROW = ("bfloat16", "float16")
WIDE = ("float64", "float32")
EVERY_SET = ("plain", "tails", "strided", "mixed", "groups", "still")
# A vector holds 16 numbers on x86; without momentum they stay where they are, with it the buffer is not written either.
UNMOVED = OptimizerDefect(
    FUSED_SGD,
    NARROW,
    ("plain", "tails"),
    ">=2.4,<=2.13.0",
    "whole vectors of parameters and momentum are not updated",
    "pytorch#192545",
    "fused_sgd_momentum_unmoved.py",
    parameters=("vector", "matrix", "length_16", "length_17", "length_31", "length_33", "length_65"),
    machines=X86,
)
LAYOUTS = OptimizerDefect(
    (*FUSED_SGD, *FUSED_OTHERS),
    (*WIDE, *NARROW),
    ("strided",),
    ">=2.4",
    "a strided parameter is updated as though it were contiguous",
    "not reported yet",
    "fused_adam_strides.py",
    parameters=("every_second*",),
)
PAIRED = dataclasses.replace(
    LAYOUTS,
    sets=("mixed",),
    reason="parameter and gradient are paired by their order in memory",
    script="fused_memory_order.py",
    parameters=("gradient_transposed", "transposed", "gradient_expanded"),
)
OVERWRITTEN = OptimizerDefect(
    ("torch_nesterov_foreach",),
    (*WIDE, *NARROW),
    tuple(name for name in EVERY_SET if name != "mixed"),
    ">=2.0",
    "the update is left in .grad, where the gradient was",
    "not reported yet",
    "foreach_nesterov_gradient.py",
    quantities=frozenset({"grad"}),
)
NOT_FINITE = OptimizerDefect(
    tuple(
        f"torch_{name}_{way}"
        for name in ("adam", "adamw", "adamax", "amsgrad", "nadam", "radam", "rmsprop", "adagrad")
        for way in ("loop", "foreach")
    ),
    ("float16",),
    ("still",),
    ">=2.0",
    "ε vanishes in float16: a gradient of zero divides by zero",
    "not reported yet",
    "adam_float16.py",
    parameters=("still",),
)
UNDERFLOWN = dataclasses.replace(
    NOT_FINITE,
    implementations=(
        *(f"torch_{name}_{way}" for name in ("adam", "adamw", "amsgrad", "nadam") for way in ("loop", "foreach")),
        "torch_radam_foreach",
    ),
    sets=("tails",),
    reason="ε vanishes in float16, and so does the square of a small gradient: their quotient is not finite",
    issue="not reported yet",
    script="adam_float16.py",
    parameters=("length_65",),
)
OPTAX_NOT_FINITE = dataclasses.replace(
    NOT_FINITE,
    implementations=tuple(f"jax_optax_{name}_*" for name in ("adam", "adamw", "adamax", "rmsprop")),
    issue="optax#1755",
    script="optax_adam_float16.py",
    versions=">=0.4",
)
OPTAX_UNDERFLOWN = dataclasses.replace(
    UNDERFLOWN,
    implementations=("jax_optax_adam_*", "jax_optax_adamw_*"),
    issue=OPTAX_NOT_FINITE.issue,
    script=OPTAX_NOT_FINITE.script,
    versions=OPTAX_NOT_FINITE.versions,
)
IN_FLOAT32 = OptimizerDefect(
    ("torch_nadam_*",),
    ("float64",),
    EVERY_SET,
    ">=2.0",
    "the product of momenta is kept in float32",
    "not reported yet",
    "nadam_product.py",
    arithmetic={"scalars": FLOAT32},
)

KNOWN: tuple[OptimizerDefect, ...] = (
    UNMOVED,
    dataclasses.replace(UNMOVED, sets=("strided",), parameters=("every_second*", "transposed")),
    dataclasses.replace(UNMOVED, sets=("mixed",), parameters=PAIRED.parameters),
    LAYOUTS,
    PAIRED,
    OVERWRITTEN,
    dataclasses.replace(OVERWRITTEN, sets=("mixed",), verdict=Verdict.INVALID),
    NOT_FINITE,
    UNDERFLOWN,
    OPTAX_NOT_FINITE,
    OPTAX_UNDERFLOWN,
    IN_FLOAT32,
    dataclasses.replace(
        IN_FLOAT32,
        implementations=("torch_asgd_*",),
        reason="the rate is computed in float32",
        script="asgd_rate.py",
    ),
)


def expected(implementation: str, dtype: str, leaves: str, version: str) -> OptimizerDefect | None:
    """The known defect of a cell, `None` where it ought to agree."""
    return next((known for known in KNOWN if known.covers(implementation, dtype, leaves, version)), None)
