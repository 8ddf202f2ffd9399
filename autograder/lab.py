"""The folder that students work in: new lessons are copied there, and JupyterLab is opened."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from .errors import UserError
from .files import write_atomically


def open_lab(more: list[str]) -> int:
    """Copies what is new into work/ and runs JupyterLab there; returns its exit code.

    more: arguments for JupyterLab.  Raises UserError where there are no lessons, or no JupyterLab.
    """
    if not Path("notebooks").is_dir():
        raise UserError(f"no folder notebooks/ in {Path.cwd()}; run this in the course's folder")
    if find_spec("jupyterlab") is None:
        raise UserError(
            "lab needs jupyterlab, which is not installed here; install this package with its extra `course`"
        )
    copied, old = copy_lessons(Path("notebooks"), Path("work"))
    for name in old:
        print(
            f"notebooks/ has a newer {name} than the one in work/; to get it, rename the folder work/{name}"
            " and start again"
        )
    print(
        f"new in work/: {', '.join(copied)}" if copied else "work/ has every lesson; nothing was overwritten"
    )
    command = [sys.executable, "-m", "jupyterlab", "--notebook-dir=work", *more]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # as in a container, where there is nobody else
    return subprocess.call(command)


def copy_lessons(notebooks: Path, work: Path) -> tuple[list[str], list[str]]:
    """Copies what is missing in `work`; the names of these lessons, and of those with a newer release.

    work/.copied.json has the digest of the release that each lesson was copied from.
    """
    noted = work / ".copied.json"
    known = json.loads(noted.read_text(encoding="utf-8")) if noted.exists() else {}
    copied, old = [], []
    for released in sorted(notebooks.glob("*/*.ipynb")):
        name, digest = released.parent.name, hashlib.sha256(released.read_bytes()).hexdigest()
        copy, part = work / name / released.name, work / name / ".part"
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(released, part)
            os.replace(part, copy)
            known[name] = digest
            copied.append(name)
        elif known.get(name, digest) != digest:
            old.append(name)
    write_atomically(noted, json.dumps(known, indent=1))
    return copied, old
