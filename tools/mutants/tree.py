"""The mutants of a module: where its operators apply, named by function, operator and number, and not by text."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tools.mutants.operators import OPERATORS, Place

# Texts and types are nobody's numbers: what is raised, said, declared or imported is not mutated.
LEFT_ALONE = (ast.Raise, ast.JoinedStr, ast.Assert, ast.Import, ast.ImportFrom)
FIELDS_LEFT_ALONE = ("annotation", "returns", "decorator_list", "bases", "type_params")
NAMES_LEFT_ALONE = ("__repr__", "__str__", "__all__")
MODULE = "<module>"


@dataclass(frozen=True)
class Mutant:
    """One place of a module changed.

    Parameters
    ----------
    module, function
        dotted names; the function's own within the module, `<module>` outside of any.
    operator, ordinal
        which operator, and the how-manieth of its places in that function, from 0.
    line, before, after
        where it stands today and what becomes of it, to be read.
    """

    module: str
    function: str
    operator: str
    ordinal: int
    line: int = 0
    before: str = ""
    after: str = ""

    @property
    def key(self) -> str:
        return f"{self.module}:{self.function} {self.operator} {self.ordinal}"

    def __str__(self) -> str:
        return f"{self.key}: `{self.before}` → `{self.after}`"


@dataclass
class _Site:
    """A mutant, with what it takes to make it: `old` becomes `new` in a field of `parent`."""

    mutant: Mutant
    parent: ast.AST
    field: str
    old: ast.AST
    new: ast.AST

    def apply(self) -> None:
        value = getattr(self.parent, self.field)
        new = [self.new if entry is self.old else entry for entry in value] if isinstance(value, list) else self.new
        setattr(self.parent, self.field, new)


def mutants(module: str, source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its text."""
    return [site.mutant for site in _sites(module, ast.parse(source))]


def mutated(module: str, source: str, key: str) -> ast.Module:
    """The module's tree with one mutant applied.

    Raises
    ------
    LookupError
        if the module has no such mutant.
    """
    tree = ast.parse(source)
    for site in _sites(module, tree):
        if site.mutant.key == key:
            site.apply()
            return ast.fix_missing_locations(tree)
    raise LookupError(f"{module}: expected a mutant {key!r}, found none of that name")


def _sites(module: str, tree: ast.Module) -> Iterator[_Site]:
    numbers: Counter[tuple[str, str]] = Counter()

    def visit(parent: ast.AST, function: str, returns: str) -> Iterator[_Site]:
        for field, value in ast.iter_fields(parent):
            if field in FIELDS_LEFT_ALONE:
                continue
            for node in value if isinstance(value, list) else [value]:
                if not isinstance(node, ast.AST) or _left_alone(node):
                    continue
                for name, operator in OPERATORS.items():
                    for new in operator(Place(node, parent, field, returns)):
                        ordinal = numbers[function, name]
                        numbers[function, name] += 1
                        line, shown = getattr(node, "lineno", getattr(parent, "lineno", 0)), (_shown(node), _shown(new))
                        mutant = Mutant(module, function, name, ordinal, line, *shown)
                        yield _Site(mutant, parent, field, node, new)
                yield from visit(node, *_inside(node, function, returns))

    yield from visit(tree, MODULE, "")


def _inside(node: ast.AST, function: str, returns: str) -> tuple[str, str]:
    """The function's dotted name and return annotation for what stands in a node."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        name = node.name if function == MODULE else f"{function}.{node.name}"
        annotation = node.returns if isinstance(node, ast.FunctionDef) else None
        return name, ast.unparse(annotation) if annotation else ""
    return function, returns


def _left_alone(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'")
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id in NAMES_LEFT_ALONE for target in node.targets)
    return isinstance(node, LEFT_ALONE) or getattr(node, "name", "") in NAMES_LEFT_ALONE


def _shown(node: ast.AST) -> str:
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split())
