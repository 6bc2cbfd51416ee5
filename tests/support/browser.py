"""A real browser for the page: Debian's chromium, headless, driven by selenium.

Neither downloads anything: selenium is told where chromium and its driver are, and chromium gets an empty profile.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HOW_TO_GET_IT = "no chromium here; apt-get install chromium chromium-driver will do"
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip


CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def found() -> bool:
    """Whether chromium and its driver are here."""
    return _chromium() is not None and shutil.which("chromedriver") is not None


def required() -> bool:
    """Whether a missing browser shall fail the tests, as in CI, where nobody reads what was skipped."""
    return bool(os.environ.get("GRADAGREE_REQUIRE_BROWSER"))


def _chromium() -> str | None:
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)


@contextmanager
def browser(width: int, height: int) -> Iterator[Any]:
    """A browser with a window of this size, ended with the block."""
    from selenium import webdriver

    if not found():
        raise RuntimeError(HOW_TO_GET_IT)
    options = webdriver.ChromeOptions()
    options.binary_location = _chromium() or ""
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    with tempfile.TemporaryDirectory() as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=service)
        try:
            resize(driver, width, height)
            yield driver
        finally:
            driver.quit()


def resize(driver: Any, width: int, height: int, dark: bool = False) -> None:
    """Give the page this size (a narrow one is a phone's, touch included), light or dark."""
    phone = width < 640
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1, "mobile": phone},
    )
    scheme = "dark" if dark else "light"
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )


def show(driver: Any, path: Path) -> None:
    """Open a file."""
    driver.get(path.resolve().as_uri())
