"""The catalogue of mistakes: a Markdown file a code, which `explain`, the messages and the tests read.

- `entry`   what an entry says, as fields
- `reader`  a file made into an entry; the sections that each kind must have

What a numeric mistake must have recorded is a function of `gradagree.diagnosis.mistakes`.
"""

from pathlib import Path

from gradagree.diagnosis.catalogue.entry import Entry, Symptom
from gradagree.diagnosis.catalogue.reader import read

ENTRIES = {path.stem: read(path) for path in sorted(Path(__file__).parent.glob("GD*.md"))}
MISTAKES = {code: entry for code, entry in ENTRIES.items() if entry.kind != "remark"}
# Of a run, or of data, without a mistake.
REMARKS = {code: entry for code, entry in ENTRIES.items() if entry.kind == "remark"}
DIVERGES, SLOW, INPUTS, NOT_FINITE = "GD001", "GD002", "GD003", "GD004"

__all__ = ["DIVERGES", "ENTRIES", "INPUTS", "MISTAKES", "NOT_FINITE", "REMARKS", "SLOW", "Entry", "Symptom"]
