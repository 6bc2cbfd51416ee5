"""Runs an unmodified script as `python script.py` would, while its gradients are watched."""

from __future__ import annotations

import importlib
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from gradagree.runtime.failure import failure
from gradagree.runtime.watching.names import Namespace
from gradagree.runtime.watching.observations import Observations
from gradagree.runtime.worker.limit import TimeLimit


class Watch(AbstractContextManager["Watch"], Protocol):
    """What a framework's watcher does: inside its context it sees gradients being taken."""

    def sightings(self, space: Namespace) -> Observations:
        """All that was seen, after the script has left `space`."""


class ScriptWorker:
    """A script, ready to be run."""

    def __init__(self, path: str, framework: str) -> None:
        self.path = path
        self.watch: Watch = importlib.import_module(f"gradagree.runtime.watching.on_{framework}").watch(path)

    def run(self, limit: TimeLimit) -> dict[str, Any]:
        """Run it, and tell what was seen up to its end, its exception or the limit."""
        code = compile(Path(self.path).read_bytes(), self.path, "exec")
        module = ModuleType("__main__")
        module.__file__ = self.path
        # pickle and dataclasses look for the script's own classes there
        sys.modules["__main__"] = module

        def so_far() -> dict[str, Any]:
            seen = self.watch.sightings(module.__dict__)
            # It may stand between the updates of two parameters, so they are no point of the run.
            seen.timed_out, seen.end = True, {}
            return seen.as_json()

        raised = None
        with self.watch, limit.run(so_far):
            try:
                with limit.users_code():
                    exec(code, module.__dict__)
            except BaseException as error:
                # A script may well say sys.exit() at its end.
                if not (isinstance(error, SystemExit) and error.code in (None, 0)):
                    raised = failure(error, self.path)
        seen = self.watch.sightings(module.__dict__)
        seen.failure = raised
        return seen.as_json()
