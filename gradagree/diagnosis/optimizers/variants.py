"""The recurrences that an optimizer may follow in place of the one that is meant: each has a code of the catalogue."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from gradagree.diagnosis.optimizers.wrappers import Ascending, Counting, Negated, Shared
from gradagree.runtime.optimizing import OptimizerRun
from reference.optimizers import Optimizer

Recurrences = tuple[Optimizer, ...]

ANOTHER_CONSTANT, COUNTED, COUPLING, SIGN, SHARED = "GD601", "GD604", "GD605", "GD606", "GD612"
EPSILON, DAMPENING, CORRECTED_MAXIMUM = "GD602", "GD608", "GD610"
CHANGED_GRADIENT, OVERWRITTEN, NARROW_STATE, GROUP_IGNORED = "GD613", "GD614", "GD615", "GD616"

# Options of a recurrence that a variant turns over: its code, and what it says where the option is then on, and off.
OPTIONS = {
    "eps_inside_root": (EPSILON, "ε is inside the root", "ε is outside the root"),
    "eps_before_correction": (EPSILON, "ε is added before v is corrected", "ε is added after v is corrected"),
    "eps_after_correction": (EPSILON, "ε is added after v is corrected", "ε is added before v is corrected"),
    "eps_after_maximum": (EPSILON, "ε is added after the maximum", "ε is added before the maximum"),
    "corrected": ("GD603", "bias is corrected", "bias correction is missing"),
    "uncorrected": ("GD603", "bias correction is missing", "bias is corrected"),
    "decoupled": (COUPLING, "weight decay is decoupled", "weight decay is coupled: it goes into the gradient"),
    "lr_inside_buffer": ("GD607", "lr is inside the buffer", "lr is outside the buffer"),
    "nesterov": ("GD609", "the step looks ahead, as Nesterov's does", "Nesterov's look ahead is missing"),
    "amsgrad": ("GD611", "a maximum of v is taken", "the maximum of v is missing"),
    "centered": ("GD611", "v is centred", "v is not centred"),
}


@dataclass(frozen=True)
class Variant:
    """A recurrence to be tried.

    Parameters
    ----------
    code, label
        of the catalogue, and in a few words what it does.
    recurrences
        of each group.
    """

    code: str
    label: str
    recurrences: Recurrences


def of_groups(change: Callable[[Optimizer], Optimizer], recurrences: Sequence[Optimizer]) -> Recurrences:
    """The same change to each group's."""
    return tuple(change(each) for each in recurrences)


def with_options(recurrence: Optimizer, **fields: object) -> Optimizer:
    """The recurrence with other options."""
    changed: Optimizer = dataclasses.replace(recurrence, **fields)  # type: ignore[type-var]
    return changed


def replaced(recurrences: Sequence[Optimizer], **fields: object) -> Recurrences:
    """Each group's with other options."""
    return of_groups(lambda each: with_options(each, **fields), recurrences)


def variants(recurrences: Recurrences, run: OptimizerRun) -> Iterator[Variant]:
    """All that have no fitted constant, the plainest first."""
    meant = recurrences[0]
    options = {each.name: getattr(meant, each.name) for each in dataclasses.fields(meant)}  # type: ignore[arg-type]
    if len(set(recurrences)) > 1:
        yield Variant(
            GROUP_IGNORED, "the second group takes the first one's learning rate", (meant,) * len(recurrences)
        )
    for name, (code, on, off) in OPTIONS.items():
        if isinstance(options.get(name), bool):
            with_it = replaced(recurrences, **{name: not options[name]})
            yield Variant(code, off if options[name] else on, with_it)
    if options.get("eps") and "eps_root" in options:
        inside = replaced(recurrences, eps_root=options["eps"], eps=0.0)
        squared = replaced(recurrences, eps_root=options["eps"] ** 2, eps=0.0)
        yield Variant(EPSILON, "ε is inside the root", inside)
        yield Variant(EPSILON, "ε² is inside the root", squared)
    if "amsgrad_of_corrected" in options:
        yield Variant(
            CORRECTED_MAXIMUM,
            "the maximum is of the corrected v",
            replaced(recurrences, amsgrad=True, amsgrad_of_corrected=True),
        )
    if options.get("momentum") and "dampening" in options:
        damped = options["momentum"] if not options["dampening"] else 0.0
        yield Variant(DAMPENING, f"dampening is {damped:g}", replaced(recurrences, dampening=damped))
    yield Variant(SIGN, "the sign of the gradient is turned", of_groups(Negated, recurrences))
    coupled = options.get("weight_decay") and not options.get("decoupled")
    against = replaced(recurrences, weight_decay=-options["weight_decay"]) if coupled else recurrences
    yield Variant(SIGN, "the sign of the step is turned", of_groups(Ascending, against))
    shifts = ((1, "steps are counted from 2"), (-1, "steps are counted from 0, which is taken as 1"))
    for shift, label in shifts if "betas" in options else ():  # others count nothing
        yield Variant(COUNTED, label, of_groups(partial(Counting, shift=shift), recurrences))
    for counted in (False, True):
        yield Variant(SHARED, "state is shared by parameters of one shape", _shared(recurrences, run, counted))


def _shared(recurrences: Recurrences, run: OptimizerRun, counted: bool) -> Recurrences:
    """Of each group, the entries of its parameters in the order in which they are judged."""
    found: list[Optimizer] = []
    together = len(set(recurrences)) == 1
    for group, each in enumerate(recurrences):
        begin, pieces = 0, dict[tuple[int, ...], list[tuple[int, int]]]()
        for leaf in run.leaves.values():
            if not leaf.frozen and (together or leaf.group == group):
                count = leaf.layout.positions.size
                pieces.setdefault(leaf.shape, []).append((begin, begin + count))
                begin += count
        found.append(Shared(each, tuple(map(tuple, pieces.values())), counted))
    return tuple(found)
