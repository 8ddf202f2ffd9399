"""Clean environments to install the package in, and what is asked of it there."""

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from tests_root import ROOT

# the oldest NumPy that the package allows and that has wheels for this Python
OLDEST_NUMPY = {"3.11": "1.26.0", "3.12": "1.26.0", "3.13": "2.1.0"}


def run(*command, cwd, limit=900, **variables):
    """Runs a program away from this environment; returns what subprocess.run returns."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    clean |= {"OPENBLAS_NUM_THREADS": "1", "JUPYTER_PREFER_ENV_PATH": "1", **variables}
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=clean, capture_output=True, timeout=limit
    )


def said(done):
    """Both streams of a program that has run, as text."""
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def must(*command, cwd, **variables):
    """Runs a program that has to succeed; returns its standard output."""
    done = run(*command, cwd=cwd, **variables)
    assert done.returncode == 0, said(done)[-4000:]
    return done.stdout.decode("utf-8", "replace")


@cache
def find_python(version):
    """A program of this version of Python ("3.12") that starts; None if this machine has none."""
    places = [sys.executable, shutil.which(f"python{version}")]
    roots = [os.environ.get("PYENV_ROOT"), Path.home() / ".pyenv"]
    places += [p for r in roots if r for p in sorted(Path(r).glob(f"versions/{version}.*/bin/python"))]
    for place in filter(None, places):
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        done = run(place, "-c", code, cwd=ROOT)
        if done.returncode == 0 and done.stdout.decode().strip() == version:
            # in a virtual environment: of the Python that it was made from
            real = run(place, "-c", "import sys; print(sys._base_executable)", cwd=ROOT).stdout.decode()
            return real.strip()
    return None


def python_or_skip(version):
    found = find_python(version)
    if found is None:
        pytest.skip(f"this machine has no Python {version}")
    return found


def clean_copy(folder):
    """What a clean clone of this commit holds, with what has been edited since."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("this is no git clone, so nothing says which files are tracked")
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    assert not (folder / "autograder" / "diagnosis" / "bank").exists()
    return folder


def make_venv(folder, python, *wishes, cwd):
    """A new virtual environment with packages in it, and no pip; returns its Python."""
    must(python, "-m", "venv", "--without-pip", folder, cwd=cwd)
    inside = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if wishes:
        install(inside, *wishes, cwd=cwd)
    return inside


def install(python, *wishes, cwd):
    """Installs packages in another environment, by the pip of this one."""
    quickly = ("--quiet", "--disable-pip-version-check", "--no-compile")  # few of the modules are imported
    must(sys.executable, "-m", "pip", "--python", python, "install", *quickly, *wishes, cwd=cwd)


def executed(python, folder, change=lambda source: source, name="01_scalar_rnn", **variables):
    """The outputs of a lesson, solved, in a kernel of another environment, in a folder with nothing else.

    change: what is made of each cell's source.
    """
    notebook = json.loads((ROOT / "solutions" / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = change("".join(cell["source"]))
    (folder / "lesson.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    code = (
        "import nbformat\nfrom nbclient import NotebookClient\n"
        "notebook = nbformat.read('lesson.ipynb', 4)\n"
        "NotebookClient(notebook, timeout=180, kernel_name='python3', allow_errors=True).execute()\n"
        "nbformat.write(notebook, 'lesson.ipynb')\n"
    )
    must(python, "-c", code, cwd=folder, **variables)
    cells = json.loads((folder / "lesson.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    for output in outputs:
        for kind, lines in output.get("data", {}).items():
            output["data"][kind] = "".join(lines)
    return outputs


def pip_section():
    """The arguments for pip in environment.yml, one line each."""
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    lines = re.split(r"^  - pip:\n", text, flags=re.M)[1].splitlines()
    return [line.strip().removeprefix("- ") for line in lines if line.strip()]
