"""The matrix as a pytest plugin.

The hooks are thin: what they know, `matrix` and `report` know.

- `plugin` the judge as a pytest plugin: a test that takes the fixture `row` is run once for each cell
"""
