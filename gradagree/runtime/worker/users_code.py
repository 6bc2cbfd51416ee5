"""The user's code as it runs: held to its time limit, its exceptions noted with their line as they pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from gradagree.runtime.failure import Failure, failure
from gradagree.runtime.worker.limit import TimeLimit


class UsersCode:
    """Code of a file, and what it raised last.

    Parameters
    ----------
    path
        the file, for an exception's line.
    limit
        of its time, which the user's code alone is held to; none in the caller's own process.
    """

    def __init__(self, path: str, limit: TimeLimit | None = None) -> None:
        self.path, self.limit = path, limit
        self.failure: Failure | None = None

    @contextmanager
    def users_code(self) -> Iterator[None]:
        """Around each call of it."""
        try:
            with self.limit.users_code() if self.limit else nullcontext():
                yield
        except BaseException as error:
            self.failure = failure(error, self.path)
            raise
