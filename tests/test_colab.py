"""Work kept in Drive on Google Colab, whose package is replaced by one that does what it is asked."""

import json
import subprocess
import sys
import types

import pytest

from autograder import colab
from autograder.authoring import build
from autograder.errors import UserError
from autograder.feedback import progress
from autograder.results import Mark, Status

MARK = Mark("01.immediate", 1.0, 1.0, Status.JUDGED, True, (), "")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A published course with one lesson."""
    folder = tmp_path / "published"
    lesson = folder / "notebooks" / "01_x" / "01_x.ipynb"
    lesson.parent.mkdir(parents=True)
    lesson.write_text("{}")
    for command in ("init -q", "add .", "-c user.name=a -c user.email=a@b commit -q -m x"):
        subprocess.run(["git", *command.split()], cwd=folder, check=True)
    monkeypatch.setattr(colab, "repository", lambda: str(folder))
    return folder


@pytest.fixture
def work(tmp_path, monkeypatch):
    """Colab, with a Drive that is there once it is mounted; the folder in it."""
    drive = types.ModuleType("google.colab.drive")
    drive.mount = lambda where: (tmp_path / "drive" / "MyDrive").mkdir(parents=True, exist_ok=True)
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.setitem(sys.modules, "google.colab.drive", drive)
    monkeypatch.setattr(progress, "ON_DRIVE", tmp_path / "drive" / "MyDrive" / "unrolled")
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    (tmp_path / "content").mkdir()
    monkeypatch.chdir(tmp_path / "content")
    return progress.ON_DRIVE


def test_lessons_are_copied_once_and_never_overwritten(repository, work, capsys):
    colab.keep_work()
    lesson = work / "01_x" / "01_x.ipynb"
    assert lesson.read_text() == "{}" and "New: 1." in capsys.readouterr().out
    lesson.write_text("an answer")
    colab.keep_work()
    assert lesson.read_text() == "an answer" and "New: 0." in capsys.readouterr().out


def test_checks_are_noted_in_drive_and_no_loss_is_foretold(repository, work, capsys):
    colab.keep_work()
    progress.note(MARK)
    assert json.loads((work / "progress.json").read_text())["exercises"]["01.immediate"]["correct"]
    capsys.readouterr()
    progress.progress()
    assert "Colab deletes" not in str(progress._remarks(progress.place()))


def test_without_drive_it_is_said_that_colab_forgets(work):
    """The control of the one above."""
    assert progress.place().parent == progress.Path.cwd()
    assert "Colab deletes" in str(progress._remarks(progress.place()))


def test_what_cannot_be_had_is_said_in_a_sentence(work, monkeypatch, tmp_path):
    monkeypatch.setattr(colab, "repository", lambda: str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="the lessons cannot be copied from .*nowhere"):
        colab.keep_work()
    sys.modules["google.colab.drive"].mount = lambda where: None
    work.parent.rmdir()
    with pytest.raises(UserError, match="allow Colab to use Drive"):
        colab.keep_work()


def test_elsewhere_nothing_is_done(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(colab, "repository", lambda: 1 / 0)
    colab.keep_work()
    exec(build.ON_COLAB, {})
    assert not list(tmp_path.iterdir()) and capsys.readouterr().out == ""


def test_the_installed_package_names_its_repository():
    assert colab.repository() in build.ON_COLAB
