"""The arrows of the house: who may import whom."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(p for package in ("rnnlib", "autograder") for p in (ROOT / package).rglob("*.py"))

# packages that one module alone may know
ONLY_IN = {
    "matplotlib": {"rnnlib/plots.py"},
    "nbgrader": {
        "autograder/build.py",
        "autograder/course.py",
        "autograder/grade.py",
        "autograder/record.py",
        "autograder/rubrics.py",
    },
    "jupytext": {"autograder/build.py"},
    "nbclient": set(),
    "distributed": {"autograder/engine.py"},
    "IPython": {"autograder/notebook.py", "rnnlib/plots.py"},
}


def imported(path):
    """Absolute names of the modules that a file imports."""
    package = ".".join(path.relative_to(ROOT).with_suffix("").parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level else ""
            yield ".".join(filter(None, [base, node.module or ""])) or base


def problems(path, names):
    where = path.relative_to(ROOT).as_posix()
    for name in names:
        top = name.split(".")[0]
        if where.startswith("rnnlib/") and top not in {
            "numpy",
            "rnnlib",
            "matplotlib",
            "IPython",
            *sys.stdlib_module_names,
        }:
            yield f"{where} imports {name}: rnnlib knows NumPy alone"
        if top in ONLY_IN and where not in ONLY_IN[top]:
            yield f"{where} imports {name}"
        beside = where.startswith("autograder/beside/")
        own = name.startswith("autograder.beside") or top in {"numpy", "rnnlib", *sys.stdlib_module_names}
        if beside and not own:
            yield f"{where} imports {name}: beside student code stands nothing that judges it"
        if where == "autograder/sandbox.py" and top not in {"numpy", *sys.stdlib_module_names}:
            yield f"{where} imports {name}: the sandbox needs the standard library alone"
        if where.startswith("autograder/judge") and top not in {"numpy", *sys.stdlib_module_names}:
            yield f"{where} imports {name}: judging needs NumPy alone"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_arrows_point_one_way(path):
    assert not list(problems(path, imported(path)))


def test_the_rule_can_fail():
    assert list(problems(ROOT / "rnnlib" / "rnn.py", ["autograder.judge"]))
    assert list(problems(ROOT / "autograder" / "judge.py", ["autograder.slips"]))
    assert list(problems(ROOT / "autograder" / "card.py", ["nbgrader.api"]))
    assert list(problems(ROOT / "autograder" / "beside" / "worker.py", ["autograder.judge"]))
    assert list(problems(ROOT / "autograder" / "sandbox.py", ["autograder.calling"]))


def test_importing_the_packages_is_light():
    import subprocess

    code = (
        "import sys, autograder, rnnlib; from autograder import check;"
        "print([m for m in ('matplotlib', 'nbgrader', 'jupytext', 'nbclient', 'sympy') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.strip() == "[]"
