"""`python -m gradagree check|explain|list`."""

import sys

from gradagree.cli.arguments import main

sys.exit(main())
