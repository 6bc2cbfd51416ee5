"""The options that choose cells, as they were given, and the sentences about names that there are none of."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gradagree.errors import UsageError

AUTO = "auto"
DEPTHS = ("quick", "full")
TIME_LIMIT = 120.0  # seconds; a run of the suite's takes less than one
CUTOFF = 0.7  # of difflib's likeness: `gpu` is not near `xpu`, which is 0.67


@dataclass(frozen=True)
class SelectionOptions:
    """The options as they were given, their comma lists and repetitions in one.

    Parameters
    ----------
    impl
        names of roads, and files with loops from outside.
    device
        kinds of device; `"auto"`, like none, is what is there.
    dtype, problem
        names; none for all of them.
    require
        devices and frameworks that must run.
    depth
        one of `DEPTHS`.
    """

    impl: Sequence[str] = ()
    device: Sequence[str] = ()
    dtype: Sequence[str] = ()
    problem: Sequence[str] = ()
    require: Sequence[str] = ()
    depth: str = DEPTHS[0]

    @property
    def files(self) -> list[str]:
        """The entries of `impl` that are files: `my_loop.py`, `my_loop.py:descend`."""
        return [entry for entry in self.impl if ".py" in entry]

    @property
    def names(self) -> list[str]:
        """The other entries of `impl`."""
        return [entry for entry in self.impl if ".py" not in entry]

    @property
    def devices(self) -> list[str]:
        """The devices that were asked for by name."""
        return [entry for entry in self.device if entry != AUTO]

    @property
    def demanded(self) -> set[str]:
        """What must run, since it was asked for by name."""
        return {*self.devices, *self.require}

    @property
    def chooses(self) -> bool:
        """Whether any option narrows the matrix, or adds to it."""
        return bool(self.impl or self.devices or self.dtype or self.problem)

    def __str__(self) -> str:
        given = {"impl": self.impl, "device": self.device, "dtype": self.dtype, "problem": self.problem}
        if self.depth != DEPTHS[0]:
            given["depth"] = [self.depth]
        return " ".join(f"--{option} {','.join(entries)}" for option, entries in given.items() if entries)


def check_names(asked: SelectionOptions, choices: Mapping[str, Collection[str]], present: Sequence[str]) -> None:
    """Refuse names that there are none of, and devices that are asked for and not here.

    Parameters
    ----------
    asked
        the options.
    choices
        what each option can name.
    present
        the kinds of device that this machine has.

    Raises
    ------
    UsageError
        with the option, what was given, and what would do.
    """
    given = {"impl": asked.names, "dtype": asked.dtype, "problem": asked.problem}
    given |= {"device": asked.device, "require": asked.require, "depth": [asked.depth]}
    for option, names in given.items():
        more = ", or a file with a loop of your own, FILE.py:FUNCTION," if option == "impl" else ""
        for name in names:
            if name not in choices[option]:
                near, known = nearest(name, choices[option]), ", ".join(choices[option])
                raise UsageError(f"--{option}: got {name!r}{near}; one of {known}{more} will do")
    for option, names in (("device", asked.devices), ("require", asked.require)):
        for name in names:
            if name in choices["device"] and name not in present:
                raise no_such_device(option, name, present)


def no_such_device(option: str, name: str, present: Sequence[str]) -> UsageError:
    """What to raise where an option asks for a device that is not here."""
    return UsageError(f"--{option} {name}: there is no such device on this machine, only {', '.join(present)}")


def nearest(name: str, choices: Collection[str]) -> str:
    """`, near float32`; nothing, where nothing is near."""
    begun = [choice for choice in choices if name and choice.startswith(name.lower())]
    found = begun or difflib.get_close_matches(name.lower(), choices, 1, CUTOFF)
    return f", near {found[0]}" if found else ""
