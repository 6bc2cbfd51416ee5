"""The text of an answer, like a good compiler's: what is wrong, the numbers that show it; advice in `help` alone."""

from __future__ import annotations

import math
from collections.abc import Iterable

from gradagree.checking.deviation import Deviation
from gradagree.checking.finite import spelled
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.cli.case import Case, Code
from gradagree.cli.numbers import table
from gradagree.cli.outcome import Finding, Outcome
from gradagree.diagnosis.catalogue import MISTAKES, NOT_FINITE, REMARKS
from gradagree.diagnosis.diagnosis import Diagnosis
from gradagree.runtime.trajectory import ProtocolError

# What would do, where the record itself is not what was asked for.
REMEDIES = {
    "shape": "yield w, b and their gradients in the shapes that came in",
    "dtype": "keep to the dtype that came in, or ask for another with --dtype",
    "device": "keep the arrays on the device that they came in on, or ask for another with --device",
    "type": "`yield w, b, grad_w, grad_b, loss` before each update, and `return w, b` at the end",
    "steps": "`for _ in range(steps):`, one yield in each",
    "inputs": "make new arrays, or copy what comes in before changing it",
    "time": "a loop that ends sooner, or a higher --timeout",
}


def agreement(
    case: Case, judgement: Judgement, diagnosis: Diagnosis, others: Iterable[tuple[Case, Judgement]]
) -> Finding:
    """That the run is gradient descent, how closely it was looked at, and what theory says of it."""
    if judgement.arithmetic:
        head = [
            f"inconclusive: {case.label}: these numbers do not tell a mistake from an arithmetic that is not claimed"
        ]
        told = [judgement.reason, judgement.arithmetic, *judgement.notes]
        advice = ["--claim with what its arithmetic is, or a wider --dtype"]
    elif judgement.verdict is Verdict.INCONCLUSIVE:
        head = [f"inconclusive: {case.label}: nothing contradicts gradient descent, but nothing could"]
        told = [judgement.reason]
        advice = ["fewer rows, or a wider --dtype"]
    else:
        head, told, advice = [f"agrees: {case.label} is gradient descent"], [], []
    body = [line for run in ((case, judgement), *others) for line in _figures(*run)]
    # Why a run left the range of its format comes before that it did.
    told += [*diagnosis.notes, *judgement.notes]
    told += [] if case.run.gradient is not None else [NO_GRADIENTS]
    return finding(head + body, (*told, *case.notes), advice)


def disagreement(case: Case, judgement: Judgement, diagnosis: Diagnosis) -> Finding:
    """What is wrong first, which mistake makes just these numbers, and what would put it right."""
    fault = case.run.trajectory.protocol_errors[0] if case.run.trajectory.protocol_errors else None
    wrong, broken = diagnosis.first_violation, not_finite(judgement)
    notes: list[str] = []
    if diagnosis.code is not None:
        head = [f"error[{diagnosis.code}]: {MISTAKES[diagnosis.code].name}"]
        body = _broken(broken, case) + _first(fault, wrong, case) + _numbers(case, diagnosis)
        notes += [*diagnosis.notes, *diagnosis.family]
        help_ = [MISTAKES[diagnosis.code].remedy]
    else:
        head = [f"error: {_plainly(case, judgement, fault)}"]
        if broken is not None and fault is None:
            head = [f"error[{NOT_FINITE}]: {REMARKS[NOT_FINITE].name}"]
        body = _broken(broken, case) + (_first(fault, wrong, case) if fault is None or wrong is not None else [])
        if diagnosis.pattern and fault is None:
            body.append(f"  {diagnosis.pattern}")
        elif diagnosis.pattern:
            notes.append(diagnosis.pattern)
        body += _runner_up(diagnosis)
        notes += diagnosis.notes
        help_ = [REMEDIES[fault.kind]] if fault is not None and fault.kind in REMEDIES else []
    if broken is not None:
        help_.append(REMARKS[NOT_FINITE].remedy)
    if case.run.gradient is None and case.run.trajectory.protocol_errors == ():
        notes.append(NO_GRADIENTS)
    told = [
        note
        for note in (judgement.arithmetic, *notes, *judgement.notes, *case.notes)
        if note and (fault is None or note not in (str(fault), fault.message))
    ]
    return finding(head + body, told, help_)


NO_GRADIENTS = (
    "no gradients were recorded, only w and b: mistakes that differ in the gradient alone cannot be told apart"
)


def finding(lines: Iterable[str], notes: Iterable[str], advice: Iterable[str]) -> Finding:
    """The finding; a note that comes twice is told once."""
    return Finding(tuple(lines), tuple(dict.fromkeys(notes)), tuple(advice))


def _figures(case: Case, judgement: Judgement) -> list[str]:
    problem = case.run.problem
    worst = {name: check.worst_deviation.ratio for name, check in judgement.checks.items() if name != "start"}
    ratios = ", ".join(f"{name} {ratio:.2g}" for name, ratio in worst.items() if math.isfinite(ratio))
    where = f"{problem.steps} steps of {problem.name} in {case.run.arithmetic.storage.name} on {case.device}"
    lines = [f"  {where}: {judgement.comparisons:,} comparisons with exact numbers", f"    error/bound: {ratios}"]
    if judgement.resolution is not None:
        lines.append(f"    a gradient wrong by {judgement.resolution:.1g} of itself would have been seen")
    return lines


def _first(fault: ProtocolError | None, wrong: Deviation | None, case: Case) -> list[str]:
    """The first wrong number; or what else was wrong with the record."""
    lines = [] if fault is None else [f"  {fault}"]
    if wrong is not None:
        name = component(wrong, case)
        lines.append(
            f"  first wrong value: step {wrong.step}, {name}: "
            f"reported {wrong.got:.6g}, true here {wrong.expected:.6g}, allowed ±{wrong.bound:.2g}"
        )
    return lines


def not_finite(judgement: Judgement) -> Deviation | None:
    """The first number that is not finite and should be."""
    wrong = judgement.first_violation
    return wrong if wrong is not None and not math.isfinite(wrong.got) else None


def _broken(wrong: Deviation | None, case: Case) -> list[str]:
    if wrong is None:
        return []
    return [
        f"  first value that is not finite: step {wrong.step}, {component(wrong, case)}: "
        f"reported {spelled(wrong.got)}, true here {wrong.expected:.6g}"
    ]


def component(wrong: Deviation, case: Case) -> str:
    """`w.grad` for `w.grad[0, 0]`, where there is but one."""
    single = case.run.problem.w0.size == case.run.problem.b0.size == 1
    return wrong.subject if single else wrong.place


def _numbers(case: Case, diagnosis: Diagnosis) -> list[str]:
    best = diagnosis.best
    if best is None:
        return []
    # Most labels tell their constants already.
    untold = {name: value for name, value in best.constants.items() if f"{value:g}" not in best.label}
    constants = ", ".join(f"{name} = {value:.6g}" for name, value in untold.items())
    lines = [f"    {line}" for line in table(case, best, diagnosis.first_violation)]
    lines.append(
        f'  matches "{best.label}"{f" with {constants}" if constants else ""} at all {best.steps} steps, '
        f"worst error/bound {best.worst_ratio:.2g}"
    )
    return lines + _runner_up(diagnosis)


def _runner_up(diagnosis: Diagnosis) -> list[str]:
    other = diagnosis.runner_up
    if other is None or other.first_violation is None:
        return []
    return [f"  next best: {other.code} ({other.label}), off from step {other.first_violation.step}, rejected"]


def _plainly(case: Case, judgement: Judgement, fault: ProtocolError | None) -> str:
    if fault is not None:
        return f"{case.label}: {fault}"
    if judgement.verdict is Verdict.INVALID:
        return f"{case.label}: {judgement.reason}"
    return f"{case.label} is not gradient descent, and no mistake of the catalogue explains it"


def failed(code: Code, sentence: str, notes: Iterable[str] = (), advice: Iterable[str] = ()) -> Outcome:
    """That the code never got as far as numbers."""
    told = finding([f"error: {code.label}: {sentence}"], notes, advice)
    return Outcome(Verdict.INVALID, told, assumed=code.assumed)
