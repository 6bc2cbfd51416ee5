"""torch's get_swa_multi_avg_fn averages float64 models with a float32 weight.

`1 / (num_averaged + 1)` of an integer tensor is float32; without the function the average is right. The mean of 1, 0
and 0; exits 1 if it is not 1/3 to float64's precision.
"""

import sys

import torch
from torch.optim import swa_utils

off = {}
for name, function in (("default", None), ("multi_avg_fn", swa_utils.get_swa_multi_avg_fn())):
    model = torch.nn.Linear(1, 1, bias=False, dtype=torch.float64)
    average = swa_utils.AveragedModel(model, multi_avg_fn=function)
    for value in (1.0, 0.0, 0.0):
        torch.nn.init.constant_(model.weight, value)
        average.update_parameters(model)
    off[name] = abs(average.module.weight.item() - 1 / 3)
    print(f"torch {torch.__version__}, {name}: the mean is off by {off[name]:.1e}")
sys.exit(off["multi_avg_fn"] > 1e-15)
