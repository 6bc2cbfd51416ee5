"""`check --as`: optimizers of every form, right ones and those of the catalogue."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gradagree
from gradagree.cli.outcome import Outcome
from gradagree.diagnosis.catalogue import MISTAKES
from tests.support.checking import command, written

IMPORTS = {
    "torch": "import torch",
    "jax": "import jax\nimport jax.numpy as jnp\nimport optax",
    "numpy": "import numpy as np",
}
CODES = [code for code, mistake in MISTAKES.items() if mistake.kind == "optimizer"]


def made(text: str, framework: str) -> Any:
    """What the last statement of a piece of code defines."""
    for module in ["optax"] if framework == "jax" else [framework]:
        pytest.importorskip(module)
    module: dict[str, Any] = {}
    exec(compile(f"{IMPORTS[framework]}\n{text}", "<optimizer>", "exec"), module)
    return list(module.values())[-1]


def checked(text: str, framework: str, like: str, dtype: str = "float32") -> Outcome:
    """The answer about an optimizer of this process."""
    return gradagree.check_optimizer(made(text, framework), like=like, framework=framework, dtype=dtype)


@pytest.mark.parametrize("code", CODES)
def test_check_optimizer_wrong_one_of_the_catalogue_gets_its_code(code: str) -> None:
    entry = MISTAKES[code]
    answer = checked(entry.wrong, entry.framework, entry.like)
    assert answer.code == code, str(answer)
    assert answer.verdict is gradagree.Verdict.DISAGREES
    assert answer.first_violation is not None


@pytest.mark.parametrize("code", CODES)
def test_check_optimizer_right_one_of_the_catalogue_agrees(code: str) -> None:
    entry = MISTAKES[code]
    answer = checked(entry.right, entry.framework, entry.like)
    assert answer, str(answer)
