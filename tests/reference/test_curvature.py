"""The bound of a Hessian's entry: reverse mode over reverse mode may come by it from either side of the diagonal."""

import numpy as np

from reference.curvature import Curvature, symmetric, unit_directions
from reference.problems import cast
from tests.support.judging import plain


def test_an_entry_has_the_wider_of_its_two_bounds() -> None:
    bound = Curvature(cast("scales", "float32"), unit_directions(6, 1)).bound(plain("float32"))
    across = np.swapaxes(bound, 0, 1)
    assert (bound != across).any(), "where the two are alike, this tells nothing"
    assert np.array_equal(symmetric(bound), np.where(bound > across, bound, across))
