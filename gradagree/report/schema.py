"""The lines of a file of rows, declared: what is written and read by, and what its JSON Schema is made of.

`python -m gradagree.report.schema` prints the schema.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec
from msgspec import Meta

from gradagree.matrix.row import Count, Row

SCHEMA_VERSION = 1
ABOUT = (
    "Each line of a file is one of these, the first a header. A file that was joined from several has several "
    "headers, and the rows behind each are its run's. A run without an end line is not whole: its process died, or is "
    "still running. Fields may be added within a schema version; none changes its meaning or goes without a new one."
)

Scalar = str | int | float | bool | None


class Machine(TypedDict):
    """Where a run took place."""

    system: str
    release: str
    architecture: str
    processor: str
    cores: int | None
    python: str


class Header(TypedDict):
    """What a file says of the run it holds."""

    schema_version: Annotated[int, Meta(ge=SCHEMA_VERSION, le=SCHEMA_VERSION)]
    kind: Literal["header"]
    time: Annotated[str, Meta(description="when the run began, UTC", extra_json_schema={"format": "date-time"})]
    suite: Annotated[str | None, Meta(description="gradagree's version")]
    revision: Annotated[str | None, Meta(description="git revision, with + where files of the checkout were changed")]
    versions: dict[str, str]
    devices: Annotated[list[str], Meta(description="kinds of device that the machine has")]
    chosen: NotRequired[Annotated[Count | None, Meta(description="how many cells were to be run; null if unknown")]]
    flags: Annotated[
        dict[str, Scalar | list[Scalar]], Meta(description="options that decide which cells are run, and how")
    ]
    environment: Annotated[dict[str, str], Meta(description="variables known to change what a framework computes")]
    machine: Machine


class End(TypedDict):
    """How a run ended; files of before have neither of the last two fields."""

    kind: Literal["end"]
    rows: Annotated[Count, Meta(description="how many rows the run had")]
    exit_status: Annotated[int, Meta(description="pytest's")]
    ended: NotRequired[
        Annotated[
            str,
            Meta(
                description="whole: every chosen cell has a row; stopped before its end, as by -x; interrupted by the "
                "user; failed: an error of pytest's own or of a plugin's"
            ),
        ]
    ]
    missing: NotRequired[Annotated[Count, Meta(description="how many of the chosen cells have no row")]]


def schema() -> dict[str, Any]:
    """The JSON Schema of a line, draft 2020-12."""
    references, parts = msgspec.json.schema_components([Header, Row, End], ref_template="#/$defs/{name}")
    row = parts["Row"]
    row["properties"] = {"kind": {"const": "row"}} | row["properties"]
    row["required"].insert(0, "kind")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"gradagree rows, schema version {SCHEMA_VERSION}",
        "description": ABOUT,
        "oneOf": list(references),
        "$defs": parts,
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
