"""Which narrower arithmetic a run is consistent with that disagrees with its claim.

A flag that makes products TF32 is no wrong gradient, and must not be taken for one; nor must a wrong gradient be
excused because some arithmetic is coarse enough to hold it. So an arithmetic is named only if its bounds contain every
step, under the same judgement that the claim was put to, and still tell something where the run is wrong; and if it
left its trace in the numbers, which the sentence tells.

The verdict stays: the claim is wrong. `gradagree.diagnosis` asks which *program* records these numbers, and knows one
with narrower data; here it is what a machine does inside the operations of a right program.

- `hypotheses`  the narrower arithmetics, in the order in which they are tried
- `traces`      what an arithmetic leaves in the numbers it makes
- `emulation`   the wrong gradients, held against those of an arithmetic that is done over
- `factors`     rounded factors done over
- `sums`        narrow sums done over
- `engine`      the first hypothesis that holds
- `wider`       of code that claims nothing: the honest arithmetic that holds it, where the plain one does not
- `means`       which mean a run of several targets takes
"""

from gradagree.diagnosis.identify.engine import identify

__all__ = ["identify"]
