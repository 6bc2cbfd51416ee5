"""`python -m gradagree check|explain|list|doctor|report|diff`."""

import io
import os
import sys

from gradagree.cli.arguments import main

__all__ = ["main"]


def write_everything() -> None:
    """What the stream's encoding cannot hold (± and ᵀ on Windows, where output is redirected) is escaped, no error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    write_everything()
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:  # a reader such as `head` has had enough; the interpreter would flush once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)
