"""`python -m gradagree check|explain|list|report|diff`."""

import sys

from gradagree.cli.arguments import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
