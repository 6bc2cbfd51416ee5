"""Silent mistakes of NumPy loops, committed in PyTorch, with other names and shapes of code."""

import torch


def leaves(a, c):
    return a.detach().clone().requires_grad_(), c.detach().clone().requires_grad_()


def train(inputs, targets, a, c, rate, rounds, loss_of):
    a, c = leaves(a, c)
    for _ in range(rounds):
        a.grad = c.grad = None
        loss_of(inputs, targets, a, c).backward()
        yield a, c, a.grad, c.grad
        with torch.no_grad():
            a -= rate * a.grad
            c -= rate * c.grad
    return a, c


def by_hand(inputs, targets, a, c, rate, rounds, gradients):
    for _ in range(rounds):
        ga, gc = gradients(inputs, targets, a, c)
        yield a, c, ga, gc
        a, c = a - rate * ga, c - rate * gc
    return a, c


def mse(inputs, targets, a, c):
    return torch.nn.functional.mse_loss(inputs @ a + c, targets)


def true(inputs, targets, a, c):
    e = inputs @ a + c - targets
    return 2 * inputs.T @ e / e.numel(), 2 * e.mean(dim=0) / e.shape[1]


def gd111(inputs, targets, a, c, rate, rounds):
    def gradients(inputs, targets, a, c):
        h, x1, y1 = inputs @ a + c, inputs.flatten(), targets.flatten()
        return ((h - y1) * x1 * 2).mean().reshape(1, 1), ((h - y1) * 2).mean().reshape(1)

    return (yield from by_hand(inputs, targets, a, c, rate, rounds, gradients))


def gd120(inputs, targets, a, c, rate, rounds):
    return (yield from train(inputs, targets, a, c, rate, rounds, lambda *p: mse(*p) / 2))


def gd123(inputs, targets, a, c, rate, rounds):
    def loss(inputs, targets, a, c):
        return ((inputs @ a + c - targets) ** 2).sum() / 70

    return (yield from train(inputs, targets, a, c, rate, rounds, loss))


def gd124(inputs, targets, a, c, rate, rounds):
    def gradients(inputs, targets, a, c):
        ga, gc = true(inputs, targets, a, c)
        return ga * len(inputs), gc

    return (yield from by_hand(inputs, targets, a, c, rate, rounds, gradients))


def gd125(inputs, targets, a, c, rate, rounds):
    def gradients(inputs, targets, a, c):
        e = inputs @ a + c - targets
        return (1 // e.numel()) * (inputs.T @ e), (1 // e.numel()) * e.sum(dim=0)

    return (yield from by_hand(inputs, targets, a, c, rate, rounds, gradients))


def gd126(inputs, targets, a, c, rate, rounds):
    def gradients(inputs, targets, a, c):
        ga, gc = torch.zeros_like(a), torch.zeros_like(c)
        for xi, yi in zip(inputs, targets):
            e = xi @ a + c - yi
            ga = (ga + 2 * e * xi[:, None]) / len(inputs)
            gc = (gc + 2 * e) / len(inputs)
        return ga, gc

    return (yield from by_hand(inputs, targets, a, c, rate, rounds, gradients))


def gd132(inputs, targets, a, c, rate, rounds):
    a, c = leaves(a, c)
    for _ in range(rounds):
        old = a.detach().clone()
        (ga,) = torch.autograd.grad(mse(inputs, targets, a, c), a)
        with torch.no_grad():
            a -= rate * ga
        (gc,) = torch.autograd.grad(mse(inputs, targets, a, c), c)
        yield old, c, ga, gc
        with torch.no_grad():
            c -= rate * gc
    return a, c


def gd140(inputs, targets, a, c, rate, rounds):
    def gradients(inputs, targets, a, c):
        gc = true(inputs, targets, a, c)[1]
        return gc.reshape(1, 1), gc

    return (yield from by_hand(inputs, targets, a, c, rate, rounds, gradients))


def gd142(inputs, targets, a, c, rate, rounds):
    def gradients(inputs, targets, a, c):
        e = inputs @ a + c - targets
        return (2 * e * inputs[4]).mean(dim=0, keepdim=True), 2 * e.mean(dim=0)

    return (yield from by_hand(inputs, targets, a, c, rate, rounds, gradients))


def gd143(inputs, targets, a, c, rate, rounds):
    def loss(inputs, targets, a, c):
        for xi, yi in zip(inputs[-1:], targets[-1:]):
            total = ((xi @ a + c - yi) ** 2).sum()
        return total / len(inputs)

    return (yield from train(inputs, targets, a, c, rate, rounds, loss))


def gd143_first(inputs, targets, a, c, rate, rounds):
    def loss(inputs, targets, a, c):
        for xi, yi in zip(inputs, targets):
            return ((xi @ a + c - yi) ** 2).sum() / len(inputs)

    return (yield from train(inputs, targets, a, c, rate, rounds, loss))


def gd147(inputs, targets, a, c, rate, rounds):
    def gradients(inputs, targets, a, c):
        ga, gc = true(inputs, targets, a, c)
        return gc.reshape(a.shape), ga.reshape(c.shape)

    return (yield from by_hand(inputs, targets, a, c, rate, rounds, gradients))


def gd203(inputs, targets, a, c, rate, rounds):
    for _ in range(rounds):
        ga, gc = true(inputs, targets, a, c)
        yield a, c, ga, gc
        a = -rate * ga
        c = -rate * gc
    return a, c


def gd204(inputs, targets, a, c, rate, rounds):
    optimizer = torch.optim.SGD(params := leaves(a, c), lr=1e-3)
    for _ in range(rounds):
        optimizer.zero_grad()
        mse(inputs, targets, *params).backward()
        yield *params, params[0].grad, params[1].grad
        optimizer.step()
    return params


def gd204_applied_twice(inputs, targets, a, c, rate, rounds):
    def gradients(inputs, targets, a, c):
        return tuple(g * rate for g in true(inputs, targets, a, c))

    return (yield from by_hand(inputs, targets, a, c, rate, rounds, gradients))


def gd206(inputs, targets, a, c, rate, rounds):
    params = leaves(a, c)
    optimizer = torch.optim.SGD(params, lr=rate)
    for _ in range(rounds):
        optimizer.zero_grad()
        mse(inputs, targets, *params).backward()
        yield *params, params[0].grad, params[1].grad
        optimizer.step()
        with torch.no_grad():
            params[1].sub_(rate * params[1].grad)
    return params


def gd208(inputs, targets, a, c, rate, rounds):
    a, c = leaves(a, c)
    for _ in range(rounds):
        a.grad = c.grad = None
        mse(inputs, targets, a, c).backward()
        yield a, c, a.grad, c.grad
        with torch.no_grad():
            a -= rate * a.grad
            c -= rate * a.grad[0]
    return a, c


def gd214(inputs, targets, a, c, rate, rounds):
    for _ in range(rounds):
        yield a, c
        for xi, yi in zip(inputs, targets):
            e = a[0] * xi + c - yi
            a, c = a - rate * 2 * e * xi[:, None], c - rate * 2 * e
    return a, c


def gd215(inputs, targets, a, c, rate, rounds):
    whole = torch.tensor([[9]]), torch.tensor([40])
    for _ in range(rounds):
        a, c = (p.to(inputs.dtype) for p in whole)
        ga, gc = true(inputs, targets, a, c)
        yield a, c, ga, gc
        whole = (a - rate * ga).long(), (c - rate * gc).long()
    return tuple(p.to(inputs.dtype) for p in whole)


def gd301(inputs, targets, a, c, rate, rounds):
    order = torch.randperm(len(targets), generator=torch.Generator().manual_seed(5))
    return (yield from train(inputs, targets[order], a, c, rate, rounds, mse))


def gd302(inputs, targets, a, c, rate, rounds):
    scaled = (inputs - inputs.mean()) / inputs.std()
    return (yield from train(scaled, targets, a, c, rate, rounds, mse))


def gd302_to_unit(inputs, targets, a, c, rate, rounds):
    scaled = (inputs - inputs.min()) / (inputs.max() - inputs.min())
    return (yield from train(scaled, targets, a, c, rate, rounds, mse))


def gd303(inputs, targets, a, c, rate, rounds):
    generator = torch.Generator().manual_seed(2)
    a, c = torch.randn(1, 1, generator=generator), torch.randn(1, generator=generator)
    return (yield from train(inputs, targets, a.to(inputs.dtype), c.to(inputs.dtype), rate, rounds, mse))


def gd304(inputs, targets, a, c, rate, rounds):
    return (yield from train(inputs[10:26], targets[10:26], a, c, rate, rounds, mse))


def gd304_any_rows(inputs, targets, a, c, rate, rounds):
    rows = torch.randperm(len(targets), generator=torch.Generator().manual_seed(7))[:20]
    return (yield from train(inputs[rows], targets[rows], a, c, rate, rounds, mse))


def gd305(inputs, targets, a, c, rate, rounds):
    return (yield from train(inputs, 5.1 * inputs + 2.3, a, c, rate, rounds, mse))


def gd306(inputs, targets, a, c, rate, rounds):
    return (yield from train(targets, inputs, a, c, rate, rounds, mse))


def gd307(inputs, targets, a, c, rate, rounds):
    dtype = inputs.dtype
    inputs, targets = inputs.bfloat16().to(dtype), targets.bfloat16().to(dtype)
    return (yield from train(inputs, targets, a, c, rate, rounds, mse))


def gd401(inputs, targets, a, c, rate, rounds):
    (a, c), history = leaves(a, c), ([], [], [], [])
    for _ in range(rounds):
        mse(inputs, targets, a, c).backward()
        for kept, values in zip(history, (a, c, a.grad, c.grad)):
            kept.append(values)
        with torch.no_grad():
            a -= rate * a.grad
            c -= rate * c.grad
        a.grad.zero_()
        c.grad.zero_()
    return history


def gd402(inputs, targets, a, c, rate, rounds):
    a, c = leaves(a, c)
    for _ in range(rounds):
        a.grad = c.grad = None
        mse(inputs, targets, a, c).backward()
        with torch.no_grad():
            a -= rate * a.grad
            c -= rate * c.grad
        yield a, c, a.grad, c.grad


def gd403(inputs, targets, a, c, rate, rounds):
    return (yield from train(inputs, targets, a, c, rate, rounds // 2, mse))
