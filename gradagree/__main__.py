"""`python -m gradagree check|explain|list|report|diff`."""

import os
import sys

from gradagree.cli.arguments import main

__all__ = ["main"]

if __name__ == "__main__":
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:  # a reader such as `head` has had enough; the interpreter would flush once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)
