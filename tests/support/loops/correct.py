"""Correct loops that people report as wrong: each is exact gradient descent."""

import torch


def leaves(w, b):
    return w.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()


def mse(x, y, w, b):
    return ((x @ w + b - y) ** 2).mean()


def zeroed_after_the_step(x, y, w, b, lr, steps):
    w, b = leaves(w, b)
    optimizer = torch.optim.SGD([w, b], lr=lr)
    for _ in range(steps):
        mse(x, y, w, b).backward()
        yield w, b, w.grad, b.grad
        optimizer.step()
        optimizer.zero_grad()
    return w, b


def residual_reversed_and_negated(x, y, w, b, lr, steps):
    for _ in range(steps):
        e = y - (x @ w + b)
        dw, db = -2 / len(x) * (x.T @ e), -2 / len(x) * e.sum(dim=0)
        yield w, b, dw, db
        w, b = w - lr * dw, b - lr * db
    return w, b


def accumulated_point_by_point(x, y, w, b, lr, steps):
    for _ in range(min(steps, 60)):
        dw, db = torch.zeros_like(w), torch.zeros_like(b)
        for xi, yi in zip(x, y):
            e = xi @ w + b - yi
            dw += 2 / len(x) * e * xi[:, None]
            db += 2 / len(x) * e
        yield w, b, dw, db
        w, b = w - lr * dw, b - lr * db
    return w, b


def a_new_parameter_each_step(x, y, w, b, lr, steps):
    w, b = torch.nn.Parameter(w.clone()), torch.nn.Parameter(b.clone())
    for _ in range(steps):
        mse(x, y, w, b).backward()
        yield w, b, w.grad, b.grad
        w, b = torch.nn.Parameter(w - lr * w.grad), torch.nn.Parameter(b - lr * b.grad)
    return w, b


def inside_the_graph(x, y, w, b, lr, steps):
    w, b = leaves(w, b)
    for _ in range(steps):
        w.retain_grad()
        b.retain_grad()
        mse(x, y, w, b).backward(retain_graph=True)
        yield w, b, w.grad, b.grad
        w, b = w - lr * w.grad, b - lr * b.grad
    return w, b


def in_place_under_no_grad(x, y, w, b, lr, steps):
    w, b = leaves(w, b)
    for _ in range(steps):
        w.grad = b.grad = None
        mse(x, y, w, b).backward()
        yield w, b, w.grad, b.grad
        with torch.no_grad():
            w.sub_(lr * w.grad)
            b.sub_(lr * b.grad)
    return w, b


def rebound_with_requires_grad(x, y, w, b, lr, steps):
    w, b = leaves(w, b)
    for _ in range(steps):
        mse(x, y, w, b).backward()
        yield w, b, w.grad, b.grad
        with torch.no_grad():
            w, b = w - lr * w.grad, b - lr * b.grad
        w.requires_grad_()
        b.requires_grad_()
    return w, b


def through_data(x, y, w, b, lr, steps):
    w, b = leaves(w, b)
    for _ in range(steps):
        mse(x, y, w, b).backward()
        yield w, b, w.grad, b.grad
        w.data -= lr * w.grad.data
        b.data -= lr * b.grad.data
        w.grad.zero_()
        b.grad.zero_()
    return w, b


def through_detach(x, y, w, b, lr, steps):
    w, b = leaves(w, b)
    for _ in range(steps):
        mse(x, y, w, b).backward()
        yield w, b, w.grad, b.grad
        w = (w - lr * w.grad).detach().requires_grad_()
        b = (b - lr * b.grad).detach().requires_grad_()
    return w, b


def optimizer_sgd(x, y, w, b, lr, steps):
    w, b = leaves(w, b)
    optimizer = torch.optim.SGD([w, b], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        mse(x, y, w, b).backward()
        yield w, b, w.grad, b.grad
        optimizer.step()
    return w, b


def parameters_alone(x, y, w, b, lr, steps):
    for w, b, _, _ in optimizer_sgd(x, y, w, b, lr, steps):
        yield w, b
    return w, b
