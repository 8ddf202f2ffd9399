"""What README says is what the course does."""

import re
from importlib import import_module
from types import SimpleNamespace

import pytest
from package_tools import OLDEST_NUMPY
from tests_root import ROOT

from autograder import diagnose
from autograder.exercises import LESSONS, find_exercise, sources
from autograder.feedback import card

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_card_in_the_readme_is_the_card(tmp_path, monkeypatch):
    e = find_exercise("01.scalar_bptt")
    passages = re.search(r"with `([^`]+)` where the\nsolution has `([^`]+)`:\n\n```text", README)
    slip = next(slip for slip in e.slips if (slip.wrong, slip.right) == passages.groups())
    written = [line for line in sources.with_slip(e, slip).splitlines() if "### " not in line]
    (tmp_path / "answer.py").write_text("\n".join(["import numpy as np", *written]), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert card.render_text(e, diagnose(e.id, import_module("answer").scalar_bptt)) in README


def test_ci_calls_exactly_the_readme_s_test_command_and_the_slow_tests():
    assert "\npython3 course.py test" in README
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert "python3 course.py test" in lines and "python3 course.py test --slow -m slow" in lines


@pytest.mark.parametrize("slow", [True, False])
def test_what_takes_a_larger_sample_with_slow_is_among_the_slow_tests(slow, pytestconfig):
    """CI runs it twice: in every run on the small sample, and with the slow tests on the large one."""

    def marks_of(test):
        given = []
        item = SimpleNamespace(obj=test, path=ROOT, keywords={}, add_marker=lambda m: given.append(m.name))
        conftest.pytest_collection_modifyitems(SimpleNamespace(getoption=lambda name: slow), [item])
        return given

    conftest = pytestconfig.pluginmanager.getplugin(str(ROOT / "tests" / "conftest.py"))
    assert marks_of(lambda e, thorough: None) == marks_of(lambda seeds: None) == ["slow"] * slow
    assert marks_of(lambda e: None) == []


def test_links_and_the_map_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target.replace("\n", " ")).exists(), target
    tree = README.split("```text")[-1].split("```")[0]
    for name in re.findall(r"^(\S+)", tree, flags=re.M):
        assert (ROOT / name).exists(), name


def test_the_versions_that_are_said_to_be_tested_are_tested():
    tested = " ".join(README.split("## The package alone")[1].split("## ")[0].split())
    *older, newest = OLDEST_NUMPY
    assert f"on Python {', '.join(older)} and {newest}, each" in tested
    assert set(re.findall(r"\d+\.\d+\.\d+", tested)) == set(OLDEST_NUMPY.values())


def test_every_lesson_is_listed():
    for lesson in LESSONS:
        assert re.search(rf"^\| {lesson} \|", README, flags=re.M)
