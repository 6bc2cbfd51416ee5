"""What `import gradagree` gives; that package imports it once one of these names is asked for."""

from gradagree.checking.run import Run as Run
from gradagree.checking.verdict import Judgement as Judgement
from gradagree.checking.verdict import Verdict as Verdict
from gradagree.cli.check import check as check
from gradagree.cli.optimizer import check_optimizer as check_optimizer
from gradagree.cli.outcome import Outcome as Outcome
from gradagree.diagnosis.compare import compare as compare
from gradagree.diagnosis.diagnosis import Diagnosis as Diagnosis
from gradagree.errors import UsageError as UsageError
from reference.problem import Problem as Problem
from reference.problem import regression as regression
