"""PyTorch: DistributedDataParallel, two processes with unequal shares of the rows.

Every process holds all parameters and some of the rows; during backward the gradients are averaged over the
processes, so that all of them take the same step. NCCL carries the sums where each process has a GPU of its own, gloo
elsewhere: NCCL refuses two processes on one GPU.

To watch: the average over the processes is not the mean over the rows. With n_i of the N rows in process i of P, it
is

    (1/P) sum_i dL_i      where the mean needs      sum_i (n_i / N) dL_i

so each process weights its mean with P n_i / N: it sums over its own rows, divides by the number of *all* rows, and
multiplies by P. A process without rows must still take part, or the others wait for it; its sum is 0 and so is its
gradient, where its mean would be NaN and spread to all. And the new processes import this file: pasted into a
notebook, it must be saved as a module first.
"""

import multiprocessing
import pickle
import sys
import tempfile
import traceback
from collections.abc import Callable, Generator, Iterator
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn

Step = tuple[Tensor, ...]  # w, b, their gradients, the loss
End = tuple[Tensor, Tensor]

WORLD = 2
PATIENCE = timedelta(seconds=60)  # for a partner that does not answer


class Line(nn.Module):
    """The prediction x @ w + b."""

    def __init__(self, w: Tensor, b: Tensor) -> None:
        super().__init__()
        self.w = nn.Parameter(w)
        self.b = nn.Parameter(b)

    def forward(self, x: Tensor) -> Tensor:
        """Return the prediction for the rows of x."""
        return x @ self.w + self.b


def train(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int, rows: int) -> Iterator[Step]:
    """Descend in one process, which has the rows x, y of `rows` in all; its last item is where it ended."""
    line = Line(w, b)
    model = nn.parallel.DistributedDataParallel(line)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    wide = torch.promote_types(x.dtype, torch.float32)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).sum(dtype=wide) * (WORLD / (rows * y.shape[1]))
        loss.backward()
        total = loss.detach() / WORLD
        dist.all_reduce(total)
        assert line.w.grad is not None  # backward() has just filled both
        assert line.b.grad is not None
        yield line.w, line.b, line.w.grad, line.b.grad, total.to(x.dtype)
        optimizer.step()
    yield line.w, line.b


def worker(rank: int, folder: Path, backend: str, lr: float, steps: int, results: Connection) -> None:
    """Be one of the processes. All train; the one of rank 0 tells the parent what it sees."""
    torch.set_num_threads(1)  # several processes of many threads each stand in each other's way
    try:
        meet = (folder / "meet").as_uri()
        dist.init_process_group(backend, init_method=meet, rank=rank, world_size=WORLD, timeout=PATIENCE)
        *shard, rows, device = torch.load(folder / f"{rank}.pt", weights_only=True)
        if backend == "nccl":
            torch.cuda.set_device(device)
        x, y, w, b = (v.to(device) for v in shard)
        for values in train(x, y, w, b, lr, steps, rows):
            if rank == 0:
                # Plain bytes: multiprocessing would share a tensor's memory, which ends with this process.
                results.send_bytes(pickle.dumps([v.detach().cpu() for v in values]))
        dist.destroy_process_group()
    except BaseException:
        (folder / f"{rank}.error").write_text(traceback.format_exc())


def kind_of_process(device: torch.device) -> Callable[..., BaseProcess]:
    """Forked from a server that has imported PyTorch once, and runs no threads; spawned where that cannot be.

    Never forked from this process: a fork would copy locks that its threads hold. CUDA survives no fork at all, and on
    macOS the system's own libraries, which PyTorch loads, do not either.
    """
    forks = "forkserver" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
    if device.type != "cpu" or not forks:
        return multiprocessing.get_context("spawn").Process
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch._dynamo"])  # what an optimizer imports at its first step, for seconds
    return context.Process


def receive(results: Connection, device: torch.device) -> Step:
    """Wait for what rank 0 sends next. Raise EOFError if it never will."""
    return tuple(v.to(device) for v in pickle.loads(results.recv_bytes()))


def descend(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise mean((x @ w + b - y)**2), x (N, d), y (N, m), w (d, m), b (m,), in two processes."""
    own_gpus = x.is_cuda and dist.is_nccl_available() and torch.cuda.device_count() >= WORLD
    backend = "nccl" if own_gpus else "gloo"
    first = max(1, 2 * len(x) // 3)  # of a single row the second process gets nothing
    shards = [(x[:first], y[:first]), (x[first:], y[first:])]
    new_process = kind_of_process(x.device)
    results, sender = multiprocessing.Pipe(duplex=False)
    processes = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            for rank, shard in enumerate(shards):
                device = f"cuda:{rank}" if own_gpus else str(x.device)
                # Cloned, because saving a slice saves all the memory that it is a view of.
                tensors = [v.detach().clone().cpu() for v in (*shard, w, b)]
                torch.save([*tensors, len(x), device], folder / f"{rank}.pt")
                args = (rank, folder, backend, lr, steps, sender)
                process = new_process(target=worker, args=args, daemon=True)
                process.start()
                processes.append(process)
            sender.close()  # ours: so that the pipe ends when the workers do
            for _ in range(steps):
                yield receive(results, x.device)
            end_w, end_b = receive(results, x.device)
            for process in processes:
                process.join()
            return end_w, end_b
        except EOFError:
            errors = "\n".join(p.read_text() for p in sorted(folder.glob("*.error")))
            raise RuntimeError(f"the process of rank 0 died: {errors or 'without a word'}") from None
        finally:
            for process in processes:  # all of them, before one has time to miss another and complain
                process.kill()
            for process in processes:
                process.join()
            sender.close()
            results.close()
