"""Notebooks executed once: what a solution prints and draws is kept by the digest of what made it."""

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from ...errors import BuildError
from .settings import ROOT

CELL_SECONDS = 900  # the longest, in lesson 12, computes for a minute
STARTUP_SECONDS = 120
# no lesson runs what is in these, so that a change there lets all outputs stand
NOT_RUN = ("authoring", "cli.py", "doctor.py", "grading", "lab.py", "sandbox", "worker")
DRAWS = ("ipython", "ipywidgets", "matplotlib", "numpy", "sympy")


def executed_notebooks(
    paths: list[Path], kept: Path, say: Callable[[str], None] = print
) -> dict[str, NotebookNode]:
    """{name: notebook with its outputs}; only what is not in the folder `kept` is executed.

    Raises BuildError where a notebook raises or warns: a page would show it.
    """
    library = library_digest()
    files = {path.stem: kept / f"{path.stem}-{output_digest(path, library)}.ipynb" for path in paths}
    missing = [path for path in paths if not files[path.stem].exists()]
    if missing:
        say(f"executing {len(missing)} of {len(paths)} notebooks; later builds keep what they gave")
        kept.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(min(len(missing), os.cpu_count() or 1)) as pool:
            for path, notebook in zip(missing, pool.map(execute, missing)):
                for old in kept.glob(f"{path.stem}-*.ipynb"):
                    old.unlink()
                nbformat.write(notebook, files[path.stem])
                say(f"executed {path.stem}")
    return {name: nbformat.read(file, as_version=4) for name, file in files.items()}


def execute(path: Path) -> NotebookNode:
    """The notebook with what its cells give, run in an empty folder."""
    notebook: NotebookNode = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:  # checks note progress beside the notebook
        NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            startup_timeout=STARTUP_SECONDS,
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],  # not that it runs over TCP
            allow_errors=True,
            resources={"metadata": {"path": folder}},
        ).execute()
    refuse_errors(path.stem, notebook)
    return notebook


def refuse_errors(name: str, notebook: NotebookNode) -> None:
    """Raises BuildError for a notebook with an error or a warning in its outputs."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error" or output.get("name") == "stderr":
                said = output.get("evalue") or output.get("text", "")
                raise BuildError(f"{name}: a cell that a page shows does not run cleanly: {said.strip()}")


def output_digest(path: Path, library: str) -> str:
    """A digest of the notebook's code and of `library`: with another one its outputs may differ."""
    cells = nbformat.read(path, as_version=4).cells
    code = "\0".join(cell.source for cell in cells if cell.cell_type == "code")
    return hashlib.sha256(f"{library}\0{code}".encode()).hexdigest()[:24]


def library_digest(root: Path = ROOT) -> str:
    """A digest of all that a lesson imports: this project's files, and the versions of what draws."""
    digest = hashlib.sha256(sys.version.encode())
    for name in DRAWS:
        digest.update(f"{name} {version(name)}\n".encode())
    for path in sorted([*root.glob("rnnlib/**/*.py"), *root.glob("autograder/**/*.py")]):
        place = path.relative_to(root)
        if place.parts[1] not in NOT_RUN:
            digest.update(place.as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
