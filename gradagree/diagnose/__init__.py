"""What a loop computes instead of gradient descent.

- `explanation`    one alternative semantics, held against a run
- `engine`         all of them, the best first
- `another`        the problem on which an explanation has to hold too
- `record_faults`  mistakes that show in how the run ended rather than in its numbers
- `exceptions`     which mistake an exception comes from
- `pattern`        what is wrong where nothing explains it
- `remarks`        what else can be said of a run, with its story: GD001 to GD004
- `theory`         why a correct run may diverge or be slow
"""

from gradagree.diagnose.diagnosis import Diagnosis, doubtful
from gradagree.diagnose.engine import diagnose
from gradagree.diagnose.exceptions import explain_exception
from gradagree.diagnose.explanation import Explanation

__all__ = ["Diagnosis", "Explanation", "diagnose", "doubtful", "explain_exception"]
