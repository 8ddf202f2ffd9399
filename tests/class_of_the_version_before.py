"""How tests/grading/class_of_the_version_before.zip was made: by the code of an earlier commit.

    .venv/bin/python tests/class_of_the_version_before.py c899efa

c899efa is the last version before follow-through.  Two students hand in its lesson 01, one with a wrong sign
in `immediate`; its own code grades them, and a proof is marked by hand.  The zip has the folder `gradebook/`.
"""

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "tests" / "grading" / "class_of_the_version_before.zip"
NAME = "01_scalar_rnn"
SIGN = ("return {", 'return {"U": -slope * run.x, "W": slope * run.s[:-1]}\n    return {')
BY_HAND = """
import sys
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook/gradebook.db") as gradebook:
    grade = gradebook.find_grade("proof", "01_scalar_rnn", "01_scalar_rnn", "ada")
    grade.manual_score, grade.needs_manual_grade = 2.5, False
    gradebook.db.commit()
"""


def main(commit):
    """Writes the zip."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(root, filter="data")
        hand_in(root, "ada")
        hand_in(root, "bob", SIGN)
        environment = {
            **os.environ,
            "PYTHONPATH": folder,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        for command in (["-m", "autograder", "grade", NAME], ["-c", BY_HAND]):
            subprocess.run([sys.executable, *command], cwd=root, env=environment, check=True)
        with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED) as made:
            for path in sorted((root / "gradebook").rglob("*")):
                if path.is_file() and path.suffix != ".lock":
                    made.write(path, path.relative_to(root))


def hand_in(root, student, edit=None):
    """A solved notebook of that commit's lesson, with a passage of `immediate` replaced."""
    read = {
        f: json.loads((root / f / NAME / f"{NAME}.ipynb").read_text()) for f in ("notebooks", "solutions")
    }
    solved = {id_of(cell): cell["source"] for cell in read["solutions"]["cells"] if id_of(cell)}
    for cell in read["notebooks"]["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = "".join(solved[id_of(cell)])
        if edit and id_of(cell) == "immediate":
            assert cell["source"].count(edit[0]) == 1
            cell["source"] = cell["source"].replace(*edit)
    path = root / "gradebook" / "submitted" / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(read["notebooks"]), encoding="utf-8")


def id_of(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


if __name__ == "__main__":
    main(*sys.argv[1:])
