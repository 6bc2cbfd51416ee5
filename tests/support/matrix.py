"""A project with the plugin and the matrix alone, for tests that run sessions of pytest."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AGREEMENT = """
import pytest

def test_agreement(row):
    if row.verdict != "AGREES":
        pytest.fail(row.reason, pytrace=False)
"""


def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """The project; its sessions find this suite in processes of their own too."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    # The plugins of others, hypothesis among them, take as long to import as a session takes.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "xdist.plugin" if find_spec("xdist") else "")
    pytester.makeconftest('pytest_plugins = ["gradagree.pytest_plugin.plugin"]')
    pytester.makepyfile(test_agreement=AGREEMENT)
    return pytester
