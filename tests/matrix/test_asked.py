"""Options as they were given: comma lists, names that there are none of, and what is near them."""

import pytest

from gradagree.errors import UsageError
from gradagree.matrix import registry
from gradagree.matrix.argument_types import split
from gradagree.matrix.options import SelectionOptions, check_names, nearest
from gradagree.matrix.selection import Selection

OPTIONS = ("impl", "device", "dtype", "problem", "require")
CHOICES = Selection(SelectionOptions(), registry.first_order(), registry.second_order(), (), ("cpu",)).choices()


@pytest.mark.parametrize(
    ("text", "entries"),
    [("a", ["a"]), ("a,b", ["a", "b"]), (" a , b,", ["a", "b"]), ("", [""]), (",", [","])],
)
def test_a_comma_list(text: str, entries: list[str]) -> None:
    assert split(text) == entries


def test_files_are_told_from_names() -> None:
    asked = SelectionOptions(impl=("torch_manual", "my_loop.py", "deep/my_loop.py:descend"))
    assert (asked.names, asked.files) == (["torch_manual"], ["my_loop.py", "deep/my_loop.py:descend"])


def test_auto_demands_nothing() -> None:
    assert SelectionOptions(device=("auto",)).demanded == set()
    assert SelectionOptions(device=("auto", "cuda"), require=("jax",)).demanded == {"cuda", "jax"}


@pytest.mark.parametrize(
    ("asked", "chooses"),
    [
        (SelectionOptions(), False),
        (SelectionOptions(device=("auto",), require=("jax",), depth="full"), False),
        (SelectionOptions(impl=("my_loop.py",)), True),
        (SelectionOptions(device=("cpu",)), True),
        (SelectionOptions(dtype=("float32",)), True),
        (SelectionOptions(problem=("probe97",)), True),
    ],
)
def test_which_options_choose_cells(asked: SelectionOptions, chooses: bool) -> None:
    assert asked.chooses is chooses


@pytest.mark.parametrize(
    ("asked", "begins", "ends"),
    [
        (
            SelectionOptions(impl=("torch_manul",)),
            "--impl: got 'torch_manul', near torch_manual; one of torch_manual, ",
            "jax_product, or a file with a loop of your own, FILE.py:FUNCTION, will do",
        ),
        (
            SelectionOptions(dtype=("float32", "flot32")),
            "--dtype: got 'flot32', near float32; one of float",
            "float16 will do",
        ),
        (SelectionOptions(device=("gpu",)), "--device: got 'gpu'; one of auto, cpu, cuda, ", "xpu will do"),
        (
            SelectionOptions(problem=("stack",)),
            "--problem: got 'stack', near stackoverflow; one of ",
            "million will do",
        ),
        (SelectionOptions(require=("jx",)), "--require: got 'jx', near jax; one of cpu, ", "jax, numpy, torch will do"),
        (SelectionOptions(require=("auto",)), "--require: got 'auto'; one of cpu, ", "jax, numpy, torch will do"),
        (SelectionOptions(depth="ful"), "--depth: got 'ful', near full; one of quick, full will do", "full will do"),
        (SelectionOptions(dtype=("",)), "--dtype: got ''; one of float64", "float16 will do"),
        (
            SelectionOptions(device=("cpu", "cuda")),
            "--device cuda: there is no such device on this machine, only cpu",
            "only cpu",
        ),
        (
            SelectionOptions(require=("tpu",)),
            "--require tpu: there is no such device on this machine, only cpu",
            "only cpu",
        ),
    ],
)
def test_what_there_is_none_of_is_refused_in_one_sentence(asked: SelectionOptions, begins: str, ends: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_names(asked, CHOICES, ("cpu",))
    sentence = str(refused.value)
    assert sentence.startswith(begins)
    assert sentence.endswith(ends)
    assert "\n" not in sentence


def test_every_choice_is_taken() -> None:
    devices = [name for name in CHOICES["device"] if name != "auto"]
    for depth in CHOICES["depth"]:
        impl, device, dtype, problem, require = (CHOICES[option] for option in OPTIONS)
        check_names(SelectionOptions(impl, device, dtype, problem, require, depth), CHOICES, devices)


def test_no_name_means_two_implementations() -> None:
    assert len(set(CHOICES["impl"])) == len(CHOICES["impl"])


def test_what_is_too_far_is_not_called_near() -> None:
    assert nearest("abacus", ["cpu", "cuda"]) == ""
    assert nearest("CUD", ["cpu", "cuda"]) == ", near cuda"
