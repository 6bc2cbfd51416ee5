"""The second way in: an unmodified script, run as it stands while its gradients are watched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradagree import frameworks
from gradagree.cli import exceptions, rate, roles
from gradagree.cli.case import Case, claim_of
from gradagree.cli.function import Options, guest_notes
from gradagree.cli.outcome import Outcome, UsageError
from gradagree.cli.roles import Roles
from gradagree.cli.source import SIGNATURE, Source, framework_of
from gradagree.guest.process import Guest, GuestError
from gradagree.guest.sightings import Sightings
from gradagree.trajectory import Fault, Trajectory
from reference.dyadic import FloatArray
from reference.formats import BY_NAME
from reference.problem import Problem
from reference.rounding import Arithmetic


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
    with Guest({"way": "script", "path": str(source.path), "framework": framework}, options.timeout) as guest:
        try:
            seen = Sightings.from_json(guest.ask({}))
        except GuestError as error:
            return exceptions.unfinished(label, error, assumed, framework, guest.output)
        return answer(seen, label, framework, assumed, options, names, guest_notes(guest))


def answer(
    seen: Sightings,
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
        case = _case(seen, label, framework, assumed, options, names, notes)
    except UsageError:
        # An exception is news enough: it can be explained without knowing what is x and what is y.
        if seen.failure is None:
            raise
        return exceptions.explained(label, seen.failure, _step(seen), assumed, notes, framework)
    if seen.failure is not None:
        more = [*exceptions.until(case, len(case.trajectory.w) - 1), *case.notes]
        return exceptions.explained(label, seen.failure, _step(seen), case.assumed, more, framework)
    return case.outcome(case.judge())


def _nothing_seen(
    seen: Sightings, label: str, framework: str, assumed: dict[str, str], options: Options, notes: tuple[str, ...]
) -> Outcome:
    if seen.failure is not None:
        begun = seen.attempts > 0
        return exceptions.explained(label, seen.failure, 0, assumed, notes, framework, begun)
    if seen.timed_out:
        stopped = GuestError(None, f"still running after {options.timeout:g} s, and no gradient was taken", True)
        return exceptions.unfinished(label, stopped, assumed, framework, "")
    asked = {"torch": "never calls backward() or torch.autograd.grad", "jax": "never calls what jax.grad made"}
    raise UsageError(
        f"{label}: {asked[framework]}, and has no function {SIGNATURE}: there is nothing to check; "
        "a script that trains, or FILE:FUNCTION, will do"
    )


def _case(
    seen: Sightings,
    label: str,
    framework: str,
    assumed: dict[str, str],
    options: Options,
    names: Names,
    notes: tuple[str, ...],
) -> Case:
    if seen.changed_at is not None:
        raise UsageError(
            f"{label}: the data of step {seen.changed_at} are not those of step 0; a script that takes all rows at "
            f"each step will do, or its loop as a function {SIGNATURE}"
        )
    wanted = {"x": names.x, "y": names.y, "w": names.w, "b": names.b}
    found = roles.assign(seen, wanted, label)
    V, gradient, loss, silent = _record(seen, found)
    dtype = seen.steps[0].parameters[found.w.name]["dtype"]
    if dtype not in BY_NAME:
        raise UsageError(f"{label}: `{found.w.name}` has dtype {dtype}; one of {', '.join(BY_NAME)} will do")
    claim = claim_of(framework, found.w.device, dtype)
    lr, how, more = _rate(seen, names, V, gradient, claim, label)
    start = V[0].astype(BY_NAME[dtype].dtype)
    told = {
        **assumed,
        **found.told,
        "lr": f"{lr:g}, {how}",
        "start": f"`{found.w.name}` and its neighbour as first seen",
        "dtype": f"{dtype}, that of `{found.w.name}`",
    }
    if options.convention != "mse":
        told["convention"] = options.convention
    problem = Problem("its own data", found.x, found.y, start[:-1], start[-1], lr, len(gradient))
    d = len(start) - 1
    faults = (Fault("time", len(gradient), f"still running after {options.timeout:g} s"),) if seen.timed_out else ()
    trajectory = Trajectory(V[:, :d], V[:, d], gradient[:, :d], gradient[:, d], loss, faults)
    told.pop("start")
    missing = [f"`{name}` received no gradients at all, which counts as zero" for name in silent]
    return Case(
        label, trajectory, problem, claim, options.convention, found.w.device, told,
        notes=(*missing, *more, *_unused_target(seen, found), *notes),
    )  # fmt: skip


def _record(seen: Sightings, found: Roles) -> tuple[FloatArray, FloatArray, FloatArray | None, list[str]]:
    """Iterates `(K+1, p, m)` or `(K, p, m)`, gradients, losses, and who never received a gradient.

    The record ends where a parameter that had gradients has none any more: from there on it is no parameter.
    """
    names = [parameter.name for parameter in (found.w, found.b) if parameter is not None]
    silent = [name for name in names if all(step.gradients[name] is None for step in seen.steps)]
    points, slopes, losses = [], [], []
    for step in seen.steps:
        points.append(roles.weights(found, step.parameters).astype(np.float64))
        given = {name: step.gradients[name] for name in names}
        if any(given[name] is None and name not in silent for name in names):
            break
        zeros = {name: {**step.parameters[name], "values": [0.0] * len(step.parameters[name]["values"])} for name in names}
        filled = {name: packed if packed is not None else zeros[name] for name, packed in given.items()}
        slopes.append(roles.weights(found, filled).astype(np.float64))
        losses.append(step.loss)
    else:
        if seen.failure is None and all(name in seen.end for name in names):
            points.append(roles.weights(found, seen.end).astype(np.float64))
    V, gradient = np.array(points), np.array(slopes).reshape(-1, *points[0].shape)
    loss = None if any(value is None for value in losses) else np.array(losses, dtype=np.float64)
    return V, gradient, loss, silent


def _rate(
    seen: Sightings, names: Names, V: FloatArray, gradient: FloatArray, claim: Arithmetic, label: str
) -> tuple[float, str, list[str]]:
    """The learning rate, how it is known, and what there is to say about others.

    The script's own, where it explains the updates; else what explains them. A script that has one and does not follow
    it is held to what it says, for that is the finding.
    """
    if names.lr is not None:
        return names.lr, "as --lr says", []
    count = min(len(V) - 1, len(gradient))
    for name, value in seen.rates.items():
        if count and value > 0 and rate.explains(value, V[: count + 1], gradient[:count], claim):
            return value, f"`{name}`, which explains every update", []
    estimate = rate.estimate(V, gradient, claim)
    if seen.rates:
        name, value = next(iter(seen.rates.items()))
        other = [] if estimate is None or estimate[1] < count else [f"a learning rate of {estimate[0]:g} would explain every update"]
        return value, f"`{name}`, though it does not explain the updates" if count else f"`{name}`", other
    if estimate is None:
        raise UsageError(f"{label}: cannot tell the learning rate from the updates; --lr VALUE will do")
    lr, explained = estimate
    return lr, "which explains every update" if explained == count else "which explains the first update alone", []


def _unused_target(seen: Sightings, found: Roles) -> list[str]:
    """That there is a noisy target beside the clean one that the loss uses."""
    if "`y`" in found.told["y"] and any("y_obs" in array.names and array.role is None for array in seen.data):
        return ["the loss compares with `y`, and `y_obs` is in no loss; --y y_obs checks against that"]
    return []


def _step(seen: Sightings) -> int | None:
    """The step at which the script ended: a gradient that was asked for and not given counts as begun."""
    return max(seen.attempts - 1, 0)
