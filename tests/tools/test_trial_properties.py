"""Whatever the shapes, scales and exponents: no correct evaluation lies beyond its bound, and none of it is NaN."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference.dyadic import FloatArray
from reference.formats import BY_NAME, Format
from reference.problem import regression
from tools.trial.corpus import evaluate, variants
from tools.trial.kill_matrix import DTYPES

pytestmark = pytest.mark.sweep

SAME = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def arrays(draw: st.DrawFn, rows: int, columns: int, form: Format) -> FloatArray:
    """Zeros, duplicates, small numbers on a huge offset, subnormals, and any exponent of the format."""
    kind = draw(st.sampled_from(["any", "any", "same", "offset", "subnormal", "integers"]))
    low, high = form.emin, form.emax // 3
    exponents = {
        "any": st.integers(low, high),
        "same": st.just(draw(st.integers(low, high))),
        "offset": st.just(0),
        "subnormal": st.integers(form.emin - form.precision, form.emin),
        "integers": st.integers(0, 3),
    }[kind]
    digits = st.integers(-(2**form.precision), 2**form.precision)
    if kind == "integers":
        digits = st.integers(-4, 4)
    scale = 1.0 if kind == "integers" else 2.0**-form.precision
    offset = 2.0 ** min(form.precision + 4, high) if kind == "offset" else 0.0
    one = st.builds(lambda m, e: offset + float(np.ldexp(m * scale, e)), digits, exponents)
    pool = draw(st.lists(st.one_of(st.just(0.0), one, one), min_size=1, max_size=6))
    values = draw(st.lists(st.sampled_from(pool), min_size=rows * columns, max_size=rows * columns))
    return np.array(values).reshape(rows, columns)


@pytest.mark.parametrize("dtype", DTYPES)
@SAME
@given(data=st.data())
def test_no_correct_evaluation_is_accused(dtype: str, data: st.DataObject) -> None:
    form = BY_NAME[dtype]
    N, d, m = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    x, y, V = (data.draw(arrays(*shape, form)) for shape in ((N, d), (N, m), (d + 1, m)))
    lr = data.draw(st.one_of(st.floats(0, 2), st.just(form.smallest_normal / 5)))
    problem = regression("drawn", x, y, V[:-1], V[-1], lr, 1).cast(dtype)
    ways = variants(dtype)
    way = ways[data.draw(st.integers(0, len(ways) - 1))]
    order = data.draw(st.permutations(range(N)))
    for quantity, tally in evaluate(problem, problem.V0[None], [list(order)], way).items():
        assert tally.alarmed == [], quantity
