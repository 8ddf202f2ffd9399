"""What grading says where the solutions are not: beside the package, or in the course's folder."""

import shutil
from argparse import Namespace

from class_tools import NAME, command, copy_course, solved, submit

from autograder.exercises import sources
from autograder.grading import commands


def test_a_course_without_its_sources_is_refused_in_a_sentence(tmp_path):
    course = copy_course(tmp_path, registered=False)
    submit(course, "student", solved())
    shutil.rmtree(course / "solutions")
    said = command("autograder", "grade", NAME, "--sandbox", "none", cwd=course, code=1)
    assert "Traceback" not in said
    last = said.strip().splitlines()[-1]
    assert last.startswith("autograder: no folder ") and f"solutions/{NAME}" in last


def test_grading_says_that_an_installed_package_names_no_slip(course, monkeypatch, capsys):
    monkeypatch.chdir(course)
    monkeypatch.setattr(commands, "grade_and_report", lambda *_: 0)
    options = Namespace(
        assignment="01", submitted=None, student=None, jobs=1, sandbox=None, engine="local", again=False
    )
    commands.grade(options)
    assert capsys.readouterr().out == ""  # the control: here the solutions are beside the package
    monkeypatch.setattr(sources, "code_cells", lambda lesson: None)
    commands.grade(options)
    assert capsys.readouterr().out == commands.NO_SLIPS + "\n"
