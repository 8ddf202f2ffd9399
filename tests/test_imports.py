"""The arrows of the house: which room may import which, and what a command may cost to start."""

import ast
import subprocess
import sys

import pytest
from tests_root import ROOT

MODULES = sorted(p for package in ("rnnlib", "autograder") for p in (ROOT / package).rglob("*.py"))

# the ground floor: what every room may know
GROUND = {
    "answers",
    "compare",
    "encodings",
    "errors",
    "files",
    "lessons",
    "outputs",
    "results",
    "syntax",
    "wording",
}
# the rooms, from the bottom to the top: each may import what is named here, itself and the ground floor
ROOMS = {
    "worker": set(),
    "exercises": set(),
    "sandbox": {"worker"},
    "diagnosis": {"exercises"},
    "feedback": {"worker", "exercises", "diagnosis"},
    "grading": {"exercises", "diagnosis", "feedback", "sandbox"},
    "lms": {"grading"},
    "authoring": {"exercises", "diagnosis", "feedback", "sandbox", "grading"},
    "carry_over": set(),
    "lab": {"carry_over"},
    "colab": {"feedback", "lab"},
    "browser": {"carry_over", "feedback", "lab"},
    "doctor": {"diagnosis", "sandbox"},
    "cli": {"authoring", "doctor", "grading", "lab", "lms"},
    "__main__": {"cli"},
}
# packages that one file or one room alone may know
ONLY_IN = {
    "matplotlib": {"rnnlib/plots.py"},
    "nbgrader": {"autograder/grading/", "autograder/authoring/", "autograder/lms/enrolment.py"},
    "jupytext": {"autograder/authoring/build.py"},
    "nh3": {"autograder/grading/clean_html.py"},
    "nbclient": {"autograder/authoring/site/"},
    "sphinx": {"autograder/authoring/site/"},
    "distributed": {"autograder/grading/executors.py"},
    "setuptools": {"autograder/authoring/build_backend.py"},
    "jupyterlite_pyodide_kernel": {"autograder/authoring/lite/"},
    "pyodide_kernel": {"autograder/authoring/lite/kernel.py"},
    "IPython": {"autograder/authoring/lite/kernel.py", "autograder/feedback/show.py", "rnnlib/plots.py"},
}
STANDARD = set(sys.stdlib_module_names)


def imported(path):
    """Absolute names of the modules that a file imports."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            whole = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{whole}.{alias.name}" for alias in node.names)


def room_of(parts):
    """The room that a dotted name inside autograder begins with; "" for the package itself."""
    return parts[1] if len(parts) > 1 else ""


def problems(path, names):
    where = path.relative_to(ROOT).as_posix()
    here = room_of(path.relative_to(ROOT).with_suffix("").parts)
    for name in names:
        parts = name.split(".")
        top = parts[0]
        if where.startswith("rnnlib/") and top not in {"numpy", "rnnlib", "matplotlib", "IPython"} | STANDARD:
            yield f"{where} imports {name}: rnnlib knows NumPy alone"
        if top in ONLY_IN and not any(where.startswith(place) for place in ONLY_IN[top]):
            yield f"{where} imports {name}"
        if where.startswith("autograder/worker/") and top not in {"autograder", "numpy", "rnnlib"} | STANDARD:
            yield f"{where} imports {name}: beside student code there is NumPy only"
        if here == "compare" and top not in {"numpy"} | STANDARD:
            yield f"{where} imports {name}: comparing needs NumPy alone"
        if top == "autograder" and not is_allowed(here, room_of(parts)):
            yield f"{where} imports {name}: {here} may not know {room_of(parts)}"


def is_allowed(here, there):
    if here in GROUND:
        return there in GROUND
    if here == "worker":  # it is copied to where nothing else of the package is
        return there == "worker"
    return there in {here, *ROOMS.get(here, ()), *GROUND}


def test_arrows_point_one_way():
    assert len(MODULES) > 100
    assert [problem for path in MODULES for problem in problems(path, imported(path))] == []


def test_every_room_is_on_a_floor():
    found = {room_of(p.relative_to(ROOT).with_suffix("").parts) for p in MODULES if "autograder" in p.parts}
    assert found - {"__init__"} == GROUND | set(ROOMS)
    floor = {room: n for n, room in enumerate(ROOMS)}
    assert all(floor[below] < floor[room] for room, known in ROOMS.items() for below in known)


@pytest.mark.parametrize(
    "place, name",
    [
        ("rnnlib/rnn.py", "autograder.compare"),
        ("autograder/compare.py", "autograder.diagnosis.laws"),
        ("autograder/feedback/card.py", "nbgrader.api"),
        ("autograder/feedback/card.py", "autograder.grading.report"),
        ("autograder/worker/runner.py", "autograder.errors"),
        ("autograder/sandbox/box.py", "autograder.diagnosis.diagnose"),
        ("autograder/diagnosis/laws.py", "autograder.sandbox.answer"),
        ("autograder/grading/course.py", "autograder.authoring.build"),
        ("autograder/grading/forget.py", "autograder.lms.people"),
    ],
)
def test_the_rule_can_fail(place, name):
    assert list(problems(ROOT / place, [name]))


def test_no_file_outgrows_its_subject():
    """About 250 lines; the lessons' exercises are lists and may be longer."""
    long = {}
    for path in (ROOT / "autograder").rglob("*.py"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > 260 and path.parent.name != "exercises":
            long[path.name] = lines
    assert not long


def modules_loaded(*arguments, cwd=ROOT):
    """The modules that Python imports for a command, from its own log of imports."""
    command = [sys.executable, "-X", "importtime", *arguments]
    said = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120).stderr
    return {line.split("|")[-1].strip().split(".")[0] for line in said.splitlines() if "import time:" in line}


HEAVY = {"nbgrader", "nbformat", "nbconvert", "jsonschema", "sqlalchemy", "matplotlib", "jupytext", "sympy"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["grade", "--help"],
        ["grade", "01", "--sandbox", "paper"],
        ["collect", "--help"],
        ["no-such-verb"],
        ["doctor"],
    ],
    ids=" ".join,
)
def test_a_command_that_does_nothing_heavy_imports_nothing_heavy(arguments):
    loaded = modules_loaded("-m", "autograder", *arguments)
    assert "autograder" in loaded and not loaded & (HEAVY | {"numpy", "IPython"})


def test_lab_copies_lessons_without_the_weight_of_grading(tmp_path):
    (tmp_path / "notebooks").mkdir()
    code = "import subprocess; subprocess.call = lambda *_: 0; from autograder.cli import main; main(['lab'])"
    loaded = modules_loaded("-c", code, cwd=tmp_path)
    assert (tmp_path / "work" / ".copied.json").exists() and not loaded & (HEAVY | {"numpy", "IPython"})


@pytest.mark.parametrize(
    "code",
    [
        "from autograder import CheckFailed, check, diagnose, example, exercise, recap; import rnnlib",
        "from autograder.grading import commands",
    ],
)
def test_checking_and_reports_do_not_import_nbgrader(code):
    loaded = modules_loaded("-c", code)
    assert "numpy" in loaded and not loaded & (HEAVY | {"IPython"})


def test_grading_itself_does(tmp_path):
    """The control: the log of imports shows nbgrader; here an empty package has its name."""
    (tmp_path / "nbgrader").mkdir()
    (tmp_path / "nbgrader" / "__init__.py").touch()
    assert "nbgrader" in modules_loaded("-c", "from autograder.grading import gradebook", cwd=tmp_path)
