"""Adam as somebody wrote it; `python -m gradagree check examples/adam_in_numpy.py:adam --as "adam(lr=0.01)"`."""

import numpy as np


def adam(params, grads, state, lr=0.01, b1=0.9, b2=0.999, eps=1e-8):
    m, v, t = state or ({name: 0 * p for name, p in params.items()}, {name: 0 * p for name, p in params.items()}, 0)
    t, moved = t + 1, {}
    for name, g in grads.items():
        m[name] = b1 * m[name] + (1 - b1) * g
        v[name] = b2 * v[name] + (1 - b2) * g * g
        m_hat, v_hat = m[name] / (1 - b1**t), v[name] / (1 - b2**t)
        moved[name] = params[name] - lr * m_hat / np.sqrt(v_hat + eps)
    return moved, (m, v, t)
