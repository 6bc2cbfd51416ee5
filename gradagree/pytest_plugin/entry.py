"""What every run of pytest loads where gradagree is installed: its options. Unless one is given, that is all.

Once one is, the plugin is loaded, and its cells are collected in place of the project's tests, or beside those whose
paths are given. Where a conftest loads the plugin, as this suite's does, the project has tests of cells of its own.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

from gradagree.pytest_plugin import options

PLUGIN = "gradagree.pytest_plugin.plugin"  # the name under which a conftest's `pytest_plugins` would register it


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, under names that are nobody else's."""
    options.add(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Generator[None, object, object]:
    """Their short names, as far as no plugin and no conftest has them."""
    loaded = yield
    options.add_short_names(parser)
    return loaded


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Load the plugin, if it is asked for and not loaded yet."""
    if options.given(config) and not config.pluginmanager.has_plugin(PLUGIN):
        from gradagree.pytest_plugin import collecting, plugin

        config.pluginmanager.register(plugin, PLUGIN)
        collecting.register(config)
