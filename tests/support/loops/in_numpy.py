"""Silent mistakes of PyTorch and JAX loops, committed in NumPy, with other names and shapes of code."""

import numpy as np


def grads(X, t, slope, icpt):
    err = X @ slope + icpt - t
    return 2 * X.T @ err / t.size, 2 * err.sum(axis=0) / t.size


def gd101(X, t, slope, icpt, eta, epochs):
    gs, gi = np.zeros_like(slope), np.zeros_like(icpt)
    for _ in range(epochs):
        ds, di = grads(X, t, slope, icpt)
        gs, gi = gs + ds, gi + di  # the accumulator stands outside the loop
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd101_without_gradients(X, t, slope, icpt, eta, epochs):
    gs, gi = np.zeros_like(slope), np.zeros_like(icpt)
    for _ in range(epochs):
        yield slope, icpt
        ds, di = grads(X, t, slope, icpt)
        gs, gi = gs + ds, gi + di
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd102(X, t, slope, icpt, eta, epochs):
    for epoch in range(epochs):
        if epoch % 7 == 0:
            gs, gi = np.zeros_like(slope), np.zeros_like(icpt)
        ds, di = grads(X, t, slope, icpt)
        gs, gi = gs + ds, gi + di
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd103(X, t, slope, icpt, eta, epochs):
    gs = np.zeros_like(slope)
    for _ in range(epochs):
        ds, gi = grads(X, t, slope, icpt)
        gs = gs + ds
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd104(X, t, slope, icpt, eta, epochs):
    gs, gi = grads(X, t, slope, icpt)
    for _ in range(epochs):
        ds, di = grads(X, t, slope, icpt)
        gs, gi = gs + ds, gi + di
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
        gs, gi = np.zeros_like(slope), np.zeros_like(icpt)
    return slope, icpt


def gd105(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        gs, gi = np.zeros_like(slope), np.zeros_like(icpt)
        for _ in range(2):
            ds, di = grads(X, t, slope, icpt)
            gs, gi = gs + ds, gi + di
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd110(X, t, slope, icpt, eta, epochs):
    t = t.ravel()
    n = len(t)
    for _ in range(epochs):
        err = X @ slope + icpt - t  # (N, 1) - (N,)
        gs = (2 * (err * X).sum() / n**2).reshape(1, 1)
        gi = (2 * err.sum() / n**2).reshape(1)
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd121(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        err = X @ slope + icpt - t
        gs, gi = 2 * (X.T @ err), 2 * err.sum(axis=0)
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd121_without_the_2(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        err = X @ slope + icpt - t
        gs, gi = X.T @ err, err.sum(axis=0)
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd122(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        gs, gi = (g / len(X) for g in grads(X, t, slope, icpt))
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd123_by_n_minus_1(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        err = X @ slope + icpt - t
        gs, gi = 2 / (len(X) - 1) * (X.T @ err), 2 / (len(X) - 1) * err.sum(axis=0)
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd130(X, t, slope, icpt, eta, epochs):
    gs, gi = grads(X, t, slope, icpt)
    for _ in range(epochs):
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd130_added_up(X, t, slope, icpt, eta, epochs):
    first = grads(X, t, slope, icpt)
    gs, gi = np.zeros_like(slope), np.zeros_like(icpt)
    for _ in range(epochs):
        gs, gi = gs + first[0], gi + first[1]
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd131(X, t, slope, icpt, eta, epochs):
    late = np.zeros_like(slope), np.zeros_like(icpt)
    for _ in range(epochs):
        now = grads(X, t, slope, icpt)
        yield slope, icpt, *now
        slope, icpt = slope - eta * late[0], icpt - eta * late[1]
        late = now
    return slope, icpt


def gd131_seen_from_behind(X, t, slope, icpt, eta, epochs):
    late = grads(X, t, slope, icpt)
    for _ in range(epochs):
        now = grads(X, t, slope, icpt)
        yield slope, icpt, *late
        slope, icpt = slope - eta * late[0], icpt - eta * late[1]
        late = now
    return slope, icpt


def gd141(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        err = X @ slope + icpt - t
        gs = (2 * err.mean() * X.mean()).reshape(1, 1)
        gi = (2 * err.mean()).reshape(1)
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd144(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        gs, gi = X.mean(axis=0)[:, None], np.ones_like(icpt)
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd145_absolute(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        sign = np.sign(X @ slope + icpt - t)
        gs, gi = X.T @ sign / t.size, sign.mean(axis=0)
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd145_root(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        root = np.sqrt(((X @ slope + icpt - t) ** 2).mean())
        gs, gi = (g / (2 * root) for g in grads(X, t, slope, icpt))
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd146(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        err = X @ slope - t  # b is not even part of the prediction
        gs, gi = 2 * X.T @ err / t.size, np.zeros_like(icpt)
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd148_summed(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        err = X @ slope + icpt - t
        gs = (2 * err @ slope.T / t.size).sum(axis=0).reshape(1, 1)
        gi = 2 * err.sum(axis=0) / t.size
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd149(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        value = ((X @ slope + icpt - t) ** 2).mean()
        gs, gi = np.full_like(slope, value), np.full_like(icpt, value)
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd201(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        gs, gi = grads(X, t, slope, icpt)
        yield slope, icpt, gs, gi
        for p, g in ((slope, gs), (icpt, gi)):
            p = p - eta * g
    return slope, icpt


def gd202(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        gs, gi = (-g for g in grads(X, t, slope, icpt))  # y - prediction
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd205(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        gs, gi = grads(X, t, slope, icpt)
        yield slope, icpt, gs, gi
        for _ in range(2):
            slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd207(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        gs, gi = grads(X, t, slope, icpt)
        yield slope, icpt, gs, gi
        slope = slope - eta * gs
    return slope, icpt


def gd210(X, t, slope, icpt, eta, epochs):
    vs, vi = np.zeros_like(slope), np.zeros_like(icpt)
    for _ in range(epochs):
        gs, gi = grads(X, t, slope, icpt)
        yield slope, icpt, gs, gi
        vs, vi = 0.75 * vs + gs, 0.75 * vi + gi
        slope, icpt = slope - eta * vs, icpt - eta * vi
    return slope, icpt


def gd210_averaged(X, t, slope, icpt, eta, epochs):
    vs, vi = np.zeros_like(slope), np.zeros_like(icpt)
    for _ in range(epochs):
        gs, gi = grads(X, t, slope, icpt)
        yield slope, icpt, gs, gi
        vs, vi = 0.9 * vs + 0.1 * gs, 0.9 * vi + 0.1 * gi
        slope, icpt = slope - eta * vs, icpt - eta * vi
    return slope, icpt


def gd211(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        gs, gi = grads(X, t, slope, icpt)
        gs = gs + 0.02 * slope  # a penalty on w alone, in the gradient
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd212(X, t, slope, icpt, eta, epochs):
    m, v = [0 * slope, 0 * icpt], [0 * slope, 0 * icpt]
    for k in range(1, epochs + 1):
        gs = grads(X, t, slope, icpt)
        yield slope, icpt, *gs
        new = []
        for i, (p, g) in enumerate(zip((slope, icpt), gs)):
            m[i] = 0.9 * m[i] + (1 - 0.9) * g
            v[i] = 0.999 * v[i] + (1 - 0.999) * g * g
            mhat, vhat = m[i] / (1 - 0.9**k), v[i] / (1 - 0.999**k)
            new.append(p - eta * mhat / (np.sqrt(vhat) + 1e-8))
        slope, icpt = new
    return slope, icpt


def gd213(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        gs, gi = grads(X, t, slope, icpt)
        yield slope, icpt, gs, gi
        norm = np.sqrt((gs**2).sum() + (gi**2).sum())
        shrink = min(1.0, 10.0 / norm)
        slope, icpt = slope - eta * shrink * gs, icpt - eta * shrink * gi
    return slope, icpt


def gd213_by_value(X, t, slope, icpt, eta, epochs):
    for _ in range(epochs):
        gs, gi = (np.clip(g, -5.0, 5.0) for g in grads(X, t, slope, icpt))
        yield slope, icpt, gs, gi
        slope, icpt = slope - eta * gs, icpt - eta * gi
    return slope, icpt


def gd302_scaled_back(X, t, slope, icpt, eta, epochs):
    mu, s = X.mean(), X.std()
    Z = (X - mu) / s
    for _ in range(epochs):
        yield slope / s, icpt - (slope * mu / s)[0]
        ds, di = grads(Z, t, slope, icpt)
        slope, icpt = slope - eta * ds, icpt - eta * di
    return slope / s, icpt - (slope * mu / s)[0]


def gd307_stored(X, t, slope, icpt, eta, epochs):
    half = np.float16
    X, t, slope, icpt, dtype = X.astype(half), t.astype(half), slope.astype(half), icpt.astype(half), X.dtype
    for _ in range(epochs):
        gs, gi = grads(X, t, slope, icpt)
        yield slope.astype(dtype), icpt.astype(dtype), gs.astype(dtype), gi.astype(dtype)
        slope, icpt = slope - half(eta) * gs, icpt - half(eta) * gi
    return slope.astype(dtype), icpt.astype(dtype)
