# (N, 1) minus (N,) is (N, N): every prediction is compared with every target.
import torch

torch.manual_seed(0)
x = torch.rand(100, 1) * 5
y = 2.3 + 5.1 * x[:, 0] + 0.2 * torch.randn(100)

model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

for _ in range(200):
    optimizer.zero_grad()
    loss = ((model(x) - y) ** 2).mean()
    loss.backward()
    optimizer.step()
