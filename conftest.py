"""The composition root: it loads the judge as a pytest plugin."""

pytest_plugins = ["gradagree.plugin"]
