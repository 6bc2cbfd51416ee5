"""What a file holds, found out without running it: its functions, and the frameworks that it imports."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradagree.errors import UsageError
from gradagree.runtime import frameworks

ARGUMENTS = ("x", "y", "w", "b", "lr", "steps")
# Packages whose arrays are a framework's.
PACKAGES = {"optax": "jax"}
SIGNATURE = f"({', '.join(ARGUMENTS)})"


@dataclass(frozen=True)
class Source:
    """A file of Python.

    Parameters
    ----------
    path
        absolute.
    given
        as the user wrote it.
    tree
        its syntax.
    """

    path: Path
    given: str
    tree: ast.Module

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The frameworks imported anywhere in it; NumPy counts only where there is no other."""
        roots = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                roots |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                roots.add(node.module.split(".")[0])
        roots = {PACKAGES.get(root, root) for root in roots}
        found = tuple(name for name in frameworks.names() if name in roots)
        return tuple(name for name in found if name != frameworks.HOST) or found

    @property
    def functions(self) -> dict[str, ast.FunctionDef]:
        """Its functions by name, those inside others and methods left out."""
        return {node.name: node for node in self.tree.body if isinstance(node, ast.FunctionDef)}

    @property
    def candidates(self) -> list[str]:
        """Functions that can be called as `descend(x, y, w, b, lr, steps)`.

        One that the file itself calls, and that is no generator, is a script's own: it need not return lists.
        """
        called = {
            node.func.id
            for statement in self.tree.body
            if not isinstance(statement, (ast.FunctionDef, ast.ClassDef))
            for node in ast.walk(statement)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        fitting = {name: node for name, node in self.functions.items() if _takes(node, len(ARGUMENTS))}
        return [name for name, node in fitting.items() if name not in called or _yields(node)]


def read(given: str) -> Source:
    """The file at the path `given`.

    Raises
    ------
    UsageError
        if it is missing, cannot be read, or does not parse.
    """
    path = Path(given)
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"{given}: there is no such file; the path of a Python file will do") from None
    except OSError as error:
        raise UsageError(f"{given}: cannot be read ({error.strerror}); the path of a Python file will do") from None
    try:
        return Source(path.resolve(), given, ast.parse(text, filename=given))
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"{given}: {_unparsed(error, text)}") from None


def framework_of(source: Source, wanted: str | None) -> tuple[str, str]:
    """The framework whose arrays the file takes, and how that is known.

    Raises
    ------
    UsageError
        if the file imports several, and `wanted` does not say which.
    """
    if wanted is not None:
        return wanted, "as --framework says"
    found = source.frameworks
    if len(found) > 1:
        raise UsageError(f"{source.given}: imports {' and '.join(found)}; --framework {'|'.join(found)} will do")
    if not found:
        return frameworks.HOST, "no framework is imported"
    return found[0], f"from `import {found[0]}`"


def framework_of_function(function: Callable[..., Any], wanted: str | None) -> tuple[str, str]:
    """The framework whose arrays a function takes, by what it names; or else by what its module has imported.

    Raises
    ------
    UsageError
        if several are imported, and `wanted` does not say which.
    """
    if wanted is not None:
        return wanted, "as framework= says"
    known = getattr(inspect.unwrap(function), "__globals__", {})
    named = set(getattr(getattr(function, "__code__", None), "co_names", ()))
    for names, how in ((named, "which it names"), (set(known), "which its module imports")):
        # An import inside the function leaves its name; one of the module, what it is bound to.
        values = [known[name] for name in names if name in known]
        roots = {str(getattr(value, "__module__", None) or getattr(value, "__name__", "")) for value in values}
        found = {root.partition(".")[0] for root in roots | (names - set(known))} & set(frameworks.names())
        found = found - {frameworks.HOST} or found
        if len(found) > 1:
            name, several = getattr(function, "__qualname__", "the function"), " and ".join(sorted(found))
            raise UsageError(f"{name}: {several}, {how}; framework= with one of them will do")
        if found:
            return found.pop(), how
    return frameworks.HOST, "no framework is imported"


def function_of(source: Source, wanted: str) -> str:
    """`wanted`, if the file has such a function and it can be called.

    Raises
    ------
    UsageError
        if not.
    """
    functions = source.functions
    if wanted not in functions:
        # It may be assigned, or imported: running the file tells.
        if any(isinstance(n, (ast.Assign, ast.ImportFrom)) and wanted in ast.unparse(n) for n in source.tree.body):
            return wanted
        others = ", ".join(functions) or "none"
        raise UsageError(
            f"{source.given}: has no function `{wanted}` (its functions: {others}); FILE:NAME of one will do"
        )
    if not _takes(functions[wanted], len(ARGUMENTS)):
        given = ast.unparse(functions[wanted].args)
        raise UsageError(f"{source.given}:{wanted}: takes ({given}); {SIGNATURE} will do")
    return wanted


def _takes(node: ast.FunctionDef, count: int) -> bool:
    """Whether it can be called with so many positional arguments."""
    args = node.args
    positional = len(args.posonlyargs) + len(args.args)
    required = positional - len(args.defaults)
    keyword_only = sum(default is None for default in args.kw_defaults)
    return required <= count and not keyword_only and (positional >= count or args.vararg is not None)


def _yields(node: ast.FunctionDef) -> bool:
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in ast.walk(node))


def _unparsed(error: SyntaxError | ValueError, text: bytes) -> str:
    if not isinstance(error, SyntaxError):
        return f"is no Python ({error}); a Python file will do"
    line = (error.text or "").strip()
    lines = text.decode(errors="replace").splitlines()
    if not line and error.lineno and error.lineno <= len(lines):
        line = lines[error.lineno - 1].strip()
    if line.startswith(("%", "!")):
        return f"line {error.lineno} is a notebook's command, `{line}`; the file without it will do"
    return f"does not parse: line {error.lineno}, `{line}`: {error.msg}"
