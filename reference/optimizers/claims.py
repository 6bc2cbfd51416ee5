"""What torch's optimizers claim of their arithmetic beyond the plain one, as seen in torch 2.13 on CPU.

Plain is: scalars in float32 (float64 where that is the dtype), rounded to the dtype where they meet an array, as optax
does without `jax_enable_x64`. What is a defect is no claim: NAdam keeps `mu_product` and ASGD `eta` and `mu` in float32
where the parameters are float64, and a learning rate in float32 is one too.
"""

from __future__ import annotations

from reference.claim import Claim
from reference.formats import FLOAT32, FLOAT64

HALF = ("bfloat16", "float16")
PYTHON_SCALARS = Claim(
    {"scalars": FLOAT64}, "bias corrections and step sizes are Python's floats until they meet a tensor"
)
SCALARS_UNROUNDED = Claim(
    {"constants": FLOAT32}, "elementwise kernels compute in float32, Python's floats too, and round once", dtypes=HALF
)
FUSED = Claim(
    {"intermediates": FLOAT32},
    "one kernel computes the whole step in float32 and rounds the parameters and each state once",
    dtypes=HALF,
)
STATE_IN_FLOAT32 = ("nadam", "asgd")
FACTORS_IN_TENSORS = ("rprop",)


def torch_claims(optimizer: str, implementation: str) -> tuple[Claim, ...]:
    """Of one of torch's optimizers, as `spelling` has its name, in `loop`, `foreach` or `fused`."""
    # What NAdam and ASGD compute of hyperparameters passes through a state in float32; Rprop's η⁺ and η⁻ are written
    # into a tensor of the dtype.
    scalars = () if optimizer in STATE_IN_FLOAT32 else (PYTHON_SCALARS,)
    unrounded = () if optimizer in FACTORS_IN_TENSORS else (SCALARS_UNROUNDED,)
    return (*scalars, *unrounded, *([FUSED] if implementation == "fused" else []))
