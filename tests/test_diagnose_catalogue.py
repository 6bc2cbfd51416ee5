"""The catalogue's own loops: each wrong one gets its code, each right one is exact descent."""

from __future__ import annotations

import pytest

from gradagree.mistakes import MISTAKES
from gradagree.verdict import Verdict
from tests.diagnosing import WIDE, diagnosis, snippet, verdict

SILENT = [m for m in MISTAKES.values() if not m.loud]


def test_codes_are_keys() -> None:
    assert all(code == mistake.code for code, mistake in MISTAKES.items())
    assert list(MISTAKES) == sorted(MISTAKES)


@pytest.mark.parametrize("code", MISTAKES)
def test_entry_is_complete(code: str) -> None:
    mistake = MISTAKES[code]
    for text in (mistake.name, mistake.explanation, mistake.remedy, mistake.wrong, mistake.right):
        assert text.strip()
    assert mistake.loud == (mistake.semantics is None) == bool(mistake.symptoms)


@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize("code", [m.code for m in SILENT])
def test_wrong_loop_is_recognised(code: str, dtype: str) -> None:
    mistake = MISTAKES[code]
    loop = snippet(mistake.framework, mistake.wrong)
    assert diagnosis(loop, mistake.framework, dtype, confirmed=True).code == code
    assert verdict(loop, mistake.framework, dtype) in (Verdict.DISAGREES, Verdict.INVALID)


@pytest.mark.parametrize("right", sorted({(m.framework, m.right) for m in MISTAKES.values()}), ids=lambda r: r[0])
@pytest.mark.parametrize("dtype", WIDE)
def test_right_loop_is_exact_descent(right: tuple[str, str], dtype: str) -> None:
    found = diagnosis(snippet(*right), right[0], dtype)
    assert found.code is None
    assert found.best is None
    assert verdict(snippet(*right), right[0], dtype) is Verdict.AGREES
