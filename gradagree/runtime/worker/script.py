"""Runs an unmodified script as `python script.py` would, while its gradients are watched."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from gradagree.runtime import frameworks
from gradagree.runtime.failure import failure
from gradagree.runtime.worker.limit import TimeLimit


class ScriptWorker:
    """A script, ready to be run."""

    def __init__(self, path: str, framework: str) -> None:
        self.path = path
        self.watcher = frameworks.framework(framework).watcher(path)

    def run(self, limit: TimeLimit) -> dict[str, Any]:
        """Run it, and tell what was seen up to its end, its exception or the limit."""
        code = compile(Path(self.path).read_bytes(), self.path, "exec")
        module = ModuleType("__main__")
        module.__file__ = self.path
        # pickle and dataclasses look for the script's own classes there
        sys.modules["__main__"] = module

        def so_far() -> dict[str, Any]:
            seen = self.watcher.observations(module.__dict__)
            # It may stand between the updates of two parameters, so they are no point of the run.
            seen.timed_out, seen.end = True, {}
            return seen.as_json()

        raised = None
        with self.watcher, limit.run(so_far):
            try:
                with limit.users_code():
                    exec(code, module.__dict__)
            except BaseException as error:
                # A script may well say sys.exit() at its end.
                if not (isinstance(error, SystemExit) and error.code in (None, 0)):
                    raised = failure(error, self.path)
        seen = self.watcher.observations(module.__dict__)
        seen.failure = raised
        return seen.as_json()
