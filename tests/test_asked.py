"""Options as they were given: comma lists, names that there are none of, and what is near them."""

import pytest

from gradagree import roads
from gradagree.asked import Asked, check_names, nearest, split
from gradagree.cli.outcome import UsageError
from gradagree.selection import Selection

OPTIONS = ("impl", "device", "dtype", "problem", "require")
CHOICES = Selection(Asked(), roads.loops(), roads.SECOND, (), ("cpu",)).choices()


@pytest.mark.parametrize(
    ("text", "entries"),
    [("a", ["a"]), ("a,b", ["a", "b"]), (" a , b,", ["a", "b"]), ("", [""]), (",", [","])],
)
def test_a_comma_list(text: str, entries: list[str]) -> None:
    assert split(text) == entries


def test_files_are_told_from_names() -> None:
    asked = Asked(impl=("torch_manual", "my_loop.py", "deep/my_loop.py:descend"))
    assert (asked.names, asked.files) == (["torch_manual"], ["my_loop.py", "deep/my_loop.py:descend"])


def test_auto_demands_nothing() -> None:
    assert Asked(device=("auto",)).demanded == set()
    assert Asked(device=("auto", "cuda"), require=("jax",)).demanded == {"cuda", "jax"}


@pytest.mark.parametrize(
    ("asked", "chooses"),
    [
        (Asked(), False),
        (Asked(device=("auto",), require=("jax",), depth="full"), False),
        (Asked(impl=("my_loop.py",)), True),
        (Asked(device=("cpu",)), True),
        (Asked(dtype=("float32",)), True),
        (Asked(problem=("probe97",)), True),
    ],
)
def test_which_options_choose_cells(asked: Asked, chooses: bool) -> None:
    assert asked.chooses is chooses


@pytest.mark.parametrize(
    ("asked", "begins", "ends"),
    [
        (Asked(impl=("torch_manul",)), "--impl: got 'torch_manul', near torch_manual; one of torch_manual, ",
         "jax_product, or a file with a loop of your own, FILE.py:FUNCTION, will do"),
        (Asked(dtype=("float32", "flot32")), "--dtype: got 'flot32', near float32; one of float", "float16 will do"),
        (Asked(device=("gpu",)), "--device: got 'gpu'; one of auto, cpu, cuda, ", "xpu will do"),
        (Asked(problem=("stack",)), "--problem: got 'stack', near stackoverflow; one of ", "million will do"),
        (Asked(require=("jx",)), "--require: got 'jx', near jax; one of cpu, ", "jax, numpy, torch will do"),
        (Asked(require=("auto",)), "--require: got 'auto'; one of cpu, ", "jax, numpy, torch will do"),
        (Asked(depth="ful"), "--depth: got 'ful', near full; one of quick, full will do", "full will do"),
        (Asked(dtype=("",)), "--dtype: got ''; one of float64", "float16 will do"),
        (Asked(device=("cpu", "cuda")), "--device cuda: there is no such device on this machine, only cpu", "only cpu"),
        (Asked(require=("tpu",)), "--require tpu: there is no such device on this machine, only cpu", "only cpu"),
    ],
)  # fmt: skip
def test_what_there_is_none_of_is_refused_in_one_sentence(asked: Asked, begins: str, ends: str) -> None:
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
        check_names(Asked(impl, device, dtype, problem, require, depth), CHOICES, devices)


def test_no_name_means_two_implementations() -> None:
    assert len(set(CHOICES["impl"])) == len(CHOICES["impl"])


def test_what_is_too_far_is_not_called_near() -> None:
    assert nearest("abacus", ["cpu", "cuda"]) == ""
    assert nearest("CUD", ["cpu", "cuda"]) == ", near cuda"
