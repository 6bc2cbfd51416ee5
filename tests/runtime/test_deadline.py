"""The time limit: loops that swallow what interrupts them, threads, and what no exception stops."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from gradagree.runtime.timeout import DeadlineError, deadline

from gradagree.runtime import watchdog
from gradagree.runtime.worker.process import HOUSE
from reference import problems
from tests.support.judging import recorded

LONG = 600.0  # seconds: so much later than what is waited for that no machine takes the one for the other


def swallows_exceptions(*_: Any) -> Any:
    while True:
        try:  # noqa: SIM105, as people write it
            time.sleep(0.001)
        except Exception:
            pass
    yield


def swallows_the_first_of_all(*_: Any) -> Any:
    try:
        while True:
            pass
    except BaseException:
        while True:
            pass
    yield


def spins(*_: Any) -> Any:
    while True:
        pass
    yield


def in_a_thread(work: Callable[[], Any]) -> Any:
    """What `work` returns, in a thread that is not the main one: there, as on Windows, there are no signals."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join()
    (result,) = found
    return result


@pytest.mark.parametrize("run_in", [lambda work: work(), in_a_thread], ids=["signal", "thread"])
@pytest.mark.parametrize("loop", [spins, swallows_exceptions, swallows_the_first_of_all])
def test_a_loop_that_never_stops_is_given_up(run_in: Callable[[Callable[[], Any]], Any], loop: Any) -> None:
    trajectory = run_in(lambda: recorded(loop, problems.load("stackoverflow"), time_limit=0.2))
    (fault,) = trajectory.protocol_errors
    assert str(fault) == "step 0: still running after 0.2 s; fewer steps or a higher limit will do"


def test_nothing_is_raised_after_the_block() -> None:
    def quick() -> float:
        with suppress(DeadlineError), deadline(0.2):  # where the machine takes so long over nothing
            pass
        began = time.monotonic()
        while time.monotonic() < began + 0.5:
            pass
        return began

    assert quick()
    assert in_a_thread(quick)


def test_no_limit_is_none() -> None:
    threads = threading.active_count()
    with deadline(None):
        assert threading.active_count() == threads


def test_no_exception_handler_of_outside_code_is_meant_for_it() -> None:
    assert not issubclass(DeadlineError, Exception)


HANGS = {
    "swallows": """
        while True:
            try:
                time.sleep(1)
            except:
                pass
    """,
    "compiled": """
        sum(itertools.repeat(1))
    """,
}


@pytest.mark.parametrize(
    ("body", "later", "said"),
    [
        ("swallows", LONG, "gradagree: a run was interrupted after 0.2 s, and is still"),
        ("compiled", 1, "Timeout (0:00:0"),
    ],
)
def test_what_no_exception_stops_ends_with_its_process(body: str, later: float, said: str) -> None:
    code = f"""
import itertools, time
from gradagree.runtime import watchdog
from gradagree.runtime.timeout import deadline
watchdog.GRACE, watchdog.LATER = 0.3, {later}

def the_loop():
{HANGS[body]}

with deadline(0.2):
    the_loop()
"""
    ran = subprocess.run([sys.executable, "-c", code], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert said in ran.stderr
    assert "in the_loop" in ran.stderr


def test_it_is_said_where_it_is_heard(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest has put standard error away during a test; the voice is a copy from before."""
    monkeypatch.setattr(watchdog, "GRACE", 0.1)
    monkeypatch.setattr(watchdog, "LATER", LONG)
    ended: list[int] = []
    monkeypatch.setattr("os._exit", ended.append)
    with open(tmp_path / "heard", "wb") as file:
        monkeypatch.setattr(watchdog, "_voice", None)
        watchdog.speak_on(file.fileno())
        with watchdog.watchdog(0.1):
            while not ended:
                time.sleep(0.01)
    assert ended == [watchdog.STATUS]
    assert (tmp_path / "heard").read_text().startswith("\ngradagree: a run was interrupted after 0.1 s")
