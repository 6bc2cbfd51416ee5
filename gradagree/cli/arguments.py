"""What can be asked of the command line, and the exit status of the answer."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence

from gradagree.cli import colours, diff, doctor, report
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
    check.add_argument(
        "--as", dest="like", metavar="OPTIMIZER", help="FILE:NAME is an optimizer, and follows this: 'adam(lr=0.01)'"
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
        "--framework", choices=frameworks.names(), help="whose arrays it takes, if its imports do not tell"
    )
    function = check.add_argument_group("a function; of an optimizer, dtype and device")
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
    options = {name: value for name, value in vars(given).items() if name not in ("command", "json", "like")}
    # The judge takes a while to import; a wrong option is told without it.
    if given.like is None:
        from gradagree.cli.check import check

        return check(**options)
    for name in ("problem", "steps", "convention", "script", *"xywb", "lr"):
        if options.pop(name):
            raise UsageError(f"--as checks an optimizer, on gradients of its own: without --{name} it will do")
    from gradagree.cli.optimizer import check_optimizer

    return check_optimizer(**options, like=given.like)


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
