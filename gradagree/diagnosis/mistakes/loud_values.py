"""Exceptions about values: integers for floats, arrays that cannot change, tracers for numbers."""

from __future__ import annotations

from gradagree.diagnosis.mistakes.catalogue import Symptom, loud

loud(
    "GD511",
    "a parameter is an integer",
    rank=1,
    explanation="Only floats have gradients. `torch.tensor([1])` and `jax.grad(f)(1)` are integers; `1.0` is not.",
    remedy="write a decimal point, `torch.tensor([1.0], requires_grad=True)`",
    symptoms=(
        Symptom(("RuntimeError",), r"[Oo]nly Tensors of floating point"),
        Symptom(("TypeError",), r"grad requires real- or complex-valued inputs"),
    ),
    wrong="""
w = torch.tensor([[1]], requires_grad=True)
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    yield w, b, w.grad, b.grad
""",
)

loud(
    "GD513",
    "JAX arrays cannot be changed in place",
    framework="jax",
    explanation="`w[0] = …` is refused: JAX arrays never change.",
    remedy="make a new array, `w = w - lr * dw`, or `w = w.at[0].set(…)`",
    symptoms=(Symptom(("TypeError",), r"JAX arrays are immutable|ArrayImpl' object does not support item assignment"),),
    wrong="""
def loss(w, b):
    return ((x @ w + b - y) ** 2).mean()

for _ in range(steps):
    dw, db = jax.grad(loss, argnums=(0, 1))(w, b)
    yield w, b, dw, db
    w[0] = w[0] - lr * dw[0]
    b[0] = b[0] - lr * db[0]
""",
)

loud(
    "GD514",
    "a traced value was used as a number, or escaped its trace",
    rank=1,
    framework="jax",
    explanation="Inside `jit` and `grad` values are tracers, which have a shape and no number. `float(w)`, `if loss < "
    "1` and NumPy functions need a number; a tracer appended to a list outlives its trace.",
    remedy="return what you want to look at from the function, and convert it outside of `jit`",
    symptoms=(
        Symptom(
            (
                "ConcretizationTypeError",
                "UnexpectedTracerError",
                "TracerArrayConversionError",
                "TracerBoolConversionError",
                "TracerIntegerConversionError",
            ),
            r"",
        ),
        Symptom(("TypeError", "ValueError"), r"[Tt]racer"),
    ),
    wrong="""
@jax.jit
def step(w, b):
    loss = lambda w, b: ((x @ w + b - y) ** 2).mean()
    print(float(w[0, 0]))
    dw, db = jax.grad(loss, argnums=(0, 1))(w, b)
    return w - lr * dw, b - lr * db

for _ in range(steps):
    yield w, b
    w, b = step(w, b)
""",
)

loud(
    "GD515",
    "an integer array cannot take the update",
    rank=1,
    framework="numpy",
    explanation="`np.array([1])` is an integer array. `w -= 0.01 * g` would have to store a float in it.",
    remedy="start from floats, `np.array([1.0])`",
    symptoms=(
        Symptom(
            ("UFuncTypeError", "UFuncOutputCastingError", "_UFuncOutputCastingError"), r"Cannot cast ufunc '\w+' output"
        ),
    ),
    wrong="""
w, b = np.array([[1]]), np.array([1])
for _ in range(steps):
    e = x @ w + b - y
    w -= lr * 2 / y.size * (x.T @ e)
    b -= lr * 2 / y.size * e.sum(axis=0)
    yield w, b
""",
)
