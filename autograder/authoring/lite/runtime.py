"""A release of Pyodide, reduced to what the lessons need, so that one host serves everything."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from ...errors import BuildError
from .wheels import LEFT_OUT

LOCK = "pyodide-lock.json"
FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", LOCK)
NEEDED = ("micropip", "numpy", "matplotlib", "sympy")  # with what these need


def copy_runtime(release: Path, course: Path) -> str:
    """Copies what is needed of an unpacked release into a folder of `course`; returns its relative address.

    Raises BuildError where a file is missing, or is not the one that the release lists.
    """
    missing = [name for name in FILES if not (release / name).is_file()]
    if missing:
        raise BuildError(
            f"{release} is no unpacked release of Pyodide: it lacks {', '.join(missing)}; give the folder"
            " that holds them, or the address of one"
        )
    lock = json.loads((release / LOCK).read_text(encoding="utf-8"))
    lock["packages"] = _needed(lock["packages"], release)
    digest = hashlib.sha256((release / "pyodide.asm.wasm").read_bytes()).hexdigest()
    folder = course / f"pyodide-{digest[:12]}"  # a browser may have kept the files of another release
    folder.mkdir()
    for name in FILES:
        shutil.copyfile(release / name, folder / name)
    for package in lock["packages"].values():
        shutil.copyfile(release / package["file_name"], folder / package["file_name"])
    (folder / LOCK).write_text(json.dumps(lock), encoding="utf-8")
    return f"./{folder.name}/"


def _needed(packages: dict[str, Any], release: Path) -> dict[str, Any]:
    """The entries of the packages that the lessons need, and of what these depend on."""
    found: dict[str, Any] = {}
    waiting = list(NEEDED)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        if name not in packages:
            raise BuildError(f"{release / LOCK} has no package {name}; the lessons need it")
        found[name] = packages[name]
        waiting += [depend for depend in packages[name]["depends"] if depend not in LEFT_OUT]
        path = release / packages[name]["file_name"]
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != packages[name]["sha256"]:
            raise BuildError(f"{path} is missing or not the file that {LOCK} lists; unpack the release anew")
    return found
