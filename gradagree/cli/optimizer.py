"""The third way in: an optimizer, run on given gradients and held against the recurrence that it is said to be."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gradagree.checking.optimizer import judge
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.cli import exceptions, optimizer_message
from gradagree.cli.case import Code
from gradagree.cli.optimizer_message import Tried
from gradagree.cli.options import check_device, check_installed
from gradagree.cli.outcome import Outcome
from gradagree.diagnosis.optimizers.engine import explain
from gradagree.diagnosis.optimizers.reading import named, without_state
from gradagree.diagnosis.optimizers.variants import with_options
from gradagree.errors import UsageError
from gradagree.runtime import frameworks
from gradagree.runtime.source import ARGUMENTS, SIGNATURE, Source, framework_of, framework_of_function, read
from gradagree.runtime.worker.client import WorkerError
from gradagree.runtime.worker.optimizer import UserOptimizer
from gradagree.runtime.worker.user_optimizers.forms import FORMS
from gradagree.runtime.worker.user_optimizers.trial import SLOWER, Trial
from reference import claims, formats
from reference.arithmetic import Arithmetic
from reference.claim import arithmetic_of
from reference.optimizers import Optimizer, spelling

DTYPE = "float32"


def check_optimizer(
    target: Callable[..., Any] | str | Path,
    like: str,
    *,
    dtype: str | None = None,
    device: str | None = None,
    framework: str | None = None,
    claim: Sequence[str] = (),
    timeout: float = 60.0,
) -> Outcome:
    """Whether an optimizer follows a recurrence: every parameter and all its state, at every step, within bounds.

    It is given gradients whose signs change and whose sizes shrink and grow, -0, exact zeros and subnormal numbers
    among them, for several parameters: two of one shape, one with strides, one number alone, two groups.

    Parameters
    ----------
    target
        `NAME(params)`, which returns a `torch.optim.Optimizer`; `NAME()`, which returns an optax transformation; or
        `NAME(params, grads, state)`, which returns parameters and state, dictionaries of arrays; or `"FILE.py:NAME"`
        for one in a file, which is run in a process of its own.
    like
        which one it is said to be, `"adam(lr=0.01)"`, in torch's spelling and with torch's defaults;
        `"optax.adam(…)"` and `"keras.adam(…)"` name theirs.
    dtype, device
        of the parameters; `"float32"` and `"cpu"` unless said.
    framework
        whose arrays it takes, `"torch"`, `"jax"` or `"numpy"`, if its imports do not tell.
    claim
        what its arithmetic is, where it is not the plain one of its dtype.
    timeout
        seconds after which a file is given up.

    Returns
    -------
    The verdict, with `str()` for the message; true if and only if it agrees.

    Raises
    ------
    UsageError
        if the check cannot be made as it was asked for: no such file, optimizer, dtype or device, and the like.
    """
    recurrence, name = _recurrence(like)
    dtype, device = dtype or DTYPE, device or "cpu"
    for argument, value, choices in (("dtype", dtype, formats.BY_NAME), ("framework", framework, frameworks.names())):
        if value is not None and value not in choices:
            raise UsageError(f"{argument}: got {value!r}; one of {', '.join(choices)} will do")
    check_device(device)
    is_object = callable(target) or hasattr(target, "init")  # an optax transformation is a tuple
    if is_object:
        label = getattr(target, "__qualname__", type(target).__name__)
        framework, how = framework_of_function(target, framework)  # type: ignore[arg-type]
    else:
        label, (source, function) = str(target), _found(str(target))
        framework, how = framework_of(source, framework)
    check_installed(label, framework)
    arithmetic = _arithmetic(framework, device, dtype, claim)
    code = Code(label, framework, {"framework": f"{framework}, {how}"})
    if is_object:
        path = getattr(getattr(target, "__code__", None), "co_filename", "")
        trial = Trial(target, frameworks.framework(framework), device, dtype, recurrence.lr, path)
        return _answer(Tried(code, name, trial.run(), dtype, device), recurrence, arithmetic, timeout)
    with UserOptimizer(str(source.path), function, framework, device, timeout) as worker:
        try:
            run = worker.record(dtype, recurrence.lr)
        except WorkerError as error:
            return exceptions.unfinished(code, error, worker.output.text)
    return _answer(Tried(code, name, run, dtype, device), recurrence, arithmetic, timeout)


def _recurrence(like: str) -> tuple[Optimizer, str]:
    try:
        spelled = spelling.parse(like)
    except ValueError as error:
        raise UsageError(f"--as {like}: {error}") from None
    return spelled.optimizer, spelled.name


def _arithmetic(framework: str, device: str, dtype: str, entries: Sequence[str]) -> Arithmetic:
    """The plain arithmetic of a dtype, the framework's own ways, and what is claimed."""
    try:
        return claims.claimed(arithmetic_of(frameworks.declared(framework).claims, device, dtype), entries)
    except ValueError as error:
        raise UsageError(f"--claim: {error}") from None


def _found(target: str) -> tuple[Source, str]:
    """The file and the name in it that `FILE.py:NAME` says.

    Raises
    ------
    UsageError
        if there is no such file or name, or it is a training loop.
    """
    path, colon, name = target.rpartition(":")
    if not (colon and name.isidentifier()):
        raise UsageError(f"{target}: --as checks an optimizer, which has a name; FILE.py:NAME of one will do, {FORMS}")
    source = read(path)
    node = source.functions.get(name)
    if node is not None and len(node.args.args) - len(node.args.defaults) == len(ARGUMENTS):
        raise UsageError(
            f"{target}: is a training loop {SIGNATURE} and no optimizer; without --as it is checked as one, "
            f"and with --as {FORMS} will do"
        )
    defined = [n.name for n in source.tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    bound = (ast.Assign, ast.AnnAssign, ast.ImportFrom, ast.Import, ast.If, ast.Try, ast.With)
    if name not in defined and not any(isinstance(n, bound) and name in ast.unparse(n) for n in source.tree.body):
        raise UsageError(f"{path}: has no `{name}` (it has: {', '.join(defined) or 'none'}); FILE.py:NAME will do")
    return source, name


def _answer(tried: Tried, recurrence: Optimizer, arithmetic: Arithmetic, timeout: float) -> Outcome:
    """The answer to a run, whatever ended it."""
    run = tried.run
    if run.misuse and not run.run.states:
        raise UsageError(f"{tried.code.label}: {run.misuse}")
    slower = with_options(recurrence, lr=SLOWER * recurrence.lr)
    recurrences = (recurrence, slower) if run.grouped else (recurrence,)
    reading = dataclasses.replace(named(run.run, recurrence), protocol_errors=())
    if run.run.steps < 1:
        judgement = Judgement(Verdict.INVALID, "no step was made", {})
    else:
        judgement = judge(reading, recurrences, arithmetic)
    if run.failure is not None:
        step = max(run.run.steps, 0)
        return exceptions.explained(tried.code, run.failure, step, _before(judgement, step), begun=bool(run.run.states))
    if run.misuse or run.run.protocol_errors or run.timed_out:
        return optimizer_message.ended(tried, judgement, timeout)
    if judgement.verdict in (Verdict.AGREES, Verdict.INCONCLUSIVE):
        return optimizer_message.agreement(tried, recurrence, reading, judgement)
    found = explain(run.run, recurrences, arithmetic, judgement)
    if not found:
        carried = judge(without_state(reading), recurrences, arithmetic)
        if carried.verdict is Verdict.AGREES:
            return optimizer_message.agreement(tried, recurrence, reading, carried, judgement)
    return optimizer_message.disagreement(tried, recurrences, reading, judgement, found, arithmetic)


def _before(judgement: Judgement, count: int) -> list[str]:
    """Whether the steps before an exception were right."""
    if not judgement.checks:
        return []
    wrong = judgement.first_violation
    if wrong is None:
        return ["the step before is right" if count == 1 else f"the {count} steps before are right"]
    return [f"before that already, at step {wrong.step}: {wrong.place} is wrong"]
