"""Pyodide in node, as npm has it: the interpreter and the standard library, without NumPy."""

import json
import shutil
import subprocess

import pytest
from tests_root import ROOT

PYODIDE = "314.0.7"  # of npm; the Python of the edition for browsers
RUN = """\
import { loadPyodide } from "pyodide";
const { root, program } = JSON.parse(process.argv[2]);
const python = await loadPyodide();
python.FS.mkdirTree("/clone");
python.mountNodeFS("/clone", root);
try {
  python.runPython(program);
} catch (error) {
  console.error(error.message); // by itself node prints the whole line of the source, which is Pyodide
  process.exitCode = 1;
}
"""


def install_pyodide(folder):
    """Installs Pyodide into a folder; skips where node or the package cannot be had."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no node and npm on this machine; .ci/run installs them")
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), f"pyodide@{PYODIDE}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode:
        pytest.skip(f"npm cannot get pyodide {PYODIDE}: {done.stderr.strip().splitlines()[:1]}")
    (folder / "run.mjs").write_text(RUN, encoding="utf-8")
    return folder


def run_in_pyodide(folder, program):
    """Runs a program in Pyodide, with the clone in /clone; returns (exit code, what was printed, stderr)."""
    given = json.dumps({"root": str(ROOT), "program": program})
    done = subprocess.run(
        ["node", "run.mjs", given], cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=300
    )
    return done.returncode, done.stdout, done.stderr
