"""Every system with every set of versions, from `versions.toml`; run as a script, as GitHub's matrix in JSON."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("versions.toml")


def table() -> dict[str, Any]:
    """The table as it stands."""
    with TABLE.open("rb") as file:
        return tomllib.load(file)


def matrix() -> list[dict[str, Any]]:
    """The jobs: an entry and a system each, without those that are excluded."""
    found = table()
    left_out = {(each["entry"], each["system"]) for each in found.get("exclude", [])}
    return [
        {
            "name": f"{system['name']}-{entry['name']}",
            "runner": system["runner"],
            "python": entry["python"],
            "packages": " ".join(entry["packages"]),
            "devices": " ".join(f"--device {device} --require {device}" for device in system["devices"]),
            "constraints": f"-c {entry['constraints']}" if "constraints" in entry else "",
            "nightly": entry.get("nightly", False),
            "may_fail": entry.get("nightly", False) or system.get("may_fail", False),
        }
        for entry in found["entry"]
        for system in found["system"]
        if (entry["name"], system["name"]) not in left_out
    ]


if __name__ == "__main__":
    print(json.dumps({"include": matrix()}))
