"""What goes with a step in torch and optax: clipping, loss scaling, averages, clearing, resuming, late parameters."""

from __future__ import annotations

import importlib
import io
from typing import Any

import numpy as np
import pytest

from gradagree.runtime.frameworks import installed
from reference import clipping
from reference.formats import BY_NAME

torch = pytest.importorskip("torch")

GRADIENTS = [np.array([[3.0, -4.0], [0.5, 0.0]]), np.array([12.0]), np.array(2.0)]
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 0.1, "momentum": 0.9},
    "Adam": {"amsgrad": True},
    "AdamW": {},
    "Adamax": {},
    "RAdam": {},
    "RMSprop": {"momentum": 0.9, "centered": True},
    "Adagrad": {"lr_decay": 0.1},
    "Adadelta": {},
    "Rprop": {},
    "NAdam": {},
    "ASGD": {"t0": 2.0},
}


def parameters(dtype: str) -> list[Any]:
    """Parameters with gradients."""
    found = []
    for gradient in GRADIENTS:
        p = torch.zeros(gradient.shape, dtype=getattr(torch, dtype), requires_grad=True)
        p.grad = torch.tensor(gradient, dtype=p.dtype)
        found.append(p)
    return found


def agrees(got: list[np.ndarray[Any, Any]], expected: clipping.Clipped) -> bool:
    """Whether every clipped entry is within its bound."""
    return all(
        bool(np.all(np.abs(g - e) <= b)) for g, e, b in zip(got, expected.gradients, expected.bounds, strict=True)
    )


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
@pytest.mark.parametrize("foreach", [False, True])
@pytest.mark.parametrize("most", [1.0, 13.0, 14.0])
def test_torch_clipping_by_norm_is_within_its_bound(dtype: str, foreach: bool, most: float) -> None:
    stored = BY_NAME[dtype]
    clipped = parameters(dtype)
    norm = torch.nn.utils.clip_grad_norm_(clipped, most, foreach=foreach)
    got = [p.grad.double().numpy() for p in clipped]
    expected = clipping.by_norm(GRADIENTS, most, stored)
    assert agrees(got, expected)
    assert abs(float(norm) - expected.norm) <= expected.norm_bound
    # Far more than a rounding off: another norm, a factor squared, no clipping.
    assert not agrees(got, clipping.by_norm(GRADIENTS, most / 1.25, stored))
    if dtype == "float64" and most == 1.0:
        assert not agrees(got, clipping.by_norm(GRADIENTS, most, stored, eps=0.0))


@pytest.mark.skipif(not installed("jax"), reason="jax is not installed")
@pytest.mark.parametrize("most", [1.0, 13.0, 14.0])
def test_optax_clipping_by_norm_is_within_its_bound(most: float) -> None:
    optax = pytest.importorskip("optax")
    import jax.numpy as jnp

    tree = [jnp.asarray(gradient, jnp.float32) for gradient in GRADIENTS]
    clipped, _ = optax.clip_by_global_norm(most).update(tree, optax.EmptyState())
    got = [np.asarray(each, dtype=np.float64) for each in clipped]
    assert agrees(got, clipping.by_norm(GRADIENTS, most, BY_NAME["float32"], eps=0.0))
    assert not agrees(got, clipping.by_norm(GRADIENTS, most / 1.25, BY_NAME["float32"], eps=0.0))


@pytest.mark.parametrize("foreach", [False, True])
def test_torch_clipping_by_value_is_exact(foreach: bool) -> None:
    clipped = parameters("float32")
    torch.nn.utils.clip_grad_value_(clipped, 2.5, foreach=foreach)
    for p, gradient in zip(clipped, GRADIENTS, strict=True):
        assert np.array_equal(p.grad.numpy(), np.clip(gradient, -2.5, 2.5))


def scaled_run(name: str, mode: dict[str, bool], overflows: tuple[bool, ...]) -> Any:
    """An optimizer's parameter after steps under a loss scale, of which some overflow."""
    p = torch.ones(5, requires_grad=True)
    optimizer = getattr(torch.optim, name)([p], **{"lr": 0.1, **mode})
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
    for k, overflow in enumerate(overflows):
        optimizer.zero_grad()
        scaler.scale(p.sum() * (k + 1.0)).backward()
        if overflow:
            p.grad[1] = float("inf")
        scaler.step(optimizer)
        scaler.update()
    return p.detach(), scaler.get_scale()


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Adagrad"])
@pytest.mark.parametrize(
    "mode", [{"foreach": False}, {"foreach": True}, {"fused": True}], ids=["loop", "foreach", "fused"]
)
@pytest.mark.parametrize("overflows", [(True, False, False), (False, True, False), (False,) * 4])
def test_torch_scaler_leaves_out_the_steps_that_overflow(
    name: str, mode: dict[str, bool], overflows: tuple[bool, ...]
) -> None:
    got, scale = scaled_run(name, mode, overflows)
    p = torch.ones(5, requires_grad=True)
    optimizer = getattr(torch.optim, name)([p], lr=0.1, **mode)
    for k, overflow in enumerate(overflows):
        p.grad = torch.full_like(p, k + 1.0)
        if not overflow:
            optimizer.step()
    assert torch.equal(got, p.detach())  # the scale is a power of two
    growth, since = 8.0, 0
    for overflow in overflows:
        growth, since = (growth / 2, 0) if overflow else (growth * 2, 0) if since == 1 else (growth, since + 1)
    assert scale == growth


@pytest.mark.parametrize("several", [False, True])
def test_torch_moving_average_begins_at_the_first_value(several: bool) -> None:
    swa_utils: Any = importlib.import_module("torch.optim.swa_utils")
    model: Any = torch.nn.Linear(1, 1, bias=False, dtype=torch.float64)
    make = swa_utils.get_ema_multi_avg_fn if several else swa_utils.get_ema_avg_fn
    average = swa_utils.AveragedModel(model, **{"multi_avg_fn" if several else "avg_fn": make(0.75)})
    exact = None
    for value in (1.0, -2.0, 4.0, 0.5):
        torch.nn.init.constant_(model.weight, value)
        average.update_parameters(model)
        exact = value if exact is None else 0.75 * exact + 0.25 * value
    assert average.module.weight.item() == exact  # dyadic, so that nothing rounds


@pytest.mark.parametrize("set_to_none", [False, True])
def test_momentum_moves_a_parameter_whose_gradient_was_zeroed_and_not_one_without(set_to_none: bool) -> None:
    p = torch.ones(2, requires_grad=True)
    optimizer = torch.optim.SGD([p], lr=0.5, momentum=0.5)
    p.grad = torch.ones(2)
    optimizer.step()
    optimizer.zero_grad(set_to_none=set_to_none)
    optimizer.step()
    assert p.tolist() == ([0.5, 0.5] if set_to_none else [0.25, 0.25])


def run(name: str, dtype: str, foreach: bool, resumed: bool) -> Any:
    """Twelve steps, saved and loaded in the middle if resumed; a parameter and a group come late."""
    torch.manual_seed(0)
    p, late = (torch.randn(9, dtype=getattr(torch, dtype)).requires_grad_() for _ in range(2))

    def make() -> Any:
        return getattr(torch.optim, name)([p], **OPTIMIZERS[name], foreach=foreach)

    optimizer = make()
    for step in range(12):
        if step == 3:
            optimizer.add_param_group({"params": [late], "lr": 0.05})
        if step == 7 and resumed:
            file = io.BytesIO()
            torch.save(optimizer.state_dict(), file)
            file.seek(0)
            optimizer = make()
            optimizer.add_param_group({"params": [late]})
            optimizer.load_state_dict(torch.load(file))
        p.grad = torch.randn_like(p)
        late.grad = torch.randn_like(late) if step > 3 else None
        optimizer.step()
    return torch.cat([p.detach(), late.detach()])


@pytest.mark.parametrize("foreach", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_torch_optimizer_resumed_from_state_dict_goes_on_bit_for_bit(name: str, dtype: str, foreach: bool) -> None:
    same = torch.equal(run(name, dtype, foreach, resumed=False), run(name, dtype, foreach, resumed=True))
    # Its product of momenta is float32 before, and has the parameters' dtype after: `nadam_product.py`.
    assert same is not (name == "NAdam" and dtype == "float64")
