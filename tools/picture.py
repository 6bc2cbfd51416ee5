"""Takes the README's picture of the page: `python -m tools.picture report/agreement.html docs/agreement.png`."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from tests.support.browser import browser, show

LIMIT = 300_000  # bytes
WIDTH, HEIGHT = 1200, 1000
COLOURS = 128  # of flat areas and thin lines: more of them cannot be told apart


def picture(page: Path, target: Path) -> int:
    """Photograph the top of a page, and return the picture's size in bytes."""
    from PIL import Image  # comes with matplotlib

    with browser(WIDTH, HEIGHT) as driver:
        show(driver, page)
        image = Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB")
    target.parent.mkdir(parents=True, exist_ok=True)
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
    size = target.stat().st_size
    if size >= LIMIT:
        raise SystemExit(f"{target}: {size:,} bytes; fewer than {LIMIT:,} will do")
    return size


if __name__ == "__main__":
    page, target = map(Path, sys.argv[1:])
    print(f"{target}: {picture(page, target):,} bytes")
