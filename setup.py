"""What `pyproject.toml` cannot say of the wheel: that `reference` and `impls` lie below `gradagree` there.

In a checkout they are folders of their own, and code says `from reference import …`. Names as plain as these must not
stand at the top level of anybody's site-packages: a wheel holds `gradagree.reference` and `gradagree.impls`, and each
import of them is written anew as it is copied. An editable install is the checkout itself.
"""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

HOME = "gradagree"
MOVED = ("impls", "reference")


def moved(source: str) -> str:
    """The source of a module with its imports of `reference` and `impls` made imports from below `gradagree`.

    Raises
    ------
    ValueError
        if an import binds a name that would not be there after the move, as `import reference.gram` does.
    """
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and _root(node.module or "") in MOVED:
            old, new = f"from {node.module}", f"from {HOME}.{node.module}"
        elif isinstance(node, ast.Import) and any(_root(alias.name) in MOVED for alias in node.names):
            (name, *more) = node.names
            if more or (_root(name.name) != name.name and name.asname is None):
                raise ValueError(
                    f"line {node.lineno}: `{ast.unparse(node)}` cannot be moved; `from … import …` will do"
                )
            old = f"import {name.name}"
            new = f"from {HOME} import {name.name}" if "." not in name.name else f"import {HOME}.{name.name}"
        else:
            continue
        line = lines[node.lineno - 1]
        if old not in line[node.col_offset :]:
            raise ValueError(f"line {node.lineno}: `{ast.unparse(node)}` does not stand on one line")
        lines[node.lineno - 1] = line[: node.col_offset] + line[node.col_offset :].replace(old, new, 1)
    return "".join(lines)


def _root(module: str) -> str:
    return module.partition(".")[0]


class BuildPy(build_py):
    """Copies the packages, with the imports as they must read where `reference` and `impls` are moved."""

    def build_module(self, module: str, module_file: str, package: str) -> tuple[str, bool]:
        """Copy a module, and write its imports anew where it is for a wheel."""
        outfile, copied = super().build_module(module, module_file, package)
        if f"{HOME}.{MOVED[0]}" in self.packages:
            path = Path(outfile)
            path.write_text(moved(path.read_text(encoding="utf-8")), encoding="utf-8")
        return outfile, copied


class BdistWheel(bdist_wheel):
    """The wheel, in which the moved packages have `gradagree` for a parent."""

    def run(self) -> None:
        """Build it from nothing: an older build's files would be packed as well."""
        distribution = self.distribution
        distribution.package_dir = {f"{HOME}.{name}": name for name in MOVED}
        names = distribution.packages
        distribution.packages = [f"{HOME}.{name}" if _root(name) in MOVED else name for name in names]
        build = self.get_finalized_command("build")
        shutil.rmtree(build.build_lib, ignore_errors=True)
        super().run()


setup(cmdclass={"build_py": BuildPy, "bdist_wheel": BdistWheel})
