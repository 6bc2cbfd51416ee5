"""Keras' optimizers. Source: Keras 3.15, `keras/src/optimizers`; decay is decoupled in all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reference.optimizers import Optimizer
from reference.optimizers.adadelta import Adadelta
from reference.optimizers.adagrad import Adagrad
from reference.optimizers.adam import Adam
from reference.optimizers.adamax import Adamax
from reference.optimizers.lion import Lion
from reference.optimizers.nadam import NAdam
from reference.optimizers.rmsprop import RMSprop
from reference.optimizers.sgd import SGD

Decay = float | None


def sgd(learning_rate: float = 0.01, momentum: float = 0.0, nesterov: bool = False, weight_decay: Decay = None) -> SGD:
    """`keras.optimizers.SGD`."""
    return SGD(
        learning_rate, momentum, nesterov=nesterov, weight_decay=weight_decay or 0.0, decoupled=True,
        lr_inside_buffer=True,
    )  # fmt: skip


def adam(
    learning_rate: float = 1e-3, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7,
    amsgrad: bool = False, weight_decay: Decay = None,
) -> Adam:  # fmt: skip
    """`keras.optimizers.Adam`."""
    return Adam(
        learning_rate, (beta_1, beta_2), epsilon, weight_decay or 0.0, True, amsgrad, eps_before_correction=True
    )


def adamw(
    learning_rate: float = 1e-3, weight_decay: Decay = 4e-3, beta_1: float = 0.9, beta_2: float = 0.999,
    epsilon: float = 1e-7, amsgrad: bool = False,
) -> Adam:  # fmt: skip
    """`keras.optimizers.AdamW`."""
    return adam(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay)


def adamax(
    learning_rate: float = 1e-3, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7,
    weight_decay: Decay = None,
) -> Adamax:  # fmt: skip
    """`keras.optimizers.Adamax`."""
    betas = (beta_1, beta_2)
    return Adamax(learning_rate, betas, epsilon, weight_decay or 0.0, decoupled=True, eps_after_maximum=True)


def nadam(
    learning_rate: float = 1e-3, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7,
    weight_decay: Decay = None,
) -> NAdam:  # fmt: skip
    """`keras.optimizers.Nadam`."""
    return NAdam(learning_rate, (beta_1, beta_2), epsilon, weight_decay or 0.0, momentum_decay=1.0, decoupled=True)


def rmsprop(
    learning_rate: float = 1e-3, rho: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-7,
    centered: bool = False, weight_decay: Decay = None,
) -> RMSprop:  # fmt: skip
    """`keras.optimizers.RMSprop`."""
    return RMSprop(
        learning_rate, rho, epsilon, weight_decay or 0.0, momentum, centered, decoupled=True, eps_inside_root=True,
        lr_inside_buffer=True,
    )  # fmt: skip


def adagrad(
    learning_rate: float = 1e-3, initial_accumulator_value: float = 0.1, epsilon: float = 1e-7,
    weight_decay: Decay = None,
) -> Adagrad:  # fmt: skip
    """`keras.optimizers.Adagrad`."""
    return Adagrad(
        learning_rate, weight_decay=weight_decay or 0.0, initial_accumulator_value=initial_accumulator_value,
        eps=epsilon, decoupled=True, eps_inside_root=True,
    )  # fmt: skip


def adadelta(
    learning_rate: float = 1e-3, rho: float = 0.95, epsilon: float = 1e-7, weight_decay: Decay = None
) -> Adadelta:
    """`keras.optimizers.Adadelta`."""
    return Adadelta(learning_rate, rho, epsilon, weight_decay or 0.0, decoupled=True)


def lion(learning_rate: float = 1e-3, beta_1: float = 0.9, beta_2: float = 0.99, weight_decay: Decay = None) -> Lion:
    """`keras.optimizers.Lion`."""
    return Lion(learning_rate, (beta_1, beta_2), weight_decay or 0.0)


OPTIMIZERS: Mapping[str, Callable[..., Optimizer]] = {
    f.__name__: f for f in (sgd, adam, adamw, adamax, nadam, rmsprop, adagrad, adadelta, lion)
}
