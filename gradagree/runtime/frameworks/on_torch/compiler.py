"""What `torch.compile` needs beside PyTorch: a compiler, and a Python that it knows."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys

from packaging.version import Version

# What PyTorch calls where CXX does not say another.
COMPILERS = {"win32": "cl", "darwin": "clang++"}
OTHERWISE = "g++"


def compiler_missing(device: str, version: str) -> str | None:
    """Why this version of PyTorch cannot compile for `device` here; `None` if it can."""
    if sys.version_info >= (3, 14) and Version(version) < Version("2.10"):
        return f"torch {version} compiles nothing on Python {sys.version_info[0]}.{sys.version_info[1]}; 2.10 does"
    if device in ("cuda", "xpu") and importlib.util.find_spec("triton") is None:
        return f"torch.compile makes {device} kernels by Triton, which is not installed"
    compiler = os.environ.get("CXX", COMPILERS.get(sys.platform, OTHERWISE))
    if device == "cpu" and shutil.which(compiler) is None:
        return f"torch.compile needs a C++ compiler, but there is no {compiler} on the PATH; CXX may name another"
    return None
