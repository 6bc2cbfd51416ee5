"""Mutants of `gradagree`: the comparison, the verdict, the record."""

from __future__ import annotations

from tools.mutants.patch import Patch

JUDGE = (
    "tests/checking/test_compare.py",
    "tests/tools/test_trial_judge.py",
    "tests/tools/test_trial_kill.py",
    "tests/impls/test_planted.py",
)
RECORD = ("tests/runtime/test_record.py", "tests/checking/test_compare.py")

COMPARE = "gradagree/checking/judge.py"
CHECKS = "gradagree/checking/check.py"
END = "gradagree/checking/final_iterate.py"

PATCHES = (
    # The comparison.
    Patch("a comparison blind to NaN", CHECKS, "outside = ~(size <= bound)  #", "outside = size > bound  #", JUDGE),
    Patch("the sign of the error kept", CHECKS, "size = np.abs(error)", "size = error", JUDGE),
    Patch("a bound of twice the size", CHECKS,
          "outside = ~(size <= bound)  #", "outside = ~(size <= 2 * bound)  #", JUDGE),
    Patch("only the last step looked at", CHECKS,
          "if outside.any() else None", "if outside[-1].any() else None", JUDGE),
    Patch("the last wrong step named first", CHECKS,
          "at(int(np.argmax(outside)))",
          "at(outside.size - 1 - int(np.argmax(outside.ravel()[::-1])))", JUDGE),
    Patch("the best component's resolution for the worst's", CHECKS,
          "float(components[present].max())", "float(components[present].min())", JUDGE),
    Patch("a resolution that forgets the correct one's error", CHECKS,
          "2 * bound / (signal - bound)", "bound / (signal - bound)", JUDGE),
    Patch("b named w", CHECKS, "if row < features else", "if row <= features else", JUDGE),
    Patch("the gradients' check dropped", COMPARE, 'checks["gradient"] = _gradients(', "_gradients(", JUDGE),
    Patch("the updates' check dropped", COMPARE, '        checks["update"] = updates', "        pass", JUDGE),
    Patch("the losses' check dropped", COMPARE, 'checks["loss"] = _losses(', "_losses(", JUDGE),
    Patch("the end's checks dropped", COMPARE, "        checks |= end_checks\n", "", JUDGE),
    Patch("the start unchecked", COMPARE, 'checks = {"start": _start(problem, V)}', "checks = {}", JUDGE),
    Patch("updates compared one step late", COMPARE,
          "before, after, slope = V[:steps], V[1 : steps + 1], known[:steps]",
          "steps = max(steps - 1, 1)\n    before, after, slope = V[:steps], V[1 : steps + 1], known[:steps]", JUDGE),
    Patch("the last gradient uncompared", COMPARE,
          '_gradients(truth, gradient[:finite])', "_gradients(truth, gradient[: max(finite - 1, 1)])", JUDGE),
    Patch("faults forgiven", COMPARE, "    if trajectory.faults:\n        return Verdict.INVALID",
          "    if False:\n        return Verdict.INVALID", JUDGE),
    Patch("NaN forgiven", COMPARE, "    if broken:\n", "    if False:\n", JUDGE),
    Patch("what is wrong agrees", COMPARE, "    if wrong:\n", "    if len(wrong) > 9:\n", JUDGE),
    Patch("the blind pass", COMPARE, "checks[quantity].blind:", "False:", JUDGE),
    Patch("every overflow excused", "gradagree/checking/truth.py",
          "return not self.sizes.within(self.claim)[step]", "return True", JUDGE),
    Patch("a ball's radius forgotten at the end", END, ".upper()) for t", ".mid()) for t", JUDGE,
          survives="balls are 2**-80 wide, and a recorded end is a float64: no number shows the difference"),
    Patch("the end judged by twice the bound", END, "if not (abs(e.error) <= e.bound)",
          "if not (abs(e.error) <= 2 * e.bound)", JUDGE),
    Patch("the end of b unjudged", END, '(("w", slice(None, d)), ("b", slice(d, None)))',
          '(("w", slice(None, d)),)', JUDGE),
    Patch("a check never blind", "gradagree/checking/verdict.py",
          "return not (self.resolution < 1)", "return self.resolution > 1", JUDGE),
    Patch("a ratio of zero bounds is none", "gradagree/checking/verdict.py",
          'return error / bound if bound > 0 else float("inf")', "return error / bound if bound > 0 else 0.0", JUDGE),

    # The record.
    Patch("values read when the run is over", "gradagree/runtime/frameworks/__init__.py",
          "return np.array(values, dtype=np.float64)", "return np.asarray(values, dtype=np.float64)",
          ("tests/runtime/test_record.py", "tests/tools/test_trial_judge.py")),
    Patch("a run too long accepted", "gradagree/runtime/record.py",
          '        transcript.fault("steps", f"yielded more', '        str(f"yielded more', RECORD),
    Patch("overwritten data overlooked", "gradagree/runtime/record.py",
          "            transcript.compare_inputs(given)\n", "            pass\n", RECORD),
    Patch("another dtype overlooked", "gradagree/runtime/recorder.py",
          "if host.dtype != self.dtype and", "if False and", RECORD),
    Patch("another device overlooked", "gradagree/runtime/recorder.py",
          "if host.device != self.device and", "if False and", RECORD),
)  # fmt: skip
