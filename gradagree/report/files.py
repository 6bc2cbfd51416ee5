"""Files that take the place of others: written beside them and renamed, so that nobody finds half of one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def replace(path: Path, text: str) -> None:
    """Make `text` the file at `path`, and its folders where there are none; a link stays a link.

    What is there and no regular file, such as a pipe or /dev/stdout, is written to.

    Raises
    ------
    OSError
        if that cannot be done; what was there is there still.
    """
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        return
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        if path.exists():
            shutil.copymode(path, beside)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
