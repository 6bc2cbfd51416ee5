"""The verifier mutated: a patch breaks the judge or its truth in one place, and a test must notice.

A patch names the file, the text that stands there exactly once, what is put in its place, and the tests that are to
notice, the quickest first.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patch:
    """One mutant of the verifier.

    Parameters
    ----------
    name
        what is broken, in words.
    file
        which file, from the root of the checkout.
    old, new
        the text that stands there once, and what replaces it.
    tests
        the test files that are run, in this order, until one fails.
    survives
        why no test can notice, where that is so: the mutant is then expected to survive.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    survives: str = ""
