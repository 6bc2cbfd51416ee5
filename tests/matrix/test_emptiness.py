"""A selection that leaves nothing: it is found out, the reason is the right one, and what would do does."""

import dataclasses
import re
from itertools import product
from typing import Any

import pytest

from gradagree.matrix import no_cells_error, registry
from gradagree.matrix.options import SelectionOptions
from gradagree.matrix.selection import Selection
from reference.formats import BY_NAME


def selection(present: tuple[str, ...] = ("cpu",), **options: Any) -> Selection:
    return Selection(SelectionOptions(**options), registry.first_order(), registry.second_order(), (), present)


EMPTY = [
    (
        selection(("cpu", "mps"), impl=["torch_manual"], device=["mps"], dtype=["float64"]),
        "the options --impl torch_manual --device mps --dtype float64 leave no cell: "
        "torch_manual in float64 on stackoverflow: Apple's GPUs have no float64; --device cpu will do",
    ),
    (
        selection(("cpu", "cuda"), impl=["numpy_analytic"], device=["cuda"]),
        "the options --impl numpy_analytic --device cuda leave no cell: "
        "numpy_analytic runs on cpu alone; --device cpu will do",
    ),
    (
        selection(impl=["numpy_analytic"], dtype=["bfloat16"]),
        "the options --impl numpy_analytic --dtype bfloat16 leave no cell: "
        "numpy_analytic runs in float32, float64 or float16 alone; --dtype float64, float32 or float16 will do",
    ),
    (
        selection(impl=["torch_amp", "torch_amp_float16"], dtype=["float64", "bfloat16"]),
        "the options --impl torch_amp,torch_amp_float16 --dtype float64,bfloat16 leave no cell: "
        "torch_amp runs in float32 alone; --dtype float32 will do",
    ),
    (
        selection(impl=["torch_compile"], dtype=["float64"]),
        "the options --impl torch_compile --dtype float64 leave no cell: "
        "--depth quick has none of torch_compile; --depth full will do",
    ),
    (
        selection(impl=["jax_grad"], dtype=["float32"], problem=["tiny_float32"], depth="full"),
        "the options --impl jax_grad --dtype float32 --problem tiny_float32 --depth full leave no cell: "
        "jax_grad in float32 on tiny_float32: subnormals are flushed: zero is as right as anything; "
        "--problem stackoverflow, stackoverflow_noisy, probe97, lattice_64 or lattice_64_targets will do",
    ),
    (
        selection(impl=["torch_hessian"], dtype=["float32"], problem=["single_row"]),
        "the options --impl torch_hessian --dtype float32 --problem single_row leave no cell: "
        "torch_hessian in float32 on single_row: second derivatives are taken on probe97, targets, offset, scales, "
        "layouts_strided, tails_params_17 alone; "
        "--problem probe97, targets, tails_params_17, layouts_strided or offset will do",
    ),
    (
        selection(("cpu", "cuda"), impl=["numpy_analytic"], dtype=["bfloat16"], device=["cuda"]),
        "the options --impl numpy_analytic --device cuda --dtype bfloat16 leave no cell: "
        "numpy_analytic runs on cpu alone; "
        "--impl torch_manual, torch_rebind, torch_data, torch_optim or torch_optim_foreach will do",
    ),
    (
        # Loops for another device have lines in the table, but are not what was asked for.
        selection(dtype=["float32"], problem=["tiny_float16"]),
        "the options --dtype float32 --problem tiny_float16 leave no cell: "
        "torch_manual in float32 on tiny_float16: its numbers are subnormal in float16 alone; --dtype float16 will do",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("empty", "sentence"), EMPTY, ids=[str(empty.asked) for empty, _ in EMPTY])
def test_why_there_is_none(empty: Selection, sentence: str) -> None:
    assert empty.first() is None
    assert no_cells_error.sentence(empty) == sentence


@pytest.mark.parametrize("depth", ["quick", "full"])
@pytest.mark.parametrize(
    "implementation", [entry.name for entry in (*registry.first_order(), *registry.second_order())]
)
def test_every_remedy_does(implementation: str, depth: str) -> None:
    """What the sentence says would do is tried: each value by itself, and there are cells."""
    problems: list[list[str]] = [[], ["tiny_float16"], ["layouts_strided"], ["scales"]]
    for dtype, problem, device in product(BY_NAME, problems, ([], ["cuda"])):
        found = selection(
            ("cpu", "cuda"), impl=[implementation], dtype=[dtype], problem=problem, device=device, depth=depth
        )
        if found.first() is not None:
            continue
        *_, last = no_cells_error.sentence(found).split("; ")
        remedy = re.fullmatch(r"--(\w+) (.+) will do", last)
        if remedy is None:
            assert last == "fewer options will do"
            continue
        option, values = remedy[1], re.split(", | or ", remedy[2])
        for value in values:
            instead: Any = value if option == "depth" else [value]
            asked = dataclasses.replace(found.asked, **{option: instead})
            assert dataclasses.replace(found, asked=asked).first() is not None


def test_a_loop_for_another_device_is_no_empty_selection_where_it_was_asked_for() -> None:
    found = selection(impl=["torch_tf32"]).first()
    assert str(found) == "torch_tf32-cuda-float32-stackoverflow"


def test_one_other_value_may_not_be_enough() -> None:
    empty = selection(
        ("cpu", "cuda"), impl=["numpy_analytic"], device=["cuda"], dtype=["float64"], problem=["tiny_float32"]
    )
    assert no_cells_error.sentence(empty).endswith("numpy_analytic runs on cpu alone; fewer options will do")


@pytest.mark.parametrize(
    ("keyword", "near"),
    [
        ("nonsense", ""),
        ("torhc and float32", ", near torch"),
        ("jax and flaot32", ", near float32"),
        ("torch and not torch", ""),
    ],
)
def test_what_is_said_where_no_name_matches(keyword: str, near: str) -> None:
    told = no_cells_error.unmatched(keyword, selection(dtype=["float32"]))
    assert told == (
        f"-k {keyword!r} matches no test here{near}; cells are called as torch_manual-cpu-float32-stackoverflow, "
        "so that -k torch or -k 'torch and float32' will do"
    )
