"""Builds the edition that runs in a browser: JupyterLite, the course's packages, the lessons, and Pyodide.

What a browser loads besides JupyterLite is under course/: `pyodide.mjs`, which starts Pyodide and tells
it of the course's packages; packages.json, which lists them; their wheels; kernel.py, which Python runs
first; bytecode.py and bytecode.mjs, by which a later start is shorter; and, where it is kept beside them,
Pyodide itself.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL, PYODIDE_KERNEL_PLUGIN_ID

from ...errors import BuildError
from . import wheels
from .runtime import copy_runtime

ROOT = Path(__file__).parents[3]
LOADER = "pyodide.mjs"
BESIDE_IT = ("bytecode.mjs", "kernel.py", "bytecode.py")
EXTENSIONS = Path(sys.prefix, "share", "jupyter", "labextensions")
KERNEL_EXTENSION = EXTENSIONS / PYODIDE_KERNEL_PLUGIN_ID.split(":")[0]
WIDGETS_EXTENSION = EXTENSIONS / "@jupyter-widgets" / "jupyterlab-manager"

# for JupyterLab in the browser: nothing is asked of other hosts, and what is written is soon stored
OVERRIDES: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension:plugin": {"autosaveInterval": 5},
}


def build(to: Path, pyodide: str | Path | None = None) -> None:
    """Writes the edition into the folder `to`, which is made anew.

    pyodide: a folder with an unpacked release of Pyodide, of which what the lessons need is copied; or the
    address of such a folder, which a browser then loads it from.  None is the address that
    jupyterlite-pyodide-kernel documents for the version that it was made for.  Nothing is fetched here.

    Raises BuildError for a folder that holds no Pyodide, and where JupyterLite cannot be built.
    """
    to = Path(to).resolve()
    pyodide = str(PYODIDE_CDN_URL if pyodide is None else pyodide)
    with tempfile.TemporaryDirectory() as scratch:
        course = Path(scratch, "course")
        course.mkdir()
        is_address = pyodide.startswith(("http://", "https://"))
        runtime = pyodide.rstrip("/") + "/" if is_address else copy_runtime(Path(pyodide), course)
        packages = wheels.write_wheels(ROOT, KERNEL_EXTENSION, course / "wheels")
        listed = {"runtime": runtime, "packages": packages, "left_out": sorted(wheels.LEFT_OUT)}
        edition = hashlib.sha256(json.dumps(listed).encode("utf-8")).hexdigest()[:12]
        content = json.dumps(listed | {"edition": edition}, indent=1)
        (course / "packages.json").write_text(content, encoding="utf-8")
        for name in (LOADER, *BESIDE_IT):
            shutil.copyfile(Path(__file__).with_name(name), course / name)
        shutil.rmtree(to, ignore_errors=True)
        _build_jupyterlite(Path(scratch, "lite"), to)
        shutil.copytree(course, to / course.name)


def _build_jupyterlite(folder: Path, to: Path) -> None:
    """Builds JupyterLite in a folder of its own, where it leaves what it remembers between builds."""
    folder.mkdir()
    kernel = {
        "pyodideUrl": f"./course/{LOADER}",
        # what is not named here the kernel fetches by itself, so those that are left out are named as well
        "loadPyodideOptions": {"packages": [*wheels.AT_START, *wheels.LEFT_OUT]},
    }
    files = {
        "overrides.json": OVERRIDES,
        "jupyter-lite.json": {
            "jupyter-lite-schema-version": 0,
            "jupyter-config-data": {
                "appName": "Unrolled",
                "litePluginSettings": {PYODIDE_KERNEL_PLUGIN_ID: kernel},
            },
        },
        "jupyter_lite_config.json": {
            "LiteBuildConfig": {
                "apps": ["lab"],
                "contents": [str(ROOT / "notebooks")],
                "extra_ignore_contents": [r"/progress\.json", r"/\.progress"],
                # not every extension that is installed here: nbgrader's is for those who grade
                "ignore_sys_prefix": ["federated_extensions"],
                "federated_extensions": [str(p) for p in (KERNEL_EXTENSION, WIDGETS_EXTENSION) if p.exists()],
                "no_sourcemaps": True,
                "no_unused_shared_packages": True,
                "output_dir": str(to),
            }
        },
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=1), encoding="utf-8")
    command = [sys.executable, "-m", "jupyterlite_core", "build"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()[-5:]
        raise BuildError(f"JupyterLite could not be built: {' / '.join(said)}")
