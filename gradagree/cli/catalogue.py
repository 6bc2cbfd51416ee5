"""`explain CODE` tells the whole story of a mistake, or of a remark; `list` says what there is."""

from __future__ import annotations

import difflib
import textwrap

from gradagree.diagnosis.catalogue import ENTRIES, MISTAKES, REMARKS
from gradagree.errors import UsageError
from gradagree.matrix import registry
from gradagree.matrix.options import SelectionOptions
from gradagree.matrix.selection import Selection
from gradagree.runtime import devices
from reference import claims, problems
from reference.named_claims import NAMED

WIDTH = 100


def story(code: str) -> str:
    """An entry of the catalogue: what happens and why, what cannot be told from it, both loops, and how to mend it.

    A remark, which is of a run without a mistake, has no loops.

    Raises
    ------
    UsageError
        if there is no such code.
    """
    entry = ENTRIES.get(code.upper())
    if entry is None:
        near = difflib.get_close_matches(code.upper(), ENTRIES, 3)
        likely = f" (near it: {', '.join(near)})" if near else ""
        raise UsageError(f"explain: there is no mistake {code!r}{likely}; `python -m gradagree list` names them all")
    parts = [f"{entry.code}: {entry.name}", *map(_wrapped, (*entry.happens, *entry.why))]
    parts += [_wrapped(f"{sentence[:1].upper()}{sentence[1:]}.") for sentence in entry.same_record]
    if entry.framework:
        parts.append(f"Wrong ({entry.framework}):\n\n{textwrap.indent(entry.wrong, '    ')}")
        parts.append(f"Right:\n\n{textwrap.indent(entry.right, '    ')}")
    return "\n\n".join([*parts, _wrapped(f"Help: {entry.remedy}.")])


def everything() -> str:
    """The problems, the implementations, whatever else an option can name, and mistakes and remarks, a line each."""
    lines = ["problems (pytest --problem)"]
    for name in problems.NAMES:
        problem = problems.load(name)
        (rows, d), m = problem.x.shape, problem.y.shape[1]
        lines.append(
            f"  {name:<22} {rows} rows, {d} feature(s), {m} target(s), {problem.steps} steps, lr {problem.lr:g}"
        )
    first, second = registry.first_order(), registry.second_order()
    for title, entries in (("implementations", first), ("second derivatives", second)):
        lines += ["", f"{title} (pytest --impl)"]
        lines += [f"  {entry.name:<22} {entry.about}; in {', '.join(entry.dtypes)}" for entry in entries]
    choices = Selection(SelectionOptions(), first, second, (), devices.present()).choices()
    for option in ("device", "dtype", "depth", "require"):
        lines += ["", f"pytest --{option}", *(f"  {name}" for name in choices[option])]
    lines += ["", "claims about arithmetic (check --claim, pytest --impl FILE --claim)"]
    lines += [f"  {name:<22} {claim.about} ({claim.source})" for name, claim in NAMED.items()]
    lines += [f"  {'FIELD=VALUE':<22} {', '.join(claims.FIELDS)}; `reference/arithmetic.py` says what each is"]
    lines += ["", "mistakes"]
    lines += [f"  {mistake.code:<22} {mistake.name}" for mistake in MISTAKES.values()]
    lines += ["", "remarks, of runs and data without a mistake"]
    lines += [f"  {remark.code:<22} {remark.name}" for remark in REMARKS.values()]
    return "\n".join(lines)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_on_hyphens=False)
