"""Types: every public signature is annotated, and a type checker finds them and agrees."""

import inspect
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import rnnlib

FOLDER = Path(rnnlib.__file__).parent
ROOT = FOLDER.parent


def public_functions(module):
    """Name -> function, for the functions and the methods that a module defines without underscore."""
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value):
            for method, function in vars(value).items():
                ours = inspect.isfunction(function) and function.__module__ == module.__name__
                if ours and (method == "__init__" or not method.startswith("_")):
                    yield f"{name}.{method}", function


def unannotated(function):
    """The parameters, and "return", for which a signature gives no type."""
    hints = inspect.get_annotations(function)  # as written: names for type checkers alone are not there
    expected = [*inspect.signature(function).parameters, "return"]
    return [name for name in expected if name not in hints and name != "self" and
            not (name == "return" and function.__name__ == "__init__")]


@pytest.mark.parametrize("name", rnnlib.__all__)
def test_public_signatures_say_their_types(name):
    functions = dict(public_functions(import_module(f"rnnlib.{name}")))
    assert functions
    assert {f: unannotated(function) for f, function in functions.items() if unannotated(function)} == {}


def test_a_parameter_without_a_type_is_noticed():
    def forward(params: dict, x) -> None: ...

    def backward(params: dict): ...

    assert unannotated(forward) == ["x"] and unannotated(backward) == ["return"]


def test_type_checkers_are_told_that_the_package_has_types():
    package_data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert (FOLDER / "py.typed").exists() and "py.typed" in package_data["rnnlib"]


@pytest.mark.slow
def test_the_library_passes_the_type_checker_and_a_wrong_call_does_not(tmp_path):
    """Of the whole package mypy is asked by `.ci/run` itself, with the same cache."""
    pytest.importorskip("mypy")
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "import numpy as np\nfrom rnnlib import rnn\n"
        "run = rnn.forward({'W_x': np.ones((1, 1))}, np.ones((1, 1, 1)), phi=3)\n"
        "rnn.backward(run, run, run.h)\nrnn.forward({}, np.ones(1)).c\n"
    )
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), str(wrong)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    *complaints, _ = done.stdout.splitlines()
    assert all("wrong.py:" in complaint for complaint in complaints), done.stdout
    for complaint in ('"phi"', 'Argument 1 to "backward"', 'has no attribute "c"'):
        assert complaint in done.stdout, done.stdout
