"""Rows into a file, one line each, as cells finish."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from gradagree.matrix.row import Row
from gradagree.report.files import replace


class Writer:
    """A file of rows. Each line is on its way to the disk before the next cell begins.

    A full disk does not end a run: what could not be written waits, and goes before the next line. `error` says
    whether anything waits.

    Parameters
    ----------
    path
        is replaced; folders on the way to it are made.
    header
        the first line.

    Raises
    ------
    OSError
        if the file cannot be made; what was there before is there still.
    """

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        replace(path, _line(header))
        self._file = path.open("ab", buffering=0)  # what a full disk refuses must wait here, and in no buffer
        self._waiting = b""
        self.error: OSError | None = None
        self.path, self.rows = path, 0

    def row(self, row: Row) -> None:
        """Add a row."""
        self._add({"kind": "row", **row.as_json()})
        self.rows += 1

    def end(self, exit_status: int, ended: str = "whole", missing: int = 0) -> None:
        """Say how the run ended, and how many of the chosen cells have no row."""
        how = {"rows": self.rows, "exit_status": exit_status, "ended": ended, "missing": missing}
        self._add({"kind": "end", **how})
        self.close()

    def close(self) -> None:
        """Close the file as it is."""
        try:
            self._file.close()
        except OSError as error:  # some file systems say only now that the disk is full
            self.error = error

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _add(self, values: Mapping[str, Any]) -> None:
        self._waiting += _line(values).encode()
        self.error = None
        try:
            while self._waiting:
                self._waiting = self._waiting[self._file.write(self._waiting) or 0 :]
        except OSError as error:
            self.error = error


def _line(values: Mapping[str, Any]) -> str:
    # JSON knows no infinity; rows have none left, and `allow_nan` holds the header to the same.
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n"
