"""The cells of optimizers, implementation × device × dtype × set of parameters, and how one is run."""

from __future__ import annotations

import dataclasses
import importlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradagree.checking.optimizer import judge
from gradagree.diagnosis.optimizers.reading import named
from gradagree.matrix import availability, optimizer_defects
from gradagree.matrix.cells import Cell, fitting
from gradagree.matrix.registry import IMPLS, Implementation
from gradagree.matrix.row import Row
from gradagree.runtime import frameworks
from gradagree.runtime.failure import described
from gradagree.runtime.optimizing import record
from reference.claim import Claim
from reference.formats import FLOAT32
from reference.optimizers import Optimizer
from reference.optimizers.scenario import SETS, STEPS, STRIDED
from reference.optimizers.spelling import FRAMEWORKS

NARROW = ("bfloat16", "float16")
ALL = ("float64", "float32", *NARROW)
CPU = ("cpu",)
FULL = "full"

Options = Mapping[str, Any]

IN_FLOAT32 = Claim({"intermediates": FLOAT32}, "a kernel reads, computes in float32, and stores once", dtypes=NARROW)


@dataclass(frozen=True)
class OptimizerImplementation(Implementation):
    """One way to make an optimizer's step.

    Parameters
    ----------
    optimizer
        what options call it: `"adam"`.
    native
        what its framework calls it: `"Adam"`.
    options
        of each group of parameters.
    """

    optimizer: str = ""
    native: str = ""
    options: tuple[Options, ...] = ()

    @property
    def recurrences(self) -> list[Optimizer]:
        """What it ought to compute, for each group."""
        spelled = FRAMEWORKS["optax" if self.framework == "jax" else "torch"]
        return [spelled[self.native.lower()](**options) for options in self.options]


# Options of two groups. Rates are large, so that a step is not lost in the rounding of what it moves.
TORCH: Mapping[str, tuple[str, Options, Options]] = {
    "sgd": (
        "SGD",
        {"lr": 0.25, "momentum": 0.9},
        {"lr": 0.125, "momentum": 0.5, "dampening": 0.25, "weight_decay": 0.1},
    ),
    "sgd_plain": ("SGD", {"lr": 0.25}, {"lr": 0.125, "weight_decay": 0.1, "maximize": True}),
    "nesterov": (
        "SGD",
        {"lr": 0.25, "momentum": 0.9, "nesterov": True},
        {"lr": 0.125, "momentum": 0.5, "nesterov": True, "weight_decay": 0.1},
    ),
    "adam": ("Adam", {"lr": 0.25}, {"lr": 0.5, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    "amsgrad": (
        "Adam",
        {"lr": 0.25, "amsgrad": True},
        {"lr": 0.5, "betas": (0.8, 0.95), "eps": 1e-3, "amsgrad": True, "maximize": True},
    ),
    "adamw": (
        "AdamW",
        {"lr": 0.25, "weight_decay": 0.25},
        {"lr": 0.5, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.2, "maximize": True},
    ),
    "adamax": ("Adamax", {"lr": 0.25}, {"lr": 0.5, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    "nadam": ("NAdam", {"lr": 0.25}, {"lr": 0.5, "betas": (0.8, 0.95), "eps": 1e-3, "momentum_decay": 0.01}),
    "radam": ("RAdam", {"lr": 0.25}, {"lr": 0.5, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    "rmsprop": (
        "RMSprop",
        {"lr": 0.125},
        {"lr": 0.0625, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1, "momentum": 0.9, "centered": True},
    ),
    "adagrad": (
        "Adagrad",
        {"lr": 0.5},
        {"lr": 0.25, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3},
    ),
    "adadelta": (
        "Adadelta",
        {"lr": 16.0, "eps": 1e-3},
        {"lr": 8.0, "rho": 0.8, "eps": 1e-2, "weight_decay": 0.1},
    ),
    "rprop": ("Rprop", {"lr": 0.25}, {"lr": 0.125, "etas": (0.4, 1.3), "step_sizes": (1e-3, 1.0)}),
    "asgd": (
        "ASGD",
        {"lr": 0.25, "lambd": 0.25},
        {"lr": 0.125, "lambd": 1e-2, "alpha": 0.5, "t0": 3.0, "weight_decay": 0.1},
    ),
}
FUSED = ("sgd", "sgd_plain", "nesterov", "adam", "amsgrad", "adamw", "adagrad")
BETAS = {"b1": 0.8, "b2": 0.95, "eps": 1e-3}
OPTAX: Mapping[str, tuple[str, Options, Options]] = {
    "sgd": ("sgd", {"learning_rate": 0.25, "momentum": 0.9}, {"learning_rate": 0.125}),
    "nesterov": (
        "sgd",
        {"learning_rate": 0.25, "momentum": 0.9, "nesterov": True},
        {"learning_rate": 0.125, "momentum": 0.5, "nesterov": True},
    ),
    "adam": ("adam", {"learning_rate": 0.25}, {"learning_rate": 0.5, **BETAS}),
    "adamw": (
        "adamw",
        {"learning_rate": 0.25, "weight_decay": 0.25},
        {"learning_rate": 0.5, **BETAS, "weight_decay": 0.2},
    ),
    "adamax": ("adamax", {"learning_rate": 0.25}, {"learning_rate": 0.5, **BETAS}),
    "rmsprop": ("rmsprop", {"learning_rate": 0.125}, {"learning_rate": 0.0625, "decay": 0.8, "eps": 1e-3}),
    "adagrad": ("adagrad", {"learning_rate": 0.5}, {"learning_rate": 0.25, "eps": 1e-3}),
    "lion": (
        "lion",
        {"learning_rate": 0.25, "weight_decay": 0.25},
        {"learning_rate": 0.125, "b1": 0.8, "b2": 0.95, "weight_decay": 0.1},
    ),
}


def implementations() -> tuple[OptimizerImplementation, ...]:
    """Every way to a step that the suite has."""
    return tuple(_all())


def _all() -> Iterator[OptimizerImplementation]:
    for key, (native, *options) in TORCH.items():
        for way in ("loop", "foreach", *(["fused"] if key in FUSED else [])):
            claims = (*frameworks.declared("torch").claims, *([IN_FLOAT32] if way == "fused" else []))
            about, target = f"torch.optim.{native}, {way}", f"{IMPLS}.optimizers.torch:{way}"
            yield _entry(f"torch_{key}_{way}", about, claims, target, key, native, options)
    for key, (native, *options) in OPTAX.items():
        for way in ("plain", "jit"):
            claims = frameworks.declared("jax").claims
            about, target = f"optax.{native}, {way}", f"{IMPLS}.optimizers.optax:{way}"
            yield _entry(f"jax_optax_{key}_{way}", about, claims, target, key, native, options)
    native, *options = TORCH["sgd"]
    yield _entry(
        "numpy_sgd_plain",
        "SGD by hand",
        (),
        f"{IMPLS}.optimizers.numpy:plain",
        "sgd",
        native,
        options,
        ("float64", "float32"),
    )


def _entry(
    name: str,
    about: str,
    claims: tuple[Claim, ...],
    target: str,
    key: str,
    native: str,
    options: Sequence[Options],
    dtypes: tuple[str, ...] = ALL,
) -> OptimizerImplementation:
    return OptimizerImplementation(
        name, about, CPU, dtypes, claims, target=target, optimizer=key, native=native, options=tuple(options)
    )


def cells(
    entries: Sequence[OptimizerImplementation], devices: Sequence[str], dtypes: Sequence[str], depth: str = FULL
) -> Iterator[Cell]:
    """Every cell that makes sense; not in full depth float32 alone, one set in bfloat16, nothing compiled."""
    for entry, device, dtype in fitting(entries, devices, dtypes):
        for leaves in SETS:
            quick = dtype == "float32" or (dtype == "bfloat16" and leaves == "groups")
            if entry.framework == "jax":  # each operation is compiled
                quick = dtype == "float32" and leaves == "plain" and entry.target.endswith(":plain")
            if (depth == FULL or quick) and excluded(entry, leaves) is None:
                yield Cell(entry, device, dtype, leaves)


def excluded(entry: Implementation, leaves: str) -> str | None:
    """Why a cell makes no sense; `None` if it does."""
    if leaves in STRIDED and not frameworks.declared(entry.framework).strides:
        return f"{frameworks.declared(entry.framework).title}'s arrays have no strides"
    return None


def blank_row(cell: Cell) -> Row:
    """The row of a cell that nothing is known of yet: no verdict, no version."""
    return availability.blank(cell, STEPS)


def run_cell(cell: Cell) -> Row:
    """Run a cell and judge it. A framework or a device that is not there gives a row that says so."""
    blank, entry = availability.check_available(cell, blank_row(cell)), cell.implementation
    if blank.verdict or not isinstance(entry, OptimizerImplementation):
        return blank
    module, _, way = entry.target.partition(":")
    framework, claim = frameworks.framework(entry.framework), entry.arithmetic(cell.device, cell.dtype)
    try:
        # A mere warning is no fault, whatever the caller makes of it.
        with warnings.catch_warnings(action="default"):
            begin = getattr(importlib.import_module(module), way)
    except ImportError as error:
        return blank.not_run(f"{module} cannot be imported: {described(error)}")
    with warnings.catch_warnings(action="default"):
        native = entry.native.lower() if entry.framework == "numpy" else entry.native
        run = record(begin, native, entry.options, SETS[cell.problem], framework, cell.device, cell.dtype)
    if entry.framework == "jax":
        run = named(run, entry.recurrences[0])
    judgement = judge(run, entry.recurrences, claim)
    row = blank.with_judgement(judgement)
    known = optimizer_defects.expected(entry.name, cell.dtype, cell.problem, row.version)
    if known is not None:
        more = known.beyond(run, entry.recurrences, claim) if judgement.verdict == known.verdict else ""
        if more:
            row = dataclasses.replace(row, reason=f"beyond {known.issue} ({known.reason}): {more}")
        else:
            row = dataclasses.replace(row, expected=known.verdict, issue=known.issue)
    found = judgement.checks.get("param")
    if found is None:
        return row
    return dataclasses.replace(row, update=found.worst_deviation.ratio, resolution=found.resolution)
