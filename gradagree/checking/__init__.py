"""A recorded run held against the truth, inside derived bounds.

The order of a number's way: run, its truth (`reference.truth`), check, judge, verdict.

- `run`           one recorded run: what was recorded, on which problem, in which arithmetic
- `deviation`     one number beside the exact one: where it stands, how far off it is, and how far it may be
- `check`         one check: errors divided by bounds, the worst of them, the first beyond, and how much would have
                  been seen
- `curvature`     second derivatives on trial: a Hessian, or its products with directions, against the exact ones
- `final_iterate` where the run ended: against the end of the exact run, and against where that would converge
- `finite`        numbers that are not finite: the first of them, and whether the range of the format excuses it
- `judge`         holds a recorded run against the exact one, inside the bounds of the arithmetic it claims
- `side_by_side`  arrays of several shapes, compared as one
- `optimizer`     holds a recorded run of an optimizer against its recurrence
- `low_precision` numbers of a narrower format: rounding to it, and the evidence that numbers were
- `verdict`       what the judge says: a verdict, and the figures it rests on
"""
