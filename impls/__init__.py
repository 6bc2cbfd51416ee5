"""The list of implementations: one file per way to a gradient, each a complete loop to learn from.

It holds strings alone, so that reading it costs no import of a framework; and it is the one file here that knows of the
rest of the suite, so that each of the others could be pasted into a notebook. What a framework does whoever computes is
claimed by its class in `gradagree.runtime.frameworks`; `gradagree.matrix.registry` puts both together.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from reference.claim import Claim
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, TF32

WIDE = ("float32", "float64")
ALL = (*WIDE, "bfloat16", "float16")
NARROW = ("bfloat16", "float16")
NEEDS = ("compiler", "tf32")  # what not every machine has


@dataclass(frozen=True)
class Implementation:
    """One way to a gradient."""

    name: (
        str  # begins with the framework's, so that `pytest -k` selects by it; the file in this folder is called so too
    )
    about: str  # what it is, in a few words
    devices: tuple[str, ...] = ()  # the kinds that it is meant for; empty for all that its framework can use
    dtypes: tuple[str, ...] = ALL  # in which it is meant to run
    claims: tuple[Claim, ...] = ()  # where its arithmetic is not that of its framework
    weight: str = "light"  # a new shape of problem costs it little; `"compiles"`: a second; `"heavy"`: seconds a run
    basic: bool = False  # whether it is one of those that everything else is compared with
    forward: bool = False  # whether it differentiates in forward mode, one pass for each parameter
    own_devices: int = 1  # how many devices of one kind it needs, where that is not the CPU
    needs: tuple[str, ...] = ()  # which of `NEEDS` it cannot do without
    target: str = ""  # what to import, `"module:function"`, where it is not `descend` of the file of its name


CPU, CUDA = ("cpu",), ("cuda",)

DYADIC = Claim(
    {"dyadic": True},
    "its only constants are lr and the mean's scale, a power of two where N m is one: nothing rounds on a lattice",
)
TORCH_RANGE = Claim(
    {"wide_sums": True},
    "PyTorch takes sums and means of float16 in float32's range, and scales them before they are stored",
    dtypes=("float16",),
)
XLA_MEANS = Claim(
    {"accumulate": FLOAT32, "wide_sums": True}, "jnp's own sums and means are taken in float32", CPU, NARROW
)
SHARDS = Claim(
    {"extra_roundings": 7}, "the shares of up to 8 devices are stored, and each but one rounds as it is added"
)
TF32_INPUTS = Claim({"multiply": TF32}, "factors of matrix products are rounded to TF32: that is what is asked for")
PER_SAMPLE = Claim({"extra_roundings": 1}, "what each row adds is stored before the mean is taken")
MICROBATCHES = Claim({"extra_roundings": 2}, "of up to 3 micro-batches, each but the first rounds `.grad` as it adds")
ALL_REDUCE = Claim({"extra_roundings": 1}, "each of 2 processes stores its share, and the all-reduce rounds their sum")
AUTOCAST = Claim(
    {"storage": BFLOAT16, "accumulate": FLOAT32, "multiply": BFLOAT16, "parameters": FLOAT32},
    "products and their results are bfloat16, parameters and updates float32",
)
AUTOCAST_HALF = Claim(
    {"storage": FLOAT16, "accumulate": FLOAT32, "multiply": FLOAT16, "parameters": FLOAT32},
    "products and their results are float16, parameters and updates float32",
)
GRAM = Claim(
    {"through_gram": True, "wide_sums": True},
    "XᵀX and XᵀY are summed over the rows before they meet the parameters, and kept in float32 at least",
)
SUMS_WIDE = Claim({"accumulate": FLOAT32}, "products are summed in float32", dtypes=NARROW)


def _torch(name: str, about: str, *claims: Claim, **more: Any) -> Implementation:
    return Implementation(f"torch_{name}", about, claims=(DYADIC, TORCH_RANGE, *claims), **more)


def _jax(name: str, about: str, *claims: Claim, weight: str = "compiles", **more: Any) -> Implementation:
    return Implementation(f"jax_{name}", about, claims=(DYADIC, *claims), weight=weight, **more)


def _numpy(name: str, about: str, *claims: Claim, **more: Any) -> Implementation:
    return Implementation(f"numpy_{name}", about, claims=(DYADIC, *claims), **more)


# Where one is for two processes.
PROCESSES: dict[str, Any] = {"dtypes": WIDE, "weight": "heavy", "devices": ("cpu", "cuda")}
FLOAT32_ALONE: dict[str, Any] = {"dtypes": ("float32",)}

IMPLEMENTATIONS = (
    _torch("manual", "the loop by hand: backward, update in place under no_grad, clear", basic=True),
    _torch("rebind", "a fresh leaf each step", basic=True),
    _torch("data", "the update through .data"),
    _torch("optim", "torch.optim.SGD"),
    _torch("optim_foreach", "SGD with one kernel for all parameters, foreach=True"),
    _torch("optim_fused", "SGD with gradient and update in one kernel, fused=True"),
    _torch("optim_fused_view", "fused SGD on weights that are a strided view", devices=CPU),
    _torch("linear", "nn.Linear, MSELoss and SGD: the idiomatic one"),
    _torch("autograd_grad", "torch.autograd.grad, nothing accumulated"),
    _torch("func", "torch.func.grad_and_value"),
    _torch("vmap", "per-sample gradients, averaged", PER_SAMPLE),
    _torch("forward", "forward-mode differentiation", PER_SAMPLE, forward=True),
    _torch("function", "a hand-written autograd.Function"),
    _torch("hook", "the update inside a post-accumulate-grad hook"),
    _torch("compile", "torch.compile", weight="heavy", needs=("compiler",)),
    _torch("checkpoint", "activations recomputed in backward"),
    _torch("microbatch", "accumulation over unequal micro-batches", MICROBATCHES),
    _torch("amp", "autocast to bfloat16 over float32 weights", AUTOCAST, **FLOAT32_ALONE),
    _torch("amp_float16", "autocast to float16 with a GradScaler", AUTOCAST_HALF, devices=CUDA, **FLOAT32_ALONE),
    _torch("tf32", "float32 with TF32 products", TF32_INPUTS, devices=CUDA, needs=("tf32",), **FLOAT32_ALONE),
    _torch("cuda_graph", "the step captured in a CUDA graph", devices=CUDA),
    _torch("ddp", "DistributedDataParallel, 2 processes, unequal shards", ALL_REDUCE, **PROCESSES),
    _torch("fsdp", "FSDP2, 2 processes, unequal shards", ALL_REDUCE, own_devices=2, **PROCESSES),
    _jax("grad", "jax.value_and_grad", basic=True),
    _jax("jit", "the step under jax.jit"),
    _jax("scan", "the whole run in one lax.scan"),
    _jax("forward", "forward-mode differentiation, jacfwd", XLA_MEANS, forward=True),
    _jax("vmap", "per-sample gradients, averaged", XLA_MEANS, PER_SAMPLE),
    _jax("checkpoint", "activations recomputed in backward"),
    _jax("custom_vjp", "a hand-written derivative", XLA_MEANS),
    _jax("sharded", "rows sharded over several devices", SHARDS),
    _jax("optax", "optax.sgd"),
    _jax("tf32", "float32 with TF32 products", TF32_INPUTS, devices=CUDA, needs=("tf32",), **FLOAT32_ALONE),
    _numpy("analytic", "the gradient written out by hand", dtypes=(*WIDE, "float16"), basic=True),
    _numpy("einsum", "the gradient as einsum", SUMS_WIDE),
    _numpy("gram", "the gradient through XᵀX", SUMS_WIDE, GRAM),
)


def _second(entry: Implementation) -> Implementation:
    return dataclasses.replace(entry, weight="light", target=f"{__name__}.second.{entry.name}")


# Of second derivatives; `impls.second` says what their files hold.
SECOND_ORDER = (
    _second(_torch("hessian", "torch.func.hessian, forward over reverse")),
    _second(_torch("double_backward", "autograd.grad of autograd.grad, a row of the Hessian at a time")),
    _second(_torch("product", "a Hessian-vector product, forward over reverse")),
    _second(_torch("reverse_product", "a Hessian-vector product, reverse over reverse")),
    _second(_jax("hessian", "jax.hessian")),
    _second(_jax("product", "a Hessian-vector product, forward over reverse")),
)
