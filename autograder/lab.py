"""The folder that students work in: new lessons are copied there, and JupyterLab is opened."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from .carry_over import Carried, carry_over, read_notebook
from .errors import UserError
from .files import write_atomically
from .lessons import START_PAGE

NOTED = ".copied.json"
# for JupyterLab in work/: no prompt about news, and nothing of nbgrader's, which is the instructor's
SETTINGS = {
    "labconfig/page_config.json": {"disabledExtensions": {"@jupyter/nbgrader": True}},
    "labconfig/default_setting_overrides.json": {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
    },
    "jupyter_server_config.d/nbgrader.json": {
        "ServerApp": {
            "jpserver_extensions": {
                f"nbgrader.server_extensions.{name}": False
                for name in ("assignment_list", "course_list", "formgrader", "validate_assignment")
            }
        }
    },
}


def open_lab(more: list[str], update: bool = False) -> int:
    """Copies what is new into work/ and runs JupyterLab there, on the start page; returns its exit code.

    more: arguments for JupyterLab.  update: whether lessons in work/ of which there is a newer release are
    brought up to it, with their answers.  Raises UserError where there are no lessons, or no JupyterLab.
    """
    if not Path("notebooks").is_dir():
        raise UserError(f"no folder notebooks/ in {Path.cwd()}; run this in the course's folder")
    if find_spec("jupyterlab") is None:
        raise UserError(
            "lab needs jupyterlab, which is not installed here; install this package with its extra `course`"
        )
    copied, old = copy_lessons(Path("notebooks"), Path("work"))
    for name in old:
        if update:
            print(update_lesson(Path("notebooks"), Path("work"), name))
        else:
            print(f"notebooks/ has a newer {name} than work/; `lab --update` brings it, with your answers")
    if copied:
        print(f"new in work/: {', '.join(copied)}")
    elif not (update and old):
        print("work/ has every lesson; nothing was overwritten")
    command = [sys.executable, "-m", "jupyterlab", "--notebook-dir=work"]
    if Path("work", START_PAGE, f"{START_PAGE}.ipynb").exists():
        command.append(f"--LabApp.default_url=/lab/tree/{START_PAGE}/{START_PAGE}.ipynb")
    command += more
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # as in a container, where there is nobody else
    return subprocess.call(command, env=os.environ | {"JUPYTER_CONFIG_PATH": write_settings(Path("work"))})


def write_settings(work: Path) -> str:
    """Writes `SETTINGS` into a folder of `work`; the search path for Jupyter's settings, with it in front."""
    folder = work.resolve() / ".jupyter"
    for name, content in SETTINGS.items():
        write_atomically(folder / name, json.dumps(content, indent=1))
    return os.pathsep.join(filter(None, [str(folder), os.environ.get("JUPYTER_CONFIG_PATH")]))


def copy_lessons(notebooks: Path, work: Path) -> tuple[list[str], list[str]]:
    """Copies what is missing in `work`; the names of these lessons, and of those with a newer release.

    work/.copied.json has the digest of the release that each lesson was copied from.
    """
    known = _read_digests(work)
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
    _write_digests(work, known)
    return copied, old


def update_lesson(notebooks: Path, work: Path, name: str) -> str:
    """Brings the release of a lesson into `work`, with the answers that are there; says what was done.

    The notebook that was there is kept beside the new one, under a name of its own.  One that cannot be read
    stays as it is.
    """
    released, copy = (folder / name / f"{name}.ipynb" for folder in (notebooks, work))
    before, newer = copy.read_bytes(), released.read_bytes()
    try:
        carried = carry_over(read_notebook(before), read_notebook(newer))
    except UserError as error:
        return f"{name} stays as it is: {error}; to get the newer one, rename the folder {work / name}"
    kept = _keep(copy, before)
    if copy.read_bytes() != before:
        return f"{name} stays as it is: it was changed just now; close it and start again"
    write_atomically(copy, json.dumps(carried.notebook, indent=1, ensure_ascii=False) + "\n", lasting=True)
    known = _read_digests(work) | {name: hashlib.sha256(newer).hexdigest()}
    _write_digests(work, known)
    return f"{name} is the newer release now: {_said(carried)}; the notebook before is {kept}"


def _said(carried: Carried) -> str:
    found = [f"answers carried over: {carried.answers}"]
    if carried.own:
        found.append(f"cells of your own: {carried.own}")
    if carried.gone:
        found.append(f"at its end, as the lesson asks for it no longer: {', '.join(carried.gone)}")
    return "; ".join(found)


def _keep(path: Path, content: bytes) -> Path:
    """A file beside `path` that holds this: NAME-before.ipynb, NAME-before-2.ipynb where that is another."""
    number = 1
    while True:
        kept = path.with_name(f"{path.stem}-before{f'-{number}' if number > 1 else ''}{path.suffix}")
        if not kept.exists():
            write_atomically(kept, content, lasting=True)
            return kept
        if kept.read_bytes() == content:  # as after an interrupted update
            return kept
        number += 1


def _read_digests(work: Path) -> dict[str, str]:
    """What is noted of each lesson; nothing where the file is missing or damaged."""
    with suppress(OSError, ValueError):
        noted = json.loads((work / NOTED).read_text(encoding="utf-8"))
        if isinstance(noted, dict):
            return noted
    return {}


def _write_digests(work: Path, known: dict[str, str]) -> None:
    write_atomically(work / NOTED, json.dumps(known, indent=1))
