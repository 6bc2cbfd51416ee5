"""The worker's side: it answers requests on a pipe of its own, and leaves the standard ones to the user's code."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from gradagree.runtime.failure import failure
from gradagree.runtime.isolation import described
from gradagree.runtime.worker.protocol import line, read


def main() -> None:
    """Answer the first request, which says what to run, and each one after it, until the parent closes the pipe.

    A reply is `{"ok": …}`, or `{"failure": …}` with what the user's code raised, `SystemExit` among it, or
    `{"own": …}` with what ours did.
    """
    requests, replies = _private_pipes()
    first = read(requests.readline())
    sys.path.insert(0, str(Path(first["path"]).parent))
    sys.argv = [first["path"]]
    # Whether a warning is an error is for the user's code to say, not for whoever started us.
    warnings.resetwarnings()
    answer: Callable[[dict[str, Any]], dict[str, Any]]
    try:
        answer = _prepare(first)
        _reply(replies, {"ok": {}})
    except BaseException as error:  # sys.exit() at import is one of the things a file may do
        _reply(replies, {"failure": failure(error, first["path"]).as_json()})
        return
    for text in requests:
        try:
            _reply(replies, {"ok": answer(read(text))})
        except Exception as error:  # what the user's code raises is in the answer: this is our own
            _reply(replies, {"own": described(error)})
        except BaseException as error:
            _reply(replies, {"failure": failure(error, first["path"]).as_json()})


def _prepare(first: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    limit = first["timeout"]
    if first["way"] == "function":
        from gradagree.runtime.worker.function import FunctionWorker, load

        run = load(Path(first["path"]), first["function"])
        worker = FunctionWorker(run, first["path"], first["framework"], first["device"])
        return lambda request: worker.record(request, limit)
    from gradagree.runtime.watching.script import ScriptWorker

    script = ScriptWorker(first["path"], first["framework"])
    return lambda _request: script.run(limit)


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the parent, moved to where no print and no input() reaches them.

    Standard input becomes empty, and standard output joins standard error, which the parent drains.
    """
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


def _reply(replies: BinaryIO, message: dict[str, Any]) -> None:
    replies.write(line(message))
    replies.flush()
