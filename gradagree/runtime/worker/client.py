"""A worker as its parent sees it: it loads a file and answers requests, and is started anew where it hangs or dies."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from gradagree.runtime.failure import Failure
from gradagree.runtime.worker import process
from gradagree.runtime.worker.process import Output, Process, ended
from gradagree.runtime.worker.protocol import read

IMPORT = 120.0  # seconds at least for loading a file and what it imports: that is no part of what it computes


class WorkerError(Exception):
    """The user's code did not get as far as an answer.

    Parameters
    ----------
    failure
        what it raised; `None` where the process itself ended, or had to be ended.
    reason
        one sentence, where there is no failure.
    timed_out
        whether its time was up.
    """

    def __init__(self, failure: Failure | None, reason: str = "", timed_out: bool = False) -> None:
        super().__init__(str(failure) if failure else reason)
        self.failure, self.reason, self.timed_out = failure, reason, timed_out


class OwnError(RuntimeError):
    """What ran the user's code failed itself."""


class Worker:
    """A process that runs a function or a script.

    It is started when it is first needed, and again after it was killed or died.

    Parameters
    ----------
    first
        what to load: `way`, `path`, and what else `serve` takes.
    timeout
        seconds that an answer may take.
    """

    def __init__(self, first: dict[str, Any], timeout: float) -> None:
        self.first, self.timeout = first, timeout
        self.output = Output()
        self.warnings: list[list[Any]] = []
        self._process: Process | None = None
        self._stuck: WorkerError | None = None

    @property
    def import_limit(self) -> float:
        """Seconds that loading may take."""
        return max(self.timeout, IMPORT)

    def load(self) -> None:
        """Run the file, anew where it was run before.

        Raises
        ------
        WorkerError
            if it raises, ends its process, or takes too long; where it took too long once, it is not tried again.
        OwnError
            if ours raised.
        """
        if self._stuck is not None:
            raise self._stuck
        if self._process is None:
            self._process = Process(self.output)
        try:
            self._exchange(self._process, {"load": self.first, "timeout": self.timeout}, self.import_limit)
        except WorkerError as error:
            self._stuck = error if error.timed_out else None
            raise

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer of what was loaded.

        Raises
        ------
        WorkerError
            if its code raised, the process ended, or the time is up.
        OwnError
            if ours raised.
        """
        if self._process is None:
            self.load()
        assert self._process is not None
        return self._exchange(self._process, {"run": request}, self.timeout)

    def close(self) -> None:
        """Let the process end."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type | None, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        self.close()

    def _exchange(self, running: Process, message: dict[str, Any], limit: float) -> dict[str, Any]:
        running.send(message)
        try:
            text = running.receive(limit + process.GRACE)
        except TimeoutError:
            self._end(at_once=True)
            raise WorkerError(None, f"still running after {limit:g} s", timed_out=True) from None
        except KeyboardInterrupt:  # the answer, should it still come, would be taken for the next one's
            self._end(at_once=True)
            raise
        if not text:
            raise WorkerError(None, f"its process ended {ended(self._end())} before the loop did")
        reply = read(text)
        self.warnings += reply["warnings"]
        if reply.get("last"):
            self._end(at_once=True)
        if "failure" in reply:
            raise WorkerError(Failure(**reply["failure"]))
        if "own" in reply:
            raise OwnError(f"{reply['own']}, while it watched")
        answer: dict[str, Any] = reply["ok"]
        return answer

    def _end(self, at_once: bool = False) -> int:
        running, self._process = self._process, None
        return 0 if running is None else running.end(at_once)
