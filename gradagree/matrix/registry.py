"""Who can be on trial, by name: the loops of `impls`, and the roads to second derivatives.

This and `cli.outside` alone read those lists, which hold strings: no framework is imported for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import impls
from impls import second

# A road to second derivatives claims what its framework's plain loop does.
PLAIN = {"torch": "torch_manual", "jax": "jax_grad"}


@dataclass(frozen=True)
class SecondRoad(impls.Implementation):
    """A road to second derivatives."""

    @property
    def target(self) -> str:
        """The module to import, which has `hessian` or `product`."""
        return f"{second.__name__}.{self.name}"


def loops() -> tuple[impls.Implementation, ...]:
    """The loops of the suite."""
    return impls.IMPLEMENTATIONS


def _second() -> tuple[SecondRoad, ...]:
    plain = {entry.name: entry for entry in impls.IMPLEMENTATIONS}
    found = []
    for name, about in second.ROADS.items():
        like = plain[PLAIN[name.split("_")[0]]]
        found.append(SecondRoad(name, about, like.devices, like.dtypes, like.claims))
    return tuple(found)


SECOND = _second()
