"""torch's optimizers. Source: torch 2.13, `torch/optim`; arguments that choose an implementation are left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reference.optimizers import Optimizer
from reference.optimizers.adadelta import Adadelta
from reference.optimizers.adagrad import Adagrad
from reference.optimizers.adam import Adam
from reference.optimizers.adamax import Adamax
from reference.optimizers.asgd import ASGD
from reference.optimizers.nadam import NAdam
from reference.optimizers.radam import RAdam
from reference.optimizers.rmsprop import RMSprop
from reference.optimizers.rprop import Rprop
from reference.optimizers.sgd import SGD

Pair = tuple[float, float]
BETAS = (0.9, 0.999)


def sgd(
    lr: float = 1e-3, momentum: float = 0.0, dampening: float = 0.0, weight_decay: float = 0.0,
    nesterov: bool = False, maximize: bool = False,
) -> SGD:  # fmt: skip
    """`torch.optim.SGD`.

    Raises
    ------
    ValueError
        if Nesterov's step is wanted without momentum, or with dampening.
    """
    if nesterov and (not momentum or dampening):
        raise ValueError("sgd: expected momentum and no dampening beside nesterov, as torch does")
    return SGD(lr, momentum, dampening, nesterov, weight_decay, maximize=maximize)


def adam(
    lr: float = 1e-3, betas: Pair = BETAS, eps: float = 1e-8, weight_decay: float = 0.0, amsgrad: bool = False,
    maximize: bool = False, decoupled_weight_decay: bool = False,
) -> Adam:  # fmt: skip
    """`torch.optim.Adam`."""
    return Adam(lr, betas, eps, weight_decay, decoupled_weight_decay, amsgrad, maximize=maximize)


def adamw(
    lr: float = 1e-3, betas: Pair = BETAS, eps: float = 1e-8, weight_decay: float = 1e-2, amsgrad: bool = False,
    maximize: bool = False,
) -> Adam:  # fmt: skip
    """`torch.optim.AdamW`."""
    return Adam(lr, betas, eps, weight_decay, True, amsgrad, maximize=maximize)


def adamax(
    lr: float = 2e-3, betas: Pair = BETAS, eps: float = 1e-8, weight_decay: float = 0.0, maximize: bool = False
) -> Adamax:
    """`torch.optim.Adamax`."""
    return Adamax(lr, betas, eps, weight_decay, maximize)


def nadam(
    lr: float = 2e-3, betas: Pair = BETAS, eps: float = 1e-8, weight_decay: float = 0.0, momentum_decay: float = 4e-3,
    decoupled_weight_decay: bool = False, maximize: bool = False,
) -> NAdam:  # fmt: skip
    """`torch.optim.NAdam`."""
    return NAdam(lr, betas, eps, weight_decay, momentum_decay, decoupled_weight_decay, maximize)


def radam(
    lr: float = 1e-3, betas: Pair = BETAS, eps: float = 1e-8, weight_decay: float = 0.0,
    decoupled_weight_decay: bool = False, maximize: bool = False,
) -> RAdam:  # fmt: skip
    """`torch.optim.RAdam`."""
    return RAdam(lr, betas, eps, weight_decay, decoupled_weight_decay, maximize)


def rmsprop(
    lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0.0, momentum: float = 0.0,
    centered: bool = False, maximize: bool = False,
) -> RMSprop:  # fmt: skip
    """`torch.optim.RMSprop`."""
    return RMSprop(lr, alpha, eps, weight_decay, momentum, centered, maximize)


def adagrad(
    lr: float = 1e-2, lr_decay: float = 0.0, weight_decay: float = 0.0, initial_accumulator_value: float = 0.0,
    eps: float = 1e-10, maximize: bool = False,
) -> Adagrad:  # fmt: skip
    """`torch.optim.Adagrad`."""
    return Adagrad(lr, lr_decay, weight_decay, initial_accumulator_value, eps, maximize)


def adadelta(
    lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0.0, maximize: bool = False
) -> Adadelta:
    """`torch.optim.Adadelta`."""
    return Adadelta(lr, rho, eps, weight_decay, maximize)


def rprop(lr: float = 1e-2, etas: Pair = (0.5, 1.2), step_sizes: Pair = (1e-6, 50.0), maximize: bool = False) -> Rprop:
    """`torch.optim.Rprop`."""
    return Rprop(lr, etas, step_sizes, maximize)


def asgd(
    lr: float = 1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6, weight_decay: float = 0.0,
    maximize: bool = False,
) -> ASGD:  # fmt: skip
    """`torch.optim.ASGD`."""
    return ASGD(lr, lambd, alpha, t0, weight_decay, maximize)


OPTIMIZERS: Mapping[str, Callable[..., Optimizer]] = {f.__name__: f for f in (
    sgd, adam, adamw, adamax, nadam, radam, rmsprop, adagrad, adadelta, rprop, asgd
)}  # fmt: skip
