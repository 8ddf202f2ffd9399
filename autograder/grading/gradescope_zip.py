"""The zip that Gradescope makes an autograder of: two scripts, the package, one lesson, and its secret."""

import io
import json
import re
import zipfile
from pathlib import Path

from ..errors import GradingError
from ..files import write_atomically
from .course import CONFIG, Course
from .names import FILE as NAMES
from .seeds import FILE as SEEDS

PACKAGES = ("rnnlib", "autograder")
NOT_PACKED = ("autograder/authoring/",)
# by what grades one submission, with what these need
NEEDED = ("numpy", "python-dateutil", "six", "jupyter_core", "traitlets", "platformdirs")
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the same course makes the same zip

SETUP = """\
#!/usr/bin/env bash
# Gradescope runs this once, as root and with a network, when it makes the autograder's image.
set -euo pipefail
cd /autograder/source

find_python() {
    local fits='import sys, ensurepip; sys.exit(sys.version_info < (3, 11))'
    for name in python3.13 python3.12 python3.11 python3; do
        if command -v "$name" && "$name" -c "$fits" 2>/dev/null; then
            return
        fi
    done
    return 1
}

if ! find_python >/dev/null; then
    apt-get update
    apt-get install -y python3.11 python3.11-venv || apt-get install -y python3 python3-venv
fi
python=$(find_python) || { echo "the course needs Python 3.11 or newer, with venv"; exit 1; }
command -v bwrap >/dev/null || apt-get install -y bubblewrap || echo "no bubblewrap: there will be no walls"
"$python" -m venv /autograder/venv
/autograder/venv/bin/python -m pip install --quiet -r requirements.txt
chmod -R go-rwx /autograder/source
"""
RUN = """\
#!/usr/bin/env bash
# Gradescope runs this for each submission.  Without walls student code runs as another account, which may
# read neither the course and its secret, nor write the results.
mkdir -p /autograder/results
chmod -R go-rwx /autograder/source /autograder/results
cd /autograder/source/course || exit 1
export OPENBLAS_NUM_THREADS=1
exec /autograder/venv/bin/python -m autograder.grading.gradescope_run /autograder
"""


def write_autograder(course: Course, assignment: str) -> Path:
    """Writes <home>/exports/gradescope-autograder/ASSIGNMENT.zip; returns its path.

    It holds the secret of the assignment's inputs and the solution of the lesson: Gradescope shows an
    autograder to the course's staff only.
    """
    files: dict[str, str | bytes] = {"setup.sh": SETUP, "run_autograder": RUN}
    files["requirements.txt"] = _requirements(course.root)
    files |= {f"course/{name}": content for name, content in _course_files(course, assignment).items()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.external_attr = (0o100700 if name in ("setup.sh", "run_autograder") else 0o100600) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    path = course.home / "exports" / "gradescope-autograder" / f"{assignment}.zip"
    write_atomically(path, packed.getvalue())
    return path


def _course_files(course: Course, assignment: str) -> dict[str, str | bytes]:
    """A course of one lesson, with the package beside it."""
    package = Path(__file__).resolve().parent.parent.parent
    files: dict[str, str | bytes] = {}
    for place in PACKAGES:
        for path in sorted((package / place).rglob("*")):
            name = path.relative_to(package).as_posix()
            if path.suffix in (".py", ".npz", ".json", ".html") and not name.startswith(NOT_PACKED):
                files[name] = path.read_bytes()
    lesson = [f"{CONFIG}.py", f"notebooks/{assignment}/{assignment}.ipynb"]
    if (package / "solutions" / f"{assignment}.py").exists():  # slips are then tried as in a clone
        files[f"solutions/{assignment}.py"] = (package / "solutions" / f"{assignment}.py").read_bytes()
    for name in lesson:
        files[name] = (course.root / name).read_bytes()
    if (course.home / NAMES).exists():
        files[f"gradebook/{NAMES}"] = (course.home / NAMES).read_bytes()
    files[f"gradebook/{SEEDS}"] = json.dumps({assignment: course.store(assignment).secret})
    return files


def _requirements(root: Path) -> str:
    """What one grading needs, in the versions that the course is tested with."""
    path = root / "constraints.txt"
    if not path.exists():
        raise GradingError(f"no constraints.txt in {root}; run this in a clone of the course")
    text = path.read_text(encoding="utf-8")
    found = [re.search(rf"^{re.escape(name)}==\S+$", text, re.M) for name in NEEDED]
    return "".join(f"{match[0]}\n" for match in found if match)
