"""Which cells the options choose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from gradagree.matrix import optimizers as steps
from gradagree.matrix import second_order
from gradagree.matrix.cells import Cell, absent, cells
from gradagree.matrix.optimizers import OptimizerImplementation
from gradagree.matrix.options import AUTO, DEPTHS, SelectionOptions
from gradagree.matrix.registry import Implementation
from reference import problems
from reference.formats import BY_NAME


@dataclass(frozen=True)
class Selection:
    """The cells that the options leave.

    Parameters
    ----------
    asked
        the options.
    loops, seconds
        all that `--impl` can name: loops, and roads to second derivatives.
    outside
        loops from the files that `--impl` names: they run beside whatever else does.
    present
        the kinds of device that this machine has.
    optimizers
        what `--impl` can name besides: ways to make an optimizer's step.
    """

    asked: SelectionOptions
    loops: Sequence[Implementation]
    seconds: Sequence[Implementation]
    outside: Sequence[Implementation]
    present: Sequence[str]
    optimizers: Sequence[OptimizerImplementation] = ()

    @cached_property
    def devices(self) -> list[str]:
        """The devices to run on, once each."""
        here = self.present if AUTO in self.asked.device or not self.asked.device else ()
        return list(dict.fromkeys([*here, *self.asked.devices]))

    @cached_property
    def dtypes(self) -> list[str]:
        """The dtypes to run in, once each."""
        return list(dict.fromkeys(self.asked.dtype or BY_NAME))

    @cached_property
    def problems(self) -> list[str]:
        """The problems to run on, once each."""
        return list(dict.fromkeys(self.asked.problem or problems.NAMES))

    @cached_property
    def chosen_loops(self) -> list[Implementation]:
        """The loops to run."""
        return [*self._named(self.loops), *self.outside]

    @cached_property
    def chosen_seconds(self) -> list[Implementation]:
        """The roads to second derivatives to run."""
        return self._named(self.seconds)

    @property
    def chosen_optimizers(self) -> list[OptimizerImplementation]:
        """The ways to make an optimizer's step, those to run."""
        return [entry for entry in self.optimizers if not self.asked.names or entry.name in self.asked.names]

    def names(self, implementation: str) -> bool:
        """Whether `--impl` names an implementation, or the file that it is from."""
        return implementation in {*self.asked.names, *(entry.name for entry in self.outside)}

    def cells(self) -> Iterator[Cell]:
        """The cells of loops, those included that are in the table to say that they were not run."""
        yield from self._cells()
        yield from self._absent()

    def second_cells(self) -> Iterator[Cell]:
        """The cells of second derivatives."""
        named = [name for name in second_order.PROBLEMS if name in self.problems]
        return second_order.cells(self.chosen_seconds, self.devices, self.dtypes, named)

    def optimizer_cells(self) -> Iterator[Cell]:
        """The cells of optimizers; none where problems were asked for, which are of loops."""
        named = () if self.asked.problem else self.chosen_optimizers
        return steps.cells(named, self.devices, self.dtypes, self.asked.depth)

    def first(self) -> Cell | None:
        """One of the cells, `None` where there are none.

        A loop for a device that is not here counts where it was asked for, and not beside those that leave no cell.
        """
        roads = (*self.chosen_loops, *self.chosen_seconds)
        nowhere = not any(set(road.devices) & set(self.devices) for road in roads)
        return next(
            chain(self._cells(), self.second_cells(), self.optimizer_cells(), self._absent() if nowhere else ()), None
        )

    def choices(self) -> dict[str, list[str]]:
        """What each option can name."""
        entries = (*self.loops, *self.seconds, *self.outside)
        kinds = sorted({device for entry in entries for device in entry.devices})
        return {
            "impl": [entry.name for entry in (*self.loops, *self.seconds, *self.optimizers)],
            "dtype": list(BY_NAME),
            "device": [AUTO, *kinds],
            "problem": list(problems.NAMES),
            "require": [*kinds, *sorted({entry.framework for entry in entries})],
            "depth": list(DEPTHS),
        }

    def _cells(self) -> Iterator[Cell]:
        # A problem that was asked for by name is always run.
        depth = None if self.asked.problem else self.asked.depth
        return cells(self.chosen_loops, self.devices, self.dtypes, self.problems, depth)

    def _absent(self) -> Iterator[Cell]:
        # Where no device was chosen, a loop for another device has its line in the table too.
        loops = () if self.asked.devices else self.chosen_loops
        return absent(loops, self.devices, self.dtypes, self.problems)

    def _named(self, entries: Sequence[Implementation]) -> list[Implementation]:
        names = self.asked.names
        return [entry for entry in entries if not names or entry.name in names]
