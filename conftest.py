"""The composition root: it loads the judge as a pytest plugin."""

pytest_plugins = ["gradagree.pytest_plugin.plugin"]
