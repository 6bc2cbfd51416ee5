"""`explain CODE` tells the whole story of a mistake, or of a remark; `list` says what there is."""

from __future__ import annotations

import difflib
import textwrap

from gradagree.diagnosis.mistakes import MISTAKES
from gradagree.diagnosis.remarks import REMARKS
from gradagree.errors import UsageError
from gradagree.matrix import registry
from gradagree.matrix.options import SelectionOptions
from gradagree.matrix.selection import Selection
from gradagree.runtime import devices
from reference import claims, problems
from reference.named_claims import NAMED

WIDTH = 100


def story(code: str) -> str:
    """A mistake: what it is, why it happens, how to mend it, what cannot be told from it, and both loops.

    A remark, which is of a run without a mistake, has no loops.

    Raises
    ------
    UsageError
        if there is no such code.
    """
    remark, mistake = REMARKS.get(code.upper()), MISTAKES.get(code.upper())
    if remark is not None:
        parts = [f"{remark.code}: {remark.name}", _wrapped(remark.explanation), _wrapped(f"Help: {remark.remedy}.")]
        return "\n\n".join(parts)
    if mistake is None:
        near = difflib.get_close_matches(code.upper(), [*REMARKS, *MISTAKES], 3)
        likely = f" (near it: {', '.join(near)})" if near else ""
        raise UsageError(f"explain: there is no mistake {code!r}{likely}; `python -m gradagree list` names them all")
    parts = [f"{mistake.code}: {mistake.name}", _wrapped(mistake.explanation)]
    parts += [_wrapped(f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}.") for sentence in mistake.family]
    parts += [
        f"Wrong ({mistake.framework}):\n\n{textwrap.indent(mistake.wrong, '    ')}",
        f"Right:\n\n{textwrap.indent(mistake.right, '    ')}",
        _wrapped(f"Help: {mistake.remedy.rstrip('.')}."),
    ]
    return "\n\n".join(part.rstrip() for part in parts)


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
    return textwrap.fill(text, WIDTH)
