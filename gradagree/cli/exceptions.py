"""What is said of code that did not get to its end: it raised, exited, asked for input, or ran out of time."""

from __future__ import annotations

from collections.abc import Sequence

from gradagree.checking.verdict import Verdict
from gradagree.cli import message
from gradagree.cli.case import Case, Code
from gradagree.cli.outcome import Outcome
from gradagree.diagnosis.catalogue import MISTAKES
from gradagree.diagnosis.compare import compare
from gradagree.diagnosis.convergence_notes import divergence
from gradagree.diagnosis.exceptions import explain_exception
from gradagree.runtime.failure import Failure
from gradagree.runtime.worker.client import WorkerError

TAIL = 400  # characters of what was printed before the end


def unfinished(code: Code, error: WorkerError, output: str = "") -> Outcome:
    """The answer where not even a part of a run was recorded."""
    if error.failure is not None:
        return explained(code, error.failure, None)
    notes = [f"the last that it printed: {output.strip()[-TAIL:]!r}"] if output.strip() and not error.timed_out else []
    advice = ["a higher --timeout, or fewer steps"] if error.timed_out else []
    return message.failed(code, error.reason, notes, advice)


def raised(case: Case, failure: Failure, backward_seen: bool | None) -> Outcome:
    """The answer where the loop itself raised: the exception explained, and what the record shows up to there."""
    ended = next(error for error in case.run.trajectory.protocol_errors if error.kind == "raised")
    return explained(case, failure, ended.step, steps_before(case), backward_seen=backward_seen, begun=True)


def steps_before(case: Case) -> list[str]:
    """Whether the steps before an exception were right."""
    step = len(case.run.V if case.run.gradient is None else case.run.gradient)
    judgement = compare(case.run)
    if not step or not judgement.checks:
        return []
    wrong = judgement.first_violation
    if wrong is None:
        how_many = "the step before is" if step == 1 else f"the {step} steps before are"
        return [f"{how_many} exact gradient descent", *divergence(case.run.problem), *judgement.notes]
    return [f"before that already, at step {wrong.step}: {message.component(wrong, case)} is wrong"]


def explained(
    code: Code,
    failure: Failure,
    step: int | None,
    before: Sequence[str] = (),
    *,
    backward_seen: bool | None = None,
    begun: bool | None = None,
) -> Outcome:
    """An exception in the checked code, by its catalogued cause if it has one.

    Parameters
    ----------
    step
        how many steps were over; `None` if unknown.
    before
        what is to be said of these, a sentence each.
    backward_seen
        whether a gradient had been taken before; `None` if unknown.
    begun
        whether the loop is known to have begun, which a gradient taken tells too; else a step 0 is not spoken of.
    """
    begun = backward_seen if begun is None else begun
    at = f"step {step}: " if step is not None and begun is not False else ""
    where = f", {failure.where}" if failure.where else ""
    notes = [*before, *code.notes]
    known = handled(failure)
    if known is not None:
        sentence, advice = known
        return message.failed(code, f"{at}{sentence}{where}", notes, [advice])
    diagnosis = explain_exception(
        failure.kind, failure.message, step, failure.line, code.framework, backward_seen=backward_seen
    )
    if diagnosis.code is None:
        return message.failed(code, f"{at}raised {failure}{where}", notes)
    best = MISTAKES[diagnosis.code]
    lines = [f"error[{best.code}]: {best.name}", f"  {code.label}: {at}raised {failure}"]
    lines += [f"  {failure.where}"] if failure.where else []
    finding = message.finding(lines, [*diagnosis.notes, *notes, *diagnosis.family], [best.remedy])
    return Outcome(Verdict.INVALID, finding, best.code, diagnosis.candidates, assumed=code.assumed)


def handled(failure: Failure) -> tuple[str, str] | None:
    """A sentence and advice for what is no mistake in a loop, but keeps it from being checked."""
    if failure.kind == "SystemExit":
        code = failure.message or "0"
        return f"ends the process (sys.exit, status {code})", "a loop that runs to its end, without sys.exit()"
    if failure.kind == "EOFError":
        return "asks for input, and nobody is there to answer", "the value itself in place of input()"
    if failure.kind in ("ModuleNotFoundError", "ImportError"):
        return f"imports what is not here ({failure.message})", "installing it, or a file that does without"
    if failure.kind == "KeyboardInterrupt":
        return "was interrupted", "running it again"
    return None
