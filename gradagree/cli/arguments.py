"""What can be asked of the command line, and the exit status of the answer."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence

from gradagree.cli import colours, diff, doctor, report
from gradagree.cli.options import Options
from gradagree.cli.outcome import Outcome, own_outcome, usage_outcome
from gradagree.errors import UsageError
from gradagree.matrix import argument_types
from gradagree.runtime import frameworks
from reference import formats, problems, reduction

EPILOG = "exit status: 0 agrees, 1 disagrees or invalid, 2 wrong usage, 3 inconclusive, 4 gradagree itself failed"


def parser() -> argparse.ArgumentParser:
    """The whole grammar."""
    top = argparse.ArgumentParser(
        prog="python -m gradagree",
        description="What does a loop compute instead of gradient descent? And what did runs of the matrix come to?",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="check|explain|list|doctor|report|diff")

    check = commands.add_parser("check", help="check a function or a script", epilog=EPILOG)
    check.add_argument(
        "target", metavar="FILE[:FUNCTION]", help="a file with a function (x, y, w, b, lr, steps); or a script"
    )
    check.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    check.add_argument(
        "--timeout", type=argument_types.seconds, default=60.0, metavar="SECONDS", help="give up after so long (60)"
    )
    check.add_argument(
        "--convention", choices=reduction.NAMES, help="the loss that is meant (a function: mse; a script: found out)"
    )
    check.add_argument(
        "--claim",
        action="extend",
        type=argument_types.split,
        default=[],
        metavar="NAMES",
        help="what its arithmetic is, where it is not the plain one of its dtype: names that `list` tells, and fields",
    )
    check.add_argument(
        "--framework", choices=frameworks.NAMES, help="whose arrays it takes, if its imports do not tell"
    )
    function = check.add_argument_group("a function")
    function.add_argument("--problem", type=_problem, metavar="NAME", help="what to run it on (stackoverflow)")
    function.add_argument("--dtype", choices=list(formats.BY_NAME), help="in which dtype (the framework's own)")
    function.add_argument("--device", help="where (cpu)")
    function.add_argument("--steps", type=argument_types.count, metavar="N", help="how many steps (the problem's own)")
    script = check.add_argument_group("a script", "its variables, where they cannot be found out")
    script.add_argument("--script", action="store_true", help="run the file as a script, whatever functions it has")
    for role in "xywb":
        script.add_argument(f"--{role}", metavar="NAME")
    script.add_argument("--lr", type=argument_types.rate, metavar="VALUE")

    explain = commands.add_parser("explain", help="tell the whole story of a mistake")
    explain.add_argument("code", metavar="CODE", help="as a message gives it, GD101")
    commands.add_parser("list", help="list problems, implementations and mistakes")
    doctor.add_parser(commands)
    report.add_parser(commands)
    diff.add_parser(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer on standard output, and return the exit status."""
    given = parser().parse_args(arguments)
    if "func" in given:
        status: int = given.func(given)
        return status
    try:
        if given.command == "check":
            return _print(_check(given), given.json)
        from gradagree.cli import catalogue

        print(catalogue.story(given.code) if given.command == "explain" else catalogue.everything())
        return 0
    except UsageError as error:
        refused = usage_outcome(error)
    except OSError:  # of our own output: a reader such as `head` has had enough
        raise
    except Exception as error:  # what is checked never gets this far: it is ours, and no verdict
        refused = own_outcome(getattr(given, "target", given.command), error)
    if getattr(given, "json", False):
        return _print(refused, True)
    print(_shown(refused.message, sys.stderr), file=sys.stderr)
    return refused.status


def _check(given: argparse.Namespace) -> Outcome:
    # The judge takes a while to import; a wrong option is told without it.
    from gradagree.cli.function import check_function
    from gradagree.cli.script import check_script
    from gradagree.runtime.source import function_of, read

    path, _, function = _split(given.target)
    source = read(path)
    of_function = {name: getattr(given, name) for name in ("problem", "dtype", "device", "steps")}
    of_script = {name: getattr(given, name) for name in ("x", "y", "w", "b", "lr")}
    candidates = source.candidates
    if not function and not given.script and len(candidates) > 1:
        named = ", ".join(f"{path}:{name}" for name in candidates)
        raise UsageError(f"{path}: has several functions that fit ({named}); one of these, or --script, will do")
    shared = {"framework": given.framework, "convention": given.convention, "timeout": given.timeout}
    shared["claims"] = tuple(given.claim)
    if function or (candidates and not given.script):
        _refuse(of_script, f"{path}: is checked as a function, which is handed", "--script checks it as a script")
        chosen = {name: value for name, value in of_function.items() if value is not None}
        return check_function(source, function_of(source, function or candidates[0]), Options(**shared, **chosen))
    _refuse(of_function, f"{path}: is checked as a script, which brings its own", "FILE:FUNCTION checks a function")
    return check_script(source, Options(**shared, **of_script))


def _split(target: str) -> tuple[str, str, str]:
    """`("my_loop.py", ":", "descend")`; a drive's colon is no separator."""
    path, colon, function = target.rpartition(":")
    return (path, colon, function) if colon and function.isidentifier() else (target, "", "")


def _refuse(options: dict[str, object], why: str, instead: str) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise UsageError(f"{why} {given[0]}; without --{given[0]} it will do, or {instead}")


def _print(outcome: Outcome, as_json: bool) -> int:
    print(outcome.as_json() if as_json else _shown(outcome.message, sys.stdout))
    return outcome.status


def _shown(message: str, stream: object) -> str:
    return colours.coloured(message) if colours.wanted(stream) else message  # type: ignore[arg-type]


def _problem(text: str) -> str:
    if text not in problems.NAMES:
        near = ", ".join(difflib.get_close_matches(text, problems.NAMES)) or "one that `list` names"
        raise argparse.ArgumentTypeError(f"got {text!r}; {near} will do")
    return text
