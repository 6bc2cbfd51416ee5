"""What this machine offers, and the arithmetic that its frameworks really compute in: `python -m gradagree doctor`.

Settings say what was asked for; a probe says what is done. Each probe is exact: its inputs are chosen so that the
answers under different hypotheses are different numbers, none of which has to be rounded to be told.

- `operations`   what a framework is asked to compute
- `hypotheses`   which hypothesis an answer equals, or none
- `factors`      how many bits of a product's factors are kept
- `accumulator`  in which format a sum is added up
- `subnormals`   whether numbers below the normal range are kept
- `fused`        whether a product is rounded before it is added
- `examine`      all probes, for each framework, device and dtype
- `render`       as text

Nothing here imports a framework before it is examined.
"""
