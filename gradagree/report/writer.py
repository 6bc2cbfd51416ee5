"""Rows into a file, one line each, as cells finish."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any

from gradagree.row import Row


class Writer:
    """A file of rows. Each line is on its way to the disk before the next cell begins.

    Parameters
    ----------
    path
        is overwritten; folders on the way to it are made.
    header
        the first line.

    Raises
    ------
    OSError
        if the file cannot be written.
    """

    def __init__(self, path: Path, header: dict[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self.path, self.rows = path, 0
        self._line(header)

    def row(self, row: Row) -> None:
        """Add a row."""
        self._line({"kind": "row", **row.as_json()})
        self.rows += 1

    def end(self, exit_status: int) -> None:
        """Say that nothing is missing: a file without this line was interrupted."""
        self._line({"kind": "end", "rows": self.rows, "exit_status": exit_status})
        self.close()

    def close(self) -> None:
        """Close the file as it is."""
        self._file.close()

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _line(self, values: dict[str, Any]) -> None:
        # JSON knows no infinity; rows have none left, and `allow_nan` holds the header to the same.
        self._file.write(json.dumps(values, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n")
        self._file.flush()
