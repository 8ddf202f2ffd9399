"""What a student is shown of all her work: the recap of a lesson, the progress over the course."""

import json
import re
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from class_tools import graded, notebook

import autograder
from autograder import check
from autograder.exercises import LESSONS, lesson_exercises, sources
from autograder.feedback import progress, recap
from autograder.results import Mark, Status

MARK = Mark("01.immediate", 1.0, 2.0, Status.JUDGED, False, (), "says")


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A folder with two lessons; checks run as in a notebook of lesson 01."""
    for name in ("01_scalar_rnn", "02_output_and_loss"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "01_scalar_rnn")
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    return tmp_path


def noted(folder):
    return json.loads((folder / "progress.json").read_text(encoding="utf-8"))["exercises"]


def shown(capsys):
    autograder.progress()
    return capsys.readouterr().out


def test_a_check_in_a_notebook_notes_what_it_earned_beside_the_lessons(work, capsys):
    right = sources.solution_variant(lesson_exercises("01")[0])
    earned = check(lesson_exercises("01")[0].id, right)
    entry = noted(work)[lesson_exercises("01")[0].id]
    assert entry == {"points": earned, "max": earned, "correct": True, "checks": 1}
    assert not list((work / "01_scalar_rnn").iterdir())
    assert re.search(r"^…   01 +1 of +\d+ +" + f"{earned:g} of", shown(capsys), flags=re.M)


def test_a_script_notes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check("01.immediate", sources.solution_variant(autograder.exercise("01.immediate")))
    assert not list(tmp_path.iterdir())


def test_while_grading_nothing_is_noted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    submission = notebook()
    submission["cells"][1]["source"] = (
        "from autograder import check, progress, recap\nprogress()\n"
        + "".join(submission["cells"][1]["source"])
    )
    outputs, marks = graded(submission, "01_scalar_rnn", seed=20)
    assert marks and "progress" not in str(outputs)
    assert not list(tmp_path.rglob("*progress*"))


def test_a_worse_answer_loses_nothing(work):
    for points, correct in ((1.0, False), (2.0, True), (0.0, False)):
        progress.note(replace(MARK, points=points, correct=correct))
    assert noted(work)["01.immediate"] == {"points": 2.0, "max": 2.0, "correct": True, "checks": 3}


def test_an_exercise_without_points_is_not_noted(work):
    progress.note(replace(MARK, max=0.0))
    assert not (work / "progress.json").exists()


def test_notebooks_that_check_at_the_same_time_keep_each_other_s_notes(work):
    pytest.importorskip("fcntl")
    code = (
        "import sys; from autograder.feedback import progress; from autograder.results import Mark, Status\n"
        "progress.in_notebook = lambda: True\n"
        "for n in range(40): progress.note(Mark(f'{sys.argv[1]}.{n}', 1.0, 1.0, Status.JUDGED, True, (), ''))"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, lesson]) for lesson in ("01", "02")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert len(noted(work)) == 80


def test_a_note_waits_for_the_one_that_is_being_written(work, monkeypatch):
    pytest.importorskip("fcntl")
    monkeypatch.setattr(progress, "PATIENCE", 30.0)
    writer = threading.Thread(target=progress.note, args=[MARK])
    with progress._alone(work / "progress.json"):
        writer.start()
        writer.join(0.3)
        assert writer.is_alive() and not (work / "progress.json").exists()
    writer.join(20)
    assert list(noted(work)) == ["01.immediate"]


def test_without_the_lock_notes_are_lost(work, monkeypatch):
    """The control: what the lock is for."""
    from contextlib import nullcontext

    monkeypatch.setattr(progress, "_alone", lambda path: nullcontext())
    barrier, read = threading.Barrier(2), progress.read_notes

    def both_read(path):
        found = read(path)
        barrier.wait(10)
        return found

    monkeypatch.setattr(progress, "read_notes", both_read)
    threads = [
        threading.Thread(target=progress.note, args=[replace(MARK, exercise=name)])
        for name in ("01.a", "01.b")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(noted(work)) == 1


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"exercises": {"01.immediate": {"points": "many"}}}', "\x00"]
)
def test_a_damaged_file_is_put_aside(work, capsys, content):
    (work / "progress.json").write_text(content, encoding="utf-8")
    assert "does not hold what checks write" in shown(capsys)
    progress.note(MARK)
    assert list(noted(work)) == ["01.immediate"]
    assert (work / "progress.json.damaged").read_text(encoding="utf-8") == content


def test_a_folder_that_cannot_be_written_is_told_and_stops_no_check(work, capsys, monkeypatch):
    monkeypatch.setattr(progress.os, "access", lambda path, mode: False)
    monkeypatch.setattr(
        progress, "write_atomically", lambda *_: (_ for _ in ()).throw(PermissionError(13, "no"))
    )
    progress.note(MARK)
    assert not (work / "progress.json").exists()
    assert f"{work} cannot be written, so checks are not noted there." in shown(capsys)


def test_colab_is_told_that_it_forgets(work, capsys, monkeypatch):
    assert "Colab" not in shown(capsys)
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    assert "Colab deletes" in shown(capsys)


def test_the_course_is_shown_lesson_by_lesson_and_in_all(work, capsys):
    for e in lesson_exercises("02"):
        progress.note(Mark(e.id, e.points, e.points, Status.JUDGED, True, (), ""))
    progress.note(Mark("77.of_another_version", 5.0, 5.0, Status.JUDGED, True, (), ""))
    lines = shown(capsys).splitlines()
    n, points = (
        len([e for e in lesson_exercises("02") if e.points]),
        sum(e.points for e in lesson_exercises("02")),
    )
    every = sum(e.points for lesson in LESSONS for e in lesson_exercises(lesson))
    assert len(lines) == 2 + len(LESSONS)
    assert lines[3].split() == ["✓", "02", str(n), "of", str(n), f"{points:g}", "of", f"{points:g}"]
    assert lines[-1].split()[-3:] == [f"{points:g}", "of", f"{every:g}"]
    page = progress.render_html({}, ["<b>"])
    assert page.count("<progress ") == 1 + len(LESSONS) and "<b>" not in page


def test_the_recap_lists_every_exercise_with_its_points_and_one_line():
    answers = {
        e.function: sources.solution_variant(e) for e in lesson_exercises("05") if e.kind == "function"
    }
    exercise = autograder.exercise("05.rnn_backward")
    slip = exercise.slips[0]
    answers["rnn_backward"] = sources.solution_variant(exercise, slip)
    answers["silent_stack"] = None
    lines = {line.exercise: line for line in recap.recap_lines("05", answers)}
    assert list(lines) == [e.id for e in lesson_exercises("05") if e.points]
    assert lines["05.rnn_forward"].sign == "✓" and lines["05.rnn_forward"].says == ""
    assert lines["05.rnn_backward"].sign in "◐✗" and lines["05.rnn_backward"].says.startswith(slip.says[:40])
    assert lines["05.refute_stack"].sign == "·" and lines["05.refute_stack"].says == "not answered yet"
    assert [row.output for row in lines["05.rnn_forward"].rows] == ["a", "h"]
    text, page = recap.render_text(list(lines.values())), recap.render_html(list(lines.values()))
    earned = sum(line.points for line in lines.values())
    assert text.splitlines()[0].endswith(f"{earned:g} of {sum(line.max for line in lines.values()):g} points")
    assert page.index("</table>") < page.index("<details>") and "<details open" not in page
    for name in lines:
        assert name in text and name in page
