"""The selection of cells that the options of pytest make."""

from __future__ import annotations

import pytest

from gradagree.errors import UsageError
from gradagree.matrix import no_cells_error, optimizers, registry, user_implementations
from gradagree.matrix.options import SelectionOptions, check_names
from gradagree.matrix.selection import Selection
from gradagree.pytest_plugin import options
from gradagree.runtime import devices

CHOOSING = ("impl", "device", "dtype", "problem", "require", "depth")


def selection(config: pytest.Config) -> Selection:
    """The cells that the options choose; where they do, and no path is given, the tests of cells alone are run.

    Raises
    ------
    pytest.UsageError
        if they name what there is not, or leave no cell.
    """
    asked = SelectionOptions(*(config.getoption(options.destination(name)) for name in CHOOSING))
    claims: list[str] = config.getoption(options.destination("claim"))
    try:
        user_implementations.check_claims(claims, asked.files)
        others = user_implementations.implementations(asked.files, config.invocation_params.dir, claims)
        found = Selection(
            asked,
            registry.first_order(),
            registry.second_order(),
            others,
            devices.present(),
            optimizers.implementations(),
        )
        check_names(asked, found.choices(), found.present)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    if asked.chooses and found.first() is None:
        raise pytest.UsageError(no_cells_error.sentence(found))
    tests = config.getini("gradagree_cells")
    if asked.chooses and tests and config.args_source is not config.ArgsSource.ARGS:
        config.args = [str(config.rootpath / test) for test in tests]
        config.args_source = config.ArgsSource.ARGS
    return found
