"""What `import gradagree` gives; that package imports it once one of these names is asked for."""

from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.cli.check import check
from gradagree.cli.optimizer import check_optimizer
from gradagree.cli.outcome import Outcome
from gradagree.diagnosis.compare import compare
from gradagree.diagnosis.diagnosis import Diagnosis
from gradagree.errors import UsageError
from reference.problem import Problem, regression

__all__ = [
    "Diagnosis",
    "Judgement",
    "Outcome",
    "Problem",
    "Run",
    "UsageError",
    "Verdict",
    "check",
    "check_optimizer",
    "compare",
    "regression",
]
