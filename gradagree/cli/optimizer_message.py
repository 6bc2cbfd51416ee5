"""The text of an answer about an optimizer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gradagree.checking.deviation import Deviation
from gradagree.checking.finite import spelled
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.cli.case import Code
from gradagree.cli.message import finding
from gradagree.cli.outcome import Outcome
from gradagree.diagnosis.catalogue import MISTAKES, NOT_FINITE, REMARKS
from gradagree.diagnosis.optimizers.constants import predicted, recurrence_of
from gradagree.diagnosis.optimizers.engine import BESIDES, Explanation, epsilon_vanishes
from gradagree.diagnosis.optimizers.reading import quantities, read
from gradagree.diagnosis.optimizers.variants import CHANGED_GRADIENT, OVERWRITTEN, Recurrences
from gradagree.runtime.optimizing import OptimizerRun
from gradagree.runtime.worker.user_optimizers.trial import SLOWER, UserRun
from reference.arithmetic import Arithmetic
from reference.optimizers import Optimizer


@dataclass(frozen=True)
class Tried:
    """An optimizer that was run.

    Parameters
    ----------
    code
        as messages speak of it.
    name
        the optimizer that it is said to be.
    run
        what it did.
    dtype, device
        of the parameters.
    """

    code: Code
    name: str
    run: UserRun
    dtype: str
    device: str

    @property
    def notes(self) -> list[str]:
        """What is known of the trial, apart from numbers."""
        if not self.run.grouped:
            return []
        return [f"the parameters are in two groups, and the second has {SLOWER:g} times the learning rate"]


def agreement(
    tried: Tried, recurrence: Optimizer, run: OptimizerRun, judgement: Judgement, kept: Judgement | None = None
) -> Outcome:
    """That it follows the recurrence, and how closely each quantity was looked at.

    `kept` is the judgement of the state that it keeps, where that is not the recurrence's while the parameters are.
    """
    notes = [*tried.notes, *_unread(recurrence, run)]
    if kept is not None:
        other = sorted(kept.violated - BESIDES - {"param"})
        notes.append(
            f"its {_listed(other)} is not what the recurrence has under that name; its parameters are what they should "
            "be, so that it may keep another quantity there"
        )
    if judgement.verdict is Verdict.INCONCLUSIVE:
        head = f"inconclusive: {tried.code.label}: nothing contradicts {tried.name}, but nothing could"
        notes, advice = [judgement.reason, *notes], ["a wider --dtype"]
    else:
        head, advice = f"agrees: {tried.code.label} is {tried.name}", []
    told = finding([head, *_figures(tried, judgement)], notes, advice)
    return Outcome(judgement.verdict, told, assumed=tried.code.assumed, judgements=(judgement,))


def disagreement(
    tried: Tried, recurrences: Recurrences, run: OptimizerRun, judgement: Judgement, found: Sequence[Explanation],
    arithmetic: Arithmetic,
) -> Outcome:  # fmt: skip
    """What is wrong first, and the variant that makes just these numbers."""
    numeric = [c.first_violation for n, c in judgement.checks.items() if n not in BESIDES and c.first_violation]
    wrong = min(numeric, key=lambda deviation: deviation.step, default=judgement.first_violation)
    assert wrong is not None
    notes = [*tried.notes, *_unread(recurrences[0], run)]
    codes = tuple(dict.fromkeys(each.variant.code for each in found))
    body: list[str] = []
    if found and codes[0] in (OVERWRITTEN, CHANGED_GRADIENT):
        besides = judgement.checks["memory" if codes[0] == OVERWRITTEN else "grad"].first_violation
        assert besides is not None
        wrong = besides
        body.append(
            f"  first number that changed: step {wrong.step}, {wrong.place}: {wrong.got:.6g}, was {wrong.expected:.6g}"
        )
    elif found:
        body.append(_first(wrong))
        best, others = found[0], found[1:]
        steps = f"all {run.steps} steps"
        body.append(f'  matches "{best.variant.label}" at {steps}, worst error/bound {best.worst_ratio:.2g}')
        notes += [f'so does "{each.variant.label}" ({each.variant.code})' for each in others]
        if "param" not in judgement.violated:
            notes.append("the parameters alone are what they should be, as long as lr stays")
    else:
        body.append(_first(wrong))
        if not math.isfinite(wrong.got):
            codes = (NOT_FINITE,)
            notes.append(_exact(run, recurrences, arithmetic, wrong))
            if epsilon_vanishes(recurrences, tried.dtype):
                notes.append(f"ε rounds to 0 in {tried.dtype}: where v is 0, or has underflowed, so is the denominator")
    if codes:
        entry = MISTAKES.get(codes[0]) or REMARKS[codes[0]]
        head, advice = f"error[{entry.code}]: {entry.name}", [entry.remedy]
    else:
        head, advice = f"error: {tried.code.label} is not {tried.name}, and no variant of it explains every step", []
    told = finding([head, *body], notes, advice)
    return Outcome(
        Verdict.DISAGREES, told, codes[0] if codes else None, codes, wrong, tried.code.assumed, (judgement,)
    )  # fmt: skip


def ended(tried: Tried, judgement: Judgement, timeout: float) -> Outcome:
    """That it did not get to the end of the trial, without an exception of its own."""
    run, advice = tried.run, []
    at = f"step {run.run.steps}: " if run.run.states else ""
    if run.timed_out:
        sentence, advice = f"still running after {timeout:g} s", ["a higher --timeout"]
    else:
        sentence = run.misuse or str(run.run.protocol_errors[0])
    told = finding([f"error: {tried.code.label}: {at}{sentence}"], [], advice)
    return Outcome(Verdict.INVALID, told, assumed=tried.code.assumed, judgements=(judgement,))


def _exact(run: OptimizerRun, recurrences: Recurrences, arithmetic: Arithmetic, wrong: Deviation) -> str:
    exact, _ = predicted(run, recurrence_of(run, recurrences, wrong.parameter), arithmetic, wrong)
    return f"the recurrence has {exact:.9g} there"


def _first(wrong: Deviation) -> str:
    if not math.isfinite(wrong.got):
        return f"  first value that is not finite: step {wrong.step}, {wrong.place}: reported {spelled(wrong.got)}"
    return (
        f"  first wrong value: step {wrong.step}, {wrong.place}: reported {wrong.got:.9g}, exact {wrong.expected:.9g}, "
        f"allowed ±{wrong.bound:.2g}, error/bound {wrong.ratio:.3g}"
    )


def _figures(tried: Tried, judgement: Judgement) -> list[str]:
    shown = {name: judgement.checks[name] for name in sorted(judgement.checks.keys() - BESIDES - {"param"})}
    shown = {"param": judgement.checks["param"], **shown}
    steps, count = tried.run.run.steps, len(tried.run.run.leaves)
    lines = [
        f"  {steps} steps of {count} parameters in {tried.dtype} on {tried.device}: "
        f"{judgement.comparisons:,} comparisons with exact numbers"
    ]
    for name, check in shown.items():
        lines.append(
            f"    {name}: error/bound {check.worst_deviation.ratio:.2g}, and one wrong by {check.resolution:.1g} of "
            f"{'a step' if name == 'param' else 'itself'} would have been seen"
        )
    return lines


def _unread(recurrence: Optimizer, run: OptimizerRun) -> list[str]:
    """That there is state which cannot be read."""
    lacking = sorted(quantities(recurrence) - read(run))
    if not lacking:
        return []
    return [f"it has no {_listed(lacking)} to be read, which is carried along from the gradients instead"]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
