"""The command line: what a verb does, and what a wrong call is told."""

import subprocess

import pytest

from autograder import cli


def test_without_a_verb_it_prints_the_verbs(capsys):
    assert cli.main([]) == 2
    said = capsys.readouterr().out
    assert all(verb in said for verb in ("build", "grade", "report", "demo", "lab", "doctor"))


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["grade"], ["grade", "x", "--jobs", "0"], ["grade", "x", "--jobs", "two"]]
)
def test_wrong_calls_exit_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert "usage: autograder" in capsys.readouterr().err


def test_doctor_says_one_line_each(capsys):
    assert cli.main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("python 3.") and any(line.startswith("nbgrader 0.9.6: fine") for line in lines)


def test_lab_copies_lessons_once_and_overwrites_nothing(tmp_path, monkeypatch, capsys):
    calls = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "call", lambda command: calls.append(command) or 0)
    lesson = tmp_path / "notebooks" / "00_x"
    lesson.mkdir(parents=True)
    (lesson / "00_x.ipynb").write_text("release")
    assert cli.main(["lab", "--no-browser"]) == 0
    copy = tmp_path / "work" / "00_x" / "00_x.ipynb"
    assert copy.read_text() == "release" and "new in work/: 00_x" in capsys.readouterr().out
    copy.write_text("my answers")
    (lesson / "00_x.ipynb").write_text("a newer release")
    assert cli.main(["lab"]) == 0
    said = capsys.readouterr().out
    assert copy.read_text() == "my answers" and "nothing was overwritten" in said
    assert "has a newer 00_x than the one in work/; to get it, rename the folder work/00_x" in said
    copy.unlink()  # the notebook, not its folder
    assert cli.main(["lab"]) == 0
    said = capsys.readouterr().out
    assert copy.read_text() == "a newer release" and "new in work/: 00_x" in said and "newer" not in said
    assert cli.main(["lab"]) == 0 and "newer" not in capsys.readouterr().out
    assert calls[0][1:5] == ["-m", "jupyterlab", "--notebook-dir=work", "--no-browser"]
