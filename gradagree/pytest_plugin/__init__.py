"""The matrix as a pytest plugin.

The hooks are thin: what they know, `matrix` and `report` know.

- `entry`      what every run of pytest loads where gradagree is installed: options, and the plugin once one is given
- `options`    the options that choose cells
- `selecting`  the selection of cells that they make
- `plugin`     the judge as a pytest plugin: a test that takes the fixture `row` is run once for each cell
- `cells`      the tests of cells
- `collecting` collects them where a project has none of its own
"""
