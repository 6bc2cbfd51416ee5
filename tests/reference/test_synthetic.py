"""Data made by formula are the same bits everywhere and always: some of them are stored here."""

import hashlib

import numpy as np
import pytest

from reference import problems
from reference.numbers import hashed

# Hashes of (seed, row, column), of 16 bits, as integers.
STORED = {
    1: [[17929, 59391, 39405], [7665, 34392, 36200]],
    2: [[48842, 28936, 35977], [27341, 63517, 63313]],
    400: [[16700, 12410, 45764], [18868, 37046, 39431]],
}
# The first hexadecimal digits of SHA-256 of the float64 bytes of x, y, w0 and b0.
DIGESTS = {
    "lattice_64": "7d4ae9c898fe9cbe",
    "lattice_64_targets": "01752d0fc5cbb08d",
    "lattice_4096": "0853c5274bbba9bd",
    "lattice_4096_targets": "96d709b5b7eda5eb",
    "lattice_wide_entries": "df499856a9a3ae63",
    "dense_lattice_64": "eb5da09e19f47283",
    "dense_lattice_4096": "57133c98937c4a2e",
    "dense_lattice_4096_targets": "2742a4fed0987c94",
    "dense_lattice_32768": "82cab4def2b27b4c",
    "dense_lattice_65536_targets": "bcf4ec943cb44c58",
    "dense_lattice_million": "823c62fb2c1d0adb",
    "long_wide": "4bdbee2a056b34c8",
    "targets": "518b206f1463c285",
    "wide": "9f1aadd22d8bd16e",
    "tails_rows_3": "001d7cc1db42a212",
    "tails_rows_17": "d9728f42ebc86aad",
    "tails_rows_255": "dd79866b1e24bed8",
    "tails_params_3": "a6c52dd0cef83fa2",
    "tails_params_17": "9077dd603d41f2b7",
    "tails_params_255": "90d9f4ea4c3a36a4",
    "layouts_transposed": "452e025f193d055f",
    "layouts_strided": "452e025f193d055f",
    "layouts_offset": "452e025f193d055f",
    "offset": "d464eaedcf18df08",
    "scales": "32368565851377e4",
    "tiny_float32": "0b9cd45b33bbe7b5",
    "tiny_float16": "5c88ccc6892fd785",
    "constant_x": "70e32883298fa827",
    "single_row": "ea22af39f3c34845",
    "diverging": "f2e7ee5dc6b8e72c",
    "million": "6016cfc3b2218cd2",
}


@pytest.mark.parametrize("seed", STORED)
def test_a_hash_is_what_it_was(seed: int) -> None:
    assert (hashed(2, 3, seed) * 2**16).astype(int).tolist() == STORED[seed]


def test_fewer_bits_are_the_leading_ones() -> None:
    wide, narrow = (hashed(5, 2, seed=9, bits=bits) for bits in (16, 4))
    assert np.array_equal(np.floor(wide * 16) / 16, narrow)


def test_numbers_lie_in_the_unit_interval_and_spread_over_it() -> None:
    values = hashed(4096, 1, seed=5)
    assert values.min() >= 0
    assert values.max() < 1
    assert len(np.unique(np.floor(values * 64))) == 64


def digest(name: str) -> str:
    problem = problems.load(name)
    arrays = (problem.x, problem.y, problem.w0, problem.b0)
    return hashlib.sha256(b"".join(np.asarray(a, dtype="<f8").tobytes() for a in arrays)).hexdigest()[:16]


@pytest.mark.parametrize("name", DIGESTS)
def test_a_problem_s_data_are_what_they_were(name: str) -> None:
    assert digest(name) == DIGESTS[name]


def test_every_synthetic_problem_is_stored() -> None:
    made = {name for name in problems.NAMES if not name.startswith("tails_") or name.endswith(("_3", "_17", "_255"))}
    assert set(DIGESTS) == made - {*problems.CLASSIC, "norris"}


@pytest.mark.parametrize("name", ["lattice_4096", "lattice_4096_targets", "lattice_64"])
def test_a_lattice_leaves_a_residual_in_thirty_two_rows(name: str) -> None:
    problem = problems.load(name)
    residual = problem.x @ problem.w0 + problem.b0 - problem.y
    assert (np.abs(residual).max(axis=1) > 0).sum() == 32
    assert set(np.unique(residual)) == {0.0, 1.0, 2.0}
