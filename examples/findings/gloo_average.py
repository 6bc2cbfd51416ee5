"""reduce_scatter_tensor(op=AVG) of the gloo backend gives a sum where a mean is asked for (pytorch#162338).

The operation that is asked for is not passed on, and it always sums. FSDP2 averages float32 gradients so: on CPUs they
come out as many times too large as there are processes, and nothing is raised. Two processes give 1 and 2, whose mean
is 1.5; exits 1 if it is not.
"""

import multiprocessing
import sys
import tempfile
import warnings
from multiprocessing import connection
from pathlib import Path

import torch


def average(rank: int, meet: str, results: connection.Connection) -> None:
    """Be one of the two processes, give rank + 1, and send what comes back."""
    dist = torch.distributed
    warnings.simplefilter("ignore", FutureWarning)  # 2.13 has another name for it, which 2.6 lacks
    dist.init_process_group("gloo", init_method=meet, rank=rank, world_size=2)
    share = torch.empty(1)
    dist.reduce_scatter_tensor(share, torch.full((2,), rank + 1.0), op=dist.ReduceOp.AVG)
    results.send(share.item())
    dist.destroy_process_group()


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    results, sender = context.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as folder:
        meet = (Path(folder) / "meet").as_uri()
        processes = [context.Process(target=average, args=(rank, meet, sender)) for rank in range(2)]
        for process in processes:
            process.start()
        got = [results.recv() for _ in processes]
        for process in processes:
            process.join()
    print(f"torch {torch.__version__}: the mean of 1 and 2 is 1.5; got {got[0]} and {got[1]}")
    sys.exit(got != [1.5, 1.5])
