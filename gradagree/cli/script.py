"""The second way in: an unmodified script, run as it stands while its gradients are watched."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from gradagree.checking.run import Run
from gradagree.checking.verdict import Verdict
from gradagree.cli import exceptions, inputs, roles, scope
from gradagree.cli.case import Case, Code
from gradagree.cli.function import worker_notes
from gradagree.cli.history import history, learning_rate
from gradagree.cli.options import Options
from gradagree.cli.outcome import Outcome
from gradagree.cli.roles import Roles
from gradagree.errors import UsageError
from gradagree.matrix.user_implementations import claim_of
from gradagree.runtime import frameworks
from gradagree.runtime.source import SIGNATURE, Source, framework_of
from gradagree.runtime.trajectory import ProtocolError, Trajectory
from gradagree.runtime.watching.observations import Observations
from gradagree.runtime.worker.client import Worker, WorkerError
from reference.formats import BY_NAME
from reference.problem import regression


def check_script(source: Source, options: Options) -> Outcome:
    """Whether what the script does with its gradients is gradient descent on its own data, from its own start.

    Raises
    ------
    UsageError
        if no gradients were seen, or it cannot be told of what they are.
    """
    framework, how = framework_of(source, options.framework)
    script = Code(source.given, framework, {"framework": f"{framework}, {how}"})
    if not frameworks.declared(framework).gradient_calls:
        watched = [each.name for each in frameworks.loadable() if each.gradient_calls]
        raise UsageError(
            f"{script.label}: has no function {SIGNATURE}, and without {' or '.join(watched)} there are no gradients "
            f"to watch; its loop as a function `descend{SIGNATURE}` that yields w, b, grad_w, grad_b will do"
        )
    if not frameworks.installed(framework):
        raise UsageError(f"{script.label}: imports {framework}, which is not installed here")
    with Worker({"way": "script", "path": str(source.path), "framework": framework}, options.timeout) as worker:
        try:
            seen = Observations.from_json(worker.ask({}))
        except WorkerError as error:
            return exceptions.unfinished(script, error, worker.output.text)
        return answer(replace(script, notes=worker_notes(worker)), seen, options)


def answer(script: Code, seen: Observations, options: Options) -> Outcome:
    """The answer to what was seen of a script."""
    if not seen.steps:
        return _nothing_seen(script, seen, options)
    # The step at which it ended: a gradient that was asked for and not given counts as begun.
    step = max(seen.attempts - 1, 0)
    try:
        scope.refuse_outside(seen, script.label)
        cases = _cases(script, seen, options)
    except UsageError:
        # An exception is news enough: it can be explained without knowing what is x and what is y.
        if seen.failure is None:
            raise
        return exceptions.explained(script, seen.failure, step, backward_seen=True)
    if isinstance(cases, Outcome):
        return cases
    if seen.failure is not None:
        before = exceptions.steps_before(cases[0])
        return exceptions.explained(cases[0], seen.failure, step, before, backward_seen=True)
    outcome = scope.answer(cases, seen, demanded=options.convention is not None)
    if "rows" in cases[0].assumed and outcome.verdict is not Verdict.AGREES:
        raise UsageError(
            f"{script.label}: its gradients are finite, though not all rows of x and y are: what it does with these "
            "rows cannot be told; a script that leaves them out before it trains will do"
        )
    return outcome


def _nothing_seen(script: Code, seen: Observations, options: Options) -> Outcome:
    if seen.failure is not None:
        return exceptions.explained(script, seen.failure, 0, backward_seen=False)
    if seen.timed_out:
        stopped = WorkerError(None, f"still running after {options.timeout:g} s, and no gradient was taken", True)
        return exceptions.unfinished(script, stopped)
    calls = frameworks.declared(script.framework).gradient_calls
    raise UsageError(
        f"{script.label}: never calls {calls}, and has no function {SIGNATURE}: there is nothing to check; "
        "a script that trains, or FILE:FUNCTION, will do"
    )


def _cases(script: Code, seen: Observations, options: Options) -> list[Case] | Outcome:
    """The run, in each way that its numbers may be laid out; without its end too, where that is a guess.

    Or the answer, where what went in already decides it.
    """
    cases = []
    views = [seen, replace(seen, end={})] if seen.end and seen.end_guessed and len(seen.steps) > 2 else [seen]
    for found, view in itertools.product(roles.assign(seen, options, script.label), views):
        case = _case(script, view, found, options)
        if isinstance(case, Outcome):
            return case
        cases.append(case)
    return cases


def _case(script: Code, seen: Observations, found: Roles, options: Options) -> Case | Outcome:
    dtype = seen.steps[0].parameters[found.w.name]["dtype"]
    if dtype not in BY_NAME:
        expected = ", ".join(BY_NAME)
        raise UsageError(f"{script.label}: `{found.w.name}` has dtype {dtype}; one of {expected} will do")
    claim = claim_of(script.framework, found.w.device, dtype, options.claims)
    run = history(seen, found)
    assumed = {**script.assumed, **found.assumed}
    raised = () if seen.failure is None else (f"it then raised {seen.failure}",)
    spoiled = inputs.spoiled(replace(script, assumed=assumed, notes=(*raised, *script.notes)), found, run, seen.rates)
    if spoiled is not None:
        return spoiled
    lr, how, more = learning_rate(seen, options.lr, run, claim, script.label, found.y.size)
    assumed |= {"lr": how, "dtype": f"{dtype}, that of `{found.w.name}`"}
    rows = inputs.finite_rows(found)
    if not rows.all():
        assumed["rows"] = f"all but {inputs.named(np.flatnonzero(~rows))}, which hold NaN or infinity"
    reduction = options.convention or seen.declared or "mse"
    if options.convention is not None:
        assumed["convention"] = f"{reduction}, as --convention says"
    elif seen.declared is not None:
        assumed["convention"] = f"{reduction}, as the loss's own reduction='{reduction}' says"
    # A script brings its own start: the parameters as they were first seen.
    start, d, steps = run.V[0].astype(BY_NAME[dtype].dtype), found.x.shape[1], len(run.gradient)
    data = "its own data", found.x[rows], found.y[rows]
    problem = regression(*data, start[:d], start[d], lr, max(steps, 1), reduction=reduction)
    late = (ProtocolError("time", steps, f"still running after {options.timeout:g} s"),) if seen.timed_out else ()
    params, grads = ({"w": values[:, :d], "b": values[:, d]} for values in (run.V, run.gradient))
    return Case(
        label=script.label,
        framework=script.framework,
        assumed=assumed,
        notes=(*run.remarks, *more, *_unused_target(seen, found), *script.notes),
        run=Run(Trajectory(params, grads, run.loss, late), problem, claim),
        device=found.w.device,
        claimed=bool(options.claims),
    )


def _unused_target(seen: Observations, found: Roles) -> list[str]:
    """That there is a noisy target beside the clean one that the loss uses."""
    if "`y`" in found.assumed["y"] and any("y_obs" in array.names and array.role is None for array in seen.data):
        return ["the loss compares with `y`, and `y_obs` is in no loss; --y y_obs checks against that"]
    return []
