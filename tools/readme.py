"""The parts of the README that come from runs. `python -m tools.readme` writes them anew."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from gradagree.matrix import registry
from gradagree.runtime import frameworks
from reference import problems
from reference.arithmetic import Arithmetic
from reference.claim import Claim
from reference.formats import FLOAT32
from reference.truth import Truth
from tools.bench.__main__ import WRITTEN
from tools.bench.figures import limit
from tools.document import table

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def block(name: str, text: str) -> str:
    """What stands in `text` between the markers called `name`."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    if found is None:
        raise ValueError(f"README.md: got no markers <!-- {name} --> and <!-- /{name} -->; a pair of them will do")
    return found[1]


def with_block(name: str, content: str, text: str) -> str:
    """`text` with other content between the markers."""
    return text.replace(f"<!-- {name} -->\n{block(name, text)}", f"<!-- {name} -->\n{content}")


def worked() -> str:
    """The bound of one gradient, number by number."""
    problem = problems.load("stackoverflow").cast("float32")
    claim = Arithmetic(FLOAT32, FLOAT32)
    truth = Truth(problem, claim, problem.V0[None])
    N, rho, sigma = problem.least_squares.rows, claim.rho(1), claim.sigma(100)
    P, Q, B = float(truth.sizes.P[0, 0, 0]), float(truth.sizes.Q[0, 0, 0]), float(truth.gradient_bound[0, 0, 0])
    exact = float(truth.gradient[0, 0, 0])
    return f"""\
- `u = 2⁻²⁴`, N = {N} rows, one feature: a residual is off by at most `ρ = (1+u)¹(1+u)³ - 1 = {rho:.3g}` of the size of
  its terms, and scaling and summing add `σ = (1+u)¹⁰⁰(1+u)⁶ - 1 = {sigma:.3g}`, in any order of summation;
- exact sums give `P = sqrt(Σx² · Σr²) = {P:.6g}` and `Q = Σ|x|(|x||w| + |b| + |y|) = {Q:.6g}`;
- so `|ĝ - g| ≤ (2/N)[σ P + (1+σ) ρ Q] + underflow = {B:.3g}`, where the exact gradient is {exact:.6f}: anything from
  {exact - B:.6f} to {exact + B:.6f} agrees, and a gradient wrong by one part in {(abs(exact) - B) / (2 * B):,.0f} would
  certainly have been caught.
"""


def printed_table() -> str:
    """What `make verify` prints of the four implementations that the README shows, on two problems."""
    names = "(torch_manual or torch_rebind or numpy_analytic or jax_grad) and (stackoverflow or probe97) and not noisy"
    command = [sys.executable, "-m", "pytest", "tests/test_agreement.py", "-q", "--device", "cpu", "-k", names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    after = done.stdout.split(" agreement ", 1)[1].split("\n", 1)[1]
    return "```\n" + re.split(r"\n\d+ passed", after)[0].strip() + "\n```\n"


def implementations() -> str:
    """Every implementation in the registry: what it is, where it runs, and its claims beyond its framework's own."""
    shared = {name: _shared(name) for name in frameworks.names()}
    entries = registry.first_order()
    own = {entry.name: [c for c in entry.claims if c not in shared[entry.framework]] for entry in entries}
    reasons = list(dict.fromkeys(claim.reason for claims in own.values() for claim in claims))
    rows: list[tuple[str, ...]] = []
    for entry in entries:
        link = f"[`{entry.name}`](impls/{entry.name}.py)"
        claims = ", ".join(str(1 + reasons.index(claim.reason)) for claim in own[entry.name]) or "plain"
        rows.append((link, entry.about, _joined(entry.devices), _joined(entry.dtypes), claims))
    for entry in registry.second_order():
        link = f"[`second.{entry.name}`](impls/second/{entry.name}.py)"
        rows.append((link, entry.about, *["as its framework"] * 3))
    notes = []
    for number, reason in enumerate(reasons, 1):
        notes.append(f"{number}. {_told(next(c for claims in own.values() for c in claims if c.reason == reason))}")
    everywhere = [claim for claim in entries[0].claims if all(claim in each for each in shared.values())]
    common = [f"- all: {_told(claim)}" for claim in everywhere]
    for name, each in shared.items():
        common += [f"- all of {name}: {_told(claim)}" for claim in each if claim not in everywhere]
    lines = table(("implementation", "what it is", "devices", "dtypes", "claims"), rows)
    return "\n".join([*lines, "", *notes, "", *common]) + "\n"


def _shared(framework: str) -> list[Claim]:
    """What every implementation of a framework claims."""
    entries = [entry for entry in registry.first_order() if entry.framework == framework]
    return [claim for claim in entries[0].claims if all(claim in entry.claims for entry in entries)]


def _told(claim: Claim) -> str:
    where = _joined((*claim.devices, *claim.dtypes))
    return f"{claim.reason}{f' ({where})' if where else ''}"


def _joined(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def checked() -> str:
    """The answer that a wrong script gets; a test of the examples holds it to the program."""
    return "```\n" + (ROOT / "examples" / "forum_4_in_place.txt").read_text() + "```\n"


def checked_optimizer() -> str:
    """The answer that an optimizer gets whose ε is inside the root."""
    arguments = ["check", "examples/adam_in_numpy.py:adam", "--as", "adam(lr=0.01)"]
    done = subprocess.run([sys.executable, "-m", "gradagree", *arguments], cwd=ROOT, capture_output=True, text=True)
    return "```\n" + done.stdout + "```\n"


def examined() -> str:
    """What `doctor` says of JAX, the machine left out."""
    command = [sys.executable, "-m", "gradagree", "doctor", "--framework", "jax"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return "```\n" + done.stdout.split("\n\n", 1)[1] + "```\n"


def cost() -> str:
    """What `make bench` promises, as its last run here measured it; what stands there already, where there was none."""
    if not WRITTEN.exists():
        return block("cost", README.read_text())
    figures = [figure for module in json.loads(WRITTEN.read_text())["figures"].values() for figure in module]
    rows = [
        (figure["name"], f"{figure['value']:.3g} {figure['unit']}".strip(), limit(figure))
        for figure in figures
        if figure["limit"] is not None
    ]
    return "\n".join(table(("what", "measured", "limit"), rows)) + "\n"


if __name__ == "__main__":
    text = README.read_text()
    made = {
        "table": printed_table,
        "worked": worked,
        "check": checked,
        "as": checked_optimizer,
        "doctor": examined,
        "implementations": implementations,
        "cost": cost,
    }
    for name, make in made.items():
        text = with_block(name, make(), text)
    README.write_text(text)
