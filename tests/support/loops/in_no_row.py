"""Wrong loops that are in no row of the catalogue."""

import numpy as np


def descent(x, y, w, b, lr, steps, change=None, data=None, rate=None):
    """The plain loop, with a place for a fault: `change(k, w, b, dw, db)`, `data(k)`, `rate(k)`."""
    for k in range(steps):
        xs, ys = (x, y) if data is None else data(k)
        e = xs @ w + b - ys
        dw, db = 2 / ys.size * (xs.T @ e), 2 / ys.size * e.sum(axis=0)
        if change is not None:
            w, b, dw, db = change(k, w, b, dw, db)
        yield w, b, dw, db
        step = lr if rate is None else rate(k)
        w, b = w - step * dw, b - step * db
    return w, b


def noise_on_the_gradient(x, y, w, b, lr, steps):
    draw = np.random.default_rng(0)

    change = lambda k, w, b, dw, db: (w, b, dw * dw.dtype.type(1 + 1e-3 * draw.standard_normal()), db)
    return (yield from descent(x, y, w, b, lr, steps, change))


def decaying_rate(x, y, w, b, lr, steps):
    return (yield from descent(x, y, w, b, lr, steps, rate=lambda k: lr / (1 + 0.01 * k)))


def halved_halfway(x, y, w, b, lr, steps):
    return (yield from descent(x, y, w, b, lr, steps, rate=lambda k: lr if k < steps // 2 else lr / 2))


def huber(x, y, w, b, lr, steps):
    for _ in range(steps):
        e = np.clip(x @ w + b - y, -1, 1)
        dw, db = 2 / y.size * (x.T @ e), 2 / y.size * e.sum(axis=0)
        yield w, b, dw, db
        w, b = w - lr * dw, b - lr * db
    return w, b


def one_row_dropped(x, y, w, b, lr, steps):
    """GD304 is true of it."""
    kept = np.arange(len(x)) != 17
    return (yield from descent(x[kept], y[kept], w, b, lr, steps))


def redrawn_halfway(x, y, w, b, lr, steps):
    draw = np.random.default_rng(1)

    def change(k, w, b, dw, db):
        if k == steps // 2:
            w, b = w * 0 + w.dtype.type(draw.standard_normal()), b * 0
            e = x @ w + b - y
            dw, db = 2 / y.size * (x.T @ e), 2 / y.size * e.sum(axis=0)
        return w, b, dw, db

    return (yield from descent(x, y, w, b, lr, steps, change))


def nesterov(x, y, w, b, lr, steps):
    vw, vb = 0 * w, 0 * b
    for _ in range(steps):
        e = x @ w + b - y
        dw, db = 2 / y.size * (x.T @ e), 2 / y.size * e.sum(axis=0)
        yield w, b, dw, db
        vw, vb = 0.9 * vw + dw, 0.9 * vb + db
        w, b = w - lr * (dw + 0.9 * vw), b - lr * (db + 0.9 * vb)
    return w, b


def wrong_sign_on_one_component(x, y, w, b, lr, steps):
    return (yield from descent(x, y, w, b, lr, steps, lambda k, w, b, dw, db: (w, b, dw, -db)))


def mini_batches_redrawn(x, y, w, b, lr, steps):
    draw = np.random.default_rng(2)

    def data(k):
        rows = draw.integers(0, len(x), 16)
        return x[rows], y[rows]

    return (yield from descent(x, y, w, b, lr, steps, data=data))


def shuffled_anew_each_step(x, y, w, b, lr, steps):
    draw = np.random.default_rng(3)
    return (yield from descent(x, y, w, b, lr, steps, data=lambda k: (x, y[draw.permutation(len(y))])))


def one_bad_step(x, y, w, b, lr, steps):
    return (yield from descent(x, y, w, b, lr, steps, lambda k, w, b, dw, db: (w, b, dw * (2 if k == 9 else 1), db)))


def signs_of_the_gradient(x, y, w, b, lr, steps):
    change = lambda k, w, b, dw, db: (w, b, np.sign(dw), np.sign(db))
    return (yield from descent(x, y, w, b, lr, steps, change))


def a_rate_for_each(x, y, w, b, lr, steps):
    change = lambda k, w, b, dw, db: (w, b, dw * dw.dtype.type(0.5), db * db.dtype.type(0.25))
    return (yield from descent(x, y, w, b, lr, steps, change))


def quartic_loss(x, y, w, b, lr, steps):
    for _ in range(steps):
        e = (x @ w + b - y) ** 3 / 100
        dw, db = 4 / y.size * (x.T @ e), 4 / y.size * e.sum(axis=0)
        yield w, b, dw, db
        w, b = w - lr * dw, b - lr * db
    return w, b


def newton(x, y, w, b, lr, steps):
    X = np.hstack([x, np.ones_like(x)])
    H = 2 * X.T @ X / len(x)

    def change(k, w, b, dw, db):
        step = np.linalg.solve(H, np.concatenate([dw[:, 0], db]))
        return w, b, step[:1, None].astype(dw.dtype), step[1:].astype(db.dtype)

    return (yield from descent(x, y, w, b, lr, steps, change))
