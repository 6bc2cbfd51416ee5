"""Exceptions about leaves: the tensors whose `.grad` PyTorch fills, and how they are lost."""

from __future__ import annotations

from gradagree.diagnosis.mistakes.catalogue import Symptom, loud

NO_GRADIENT = r"unsupported operand type\(s\) for .*NoneType|must be Tensor, not NoneType"
NONE = r"^NoneType$"
NO_GRAPH = r"element 0 of tensors does not require grad and does not have a grad_fn"

loud(
    "GD501",
    "the update made a new tensor that is no leaf",
    explanation="`w = w - lr * w.grad`, outside `no_grad`, binds the name to the result of a computation. Only leaves "
    "get a `.grad`; the new tensor's stays `None`, so the loop works for one iteration and fails in the next.",
    remedy="update in place under `with torch.no_grad():`, `w -= lr * w.grad`",
    symptoms=(
        Symptom(("TypeError",), NO_GRADIENT, line=r"(\w+)\s*=\s*\1\s*-|\.grad", step=1),
        Symptom(("type",), NONE, step=1),
    ),
    wrong="""
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    w = w - lr * w.grad
    b = b - lr * b.grad
    yield w, b
""",
)

loud(
    "GD502",
    "the update comes before the first backward",
    explanation="Until `backward()` has run, `.grad` is `None`. A loop that begins with the update has nothing to "
    "subtract.",
    remedy="compute the loss and call `backward()` first, then update",
    symptoms=(Symptom(("TypeError",), NO_GRADIENT, step=0),),
    wrong="""
for _ in range(steps):
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    yield w, b, w.grad, b.grad
""",
)

loud(
    "GD504",
    "a leaf was changed in place while autograd was watching",
    explanation="`w -= lr * w.grad` outside `no_grad` would have to become part of the graph, and a leaf cannot.",
    remedy="put the update under `with torch.no_grad():`",
    symptoms=(
        Symptom(
            ("RuntimeError",), r"a (view of a )?leaf Variable that requires grad is being used in an in-place operation"
        ),
    ),
    wrong="""
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    w -= lr * w.grad
    b -= lr * b.grad
    yield w, b
""",
)

loud(
    "GD505",
    "the parameter never was a leaf",
    explanation="`torch.randn(1, requires_grad=True) * 0.1`, `.double()`, `.reshape()` or `.to('cuda')` behind "
    "`requires_grad=True` give the result of a computation, whose `.grad` stays `None`. `.to(device)` returns the "
    "tensor itself where it is there already, so such a loop passes on the CPU and fails on a GPU.",
    remedy="make the tensor first and call `.requires_grad_()` on it last, or use `nn.Parameter`",
    symptoms=(
        Symptom(("type",), NONE, step=0),
        Symptom(("TypeError",), NO_GRADIENT, line=r"\.grad", step=0),
        Symptom(("ValueError",), r"can't optimize a non-leaf Tensor"),
    ),
    wrong="""
w = (w.detach().clone().requires_grad_() * 1.0)
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w = w - lr * w.grad
        b -= lr * b.grad
    yield w, b
""",
)

loud(
    "GD506",
    "requires_grad was lost in the update",
    explanation="Under `no_grad`, `w = w - lr * w.grad` makes a plain tensor that remembers nothing. The next loss "
    "does not depend on any leaf, and `backward()` has nowhere to go.",
    remedy="call `w.requires_grad_()` on the new tensor, or update in place with `w -= lr * w.grad`",
    symptoms=(Symptom(("RuntimeError",), NO_GRAPH, step=1),),
    wrong="""
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w = w - lr * w.grad
        b = b - lr * b.grad
    yield w, b
""",
)

loud(
    "GD507",
    "the prediction was cut off from its graph",
    explanation="`.detach()`, `.data`, `.item()`, `.numpy()` or a forward pass under `no_grad` leave a number that "
    "does not know where it came from, or a Python float that has no `backward`.",
    remedy="compute prediction and loss from the leaves, outside `no_grad`; call `.item()` only for printing",
    symptoms=(
        Symptom(("RuntimeError",), NO_GRAPH, step=0),
        Symptom(("AttributeError",), r"'(float|int|numpy\.\w+|ndarray)' object has no attribute 'backward'"),
    ),
    wrong="""
for _ in range(steps):
    prediction = (x @ w + b).detach()
    loss = ((prediction - y) ** 2).mean()
    loss.backward()
    yield w, b, w.grad, b.grad
""",
)

loud(
    "GD508",
    "there is no gradient yet to clear",
    rank=1,
    explanation="`w.grad.zero_()` before the first `backward()`, or after the name was bound to a new tensor: `.grad` "
    "is `None`.",
    remedy="clear after the update, with `w.grad = None`, which is never wrong",
    symptoms=(Symptom(("AttributeError",), r"'NoneType' object has no attribute '(zero_|data|zero|fill_)'"),),
    wrong="""
for _ in range(steps):
    w.grad.zero_()
    b.grad.zero_()
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    yield w, b, w.grad, b.grad
""",
)

loud(
    "GD516",
    "a wrong assignment to .grad",
    rank=2,
    explanation="`w.grad = 0` is refused, since a gradient is a tensor or `None`; and `zero_grad()` belongs to modules "
    "and optimizers, not to tensors.",
    remedy="write `w.grad = None` or `w.grad.zero_()`",
    symptoms=(
        Symptom(("TypeError",), r"assigned grad expected to be a Tensor or None"),
        Symptom(("AttributeError",), r"'(Tensor|Parameter)' object has no attribute 'zero_grad'"),
    ),
    wrong="""
for _ in range(steps):
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    yield w, b
    w.grad = 0
    b.grad = 0
""",
)
