"""What one framework's optimizer is called in another: `python -m tools.optimizers [--write]`.

Two spellings are run side by side over `reference.domains.balls`, which encloses what they compute in 400 bits: they
are one optimizer where the enclosures of every parameter overlap at every step and are narrower than `NARROW`, and two
where they part. Prints `docs/optimizers.md`; `--write` writes it. Fails if an entry is not what it is said to be.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import flint

from gradagree.matrix.findings import FINDINGS
from reference.domains.balls import BITS, Balls, Exactly
from reference.optimizers import Optimizer
from reference.optimizers.spelling import parse
from tools.document import table

DOCUMENT = Path(__file__).parent.parent / "docs" / "optimizers.md"
STEPS, DROP = 10, 5
NARROW = 2.0**-200
START = [1.0, -0.75, 0.5, 2.0]
# Signs that change, sizes that shrink and grow; no zeros, at which several recurrences without ε are 0/0.
GRADIENTS = [
    [(-1.0) ** ((k * (j + 1)) // 3) * (0.25 + ((5 * k + 3 * j) % 7) / 8) for j in range(4)] for k in range(STEPS)
]


class Same(Enum):
    """How far two spellings are one optimizer."""

    ALWAYS = "the same"
    WHILE_LR_STAYS = "the same while lr stays"
    NEVER = "different"


@dataclass(frozen=True)
class Entry:
    """Two spellings, and what is said of them."""

    one: str
    other: str
    same: Same
    why: str = ""


@dataclass(frozen=True)
class Measured:
    """How far two optimizers are apart: relative to the first step, and to the way that was gone in ten."""

    step: float
    path: float
    path_after_drop: float

    @property
    def same(self) -> Same:
        """What follows from it."""
        if self.step or self.path:
            return Same.NEVER
        return Same.WHILE_LR_STAYS if self.path_after_drop else Same.ALWAYS


A, W, N = Same.ALWAYS, Same.WHILE_LR_STAYS, Same.NEVER
ENTRIES = (
    Entry("sgd(lr=0.01, momentum=0.9)", "optax.sgd(0.01, momentum=0.9)", A),
    Entry("sgd(lr=0.01, momentum=0.9)", "keras.sgd(0.01, momentum=0.9)", W, "Keras' buffer holds lr g"),
    Entry("sgd(lr=0.01, momentum=0.9, nesterov=True)", "optax.sgd(0.01, momentum=0.9, nesterov=True)", A),
    Entry("sgd(lr=0.01, momentum=0.9, nesterov=True)", "keras.sgd(0.01, momentum=0.9, nesterov=True)", W),
    Entry("sgd(lr=0.01, momentum=0.9, dampening=0.9)", "optax.sgd(0.01, momentum=0.9)", N, "optax has no dampening"),
    Entry(
        "sgd(lr=0.01, momentum=0.9, weight_decay=0.1)",
        "keras.sgd(0.01, momentum=0.9, weight_decay=0.1)",
        N,
        "Keras decays the parameter, torch adds to the gradient",
    ),
    Entry("adam(lr=0.01)", "optax.adam(0.01)", A),
    Entry("adam(lr=0.01)", "keras.adam(0.01)", N, "ε before the correction, and 1e-7"),
    Entry("adam(lr=0.01, eps=1e-3)", "keras.adam(0.01, epsilon=1e-3)", N, "ε before the correction"),
    Entry("adam(lr=0.01, eps=0.0)", "keras.adam(0.01, epsilon=0.0)", A),
    Entry(
        "adam(lr=0.01, weight_decay=0.1, eps=0.0)",
        "keras.adam(0.01, weight_decay=0.1, epsilon=0.0)",
        N,
        "torch's is coupled, Keras' decoupled",
    ),
    Entry("adamw(lr=0.01)", "optax.adamw(0.01)", N, "weight_decay 1e-2 and 1e-4"),
    Entry("adamw(lr=0.01, weight_decay=0.1)", "optax.adamw(0.01, weight_decay=0.1)", A),
    Entry("adamw(lr=0.01, weight_decay=0.1)", "adam(lr=0.01, weight_decay=0.1)", N, "decoupled and coupled"),
    Entry("adamw(lr=0.01, eps=0.0)", "keras.adamw(0.01, weight_decay=0.01, epsilon=0.0)", A),
    Entry("adam(lr=0.01, amsgrad=True)", "optax.amsgrad(0.01)", N, "maximum before, and after, the correction"),
    Entry("adam(lr=0.01, eps=0.0, amsgrad=True)", "keras.adam(0.01, epsilon=0.0, amsgrad=True)", A),
    Entry("adamax(lr=0.01)", "optax.adamax(0.01)", A),
    Entry("adamax(lr=0.01, eps=1e-2)", "keras.adamax(0.01, epsilon=1e-2)", N, "ε inside the maximum, and after it"),
    Entry("adamax(lr=0.01, eps=0.0)", "keras.adamax(0.01, epsilon=0.0)", A),
    Entry("nadam(lr=0.01)", "optax.nadam(0.01)", N, "a schedule of momenta, and none"),
    Entry("nadam(lr=0.01)", "keras.nadam(0.01, epsilon=1e-8)", N, "0.96^(0.004 t) and 0.96^t"),
    Entry("nadam(lr=0.01, momentum_decay=1.0)", "keras.nadam(0.01, epsilon=1e-8)", A),
    Entry("radam(lr=0.01, eps=1e-3)", "optax.radam(0.01, eps=1e-3)", N, "ε before the correction, and after it"),
    Entry("radam(lr=0.01, eps=0.0)", "optax.radam(0.01, eps=0.0)", A),
    Entry("rmsprop(lr=0.01)", "optax.rmsprop(0.01)", N, "α 0.99 and 0.9; ε outside the root, and inside"),
    Entry("rmsprop(lr=0.01, alpha=0.9)", "optax.rmsprop(0.01, eps_in_sqrt=False)", A),
    Entry("rmsprop(lr=0.01, alpha=0.9, momentum=0.9)", "optax.rmsprop(0.01, eps_in_sqrt=False, momentum=0.9)", W),
    Entry("rmsprop(lr=0.01, alpha=0.9, centered=True)", "optax.rmsprop(0.01, eps_in_sqrt=False, centered=True)", A),
    Entry("rmsprop(lr=0.01, alpha=0.9, eps=0.0)", "keras.rmsprop(0.01, epsilon=0.0)", A),
    Entry("optax.rmsprop(0.01, eps=1e-7)", "keras.rmsprop(0.01)", A),
    Entry("adagrad(lr=0.01)", "optax.adagrad(0.01)", N, "starts at 0 and 0.1; ε outside the root, and inside"),
    Entry("adagrad(lr=0.01, eps=0.0)", "optax.adagrad(0.01, initial_accumulator_value=0.0, eps=0.0)", A),
    Entry("optax.adagrad(0.01)", "keras.adagrad(0.01)", A),
    Entry("adadelta(lr=0.5)", "optax.adadelta(0.5)", A),
    Entry("adadelta(lr=0.5)", "keras.adadelta(0.5)", N, "rho 0.9 and 0.95, eps 1e-6 and 1e-7"),
    Entry("adadelta(lr=0.5)", "keras.adadelta(0.5, rho=0.9, epsilon=1e-6)", A),
    Entry("optax.lion(0.01)", "keras.lion(0.01)", N, "weight_decay 1e-3 and none"),
    Entry("optax.lion(0.01, weight_decay=0.1)", "keras.lion(0.01, weight_decay=0.1)", A),
)


def path(optimizer: Optimizer, drop: bool) -> list[Balls]:
    """Where it is before each step and at the end; the rate a tenth from step `DROP` on, if it drops."""
    d = Exactly()
    params = {"p": d.lift(START)}
    state = optimizer.init(d, params)
    found = [params["p"]]
    for k, gradient in enumerate(GRADIENTS):
        if drop and k == DROP:
            optimizer = dataclasses.replace(optimizer, lr=optimizer.lr / 10)  # type: ignore[type-var]
        stepped, state = optimizer.step(d, params, {"p": d.lift(gradient)}, state)
        params = dict(stepped)
        found.append(params["p"])
    return found


def apart(one: list[Balls], other: list[Balls], steps: int) -> float:
    """The largest distance in so many steps over the longest way that the first went; 0 where all enclosures overlap.

    Raises
    ------
    ArithmeticError
        if enclosures overlap, and are too wide to be called equal.
    """
    far = way = 0.0
    with flint.ctx.workprec(BITS):
        for k in range(1, steps + 1):
            for before, a, b in zip(one[0], one[k], other[k], strict=True):
                distance = abs(a - b)
                way = max(way, float(abs(a - before).mid()))
                if not a.overlaps(b):
                    far = max(far, float(distance.mid()))
                elif not distance.abs_upper() < NARROW:
                    raise ArithmeticError(f"expected enclosures narrower than {NARROW}, got {a} and {b}")
    return far / way


def measured(one: str, other: str) -> Measured:
    """How far two spellings are apart."""
    a, b = parse(one).optimizer, parse(other).optimizer
    still, dropped = [(path(a, drop), path(b, drop)) for drop in (False, True)]
    return Measured(apart(*still, 1), apart(*still, STEPS), apart(*dropped, STEPS))


def checked(entry: Entry) -> Measured:
    """What was measured of an entry.

    Raises
    ------
    ValueError
        if it is not what the entry says.
    """
    found = measured(entry.one, entry.other)
    if found.same is not entry.same:
        raise ValueError(f"{entry.one}, {entry.other}: expected {entry.same.value}, got {found.same.value}: {found}")
    return found


def document() -> Iterator[str]:
    """The lines of `docs/optimizers.md`."""
    yield "# What an optimizer is called elsewhere"
    yield ""
    yield "Written by `make optimizers-docs`; each line is checked by running both recurrences (`reference/optimizers`)"
    yield f"in balls of {BITS} bits over {STEPS} steps. A name alone is torch's. *Step 1* is the difference relative to"
    yield "the first step, *path* the largest one relative to the way that was gone; *lr drops*, the same where"
    yield f"the rate falls tenfold after step {DROP}. Versions: torch 2.13, optax 0.2.8, Keras 3.15."
    yield ""
    rows = []
    for entry in ENTRIES:
        found = checked(entry)
        sizes = [f"{size:.1e}" if size else "0" for size in (found.step, found.path, found.path_after_drop)]
        rows.append((f"`{entry.one}`", f"`{entry.other}`", entry.same.value, *sizes, entry.why))
    yield from table(("one", "other", "", "step 1", "path", "lr drops", "why"), rows, (3, 4, 5))
    yield ""
    yield "## What was found wrong"
    yield ""
    yield "Each with its script in `examples/findings/`, which prints what stands here with the versions given; a test"
    yield "runs them. Where no report is named, none was found in public threads."
    yield ""
    found_wrong = [(f"`{f.script}`", f.shows, f.issue or "–", f.versions) for f in FINDINGS]
    yield from table(("script", "prints", "report", "seen with"), found_wrong)


def main(arguments: list[str]) -> int:
    """Print the document, or write it."""
    text = "\n".join(document()) + "\n"
    if "--write" in arguments:
        DOCUMENT.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
