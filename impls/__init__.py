"""Who is on trial: one file per road to a gradient, each a complete loop to learn from.

This is the list of them. It holds strings alone, so that reading it costs no import of a framework; and it is the one
file here that knows of the rest of the suite, so that each of the others could be pasted into a notebook.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from reference.arithmetic import Arithmetic
from reference.formats import BFLOAT16, BY_NAME, FLOAT16, FLOAT32, FLOAT64, TF32

WIDE = ("float32", "float64")
ALL = (*WIDE, "bfloat16", "float16")
NEEDS = ("compiler", "tf32")  # what not every machine has


@dataclass(frozen=True)
class Claim:
    """Where an implementation's arithmetic differs from the plain claim, and why that is honest.

    Parameters
    ----------
    changes
        fields of `Arithmetic`, by name.
    reason
        what the framework does, as seen.
    devices, dtypes
        where it does so; empty for everywhere.
    """

    changes: dict[str, Any]
    reason: str
    devices: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()

    def holds(self, device: str, dtype: str) -> bool:
        """Whether the claim is about this device and dtype."""
        return (not self.devices or device in self.devices) and (not self.dtypes or dtype in self.dtypes)


@dataclass(frozen=True)
class Implementation:
    """One road to a gradient.

    Parameters
    ----------
    name
        begins with the framework's name, so that `pytest -k` selects by it; the file in this folder is called so too.
    about
        what the road is, in a few words.
    devices, dtypes
        where it is meant to run.
    claims
        where its arithmetic is not the plain one of its dtype.
    weight
        how dear a new shape of problem is: `"light"`; `"compiles"`, for about a second; or `"heavy"`, seconds a run.
    basic
        whether it is one of those that everything else is compared with.
    forward
        whether it differentiates in forward mode, one pass for each parameter.
    own_devices
        how many devices of one kind it needs, where that is not the CPU.
    needs
        which of `NEEDS` it cannot do without.
    """

    name: str
    about: str
    devices: tuple[str, ...]
    dtypes: tuple[str, ...]
    claims: tuple[Claim, ...] = ()
    weight: str = "light"
    basic: bool = False
    own_devices: int = 1
    forward: bool = False
    needs: tuple[str, ...] = ()

    @property
    def framework(self) -> str:
        """Whose arrays it takes: `"torch"`, `"jax"` or `"numpy"`."""
        return self.name.split("_")[0]

    @property
    def target(self) -> str:
        """`"module:function"`, the generator to run."""
        return f"{__name__}.{self.name}:descend"

    def arithmetic(self, device: str, dtype: str) -> Arithmetic:
        """What the implementation claims of its arithmetic on `device` in `dtype`.

        The plain claim: results are stored in the dtype, and sums accumulated in it, or in float32 where the dtype is
        narrower, as BLAS libraries and tensor units do.
        """
        storage = BY_NAME[dtype]
        plain = Arithmetic(storage, accumulate=storage if storage in (FLOAT32, FLOAT64) else FLOAT32)
        for claim in self.claims:
            if claim.holds(device, dtype):
                plain = dataclasses.replace(plain, **claim.changes)
        return plain


TORCH = ("cpu", "cuda", "mps", "xpu")
JAX = ("cpu", "cuda", "tpu")
CPU = ("cpu",)
CUDA = ("cuda",)

DYADIC = Claim(
    {"dyadic": True},
    "its only constants are lr and the mean's scale, a power of two where N m is one: nothing rounds on a lattice",
)
TORCH_SUMS = Claim(
    {"partial_sums_from": 2**15 + 1},
    "PyTorch's CPU code stores a partial sum a thread where more than 2¹⁵ numbers of 16 bits add up to one",
    CPU,
    ("bfloat16", "float16"),
)
TORCH_RANGE = Claim(
    {"wide_sums": True},
    "PyTorch takes sums and means of float16 in float32's range, and scales them before they are stored",
    dtypes=("float16",),
)
APPLE = Claim({"flushes": True}, "Apple's GPUs flush float32's subnormals to zero", ("mps",), ("float32", "bfloat16"))
TPU = Claim({"flushes": True}, "TPUs flush subnormals to zero", ("tpu",))
FLUSHES = Claim({"flushes": True}, "XLA's CPU code runs with subnormals flushed to zero", CPU, WIDE)
XLA_NARROW = Claim(
    {"accumulate": BFLOAT16, "flushes": True},
    "XLA's CPU code sums bfloat16 in bfloat16",
    CPU,
    ("bfloat16",),
)
XLA_HALF = Claim({"accumulate": FLOAT16}, "XLA's CPU code sums float16 in float16", CPU, ("float16",))
XLA = (FLUSHES, XLA_NARROW, XLA_HALF, TPU)
PYTORCH = (TORCH_SUMS, APPLE)
XLA_MEANS = Claim(
    {"accumulate": FLOAT32, "wide_sums": True},
    "jnp's own sums and means are taken in float32",
    CPU,
    ("bfloat16", "float16"),
)
SHARDS = Claim(
    {"extra_roundings": 7}, "the shares of up to 8 devices are stored, and each but one rounds as it is added"
)
NUMPY = (
    Claim({"accumulate": FLOAT16}, "NumPy sums float16 over rows in float16", dtypes=("float16",)),
    Claim({"accumulate": BFLOAT16}, "ml_dtypes sums bfloat16 in bfloat16", dtypes=("bfloat16",)),
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
SUMS_WIDE = Claim({"accumulate": FLOAT32}, "products are summed in float32", dtypes=("bfloat16", "float16"))


def _torch(name: str, about: str, dtypes: tuple[str, ...] = ALL, **more: Any) -> Implementation:
    claims = (DYADIC, *PYTORCH, TORCH_RANGE, *more.pop("claims", ()))
    return Implementation(f"torch_{name}", about, more.pop("devices", TORCH), dtypes, claims, **more)


def _jax(name: str, about: str, dtypes: tuple[str, ...] = ALL, **more: Any) -> Implementation:
    claims = (DYADIC, *XLA, *more.pop("claims", ()))
    more = {"weight": "compiles"} | more
    return Implementation(f"jax_{name}", about, more.pop("devices", JAX), dtypes, claims, **more)


def _numpy(name: str, about: str, dtypes: tuple[str, ...] = ALL, **more: Any) -> Implementation:
    return Implementation(f"numpy_{name}", about, CPU, dtypes, (DYADIC, *more.pop("claims", NUMPY)), **more)


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
    _torch("vmap", "per-sample gradients, averaged", claims=(PER_SAMPLE,)),
    _torch("forward", "forward-mode differentiation", claims=(PER_SAMPLE,), forward=True),
    _torch("function", "a hand-written autograd.Function"),
    _torch("hook", "the update inside a post-accumulate-grad hook"),
    _torch("compile", "torch.compile", weight="heavy", needs=("compiler",)),
    _torch("checkpoint", "activations recomputed in backward"),
    _torch("microbatch", "accumulation over unequal micro-batches", claims=(MICROBATCHES,)),
    _torch("amp", "autocast to bfloat16 over float32 weights", ("float32",), claims=(AUTOCAST,)),
    _torch("amp_float16", "autocast to float16 with a GradScaler", ("float32",), devices=CUDA, claims=(AUTOCAST_HALF,)),
    _torch("tf32", "float32 with TF32 products", ("float32",), devices=CUDA, claims=(TF32_INPUTS,), needs=("tf32",)),
    _torch("cuda_graph", "the step captured in a CUDA graph", devices=CUDA),
    _torch(
        "ddp",
        "DistributedDataParallel, 2 processes, unequal shards",
        WIDE,
        weight="heavy",
        claims=(ALL_REDUCE,),
        devices=("cpu", "cuda"),
    ),
    _torch(
        "fsdp",
        "FSDP2, 2 processes, unequal shards",
        WIDE,
        weight="heavy",
        claims=(ALL_REDUCE,),
        devices=("cpu", "cuda"),
        own_devices=2,
    ),
    _jax("grad", "jax.value_and_grad", basic=True),
    _jax("jit", "the step under jax.jit"),
    _jax("scan", "the whole run in one lax.scan"),
    _jax("forward", "forward-mode differentiation, jacfwd", claims=(XLA_MEANS,), forward=True),
    _jax("vmap", "per-sample gradients, averaged", claims=(XLA_MEANS, PER_SAMPLE)),
    _jax("checkpoint", "activations recomputed in backward"),
    _jax("custom_vjp", "a hand-written derivative", claims=(XLA_MEANS,)),
    _jax("sharded", "rows sharded over several devices", claims=(SHARDS,)),
    _jax("optax", "optax.sgd"),
    _jax("tf32", "float32 with TF32 products", ("float32",), devices=CUDA, claims=(TF32_INPUTS,), needs=("tf32",)),
    _numpy("analytic", "the gradient written out by hand", (*WIDE, "float16"), basic=True),
    _numpy("einsum", "the gradient as einsum", claims=(SUMS_WIDE,)),
    _numpy("gram", "the gradient through XᵀX", claims=(SUMS_WIDE, GRAM)),
)
