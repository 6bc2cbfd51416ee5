"""Mutation operators: what may be wrong in one place of a program, as replacements of a node of its syntax tree.

Each takes a `Place` and yields what its node may become. They are chosen for this code: a bound without one of its
terms, a comparison that is blind to NaN, a guard that never holds, a check that is not made.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A node, the field of its parent that it stands in, and the return annotation of the function around it."""

    node: ast.AST
    parent: ast.AST
    field: str
    returns: str = ""


Operator = Callable[[Place], Iterator[ast.AST]]

ORDER: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
DENIED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt}
OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
LEFT_ALONE = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Pow, ast.BitOr, ast.BitAnd, ast.LShift, ast.RShift)
RIGHT_ALONE = (ast.Add, ast.BitOr, ast.BitAnd)
TWINS = {"min": "max", "minimum": "maximum", "any": "all", "argmin": "argmax", "floor": "ceil", "ones": "zeros"}
EXTREMES = ("min", "max", "minimum", "maximum")
TWINS |= {twin: name for name, twin in TWINS.items()} | {"array": "asarray"}
PASSING = ("abs", "sqrt", "ceil", "floor", "sorted", "reversed", "list", "copy", "zeros_like")


def boundary(place: Place) -> Iterator[ast.AST]:
    """`a <= b` for `a < b`."""
    yield from _compared(place, ORDER)


def opposite(place: Place) -> Iterator[ast.AST]:
    """`a != b` for `a == b`; `a` for `not a`."""
    yield from _compared(place, OPPOSITE)
    if isinstance(place.node, ast.UnaryOp) and isinstance(place.node.op, ast.Not | ast.Invert):
        yield place.node.operand


def _compared(place: Place, other: dict[type[ast.cmpop], type[ast.cmpop]]) -> Iterator[ast.AST]:
    node = place.node
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in other:
        yield ast.Compare(node.left, [other[type(node.ops[0])]()], node.comparators)


def nan(place: Place) -> Iterator[ast.AST]:
    """`a > b` for `not a <= b`: false for NaN."""
    node = _denied(place.node)
    if node is not None:
        yield from _compared(Place(node, place.node, "operand"), DENIED)


def loose(place: Place) -> Iterator[ast.AST]:
    """`not a <= 2 * b` for `not a <= b`: a bound of twice the size."""
    node = _denied(place.node)
    if node is not None and isinstance(place.node, ast.UnaryOp):
        larger, smaller = (2, 1) if isinstance(node.ops[0], ast.LtE | ast.Lt) else (1, 2)
        left, right = _times(smaller, node.left), _times(larger, node.comparators[0])
        yield ast.UnaryOp(place.node.op, ast.Compare(left, node.ops, [right]))


def _denied(node: ast.AST) -> ast.Compare | None:
    """The comparison of order in `not (a <= b)`, or `~(a <= b)`."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
        inner = node.operand
        if isinstance(inner, ast.Compare) and len(inner.ops) == 1 and type(inner.ops[0]) in ORDER:
            return inner
    return None


def _times(factor: int, node: ast.expr) -> ast.expr:
    return node if factor == 1 else ast.BinOp(ast.Constant(factor), ast.Mult(), node)


def guard(place: Place) -> Iterator[ast.AST]:
    """A condition that never holds, or always does where there is something else to do; a filter that is not there."""
    node, parent = place.node, place.parent
    if place.field == "test" and isinstance(parent, ast.If | ast.IfExp):
        yield ast.Constant(False)
        if parent.orelse:
            yield ast.Constant(True)
    if isinstance(node, ast.comprehension) and node.ifs:
        yield ast.comprehension(node.target, node.iter, [], node.is_async)


def operand(place: Place) -> Iterator[ast.AST]:
    """`a` or `b` for `a + b`, `a | b`, `max(a, b)`; `a` for `a * b`, `2 * a`, `a**2`, …; one condition less."""
    node = place.node
    if isinstance(node, ast.BinOp) and not (_is_text(node.left) or _is_text(node.right)):
        factor = isinstance(node.op, ast.Mult) and isinstance(node.left, ast.Constant)
        if isinstance(node.op, LEFT_ALONE) and not factor:
            yield node.left
        if isinstance(node.op, RIGHT_ALONE) or factor:
            yield node.right
    if isinstance(node, ast.BoolOp):
        for k in range(len(node.values)):
            rest = node.values[:k] + node.values[k + 1 :]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    if isinstance(node, ast.Call) and len(node.args) == 2 and _called(node) in EXTREMES:
        yield from node.args


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def sign(place: Place) -> Iterator[ast.AST]:
    """`a + b` and `b - a` for `a - b`; `a` for `-a`."""
    node = place.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        yield ast.BinOp(node.left, ast.Add(), node.right)
        yield ast.BinOp(node.right, ast.Sub(), node.left)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand


def number(place: Place) -> Iterator[ast.AST]:
    """One less for a positive integer, half for a float or a unit roundoff, 1 for zero."""
    node = place.node
    if isinstance(node, ast.Attribute) and node.attr == "unit_roundoff":
        yield ast.BinOp(node, ast.Div(), ast.Constant(2))
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        value = node.value
        assert isinstance(value, int | float)
        yield ast.Constant(type(value)(1) if value == 0 else value - 1 if isinstance(value, int) else value / 2)


def twin(place: Place) -> Iterator[ast.AST]:
    """`max` for `min`, `any` for `all`, `asarray` for `array`."""
    node = place.node
    if isinstance(place.parent, ast.Call) and place.field == "func":
        if isinstance(node, ast.Name) and node.id in TWINS:
            yield ast.Name(TWINS[node.id], node.ctx)
        if isinstance(node, ast.Attribute) and node.attr in TWINS:
            yield ast.Attribute(node.value, TWINS[node.attr], node.ctx)


def call(place: Place) -> Iterator[ast.AST]:
    """`x` for `abs(x)`, `sqrt(x)`, `reversed(x)`."""
    node = place.node
    if isinstance(node, ast.Call) and len(node.args) == 1 and _called(node) in PASSING:
        yield node.args[0]


def statement(place: Place) -> Iterator[ast.AST]:
    """A call, an entry or an addition that is left out."""
    node = place.node
    stored = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript | ast.Attribute)
    called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    if stored or called or isinstance(node, ast.AugAssign):
        yield ast.Pass()


def answer(place: Place) -> Iterator[ast.AST]:
    """`return True` or `False` of a function that returns either; `return 0.0` of one that returns a float."""
    if place.field == "value" and isinstance(place.parent, ast.Return) and not isinstance(place.node, ast.Constant):
        values: tuple[bool | float, ...] = {"bool": (True, False), "float": (0.0,)}.get(place.returns, ())
        yield from (ast.Constant(value) for value in values)


def slice_(place: Place) -> Iterator[ast.AST]:
    """`a[:n]` or `a[k:]` for `a[k:n]`."""
    node = place.node
    if isinstance(node, ast.Slice):
        if node.lower is not None:
            yield ast.Slice(None, node.upper, node.step)
        if node.upper is not None:
            yield ast.Slice(node.lower, None, node.step)


def element(place: Place) -> Iterator[ast.AST]:
    """The last of several that are gone through, looked in, or given names, left out."""
    node, looked_in = place.node, place.field in ("iter", "comparators")
    if looked_in and isinstance(node, ast.Tuple | ast.List | ast.Set) and len(node.elts) > 1:
        yield ast.Tuple(node.elts[:-1], ast.Load())
    if isinstance(node, ast.Dict) and node.keys and not isinstance(place.parent, ast.Call):
        yield ast.Dict(node.keys[:-1], node.values[:-1])


def swap(place: Place) -> Iterator[ast.AST]:
    """Two arguments, or two values that are returned, exchanged."""
    node = place.node
    pair = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
    if len(pair) != 2 or any(isinstance(one, ast.Starred | ast.Constant) for one in pair):
        return
    if isinstance(node, ast.Call) and _called(node) not in SYMMETRIC:
        yield ast.Call(node.func, pair[::-1], node.keywords)
    if isinstance(node, ast.Tuple) and isinstance(place.parent, ast.Return | ast.Yield):
        yield ast.Tuple(pair[::-1], ast.Load())


# Not worth exchanging: it changes nothing, or nothing would run.
SYMMETRIC = (*EXTREMES, "hypot", "zip", "isinstance", "cast", "product", "reshape", "full", "full_like")

OPERATORS: dict[str, Operator] = {
    "boundary": boundary, "opposite": opposite, "nan": nan, "loose": loose, "guard": guard, "operand": operand,
    "sign": sign, "number": number, "twin": twin, "call": call, "statement": statement, "answer": answer,
    "slice": slice_, "element": element, "swap": swap,
}  # fmt: skip
