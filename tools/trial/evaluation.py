"""Correct evaluations of gradient, loss and update on a `Machine`: every way the bounds say they cover."""

from __future__ import annotations

import numpy as np

from reference.dyadic import FloatArray
from tools.trial.machine import Machine
from tools.trial.sums import Dot

# Where the factor 2/(N m) goes: one constant on the residual, 2 and 1/(N m) one after the other, or behind the sum;
# or no residual is formed at all.
SCALINGS = ("constant", "twice, then mean", "behind the sum", "through XᵀX")


def residual(machine: Machine, x: FloatArray, y: FloatArray, V: FloatArray, bias_first: bool = False) -> FloatArray:
    """`x @ w + b - y`, `(K, N, m)`, for `x (N, d)`, `y (N, m)` and iterates `V (K, d+1, m)`.

    With `bias_first` the accumulator starts at b, as in a fused linear layer.
    """
    left, right = machine.multiplier(x), machine.multiplier(V[:, :-1])
    b = np.broadcast_to(V[:, None, -1], (len(V), *y.shape))
    factors = [(left[None, :, j, None], right[:, j, None, :]) for j in range(x.shape[1])]
    product = b if bias_first else machine.multiply(*factors.pop(0), machine.accumulate)
    for a, w in factors:
        product = machine.multiply_add(a, w, product)
    product = machine.store(product)
    prediction = product if bias_first else machine.add(product, b)
    return machine.add(prediction, -y[None])


def gradient(
    machine: Machine,
    dot: Dot,
    x: FloatArray,
    y: FloatArray,
    V: FloatArray,
    orders: list[list[int]],
    scaling: str = SCALINGS[0],
    bias_first: bool = False,
) -> FloatArray:
    """`(R, K, p, m)`: the gradient at K iterates, its rows summed in each of R orders."""
    if scaling == "through XᵀX":
        return _through_gram(machine, dot, x, y, V, orders)
    r = residual(machine, x, y, V, bias_first)
    count = float(y.size)
    if scaling == "constant":
        s = machine.multiply(machine.store(np.array(2 / count)), r)
    elif scaling == "twice, then mean":
        s = machine.multiply(machine.store(np.array(1 / count)), machine.multiply(np.array(2.0), r))
    else:
        s = r
    rows = np.array(orders)  # (R, N)
    X = np.hstack([machine.multiplier(x), np.ones((len(x), 1))])
    left = X[rows.T][:, :, None, :, None]  # (N, R, 1, p, 1)
    right = np.moveaxis(machine.multiplier(s)[:, rows.T], 0, 2)[:, :, :, None, :]  # (N, R, K, 1, m)
    total = machine.store(dot(machine, left, right))
    if scaling == "behind the sum":
        total = machine.multiply(machine.store(np.array(2 / count)), total)
    return total


def _through_gram(
    machine: Machine, dot: Dot, x: FloatArray, y: FloatArray, V: FloatArray, orders: list[list[int]]
) -> FloatArray:
    """`(2/(N m)) (XᵀX v - Xᵀy)`, with both products stored first."""
    rows = np.array(orders)
    X = np.hstack([x, np.ones((len(x), 1))])
    left, right = machine.multiplier(X)[rows.T], machine.multiplier(y)[rows.T]  # (N, R, p), (N, R, m)
    gram = machine.store(dot(machine, left[..., :, None], left[..., None, :]))  # (R, p, p)
    cross = machine.store(dot(machine, left[..., :, None], right[..., None, :]))  # (R, p, m)
    gram, v = machine.multiplier(gram), machine.multiplier(V)
    # The unknowns are summed like rows, row by row.
    columns = [(gram[:, None, :, k, None], v[None, :, k, None, :]) for k in range(X.shape[1])]
    total = machine.multiply(*columns[0], machine.accumulate)
    for a, b in columns[1:]:
        total = machine.multiply_add(a, b, total)
    descent = machine.add(machine.store(total), -cross[:, None])
    return machine.multiply(machine.store(np.array(2.0 / y.size)), descent)


def loss(machine: Machine, dot: Dot, x: FloatArray, y: FloatArray, V: FloatArray) -> FloatArray:
    """`(K,)`: the mean of the squared residuals."""
    r = residual(machine, x, y, V)
    flat = np.moveaxis(r.reshape(len(V), -1), 0, 1)
    total = machine.store(dot(machine, flat, flat))
    return machine.multiply(machine.store(np.array(1.0 / y.size)), total)


def update(machine: Machine, V: FloatArray, g: FloatArray, lr: float) -> FloatArray:
    """`V - lr * g` in storage, lr rounded to it first, as a device that knows no other format must."""
    return machine.add(V, -machine.multiply(machine.store(np.array(lr)), g))
