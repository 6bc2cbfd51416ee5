"""Exceptions about graphs and shapes: a graph used twice, a loss that is no number."""

from __future__ import annotations

from gradagree.diagnosis.mistakes.catalogue import Symptom, loud

loud(
    "GD503",
    "the graph of the loss was used a second time",
    explanation="A loss or a prediction built outside the loop belongs to the first weights. `backward()` frees its "
    "graph, and the second call finds nothing. `retain_graph=True` would silence the error and leave a stale gradient "
    "(GD130).",
    remedy="compute prediction and loss inside the loop, at every step",
    symptoms=(Symptom(("RuntimeError",), r"Trying to backward through the graph a second time"),),
    wrong="""
loss = ((x @ w + b - y) ** 2).mean()
for _ in range(steps):
    loss.backward()
    yield w, b, w.grad, b.grad
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = None
    b.grad = None
""",
)

loud(
    "GD509",
    "the loss is not one number",
    explanation="The gradient of an array of losses is not defined until they are added up or averaged.",
    remedy="take the mean of the squared errors, `((prediction - y) ** 2).mean()`",
    symptoms=(
        Symptom(("RuntimeError",), r"grad can be implicitly created only for scalar outputs"),
        Symptom(("TypeError",), r"Gradient only defined for scalar-output functions"),
    ),
    wrong="""
for _ in range(steps):
    loss = (x @ w + b - y) ** 2
    loss.backward()
    yield w, b, w.grad, b.grad
""",
)

loud(
    "GD510",
    "data and parameters differ in dtype",
    explanation="NumPy makes float64 by default, PyTorch float32; a matrix product takes one dtype.",
    remedy="convert the data once, `x = x.to(w.dtype)`, before the loop",
    symptoms=(
        Symptom(
            ("RuntimeError",),
            r"must have the same dtype|expected (m1 and m2|scalar type|object of scalar type)|"
            r"Found dtype \w+ but expected \w+",
        ),
    ),
    wrong="""
for _ in range(steps):
    other = torch.float32 if w.dtype == torch.float64 else torch.float64
    loss = ((x.to(other) @ w + b - y) ** 2).mean()
    loss.backward()
    yield w, b, w.grad, b.grad
""",
)

loud(
    "GD512",
    "a number that backward needs was overwritten",
    rank=1,
    explanation="Autograd keeps tensors that the derivative needs. An update in place between forward and backward "
    "(through a graph that is kept) changes them, and autograd notices.",
    remedy="build the graph anew at every step, and update after `backward()`",
    symptoms=(
        Symptom(
            ("RuntimeError",),
            r"one of the variables needed for gradient computation has been modified by an inplace operation",
        ),
    ),
    wrong="""
loss = ((x @ (w * w / w) + b - y) ** 2).mean()
for _ in range(steps):
    loss.backward(retain_graph=True)
    yield w, b, w.grad, b.grad
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
""",
)
