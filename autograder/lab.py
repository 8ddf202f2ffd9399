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
from .lessons import START_PAGE

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


def open_lab(more: list[str]) -> int:
    """Copies what is new into work/ and runs JupyterLab there, on the start page; returns its exit code.

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
