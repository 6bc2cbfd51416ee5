"""The catalogue's own loops: each wrong one gets its code, each right one is exact descent."""

from __future__ import annotations

import pytest

from gradagree.checking.verdict import Verdict
from gradagree.diagnosis.catalogue import MISTAKES
from tests.support.diagnosing import WIDE, judged, snippet, wrong

pytestmark = pytest.mark.sweep

NUMERIC = [code for code, mistake in MISTAKES.items() if mistake.kind == "numeric"]
FEW = 24  # steps; elsewhere these mistakes are met with more


@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize("code", NUMERIC)
def test_diagnose_wrong_loop_gets_its_code(code: str, dtype: str) -> None:
    verdict, found = judged(*wrong(code), dtype, FEW)
    assert found.code == code
    assert verdict in (Verdict.DISAGREES, Verdict.INVALID)


RIGHT = sorted({(m.framework, m.right) for m in MISTAKES.values() if not m.like})


@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize("right", RIGHT, ids=lambda right: f"{right[0]}{RIGHT.index(right)}")
def test_diagnose_right_loop_is_exact_descent(right: tuple[str, str], dtype: str) -> None:
    verdict, found = judged(snippet(*right), right[0], dtype, FEW)
    assert verdict is Verdict.AGREES
    assert found.code is None
    assert found.best is None
