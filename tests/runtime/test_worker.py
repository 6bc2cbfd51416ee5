"""The worker process: whatever the user's code does, its parent has an answer, and the next one is as good as any."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from gradagree.runtime.worker import client, process
from gradagree.runtime.worker.client import Worker, WorkerError
from gradagree.runtime.worker.process import HOUSE
from gradagree.runtime.worker.user_function import UserFunction
from impls.numpy_analytic import descend as correct
from reference.problems import cast
from tests.support.checking import LOOP, TIME_IS_UP, changed, written
from tests.support.judging import recorded

Start = Callable[..., UserFunction]

PROBE, OTHER = cast("probe97", "float32"), cast("single_row", "float32")
STEP = "        e = x @"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a worker for a loop."""
    started: list[UserFunction] = []

    def function(text: str, timeout: float = 600.0) -> UserFunction:
        started.append(UserFunction(str(written(tmp_path, text)), "descend", "numpy", "cpu", timeout))
        return started[-1]

    yield function
    for each in started:
        each.close()


def on_the_probe(statement: str) -> str:
    """`LOOP`, which does something at the fourth step of the problem `probe97`, and is right on any other."""
    at_a_step = changed(STEP, f"        if len(x) == 97 and step == 3: {statement}\n{STEP}").replace(
        "for _", "for step"
    )
    return f"import itertools, os, signal, sys, threading, time\n{TIME_IS_UP}{at_a_step}"


def is_right(function: UserFunction) -> bool:
    return function.record(OTHER).trajectory.protocol_errors == ()


def test_record_of_a_function_is_bit_for_bit_that_of_this_process(start: Start) -> None:
    source = Path(sys.modules[correct.__module__].__file__ or "").read_text(encoding="utf-8")
    there, here = start(source).record(PROBE).trajectory, recorded(correct, PROBE)
    for name in ("w", "b", "grad_w", "grad_b", "loss"):
        one, other = getattr(there, name), getattr(here, name)
        assert one.shape == other.shape
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize(
    "hang",
    [
        "time_is_up()",
        "threading.Thread(target=time_is_up).start(); time.sleep(600)",
        "threading.Thread(target=time_is_up).start(); exec('while True:\\n try: time.sleep(600)\\n except: pass')",
    ],
    ids=["in a step", "asleep", "swallowing exceptions"],
)
def test_record_when_time_is_up_keeps_the_steps_and_the_next_run_is_right(start: Start, hang: str) -> None:
    function = start(on_the_probe(hang))
    trajectory = function.record(PROBE).trajectory
    (fault,) = trajectory.protocol_errors
    assert str(fault) == "step 3: still running after 600 s; fewer steps or a higher limit will do"
    assert np.array_equal(trajectory.w, recorded(correct, PROBE).w[:3])
    assert is_right(function)


def test_record_of_a_loop_that_spins_stops_at_the_limit(start: Start) -> None:
    function = start(on_the_probe("exec('while True: pass')"), timeout=0.3)
    (fault,) = function.record(PROBE).trajectory.protocol_errors
    assert "still running after 0.3 s" in str(fault)


def test_record_of_compiled_code_that_never_returns_kills_it(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE", 0.3)
    function = start(on_the_probe("sum(itertools.repeat(1))"), timeout=0.3)
    function.load()
    with pytest.raises(WorkerError, match=r"still running after 0\.3 s") as raised:
        function.record(PROBE)
    assert raised.value.timed_out


@pytest.mark.parametrize(
    ("death", "told"),
    [
        ("os._exit(0)", "with status 0"),
        ("os._exit(7)", "with status 7"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "by signal 11"),
        ("os.closerange(3, 256); os._exit(5)", "with status 5"),
    ],
)
def test_record_of_a_process_that_dies_says_how_and_the_next_run_is_right(start: Start, death: str, told: str) -> None:
    function = start(on_the_probe(death))
    with pytest.raises(WorkerError, match=f"its process ended {told} before the loop did"):
        function.record(PROBE)
    assert is_right(function)


@pytest.mark.parametrize(
    "nuisance",
    [
        "print('x' * 10**7)",
        "sys.stdout = sys.stderr = None",
        "threading.Thread(target=time.sleep, args=(600,)).start()",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "os.closerange(0, 3)",
    ],
    ids=["floods", "hides its outputs", "leaves a thread", "ignores signals", "closes its outputs"],
)
def test_record_of_a_nuisance_is_right_and_it_is_gone_at_the_close(
    start: Start, nuisance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "GRACE", 0.3)
    function = start(on_the_probe(nuisance))
    assert function.record(PROBE).trajectory.protocol_errors == ()
    assert is_right(function)
    assert len(function.output.text) <= process.KEPT
    function.close()


def test_load_runs_the_file_anew_in_the_same_process(start: Start) -> None:
    text = "import os, sys\nruns, process = 0, os.getpid()\n" + changed(
        STEP, "        global runs; runs += 1; assert runs <= steps, 'run before'\n" + STEP
    )
    function = start(text)
    assert is_right(function)
    function.load()
    assert is_right(function)
    assert not is_right(function)


def test_load_has_a_clock_of_its_own(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is imported may take longer than a run may."""
    monkeypatch.setattr(process, "GRACE", 0.0)
    start("import time\ntime.sleep(0.3)\n" + LOOP, timeout=0.1).load()


def test_load_that_hangs_is_not_tried_again(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "IMPORT", 0.2)
    monkeypatch.setattr(process, "GRACE", 0.1)
    function = start("while True: pass\n" + LOOP, timeout=0.2)
    with pytest.raises(WorkerError, match=r"still running after 0\.2 s"):
        function.load()
    monkeypatch.setattr(client, "Process", None)
    with pytest.raises(WorkerError, match=r"still running after 0\.2 s"):
        function.record(PROBE)


def test_failure_of_an_exception_without_a_text_is_told(start: Start) -> None:
    mute = "class MuteError(Exception):\n    def __str__(self): raise RuntimeError\n\nraise MuteError\n"
    with pytest.raises(WorkerError, match=r"MuteError: \(its text cannot be had\)"):
        start(mute).load()


def test_close_lets_the_process_end_by_itself(start: Start, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    function = start(f"import atexit, pathlib\natexit.register(pathlib.Path({str(mark)!r}).touch)\n{LOOP}")
    function.load()
    function.close()
    assert mark.exists()


def test_close_ends_what_the_process_left_behind(start: Start, tmp_path: Path) -> None:
    """The end of a pipe is seen once everybody is gone who holds it."""
    os.mkfifo(tmp_path / "pipe")
    child = f"import subprocess\nsubprocess.Popen('exec sleep 600 > {tmp_path}/pipe', shell=True)\n"
    function = start(child + LOOP)
    function.load()
    with open(tmp_path / "pipe", "rb") as pipe:
        function.close()
        assert pipe.read() == b""


@pytest.mark.parametrize(
    ("number", "status", "told"),
    [(signal.SIGINT, 130, "interrupted before there was an answer\n"), (signal.SIGTERM, -signal.SIGTERM, "")],
)
def test_worker_of_a_check_that_is_ended_ends_too(
    tmp_path: Path, number: signal.Signals, status: int, told: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    path = written(
        tmp_path, changed(STEP, f"        pipe = open('{tmp_path}/pipe', 'w'); import time; time.sleep(600)\n" + STEP)
    )
    # A shell has what it runs in the background ignore Ctrl-C, and what that starts as well.
    heard = "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    command = [sys.executable, "-c", heard + "runpy.run_module('gradagree', None, '__main__')", "check", str(path)]
    check = subprocess.Popen(command, cwd=HOUSE, stderr=subprocess.PIPE, text=True)
    with open(tmp_path / "pipe", "rb") as pipe:
        check.send_signal(number)
        assert pipe.read() == b""
    assert (check.communicate()[1], check.returncode) == (told, status)


def test_worker_that_interrupts_itself_is_told_as_any_exception(start: Start) -> None:
    run = start(on_the_probe("raise KeyboardInterrupt")).record(PROBE)
    assert [str(fault) for fault in run.trajectory.protocol_errors] == ["step 3: raised KeyboardInterrupt"]


def test_an_error_of_ours_is_called_ours(tmp_path: Path) -> None:
    first = {
        "way": "function",
        "path": str(written(tmp_path, LOOP)),
        "function": "descend",
        "framework": "numpy",
        "device": "cpu",
    }
    with Worker(first, 600.0) as worker, pytest.raises(client.OwnError, match="KeyError"):
        worker.ask({"no": "problem"})
