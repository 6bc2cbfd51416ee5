"""Mutants of what chooses cells and runs them: the pairings, the runner, the plugin, second derivatives."""

from __future__ import annotations

from tools.mutants.patch import Patch

PAIRS = ("tests/matrix/test_pairing.py",)
RUNS = ("tests/matrix/test_running.py",)
KNOWN = ("tests/matrix/test_effects.py",)
PLUGGED = ("tests/pytest_plugin/test_plugin.py",)
SECOND = ("tests/reference/test_curvature.py", "tests/test_second_derivatives.py")

PAIRING = "gradagree/matrix/rules.py"
RUNNING = "gradagree/matrix/running.py"
PRESENCE = "gradagree/matrix/availability.py"
PLUGIN = "gradagree/pytest_plugin/plugin.py"
EFFECTS = "gradagree/matrix/effects.py"
CURVATURE = "reference/curvature.py"
JUDGE = "gradagree/checking/curvature.py"

PATCHES = (
    # Which pairings make sense.
    Patch("subnormals of one dtype asked of another", PAIRING,
          "if MEANT_FOR.get(problem, dtype) != dtype:", "if False:", PAIRS),
    Patch("cells that can tell nothing are run", PAIRING,
          "if not (resolution(truth.gradient_bound, np.abs(truth.gradient)) < 1):", "if False:", PAIRS),
    Patch("the classics left out of the quick depth", PAIRING,
          "if basic and problem in problems.CLASSIC:", "if False:", PAIRS),

    # The runner.
    Patch("a framework that is not there is run", PRESENCE,
          "if not frameworks.installed(name):", "if False:", PLUGGED),
    Patch("a device that is not there is run on", PRESENCE,
          "if cell.device not in framework.devices():", "if False:", PLUGGED),
    Patch("two processes share one GPU", PRESENCE,
          'if cell.device != "cpu" and count < needed:', "if False:", PAIRS),
    Patch("no diagnosis where it disagrees", RUNNING,
          "if judgement.verdict is Verdict.DISAGREES:", "if False:", ("tests/report/test_report_page.py",)),

    Patch("no second run", RUNNING, "    if not first.faults:\n", "    if False:\n", RUNS),
    Patch("the second run unjudged", RUNNING, "        if not repeated:\n", "        if False:\n", RUNS),
    Patch("the better of two runs told", RUNNING,
          "seen = min(seen, _judged(second", "seen = max(seen, _judged(second", RUNS),

    # Known defects.
    Patch("whatever else is wrong expected as well", RUNNING, "    if surprise:\n", "    if False:\n", KNOWN),
    Patch("a second run's surprise overlooked", RUNNING,
          "return SEVERITY.index(seen.judgement.verdict), not seen.surprise",
          "return SEVERITY.index(seen.judgement.verdict), bool(seen.surprise)", KNOWN),
    Patch("updates taken for the defect's, whatever they are", EFFECTS,
          'checks["update"] = judge(', 'judge(', KNOWN),
    Patch("the loss of a defective run unjudged", EFFECTS,
          '("start", "gradient", "loss")', '("start", "gradient")', KNOWN),
    Patch("b's whole vectors moved", EFFECTS,
          "for part in (moved[:, :-1], moved[:, -1:]):", "for part in (moved[:, :-1],):", KNOWN),

    # The plugin.
    Patch("rows that never reach the table", PLUGIN,
          'if found is not None and (report.when == "call" or report.outcome != "passed"):', "if False:", PLUGGED),
    Patch("what was not run passes", PLUGIN,
          "if result.verdict == Verdict.NOT_RUN.value:", "if False:", PLUGGED),

    # Second derivatives.
    Patch("targets in the Hessian's products", CURVATURE,
          "LeastSquares(problem.x, np.zeros_like(problem.y))", "LeastSquares(problem.x, problem.y)", SECOND),
    Patch("the narrower of two bounds across the diagonal", CURVATURE,
          "np.maximum(square, square.T)", "np.minimum(square, square.T)", SECOND),
    Patch("the Hessian's shape and dtype overlooked", JUDGE, "    if read.faults:\n", "    if False:\n", SECOND),
    Patch("NaN in the Hessian", JUDGE, "    if not np.isfinite(products).all():\n", "    if False:\n", SECOND),
)  # fmt: skip
