"""A notebook of another version than the package: told once, and only in a notebook."""

import re
import sys
from types import SimpleNamespace

import pytest
from class_tools import graded, notebook
from tests_root import ROOT

import rnnlib
from autograder import check
from autograder.feedback import show, versions
from autograder.lessons import IN_BROWSER, released_lessons

IMPORT = "import numpy as np\nfrom autograder import check, recap  # unrolled {}\nx = 1"


@pytest.fixture
def kernel(monkeypatch):
    """kernel("0.0.1"): as if a cell of a notebook of that version had run; returns what is shown."""
    shown, cells = [], []
    monkeypatch.setattr(versions, "_told", set())
    monkeypatch.setattr(show, "in_notebook", lambda: True)
    monkeypatch.setattr(show, "show_output", lambda html, text, metadata=None: shown.append(text))
    shell = SimpleNamespace(user_ns={"_ih": cells})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))

    def run_cell(version):
        cells.append(IMPORT.format(version))
        return shown

    return run_cell


@pytest.mark.parametrize(
    "version, words", [("0.0.9", "take the notebook of version"), ("99.1", "install the newer package")]
)
def test_another_version_is_told_once(kernel, version, words):
    shown = kernel(version)
    versions.tell_other_version()
    versions.tell_other_version()
    assert len(shown) == 1 and words in shown[0] and version in shown[0] and rnnlib.__version__ in shown[0]


def test_in_the_browser_the_start_page_has_the_way_to_a_newer_notebook(kernel, monkeypatch):
    monkeypatch.setenv(IN_BROWSER, "https://example.org/")
    shown = kernel("0.0.9")
    versions.tell_other_version()
    assert "the start page says how to bring the newer notebook" in shown[0]


def test_the_same_version_is_not_told(kernel):
    """The control."""
    shown = kernel(rnnlib.__version__)
    versions.tell_other_version()
    assert shown == []


def test_the_cell_that_was_run_last_counts(kernel):
    shown = kernel("99.1")
    kernel(rnnlib.__version__)
    versions.tell_other_version()
    assert shown == []


def test_a_notebook_without_a_version_is_left_alone(kernel):
    shown = kernel("")
    versions.tell_other_version()
    assert shown == []


def test_check_tells_it_before_it_refuses_an_exercise_that_is_not_there(kernel):
    shown = kernel("99.1")
    with pytest.raises(ValueError, match="no exercise '99.new'"):
        check("99.new", len)
    assert len(shown) == 1


def test_a_script_is_told_nothing(capsys):
    versions.tell_other_version()
    assert capsys.readouterr().out == "" and versions.notebook_version() is None


def test_every_notebook_names_the_version_of_the_package_once():
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'^version = "(.+)"$', pyproject, flags=re.M)[1] == rnnlib.__version__
    paths = [*released_lessons(ROOT), *ROOT.glob("solutions/*/*.ipynb")]
    assert len(paths) > 20
    for path in paths:
        found = re.findall(r"# unrolled ([\w.]+)", path.read_text(encoding="utf-8"))
        assert found == [rnnlib.__version__], path.name
    assert not [p for p in ROOT.glob("solutions/*.py") if "# unrolled" in p.read_text(encoding="utf-8")]


def test_in_grading_nothing_of_it_happens():
    """A submission of another version gets the same outputs and marks."""
    of_this, of_another = notebook(), notebook()
    for cell in of_another["cells"]:
        cell["source"] = "".join(cell["source"]).replace("# unrolled 0.", "# unrolled 9.")
    assert of_this != of_another
    results = [graded(submission, "01_scalar_rnn", seed=20) for submission in (of_this, of_another)]
    assert results[0][1] == results[1][1] and "is of version" not in str(results)


def test_a_release_says_what_follow_through_earns(kernel):
    assert versions.mark(1.0) == f"  # unrolled {rnnlib.__version__}"
    kernel(rnnlib.__version__)
    assert versions.notebook_share() == 1
    shown = kernel(versions.mark(0.25).split()[-3] + " follow-through 0.25")
    versions.tell_other_version()
    assert (
        versions.notebook_share() == 0.25 and versions.notebook_version() == rnnlib.__version__ and not shown
    )
