"""optax' optimizers. Source: optax 0.2.8, `optax/_src/alias.py`; masks and dtypes of state are left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reference.optimizers import Optimizer
from reference.optimizers.adadelta import Adadelta
from reference.optimizers.adagrad import Adagrad
from reference.optimizers.adam import Adam
from reference.optimizers.adamax import Adamax
from reference.optimizers.lion import Lion
from reference.optimizers.radam import RAdam
from reference.optimizers.rmsprop import RMSprop
from reference.optimizers.rprop import Rprop
from reference.optimizers.sgd import SGD


def sgd(learning_rate: float, momentum: float | None = None, nesterov: bool = False) -> SGD:
    """`optax.sgd`; without momentum there is no Nesterov's step either."""
    return SGD(learning_rate, momentum or 0.0, nesterov=nesterov and bool(momentum))


def adam(
    learning_rate: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8, eps_root: float = 0.0,
    nesterov: bool = False,
) -> Adam:  # fmt: skip
    """`optax.adam`."""
    return Adam(learning_rate, (b1, b2), eps, eps_root=eps_root, nesterov=nesterov)


def adamw(
    learning_rate: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8, eps_root: float = 0.0,
    weight_decay: float = 1e-4, nesterov: bool = False,
) -> Adam:  # fmt: skip
    """`optax.adamw`."""
    return Adam(learning_rate, (b1, b2), eps, weight_decay, True, eps_root=eps_root, nesterov=nesterov)


def nadam(learning_rate: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8, eps_root: float = 0.0) -> Adam:
    """`optax.nadam`."""
    return adam(learning_rate, b1, b2, eps, eps_root, nesterov=True)


def nadamw(
    learning_rate: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8, eps_root: float = 0.0,
    weight_decay: float = 1e-4,
) -> Adam:  # fmt: skip
    """`optax.nadamw`."""
    return adamw(learning_rate, b1, b2, eps, eps_root, weight_decay, nesterov=True)


def amsgrad(learning_rate: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8, eps_root: float = 0.0) -> Adam:
    """`optax.amsgrad`."""
    return Adam(learning_rate, (b1, b2), eps, amsgrad=True, amsgrad_of_corrected=True, eps_root=eps_root)


def adamax(learning_rate: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8) -> Adamax:
    """`optax.adamax`."""
    return Adamax(learning_rate, (b1, b2), eps)


def adamaxw(
    learning_rate: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8, weight_decay: float = 1e-4
) -> Adamax:
    """`optax.adamaxw`."""
    return Adamax(learning_rate, (b1, b2), eps, weight_decay, decoupled=True)


def radam(learning_rate: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8, threshold: float = 5.0) -> RAdam:
    """`optax.radam`, without `eps_root` and `nesterov`."""
    return RAdam(learning_rate, (b1, b2), eps, threshold=threshold, threshold_included=True, eps_after_correction=True)


def rmsprop(
    learning_rate: float, decay: float = 0.9, eps: float = 1e-8, initial_scale: float = 0.0,
    eps_in_sqrt: bool = True, centered: bool = False, momentum: float | None = None, nesterov: bool = False,
    bias_correction: bool = False,
) -> RMSprop:  # fmt: skip
    """`optax.rmsprop`; without momentum there is no Nesterov's step either."""
    return RMSprop(
        learning_rate, decay, eps, momentum=momentum or 0.0, centered=centered, eps_inside_root=eps_in_sqrt,
        lr_inside_buffer=True, nesterov=nesterov, initial=initial_scale, corrected=bias_correction,
    )  # fmt: skip


def adagrad(learning_rate: float, initial_accumulator_value: float = 0.1, eps: float = 1e-7) -> Adagrad:
    """`optax.adagrad`."""
    return Adagrad(learning_rate, initial_accumulator_value=initial_accumulator_value, eps=eps, eps_inside_root=True)


def adadelta(learning_rate: float, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0.0) -> Adadelta:
    """`optax.adadelta`, whose decay is added to the gradient."""
    return Adadelta(learning_rate, rho, eps, weight_decay)


def rprop(
    learning_rate: float, eta_minus: float = 0.5, eta_plus: float = 1.2, min_step_size: float = 1e-6,
    max_step_size: float = 50.0,
) -> Rprop:  # fmt: skip
    """`optax.rprop`."""
    steps = (min_step_size, max_step_size)
    return Rprop(learning_rate, (eta_minus, eta_plus), steps, prev_holds_step=True, clips_changes=True)


def lion(learning_rate: float, b1: float = 0.9, b2: float = 0.99, weight_decay: float = 1e-3) -> Lion:
    """`optax.lion`."""
    return Lion(learning_rate, (b1, b2), weight_decay)


OPTIMIZERS: Mapping[str, Callable[..., Optimizer]] = {f.__name__: f for f in (
    sgd, adam, adamw, nadam, nadamw, amsgrad, adamax, adamaxw, radam, rmsprop, adagrad, adadelta, rprop, lion
)}  # fmt: skip
