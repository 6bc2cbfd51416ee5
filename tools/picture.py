"""Takes the README's picture of the page: `python -m tools.picture report/agreement.html docs/agreement.png`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.browser import browser, show

LIMIT = 300_000  # bytes
WIDTH, HEIGHT = 1200, 1000


def picture(page: Path, target: Path) -> int:
    """Photograph the top of a page, and return the picture's size in bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with browser(WIDTH, HEIGHT) as driver:
        show(driver, page)
        driver.execute_async_script(
            "const done = arguments[0], look = () => count.textContent ? done() : setTimeout(look, 20); look()"
        )
        target.write_bytes(driver.get_screenshot_as_png())
    size = target.stat().st_size
    if size >= LIMIT:
        raise SystemExit(f"{target}: expected fewer than {LIMIT:,} bytes, got {size:,}")
    return size


if __name__ == "__main__":
    page, target = map(Path, sys.argv[1:])
    print(f"{target}: {picture(page, target):,} bytes")
