"""The composition root: it loads the judge as a pytest plugin."""

import os

from gradagree import last_resort

pytest_plugins = ["gradagree.plugin"]


def pytest_configure() -> None:
    """What ends the process must be heard: pytest captures standard error during a test, and not yet."""
    last_resort.speak_on(os.dup(2))
