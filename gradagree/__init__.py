"""The judge: it records a run, compares it with the exact one, and says what it saw.

A number's way through it, and which way imports run:

- `runtime`         somebody else's code, run and recorded: nothing it does can harm the report
- `checking`        a recorded run held against the truth, inside derived bounds
- `diagnosis`       why a run disagrees: a narrower arithmetic, or a mistake of the catalogue
- `matrix`          which cells there are, which are chosen, and one row for each
- `report`          what outlives the terminal: rows in a file, and everything that is made from them
- `pytest_plugin`   the matrix as a pytest plugin
- `cli`             the command line: `python -m gradagree check|explain|list|doctor|report|diff`
- `doctor`          what this machine offers, and the arithmetic that its frameworks really compute in: `python -m
                    gradagree doctor`
- `errors`          what is wrong with what was asked, in one sentence

Used from Python, where nothing is imported before it is asked for, and no framework unless a loop takes its arrays:

>>> import gradagree
>>> def descend(x, y, w, b, lr, steps):
...     for _ in range(steps):
...         residual = x @ w + b - y
...         grad_w, grad_b = 2 * x.T @ residual / len(x), 2 * residual.mean(axis=0)
...         yield w, b, grad_w, grad_b, (residual**2).mean()
...         w, b = w - lr * grad_w, b - lr * grad_b
...     return w, b
>>> answer = gradagree.check(descend, framework="numpy", steps=20)
>>> answer.verdict
<Verdict.AGREES: 'AGREES'>
>>> assert answer, str(answer)  # in a test: where it is wrong, this shows the explanation
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradagree.cli.public import (
        Diagnosis,
        Judgement,
        Outcome,
        Problem,
        Run,
        UsageError,
        Verdict,
        check,
        check_optimizer,
        compare,
        regression,
    )

__all__ = [
    "Diagnosis",
    "Judgement",
    "Outcome",
    "Problem",
    "Run",
    "UsageError",
    "Verdict",
    "check",
    "check_optimizer",
    "compare",
    "regression",
]


def __getattr__(name: str) -> Any:
    """The public names, imported once one of them is asked for (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'gradagree' has no attribute {name!r}")
    from gradagree.cli import public

    return getattr(public, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
