"""A Markdown file of the catalogue, made into an entry; `README.md` beside the files says what they hold."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from gradagree.diagnosis.catalogue.entry import Entry, Symptom

SEEN = ("everywhere", "often", "rarely", "inferred")
LANGUAGES = ("python torch", "python numpy", "python jax")
SAME_RECORD = "Leaves the same record"
TEXT, LOOPS = {"What happens", "Why", "Remedy"}, {"Wrong", "Right"}
# The sections that each kind must have, and those that it may have besides.
SECTIONS: dict[str, tuple[set[str], set[str]]] = {
    "remark": (TEXT, set()),
    "numeric": (TEXT | LOOPS, {SAME_RECORD}),
    "raising": (TEXT | LOOPS | {"Raises"}, set()),
    "optimizer": (TEXT | LOOPS, {SAME_RECORD}),
}

_PARTS = re.compile(r"---\n(?P<keys>(?:.+\n)*?)---\n+# (?P<code>\S+): (?P<name>.+)\n(?P<body>(?:.*\n)*)")
_BLOCK = re.compile(r"^```(?P<language>.*)\n(?P<text>(?:.*\n)*?)```$", re.MULTILINE)
_LINK = re.compile(r"\[[^]]+\]\((?P<path>[\w/]+\.md)\)")


def read(path: Path) -> Entry:
    """The entry that a file holds.

    Raises
    ------
    ValueError
        if a part of it is missing, unknown or not as it must be: one sentence, with the file's name.
    """
    try:
        return _entry(path)
    except (ValueError, TypeError, FileNotFoundError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def _entry(path: Path) -> Entry:
    parts = _PARTS.fullmatch(path.read_text(encoding="utf-8"))
    if parts is None:
        raise ValueError("expected `---`, lines `key: value`, `---` and a heading `# CODE: what is wrong`")
    if parts["code"] != path.stem:
        raise ValueError(f"heading: expected the file's own code, {path.stem}, got {parts['code']}")
    keys = dict(line.partition(": ")[::2] for line in parts["keys"].splitlines())
    kind = _one_of("kind", keys.get("kind", ""), SECTIONS)
    _expect("key", keys, {"kind"} if kind == "remark" else {"kind", "seen", *({"as"} if kind == "optimizer" else ())})
    sections = _sections(parts["body"])
    _expect("section", sections, *SECTIONS[kind])
    loops = {name.lower(): _loop(name, sections[name], path.parent) for name in LOOPS & set(sections)}
    frameworks = {framework for framework, _ in loops.values()}
    if len(frameworks) > 1:
        raise ValueError(
            f"sections 'Wrong' and 'Right': expected one framework, got {' and '.join(sorted(frameworks))}"
        )
    return Entry(
        code=path.stem,
        name=parts["name"],
        kind=kind,
        rank=0 if kind == "remark" else SEEN.index(_one_of("seen", keys["seen"], SEEN)),
        happens=_paragraphs(sections["What happens"]),
        why=_paragraphs(sections["Why"]),
        remedy=_clause(" ".join(_paragraphs(sections["Remedy"]))),
        same_record=tuple(_clause(text) for text in _paragraphs(sections.get(SAME_RECORD, ""))),
        symptoms=_symptoms(sections["Raises"]) if kind == "raising" else (),
        framework="".join(frameworks),
        like=keys.get("as", ""),
        **{name: loop for name, (_, loop) in loops.items()},
    )


def _sections(body: str) -> dict[str, str]:
    """The text below each heading of the second level, if any; what looks like one in a block of code is none."""
    found: dict[str, str] = {}
    name, fenced = "", False
    for line in body.splitlines(keepends=True):
        fenced ^= line.startswith("```")
        if line.startswith("## ") and not fenced:
            name = line.removeprefix("## ").strip()
            if name in found:
                raise ValueError(f"section {name!r}: expected one, got two")
        found[name] = "" if name not in found else found[name] + line
    return {name: text.strip() for name, text in found.items() if name and text.strip()}


def _loop(name: str, text: str, folder: Path) -> tuple[str, str]:
    """The framework and the code of a section's block, which may stand in a file that the section links to."""
    link = _LINK.search(text)
    block = _BLOCK.search(text if link is None else (folder / link["path"]).read_text(encoding="utf-8"))
    if block is None:
        raise ValueError(f"section {name!r}: expected a block of code, or a link to a file with one, got neither")
    language = _one_of(f"section {name!r}, language of the block", block["language"], LANGUAGES)
    return language.removeprefix("python "), block["text"].rstrip("\n")


def _symptoms(text: str) -> tuple[Symptom, ...]:
    block = _BLOCK.search(text)
    tables = tomllib.loads(block["text"]).get("exception") if block is not None else None
    if not tables:
        raise ValueError("section 'Raises': expected tables [[exception]] in a block of TOML, got none")
    return tuple(Symptom(**table) for table in tables)


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split("\n\n") if part)


def _clause(sentence: str) -> str:
    """A sentence as it stands behind "help: ": small at its beginning, without its full stop."""
    return sentence[:1].lower() + sentence[1:].removesuffix(".")


def _one_of(what: str, got: str, names: Iterable[str]) -> str:
    if got not in names:
        raise ValueError(f"{what}: expected one of {', '.join(names)}; got {got!r}")
    return got


def _expect(what: str, got: Iterable[str], required: set[str], optional: Iterable[str] = ()) -> None:
    """That all required names are there, and no others but optional ones."""
    for name in sorted(required - set(got)):
        raise ValueError(f"{what} {name!r} is missing, or empty")
    for name in sorted(set(got) - required - set(optional)):
        raise ValueError(f"{what} {name!r} is unknown here; expected {', '.join(sorted({*required, *optional}))}")
