"""Applies the mutant that the process was started under: a test's own processes must see it too."""

import os
import sys
from pathlib import Path

if os.environ.get("GRADAGREE_MUTANT"):
    sys.path.append(str(Path(__file__).parents[3]))
    from tools.mutants.hook import Finder

    sys.meta_path.insert(0, Finder(os.environ["GRADAGREE_MUTANT"]))
    sys.path.pop()
