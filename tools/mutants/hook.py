"""Imports a module with a mutant in it, in this process and in every Python process that it starts."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from tools.mutants.tree import mutated

VARIABLE = "GRADAGREE_MUTANT"
SITE = Path(__file__).parent / "site"  # its `sitecustomize` calls `install` in processes that are started


class Finder(MetaPathFinder):
    """Finds the mutant's module, and notes that it was asked for, and whether it has no such mutant."""

    def __init__(self, key: str) -> None:
        self.key, self.module, self.applied, self.missing = key, key.partition(":")[0], False, ""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's own place, with a loader that mutates it."""
        if fullname != self.module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            return None
        spec.loader = Loader(fullname, spec.origin, self)
        return spec


class Loader(SourceFileLoader):
    """Compiles the mutated tree, and leaves compiled files alone."""

    def __init__(self, name: str, path: str, finder: Finder) -> None:
        super().__init__(name, path)
        self.finder = finder

    def get_code(self, fullname: str) -> CodeType:
        """The code with the mutant in it."""
        source = Path(self.path).read_text(encoding="utf-8")
        try:
            tree = mutated(fullname, source, self.finder.key)
        except LookupError as error:
            self.finder.missing = str(error)
            raise
        self.finder.applied = True
        code = compile(tree, self.path, "exec", dont_inherit=True)
        assert isinstance(code, CodeType)
        return code


def install(key: str) -> Finder:
    """Mutate the module of this key when it is imported.

    Raises
    ------
    RuntimeError
        if it was imported already: the mutant would not be applied.
    """
    finder = Finder(key)
    if finder.module in sys.modules:
        raise RuntimeError(f"{key}: expected {finder.module} not to be imported yet, but it was")
    sys.meta_path.insert(0, finder)
    os.environ[VARIABLE] = key
    os.environ["PYTHONPATH"] = os.pathsep.join([str(SITE), *filter(None, [os.environ.get("PYTHONPATH")])])
    return finder
