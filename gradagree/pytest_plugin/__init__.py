"""The matrix as a pytest plugin.

The hooks are thin: what they know, `matrix` and `report` know.

- `options` the options of pytest that choose cells, and the selection that they make
- `plugin`  the judge as a pytest plugin: a test that takes the fixture `row` is run once for each cell
"""
