"""What `check` answers, as a command and as `gradagree.check`: of a function, of one in a file, or of a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gradagree.cli.function import check_function, check_function_object
from gradagree.cli.options import Options
from gradagree.cli.outcome import Outcome
from gradagree.cli.script import check_script
from gradagree.errors import UsageError
from gradagree.runtime import frameworks
from gradagree.runtime.source import function_of, read
from reference import formats, problems, reduction
from reference.problem import Problem


def check(
    target: Callable[..., Any] | str | Path,
    *,
    framework: str | None = None,
    problem: str | Problem | None = None,
    dtype: str | None = None,
    device: str | None = None,
    steps: int | None = None,
    convention: str | None = None,
    claim: Sequence[str] = (),
    timeout: float = 60.0,
    script: bool = False,
    x: str | None = None,
    y: str | None = None,
    w: str | None = None,
    b: str | None = None,
    lr: float | None = None,
) -> Outcome:
    """Whether a training loop is gradient descent: every gradient, update and loss, within derived bounds.

    A loop that is wrong, raises, hangs in a process of its own or ends it is answered; nothing is raised for it.

    Parameters
    ----------
    target
        a function `(x, y, w, b, lr, steps)` that yields `w, b, grad_w, grad_b, loss` before each update and returns
        `w, b`; `"FILE.py:NAME"` for one in a file; or `"FILE.py"` for the one that is in it, or for a script. A file
        is run in a process of its own, a function object in this one.
    framework
        whose arrays it takes, `"torch"`, `"jax"` or `"numpy"`, if its imports do not tell.
    problem
        what a function is run on, by name as `gradagree list` gives it, or itself; `stackoverflow` unless said.
    dtype, device, steps
        of a function's run; the framework's own dtype, `"cpu"` and the problem's own number of steps unless said.
    convention
        what makes one loss of the squared errors: `mse` for a function; found out for a script.
    claim
        what the loop's arithmetic is, where it is not the plain one of its dtype.
    timeout
        seconds after which a file is given up.
    script
        run the file as a script, whatever functions it has.
    x, y, w, b, lr
        the names of a script's variables, and its learning rate, where they cannot be found out.

    Returns
    -------
    The verdict, with `str()` for the message; true if and only if it agrees.

    Raises
    ------
    UsageError
        if the check cannot be made as it was asked for: no such file, problem, dtype or device, and the like.
    """
    _check_names(framework=framework, problem=problem, dtype=dtype, convention=convention)
    of_function: dict[str, Any] = {"problem": problem, "dtype": dtype, "device": device, "steps": steps}
    of_script: dict[str, Any] = {"x": x, "y": y, "w": w, "b": b, "lr": lr}
    shared: dict[str, Any] = {"framework": framework, "convention": convention, "timeout": timeout}
    shared["claims"] = tuple(claim)
    chosen = {name: value for name, value in of_function.items() if value is not None}
    if callable(target):
        name = getattr(target, "__qualname__", type(target).__name__)
        _refuse(of_script, f"{name}: is a function, which is handed", "the file of a script checks that")
        return check_function_object(target, name, Options(**shared, **chosen))
    path, function = _split(str(target))
    source = read(path)
    candidates = source.candidates
    if not function and not script and len(candidates) > 1:
        named = ", ".join(f"{path}:{name}" for name in candidates)
        raise UsageError(f"{path}: has several functions that fit ({named}); one of these, or --script, will do")
    if function or (candidates and not script):
        _refuse(of_script, f"{path}: is checked as a function, which is handed", "--script checks it as a script")
        return check_function(source, function_of(source, function or candidates[0]), Options(**shared, **chosen))
    _refuse(of_function, f"{path}: is checked as a script, which brings its own", "FILE:FUNCTION checks a function")
    return check_script(source, Options(**shared, **of_script))


def _check_names(**given: object) -> None:
    choices = {
        "framework": frameworks.names(),
        "problem": problems.NAMES,
        "dtype": formats.BY_NAME,
        "convention": reduction.NAMES,
    }
    for argument, name in given.items():
        if name is not None and not isinstance(name, Problem) and name not in choices[argument]:
            raise UsageError(f"{argument}: got {name!r}; one of {', '.join(choices[argument])} will do")


def _split(target: str) -> tuple[str, str]:
    """`("my_loop.py", "descend")`; a drive's colon is no separator."""
    path, colon, function = target.rpartition(":")
    return (path, function) if colon and function.isidentifier() else (target, "")


def _refuse(options: dict[str, Any], why: str, instead: str) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise UsageError(f"{why} {given[0]}; without --{given[0]} it will do, or {instead}")
