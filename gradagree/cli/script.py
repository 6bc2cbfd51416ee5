"""The second way in: an unmodified script, run as it stands while its gradients are watched."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from gradagree.checking.run import Run
from gradagree.checking.verdict import Verdict
from gradagree.cli import exceptions, inputs, roles, scope
from gradagree.cli.case import Case
from gradagree.cli.function import Options, worker_notes
from gradagree.cli.history import history, learning_rate
from gradagree.cli.outcome import Outcome
from gradagree.cli.roles import Roles
from gradagree.errors import UsageError
from gradagree.matrix.user_implementations import claim_of
from gradagree.runtime import frameworks
from gradagree.runtime.source import SIGNATURE, Source, framework_of
from gradagree.runtime.trajectory import ProtocolError, Trajectory
from gradagree.runtime.watching.observations import Observations
from gradagree.runtime.worker.client import Worker, WorkerError
from reference.arithmetic import Arithmetic
from reference.formats import BY_NAME
from reference.problem import regression


@dataclass(frozen=True)
class Names:
    """What the user said of the script's variables."""

    x: str | None = None
    y: str | None = None
    w: str | None = None
    b: str | None = None
    lr: float | None = None


def check_script(source: Source, options: Options, names: Names) -> Outcome:
    """Whether what the script does with its gradients is gradient descent on its own data, from its own start.

    Raises
    ------
    UsageError
        if no gradients were seen, or it cannot be told of what they are.
    """
    label = source.given
    framework, how = framework_of(source, options.framework)
    if framework == "numpy":
        raise UsageError(
            f"{label}: has no function {SIGNATURE}, and without torch or jax there are no gradients to watch; "
            f"its loop as a function `descend{SIGNATURE}` that yields w, b, grad_w, grad_b will do"
        )
    if not frameworks.installed(framework):
        raise UsageError(f"{label}: imports {framework}, which is not installed here")
    assumed = {"framework": f"{framework}, {how}"}
    with Worker({"way": "script", "path": str(source.path), "framework": framework}, options.timeout) as worker:
        try:
            seen = Observations.from_json(worker.ask({}))
        except WorkerError as error:
            return exceptions.unfinished(label, error, assumed, framework, worker.output.text)
        return answer(seen, label, framework, assumed, options, names, worker_notes(worker))


def answer(
    seen: Observations,
    label: str,
    framework: str,
    assumed: dict[str, str],
    options: Options,
    names: Names,
    notes: tuple[str, ...],
) -> Outcome:
    """The answer to what was seen of a script."""
    if not seen.steps:
        return _nothing_seen(seen, label, framework, assumed, options, notes)
    try:
        scope.refuse_outside(seen, label)
        cases = _cases(seen, label, framework, assumed, options, names, notes)
    except UsageError:
        # An exception is news enough: it can be explained without knowing what is x and what is y.
        if seen.failure is None:
            raise
        return exceptions.explained(label, seen.failure, _step(seen), assumed, notes, framework, True)
    if isinstance(cases, Outcome):
        return cases
    if seen.failure is not None:
        case = cases[0]
        more = [*exceptions.until(case), *case.notes]
        return exceptions.explained(label, seen.failure, _step(seen), case.assumed, more, framework, True)
    outcome = scope.answer(cases, seen, label, demanded=options.convention is not None)
    if "rows" in cases[0].assumed and outcome.verdict is not Verdict.AGREES:
        raise UsageError(
            f"{label}: its gradients are finite, though not all rows of x and y are: what it does with these rows "
            "cannot be told; a script that leaves them out before it trains will do"
        )
    return outcome


def _nothing_seen(
    seen: Observations, label: str, framework: str, assumed: dict[str, str], options: Options, notes: tuple[str, ...]
) -> Outcome:
    if seen.failure is not None:
        return exceptions.explained(label, seen.failure, 0, assumed, notes, framework, False)
    if seen.timed_out:
        stopped = WorkerError(None, f"still running after {options.timeout:g} s, and no gradient was taken", True)
        return exceptions.unfinished(label, stopped, assumed, framework, "")
    asked = {"torch": "never calls backward() or torch.autograd.grad", "jax": "never calls what jax.grad made"}
    raise UsageError(
        f"{label}: {asked[framework]}, and has no function {SIGNATURE}: there is nothing to check; "
        "a script that trains, or FILE:FUNCTION, will do"
    )


def _cases(
    seen: Observations,
    label: str,
    framework: str,
    assumed: dict[str, str],
    options: Options,
    names: Names,
    notes: tuple[str, ...],
) -> list[Case] | Outcome:
    """The run, in each way that its numbers may be laid out; without its end too, where that is a guess.

    Or the answer, where what went in already decides it.
    """
    found = roles.assign(seen, {"x": names.x, "y": names.y, "w": names.w, "b": names.b}, label)
    dtype = seen.steps[0].parameters[found[0].w.name]["dtype"]
    if dtype not in BY_NAME:
        raise UsageError(f"{label}: `{found[0].w.name}` has dtype {dtype}; one of {', '.join(BY_NAME)} will do")
    views = [seen]
    if seen.end and seen.end_guessed and len(seen.steps) > 2:
        views.append(replace(seen, end={}))
    claim = claim_of(framework, found[0].w.device, dtype, options.claims)
    cases = []
    for one, view in itertools.product(found, views):
        case = _case(view, one, label, claim, dtype, assumed, options, names, notes)
        if isinstance(case, Outcome):
            return case
        cases.append(case)
    return cases


def _case(
    seen: Observations,
    found: Roles,
    label: str,
    claim: Arithmetic,
    dtype: str,
    assumed: dict[str, str],
    options: Options,
    names: Names,
    notes: tuple[str, ...],
) -> Case | Outcome:
    run = history(seen, found)
    raised = () if seen.failure is None else (f"it then raised {seen.failure}",)
    spoiled = inputs.spoiled(label, found, run, seen.rates, {**assumed, **found.told}, (*raised, *notes))
    if spoiled is not None:
        return spoiled
    lr, how, more = learning_rate(seen, names.lr, run, claim, label, found.y.size)
    told = {**assumed, **found.told, "lr": how, "dtype": f"{dtype}, that of `{found.w.name}`"}
    rows = inputs.finite_rows(found)
    if not rows.all():
        told["rows"] = f"all but {inputs.named(np.flatnonzero(~rows))}, which hold NaN or infinity"
    convention = options.convention or seen.declared or "mse"
    if options.convention is not None:
        told["convention"] = f"{convention}, as --convention says"
    elif seen.declared is not None:
        told["convention"] = f"{convention}, as the loss's own reduction='{convention}' says"
    # A script brings its own start: the parameters as they were first seen.
    start, d = run.V[0].astype(BY_NAME[dtype].dtype), found.x.shape[1]
    steps = len(run.gradient)
    problem = regression(
        "its own data", found.x[rows], found.y[rows], start[:d], start[d], lr, max(steps, 1), reduction=convention
    )
    faults = (ProtocolError("time", steps, f"still running after {options.timeout:g} s"),) if seen.timed_out else ()
    params, grads = ({"w": rows[:, :d], "b": rows[:, d]} for rows in (run.V, run.gradient))
    trajectory = Trajectory(params, grads, run.loss, faults)
    silent = [f"`{name}` received no gradients at all, which counts as zero" for name in run.silent]
    if run.unused:
        silent.append("the last gradient was taken, and no update followed it")
    remarks = (*silent, *more, *_unused_target(seen, found), *notes)
    recorded = Run(trajectory, problem, claim)
    return Case(label, recorded, found.w.device, told, notes=remarks, claimed=bool(options.claims))


def _unused_target(seen: Observations, found: Roles) -> list[str]:
    """That there is a noisy target beside the clean one that the loss uses."""
    if "`y`" in found.told["y"] and any("y_obs" in array.names and array.role is None for array in seen.data):
        return ["the loss compares with `y`, and `y_obs` is in no loss; --y y_obs checks against that"]
    return []


def _step(seen: Observations) -> int | None:
    """The step at which the script ended: a gradient that was asked for and not given counts as begun."""
    return max(seen.attempts - 1, 0)
