"""Defects that no cell of the matrix shows: schedules, clipping, scalers, averages, and optimizers with state.

Each has a script in `examples/findings/`, the least that shows it. What the matrix does show is in `known_defects`.
"""

from __future__ import annotations

from dataclasses import dataclass

from gradagree.matrix.known_defects import is_among


@dataclass(frozen=True)
class Finding:
    """A defect that a script shows.

    Parameters
    ----------
    script
        in `examples/findings/`; it exits 1 where the defect is there.
    shows
        what the script then prints: the measured size.
    issue
        where it was reported, `"pytorch#192545"`; empty where no public report was found.
    versions
        of the framework, as pip writes them, with which it was seen. Of others nothing is said.
    """

    script: str
    shows: str
    issue: str = ""
    versions: str = "==2.13.*"

    def seen_with(self, version: str) -> bool:
        """Whether this version of the framework is one that it was seen with."""
        return is_among(version, self.versions)


OPTAX = "==0.2.8"

FINDINGS: tuple[Finding, ...] = (
    # Fused and foreach updates.
    Finding("fused_adam_strides.py", "Adam, float64: 6 of 12 numbers are wrong"),
    Finding("fused_memory_order.py", "SGD: 2 of 4 entries are wrong"),
    Finding("fused_sgd_momentum_unmoved.py", "bfloat16: 32 of 33 parameters did not move", "pytorch#192545"),
    Finding("fused_sgd_overflow.py", "of 100 parameters are wrong", "LibreYOLO#771"),
    Finding("fused_sgd_late_gradient.py", "TypeError"),
    Finding("foreach_nesterov_gradient.py", "a gradient of 1 is 1.9 after the step"),
    # Formats that state and hyperparameters are kept in.
    Finding("adam_float16.py", "2 of 4 parameters are not finite"),
    Finding("adam_bfloat16_stagnates.py", "bfloat16: v = 10.1"),
    Finding("adam_tensor_rate.py", "Adam: off by 5.0e-09"),
    Finding("nadam_product.py", "off by 5.1e-08"),
    Finding("asgd_rate.py", "off by 4.0e-08"),
    Finding("step_count_float32.py", "the count is 16777216 for 16777266"),
    Finding("keras_adam_bfloat16.py", "1 is 1.0 after a step of 1/2", versions="==3.15.*"),
    Finding("optax_adam_float16.py", "nan", "optax#1754", OPTAX),
    Finding("optax_bias_correction.py", "b2=0.99999: the first step is off by 6.8e-04", versions=OPTAX),
    Finding("optax_inject_hyperparams.py", "roundings", "optax#1532", OPTAX),
    # Schedules.
    Finding("sequential_composite.py", "[0.05, 0.02, 0.02] nested", "pytorch#196243"),
    Finding("sequential_one_cycle.py", "lr = 0.02 for 0.05"),
    Finding("chained_warm_restarts.py", "[0.1, 0.0854", "pytorch#129565"),
    Finding("warm_restarts_epoch.py", "lr = 0.0 for 1.0 at epoch 121"),
    Finding("cosine_tensor_rate.py", "off by 6.3e-03 of the rate"),
    Finding("one_cycle_division.py", "ZeroDivisionError", "pytorch#180187"),
    Finding("optax_exponential_decay.py", "off by 1.7e-03 of the rate", versions=OPTAX),
    # Clipping, scaling, averaging.
    Finding("clip_float16.py", "clipped to [0.0, 0.0]"),
    Finding("optax_clip_overflow.py", "is [0.0, 0.0]", versions=OPTAX),
    Finding("scaler_float64.py", "off by 1.4e-07"),
    Finding("swa_weight.py", "multi_avg_fn: the mean is off by 5.0e-09"),
    Finding("optax_ema_bfloat16.py", "the mean of 3000 ones is 0.53", versions=OPTAX),
)
