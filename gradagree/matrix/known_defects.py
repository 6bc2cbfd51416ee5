"""Known defects: cells that are expected to fail, each with its reason and where it was reported.

A surprise fails every way: a cell that fails and stands in no row here, a row here whose defect no longer shows, and a
cell of a row in which something else is wrong too.
"""

from __future__ import annotations

import dataclasses
import platform
from dataclasses import dataclass
from fnmatch import fnmatch

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from gradagree.matrix.effects import Effect, as_contiguous, unmoved


def is_among(version: str, versions: str) -> bool:
    """Whether a framework's version is one of those that pip writes so; a local build counts as its release."""
    return Version(version).public in SpecifierSet(versions, prereleases=True)


@dataclass(frozen=True)
class KnownDefect:
    """A defect of a framework, as the matrix shows it: its cells disagree, and by no more than its effect.

    Parameters
    ----------
    implementation, problem
        patterns as in file names, `"tails_params_*"`.
    devices, dtypes
        where it shows.
    versions
        of the framework, as pip writes them: `"==2.13.*"`.
    reason
        what goes wrong.
    effect
        what that does to the numbers; anything else that is wrong is not expected.
    issue
        where it was reported, `"pytorch#191763"`.
    script
        in `examples/findings/`: the least that shows it, with nothing but the framework.
    problems_spared
        patterns of problems at which it does not show.
    machines
        the processors it shows on, as `platform.machine()` names them; empty for all.
    """

    implementation: str
    problem: str
    devices: tuple[str, ...]
    dtypes: tuple[str, ...]
    versions: str
    reason: str
    effect: Effect
    issue: str
    script: str
    problems_spared: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()

    def covers(self, implementation: str, device: str, dtype: str, problem: str, version: str) -> bool:
        """Whether a cell, run with this version of its framework, is one that the defect shows in."""
        return (
            fnmatch(implementation, self.implementation)
            and fnmatch(problem, self.problem)
            and not any(fnmatch(problem, spared) for spared in self.problems_spared)
            and device in self.devices
            and dtype in self.dtypes
            and (not self.machines or platform.machine() in self.machines)
            and is_among(version, self.versions)
        )


NARROW = ("bfloat16", "float16")
ALL = ("float64", "float32", *NARROW)

# Seen in 2.13.0, reported in 2.12.1 as well; the loop over whole vectors has stored nothing since the kernel came in
# 2.4. A vector holds 16 numbers on x86, whatever its capability, and 8 on ARM.
UNMOVED = KnownDefect(
    implementation="torch_optim_fused",
    problem="tails_params_*",
    devices=("cpu",),
    dtypes=NARROW,
    versions=">=2.4,<=2.13.0",
    reason="whole vectors of parameters are not updated",
    effect=Effect(moves=unmoved(16)),
    issue="pytorch#191763",
    script="fused_sgd_unmoved.py",
    problems_spared=tuple(f"tails_params_{n}" for n in (1, 2, 3, 5, 7, 8, 9, 15)),
    machines=("x86_64", "AMD64"),
)
ON_ARM = dataclasses.replace(
    UNMOVED,
    effect=Effect(moves=unmoved(8)),
    machines=("aarch64", "arm64"),
    problems_spared=tuple(f"tails_params_{n}" for n in (1, 2, 3, 5, 7)),
)
# No public report was found. Seen in 2.13.0; the kernel has taken parameters for contiguous since it came in 2.4.
STRIDES = KnownDefect(
    implementation="torch_optim_fused_view",
    problem="tails_params_*",
    devices=("cpu",),
    dtypes=ALL,
    versions=">=2.4",
    reason="a strided parameter is updated as though it were contiguous",
    effect=Effect(moves=as_contiguous),
    issue="not reported yet",
    script="fused_sgd_strides.py",
    problems_spared=("tails_params_1",),
)


def _and_unmoved(of_vectors: KnownDefect, width: int) -> KnownDefect:
    """Both at once: of what the kernel takes for contiguous, whole vectors of so many numbers do not move."""
    return dataclasses.replace(
        STRIDES,
        dtypes=of_vectors.dtypes,
        versions=of_vectors.versions,
        machines=of_vectors.machines,
        reason=f"{STRIDES.reason}, and {of_vectors.reason}",
        effect=Effect(moves=lambda gradient: as_contiguous(unmoved(width)(gradient))),
    )


# By reading its source: gloo's reduce_scatter_tensor was given the operation and did not pass it on. Mended on
# 2025-12-29, after 2.10 was cut. FSDP2 asks for a mean in float32 and bfloat16 alone; float64 it divides itself.
SUMMED = KnownDefect(
    implementation="torch_fsdp",
    problem="*",
    devices=("cpu",),
    dtypes=("float32",),
    versions=">=2.6,<2.11",
    reason="gradients are summed over the processes, not averaged",
    effect=Effect(times=2),  # processes
    issue="pytorch#162338",
    script="gloo_average.py",
)


def _also(known: KnownDefect, *problems: str) -> tuple[KnownDefect, ...]:
    """The same defect at other problems."""
    return (known, *(dataclasses.replace(known, problem=problem, problems_spared=()) for problem in problems))


# Problems of several parameters.
SEVERAL = ("targets", "wide", "layouts_*", "*lattice_*_targets", "lattice_wide_entries", "long_wide", "scales")

KNOWN: tuple[KnownDefect, ...] = (
    *_also(UNMOVED, "targets", "wide", "dense_lattice_65536_targets"),
    *_also(ON_ARM, "targets", "wide", "layouts_*", "lattice_64_targets", "dense_lattice_65536_targets"),
    # The first that covers a cell is the one that is expected there.
    *_also(_and_unmoved(UNMOVED, 16), *SEVERAL),
    *_also(_and_unmoved(ON_ARM, 8), *SEVERAL),
    *_also(STRIDES, *SEVERAL),
    SUMMED,
)


def expected(implementation: str, device: str, dtype: str, problem: str, version: str) -> KnownDefect | None:
    """The known defect of a cell, `None` where it ought to agree."""
    cell = (implementation, device, dtype, problem, version)
    return next((known for known in KNOWN if known.covers(*cell)), None)
