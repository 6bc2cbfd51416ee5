# The same, updated in place and outside the graph. It runs to its end, and its numbers are wrong.
import torch

torch.manual_seed(0)
x = torch.rand(100, 1) * 5
y = 2.3 + 5.1 * x
y_obs = y + 0.2 * torch.randn(100, 1)

w = torch.randn(1, requires_grad=True)
b = torch.randn(1, requires_grad=True)
gamma = 0.01

for _ in range(500):
    y_hat = w * x + b
    loss = torch.mean((y_hat - y_obs) ** 2)
    loss.backward()
    with torch.no_grad():
        w -= gamma * w.grad
        b -= gamma * b.grad

print(w, b)
