"""JAX: data parallelism, the rows sharded over several devices.

The same jitted step as ever; only the arrays say where they live. With x and y cut by rows over a mesh and w and b
copied to all of it, the compiler splits the program, one part per device, and puts in the all-reduces that the mean
needs. It is the mean over *all* rows by construction; there are no per-device means to weight wrongly.

To watch: rows must divide evenly, so of up to eight devices the largest number that divides N is taken. A single
device works and shows nothing. A CPU is one device unless it is split before JAX starts up:
`jax.config.update("jax_num_cpu_devices", 8)`. The all-reduce is one more sum in the storage format, a tree over the
devices. Results live on all of them; a reader who expects them where the data were gets them there.
"""

from collections.abc import Generator

import jax
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec

Step = tuple[Array, ...]  # w, b, their gradients, the loss
End = tuple[Array, Array]

MOST = 8  # devices; each of them adds a rounding to the sum, and eight is what one machine has


def mean_square(w: Array, b: Array, x: Array, y: Array) -> Array:
    """Return mean((x @ w + b - y)**2)."""
    return ((x @ w + b - y) ** 2).mean()


@jax.jit
def step(w: Array, b: Array, x: Array, y: Array, lr: float) -> tuple[Array, Array, Array, End]:
    """Return the gradients, the loss, and the parameters after one update."""
    loss, (grad_w, grad_b) = jax.value_and_grad(mean_square, argnums=(0, 1))(w, b, x, y)
    return grad_w, grad_b, loss, (w - lr * grad_w, b - lr * grad_b)


def descend(x: Array, y: Array, w: Array, b: Array, lr: float, steps: int) -> Generator[Step, None, End]:
    """Minimise `mean_square`, x (N, d), y (N, m), w (d, m), b (m,), on all devices of x's kind."""
    home = x.sharding
    devices = jax.local_devices(backend=next(iter(x.devices())).platform)[:MOST]
    count = max(n for n in range(1, len(devices) + 1) if len(x) % n == 0)
    mesh = Mesh(devices[:count], ("rows",))
    x, y = jax.device_put((x, y), NamedSharding(mesh, PartitionSpec("rows")))
    w, b = jax.device_put((w, b), NamedSharding(mesh, PartitionSpec()))
    for _ in range(steps):
        grad_w, grad_b, loss, after = step(w, b, x, y, lr)
        yield jax.device_put((w, b, grad_w, grad_b, loss), home)
        w, b = after
    end_w, end_b = jax.device_put((w, b), home)
    return end_w, end_b
