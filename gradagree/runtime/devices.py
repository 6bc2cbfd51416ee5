"""Which kinds of device this machine has, found out without importing a framework.

Asking the machine and not the frameworks has a second use: a GPU that a framework fails to see is reported, and does
not vanish in silence.
"""

from __future__ import annotations

import ctypes
import functools
import glob
import platform
import sys


@functools.cache
def present() -> tuple[str, ...]:
    """The kinds of device that this machine has, the CPU first."""
    probes = {"cuda": _cuda, "mps": _mps, "xpu": _xpu, "tpu": _tpu}
    return ("cpu", *(name for name, probe in probes.items() if probe()))


def _cuda() -> bool:
    """Whether NVIDIA's driver counts a device, or AMD's is there, whose devices torch calls by the same name."""
    if glob.glob("/dev/kfd"):
        return True
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    count = ctypes.c_int(0)
    return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0


def _mps() -> bool:
    return sys.platform == "darwin" and platform.machine() == "arm64"


def _xpu() -> bool:
    try:
        ctypes.CDLL("ze_loader.dll" if sys.platform == "win32" else "libze_loader.so.1")
    except OSError:
        return False
    return sys.platform == "win32" or bool(glob.glob("/dev/dri/renderD*"))


def _tpu() -> bool:
    return bool(glob.glob("/dev/accel[0-9]*"))
