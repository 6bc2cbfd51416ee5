"""The composition root: it loads the judge as a pytest plugin."""

import os

from gradagree.runtime import watchdog

pytest_plugins = ["gradagree.pytest_plugin.plugin"]


def pytest_configure() -> None:
    """What ends the process must be heard: pytest captures standard error during a test, and not yet."""
    watchdog.speak_on(os.dup(2))
