"""The first way in: a function of a file, run on a problem, and on another to confirm what was seen."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from gradagree.checking.run import Run
from gradagree.checking.verdict import Verdict
from gradagree.cli import exceptions
from gradagree.cli.answer import outcome
from gradagree.cli.case import Case, Code
from gradagree.cli.options import Options, check_device, check_installed
from gradagree.cli.outcome import Outcome
from gradagree.diagnosis.another import another
from gradagree.diagnosis.compare import compare
from gradagree.errors import UsageError
from gradagree.matrix.user_implementations import claim_of
from gradagree.runtime import frameworks
from gradagree.runtime.in_process import InProcess
from gradagree.runtime.source import Source, framework_of, framework_of_function
from gradagree.runtime.trajectory import Trajectory
from gradagree.runtime.worker.client import Worker, WorkerError
from gradagree.runtime.worker.protocol import line, packed_problem
from gradagree.runtime.worker.user_function import FunctionRun, UserFunction
from reference import problems
from reference.problem import Problem

# One of several targets, where the mean over all entries is not the mean over the rows.
TARGETS = "targets"


def check_function(source: Source, function: str, options: Options) -> Outcome:
    """Whether a function of a file is gradient descent, on the problem asked for and on another.

    Raises
    ------
    UsageError
        if the check cannot be made as asked.
    """
    framework, how = framework_of(source, options.framework)

    def start() -> UserFunction:
        return UserFunction(str(source.path), function, framework, options.device, options.timeout)

    return _check(f"{source.given}:{function}", framework, how, options, start)


def check_function_object(function: Callable[..., Any], name: str, options: Options) -> Outcome:
    """The same of a function that this process has; it is run here, and neither held in nor timed.

    Raises
    ------
    UsageError
        if the check cannot be made as asked.
    """
    framework, how = framework_of_function(function, options.framework)
    return _check(name, framework, how, options, lambda: InProcess(function, framework, options.device))


def _check(
    label: str, framework: str, how: str, options: Options, start: Callable[[], UserFunction | InProcess]
) -> Outcome:
    check_installed(label, framework)
    check_device(options.device)
    dtype = options.dtype or frameworks.declared(framework).default_dtype
    problem = problems.load(options.problem) if isinstance(options.problem, str) else options.problem
    try:
        problem = problem.cast(dtype)
    except ValueError as error:
        raise UsageError(f"--problem {problem.name} --dtype {dtype}: {error}, or another dtype") from None
    steps = problem.steps if options.steps is None else options.steps
    problem = dataclasses.replace(problem, steps=steps, reduction=options.convention or "mse")
    claim = claim_of(framework, options.device, dtype, options.claims)
    code = Code(label, framework, {"framework": f"{framework}, {how}"})
    if options.dtype is None:
        code.assumed["dtype"] = f"{dtype}, {framework}'s own; --dtype asks for another"
    with start() as worker:
        runs = _Runs(worker)

        def case(given: Problem) -> Case:
            run = Run(runs(given), given, claim)
            return Case(
                **vars(code) | {"notes": worker_notes(worker)},
                run=run,
                device=options.device,
                confirm=runs,
                claimed=bool(options.claims),
            )

        try:
            return _answer(case, problem, runs)
        except WorkerError as error:
            return exceptions.unfinished(code, error, worker.output.text)


class _Runs:
    """Runs the function on a problem, once for each: another number of steps is another problem."""

    def __init__(self, worker: UserFunction | InProcess) -> None:
        self.worker = worker
        self._made: dict[bytes, FunctionRun] = {}

    def __call__(self, problem: Problem) -> Trajectory:
        return self.of(problem).trajectory

    def of(self, problem: Problem) -> FunctionRun:
        """The run on a problem."""
        key = line(packed_problem(problem))
        if key not in self._made:
            self._made[key] = self.worker.record(problem)
        return self._made[key]


def worker_notes(worker: Worker | InProcess) -> tuple[str, ...]:
    """That a worker printed more than anybody reads."""
    printed = worker.output.printed
    return (f"it printed {printed:,} characters, which are not shown",) if printed > 2000 else ()


def _answer(case: Callable[[Problem], Case], problem: Problem, runs: _Runs) -> Outcome:
    """The answer on the problem asked for; where the run agrees there and on no other, that on the other."""
    main = case(problem)
    judgement, ended = compare(main.run), _raised(main, runs)
    if ended is not None:
        return ended
    if judgement.verdict is not Verdict.AGREES:
        return outcome(main, judgement)
    probe = case(another(problem))
    second = compare(probe.run)
    if second.verdict in (Verdict.DISAGREES, Verdict.INVALID):
        rows, lr = len(problem.x), problem.lr
        note = (
            f"this is the problem {probe.run.problem.name}; on {problem.name} the loop agrees, "
            f"by an accident of its numbers (N = {rows}, lr = {lr:g}, N lr = {rows * lr:g})"
        )
        return _raised(probe, runs) or outcome(dataclasses.replace(probe, notes=(*probe.notes, note)), second)
    main = dataclasses.replace(main, assumed=main.assumed | _mean(main, runs))
    return outcome(main, judgement, ((probe, second),) if second.verdict is Verdict.AGREES else ())


def _mean(main: Case, runs: _Runs) -> dict[str, str]:
    """Which mean the loop takes, which shows with several targets alone; nothing, where it has no such form."""
    if main.run.problem.reduction != "mse" or main.run.problem.y.shape[1] > 1:
        return {}
    several = problems.load(TARGETS).cast(main.run.problem.x.dtype.name)
    try:
        trajectory = runs(several)
    except WorkerError:  # nobody asked for several targets: what becomes of them is no finding
        return {}
    for convention, words in (("mse", "all N m entries"), ("row-mse", "the N rows, of sums over the targets")):
        problem = dataclasses.replace(several, reduction=convention)
        if compare(Run(trajectory, problem, main.run.arithmetic)).verdict is Verdict.AGREES:
            return {"mean": f"over {words}, as it does on the problem {TARGETS}"}
    return {}


def _raised(case: Case, runs: _Runs) -> Outcome | None:
    """The answer where the function raised in this run."""
    run = runs.of(case.run.problem)
    if run.failure is None or not any(error.kind == "raised" for error in case.run.trajectory.protocol_errors):
        return None
    return exceptions.raised(case, run.failure, run.backward_seen)
