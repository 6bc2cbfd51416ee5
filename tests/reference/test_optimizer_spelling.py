"""Optimizers as people write them: what each spelling means, and one sentence for what means nothing."""

from __future__ import annotations

from typing import Any

import pytest

from reference.optimizers.adam import Adam
from reference.optimizers.adamax import Adamax
from reference.optimizers.rmsprop import RMSprop
from reference.optimizers.sgd import SGD
from reference.optimizers.spelling import names, parse


@pytest.mark.parametrize(
    ("text", "optimizer", "name"),
    [
        ("adam", Adam(), "adam()"),
        (" Adam(0.5, betas=[0.5, 0.25]) ", Adam(0.5, (0.5, 0.25)), "adam(lr=0.5, betas=(0.5, 0.25))"),
        ("torch.adamw()", Adam(weight_decay=1e-2, decoupled=True), "torch.adamw()"),
        ("optax.nadam(1)", Adam(1.0, nesterov=True), "optax.nadam(learning_rate=1.0)"),
        ("optax.sgd(0.1, momentum=None)", SGD(0.1), "optax.sgd(learning_rate=0.1, momentum=None)"),
        ("keras.adam", Adam(eps=1e-7, decoupled=True, eps_before_correction=True), "keras.adam()"),
        ("keras.adamax", Adamax(1e-3, eps=1e-7, decoupled=True, eps_after_maximum=True), "keras.adamax()"),
        (
            "keras.rmsprop",
            RMSprop(1e-3, 0.9, 1e-7, decoupled=True, eps_inside_root=True, lr_inside_buffer=True),
            "keras.rmsprop()",
        ),
    ],
)
def test_parse_spelling_is_the_recurrence(text: str, optimizer: Any, name: str) -> None:
    spelled = parse(text)
    assert spelled.optimizer == optimizer
    assert spelled.name == name


@pytest.mark.parametrize("name", names())
def test_parse_every_name_has_a_recurrence(name: str) -> None:
    assert parse(f"{name}(0.5)").optimizer.lr == 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("adm()", r"^expected an optimizer, one of sgd, adam, .*keras\.lion, got 'adm'$"),
        ("jax.adam()", r"^expected an optimizer, one of .*, got 'jax\.adam'$"),
        ("adam(rate=1)", r"^adam: expected one of lr, betas, .*, got 'rate'$"),
        ("adam(1, lr=1)", r"^adam: expected lr once, got it twice$"),
        ("adam(1, 2, 3, 4, 5, 6, 7, 8)", r"^adam: expected at most 7 arguments, got 8$"),
        ("adam(lr=-1)", r"^adam: lr: expected a finite number that is not negative, got -1$"),
        ("adam(lr=1e999)", r"^adam: lr: expected a finite number that is not negative, got inf$"),
        ("adam(betas=0.9)", r"^adam: betas: expected 2 numbers, got 0\.9$"),
        ("adam(betas=(0.9, 1))", r"^adam: betas: expected a number below 1, got 1$"),
        ("adam(amsgrad=1)", r"^adam: amsgrad: expected True or False, got 1$"),
        ("sgd(nesterov=True)", r"^sgd: expected momentum and no dampening beside nesterov"),
        ("optax.adam", r"^optax\.adam: expected learning_rate, which has no default, got none$"),
        ("adam(lr=x)", r"^expected an optimizer as 'adam\(lr=0\.01, betas=\(0\.9, 0\.999\)\)', got 'adam\(lr=x\)'$"),
        ("adam(", r"^expected an optimizer as .*, got 'adam\('$"),
        ("", r"^expected an optimizer as .*, got ''$"),
    ],
)
def test_parse_nonsense_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text)
