"""`python -m gradagree check|explain|list|doctor|report|diff`."""

import errno
import io
import os
import sys

from gradagree.cli.arguments import main

__all__ = ["main", "run"]


def write_nothing_more() -> None:
    """Where nobody takes what is written, the interpreter would try once more at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_everything() -> None:
    """What the stream's encoding cannot hold (± and ᵀ on Windows, where output is redirected) is escaped, no error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def run() -> int:
    """The command `gradagree`: the answer on standard output, and the exit status."""
    write_everything()
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:  # a reader such as `head` has had enough
        write_nothing_more()
        status = 1
    except KeyboardInterrupt:
        print("interrupted before there was an answer", file=sys.stderr)
        status = 130  # as shells have it: 128, and the signal's number
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"error: standard output: {error.strerror}; a disk with room will do", file=sys.stderr)
        write_nothing_more()
        status = 2
    return status


if __name__ == "__main__":
    sys.exit(run())
