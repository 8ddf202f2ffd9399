"""Lesson 01 as on Google Colab: IPython 7.34, NumPy 2.0, an empty folder, and no package of the course."""

import json

import pytest
from package_tools import executed, make_venv, must, python_or_skip

from autograder.authoring.site import settings
from autograder.exercises import lesson_exercises

pytestmark = pytest.mark.slow

ON_COLAB = [
    "pip",
    "ipython==7.34.0",
    "ipykernel==6.17.1",
    "numpy==2.0.2",
    "matplotlib",
    "nbclient",
    "setuptools",
]
ADDRESS = f"unrolled[notebook] @ git+{settings.REPOSITORY}"
IS_THERE = "import importlib.util; print(importlib.util.find_spec('autograder') is not None)"


@pytest.fixture(scope="module")
def python(index, tmp_path_factory):
    folder = tmp_path_factory.mktemp("colab")
    return make_venv(folder / "venv", python_or_skip("3.12"), *ON_COLAB, cwd=folder)


@pytest.fixture
def colab(tmp_path):
    """Variables with which a kernel has google.colab loaded, as there, before any cell runs."""
    (tmp_path / "google" / "colab").mkdir(parents=True)
    (tmp_path / "google" / "colab" / "__init__.py").touch()
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "colab.py").write_text("import google.colab", encoding="utf-8")
    return {"IPYTHONDIR": str(tmp_path / "ipython"), "PYTHONPATH": str(tmp_path)}


def from_wheel(wheel):
    """Puts the wheel in the place of the repository, which is not there while testing; counts how often."""
    changed = []

    def change(source):
        changed.extend(source.count(ADDRESS) * [1])
        return source.replace(ADDRESS, f"unrolled[notebook] @ {wheel.as_uri()}")

    return change, changed


def test_elsewhere_the_first_cell_installs_nothing(python, built, tmp_path):
    """The control, and it runs first: without Colab nothing is installed, so nothing can be imported."""
    outputs = executed(python, tmp_path, from_wheel(built[1])[0])
    assert "No module named 'autograder'" in json.dumps(outputs)
    assert must(python, "-c", IS_THERE, cwd=tmp_path).strip() == "False"


def test_the_first_cell_installs_the_course_and_the_lesson_runs(python, built, colab, tmp_path):
    folder = tmp_path / "content"
    folder.mkdir()
    change, changed = from_wheel(built[1])
    outputs = executed(python, folder, change, **colab)
    assert len(changed) == 1
    cards = [o["data"] for o in outputs if "unrolled" in o.get("metadata", {})]
    assert len(cards) == len([e for e in lesson_exercises("01") if e.points])
    assert all("correct" in card["text/plain"] and "text/html" in card for card in cards)
    assert not [o for o in outputs if o["output_type"] == "error"], outputs
    versions = "import IPython, numpy; print(IPython.__version__, numpy.__version__)"
    assert must(python, "-c", versions, cwd=tmp_path).split() == ["7.34.0", "2.0.2"]  # as before
