"""Known defects: cells that are expected to fail, each with its reason and where it was reported.

A surprise fails both ways: a cell that fails and stands in no row here, and a row here whose defect no longer shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from gradagree.verdict import Verdict


@dataclass(frozen=True)
class Known:
    """A defect of a framework, as the matrix shows it.

    Parameters
    ----------
    implementation, problem
        patterns as in file names, `"tails_params_*"`.
    devices, dtypes
        where it shows.
    versions
        of the framework, as pip writes them: `"==2.13.*"`.
    verdict
        what the cell comes to.
    reason
        what goes wrong.
    issue
        where it was reported, `"pytorch#191763"`.
    problems_spared
        a pattern of problems at which it does not show.
    """

    implementation: str
    problem: str
    devices: tuple[str, ...]
    dtypes: tuple[str, ...]
    versions: str
    verdict: Verdict
    reason: str
    issue: str
    problems_spared: tuple[str, ...] = ()

    def covers(self, implementation: str, device: str, dtype: str, problem: str, version: str) -> bool:
        """Whether a cell, run with this version of its framework, is one that the defect shows in."""
        return (
            fnmatch(implementation, self.implementation)
            and fnmatch(problem, self.problem)
            and not any(fnmatch(problem, spared) for spared in self.problems_spared)
            and device in self.devices
            and dtype in self.dtypes
            and Version(version).public in SpecifierSet(self.versions, prereleases=True)
        )


KNOWN: tuple[Known, ...] = ()


def expected(implementation: str, device: str, dtype: str, problem: str, version: str) -> Known | None:
    """The known defect of a cell, `None` where it ought to agree."""
    cell = (implementation, device, dtype, problem, version)
    return next((known for known in KNOWN if known.covers(*cell)), None)
