"""What `report`, `export` and the terminal say: the last grading, whoever did it, and who has no result."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from class_tools import (
    MODE,
    NAME,
    before,
    cell,
    code,
    command,
    graded,
    grading_until,
    notebook,
    put_gradebook,
    solved,
    submit,
    total,
)
from nbgrader.api import Gradebook

from autograder.diagnosis import diagnose as diagnosing
from autograder.errors import StaleRun
from autograder.grading import class_table, grade_submission, gradescope, report
from autograder.grading.class_table import GONE
from autograder.grading.course import Course
from autograder.grading.grade import Options, grade_class, with_strays
from autograder.grading.grades import Grade
from autograder.results import Mark, Result, Status
from autograder.sandbox import bubblewrap, run
from autograder.sandbox.limits import Limits

walls = pytest.mark.skipif(
    bool(bubblewrap.walls_problem()), reason=f"no sandbox here: {bubblewrap.walls_problem()}"
)


def slow(seconds):
    """A right submission whose `scalar_bptt`, which no other function calls, takes its time."""
    nb = solved()
    lines = cell(nb, "scalar_bptt")["source"]
    body = "".join(lines).split("\n")
    start = next(n for n, line in enumerate(body) if line.startswith("def scalar_bptt"))
    cell(nb, "scalar_bptt")["source"] = "\n".join(
        [
            "import time",
            *body[: start + 1],
            f"    ends = time.process_time() + {seconds}",
            "    while time.process_time() < ends:",
            "        pass",
            *body[start + 1 :],
        ]
    )
    return nb


def table(course, home="gradebook"):
    path = course / home / "reports" / NAME / "report.csv"
    with open(path, newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def page(course):
    return (course / "gradebook" / "reports" / NAME / "report.html").read_text(encoding="utf-8")


def grade(course, *arguments, **more):
    return command("autograder", "grade", NAME, "--sandbox", MODE, *arguments, cwd=course, **more)


def resubmit(course, student, nb):
    shutil.rmtree(course / "gradebook" / "submitted" / student)
    submit(course, student, nb)


def test_without_a_result_there_are_no_points_and_no_share_in_the_means():
    mark = Mark("01.a", 1.0, 2.0, Status.JUDGED, False, (), "x")
    good = Result({"check_a": mark}, seconds=1.0, walls="bwrap")
    failed = with_strays({}, {"two": "the disk is full"})
    rows = class_table.report_rows({"one": good} | failed, {"zoe": ("Zoë", "Z")})
    html = report.render_page(rows, "x")
    for said in (class_table.render_text(rows), class_table.render_csv(rows), html):
        assert "no result: the disk is full" in said and "not handed in" in said
        assert "all correct" not in said and "0/0" not in said and "of 0" not in said
    assert '0 of 1</td>\n<td data-is="mean">1 of 2</td>' in html  # one submission counts
    assert "2 submissions, 1 of them without a result; not handed in: 1" in html
    assert "<li>two: no result: the disk is full</li>" in html and "<li>zoe" not in html
    assert "Automatic points only" in html


def test_a_grade_without_a_folder_is_no_absence():
    """The gradebook keeps it, and so does what is exported."""
    grades = {"zoe": Grade(11.5, 18.0)}
    rows = class_table.report_rows({}, {"yan": ("", ""), "zoe": ("Zoë", "Z")}, grades)
    assert [(row.reason, row.grade) for row in rows] == [("not handed in", None), (GONE, grades["zoe"])]
    html = report.render_page(rows, "x")
    assert "not handed in: 1" in html and f"<li>zoe: {GONE}</li>" in html
    assert f"zoe,Z,Zoë,,,11.5,18,0,{GONE}" in class_table.render_csv(rows)


def test_what_a_law_explains_counts_as_a_finding_everywhere():
    law = "x is right but for the sign."
    marks = {
        "check_a": Mark("01.a", 1.0, 2.0, Status.JUDGED, False, (), f"{law} Else fine.", (law,)),
        "check_b": Mark(
            "01.b", 1.0, 2.0, Status.JUDGED, False, ("no_carry",), "x", ("b is zero in every entry.",)
        ),
        "check_c": Mark("01.c", 1.0, 2.0, Status.JUDGED, False, (), "c differs."),
    }
    result = Result(marks, seconds=1.0, walls="bwrap")
    rows = class_table.report_rows({"one": result, "two": result}, {})
    said = "a: x is right but for the sign; b: no carry, b is zero in every entry; c: no known slip"
    assert rows[0].diagnosis == said and said in class_table.render_csv(rows)
    html = report.render_page(rows, "x")
    for label in ("a: x is right but for the sign", "b: no carry", "b: b is zero in every entry"):
        assert label.replace("_", " ") in html.replace("<wbr>", "")
    assert [slip["count"] for slip in report._slips(rows)] == [2, 2, 2]
    tags = [test["tags"] for test in gradescope.gradescope_results(result)["tests"]]
    assert tags == [[law], ["no_carry", "b is zero in every entry."], []]
    assert Mark.from_json(marks["check_b"].to_json()) == marks["check_b"]
    before_laws = {key: value for key, value in marks["check_a"].to_json().items() if key != "laws"}
    assert Mark.from_json(before_laws).laws == ()


def test_the_report_is_of_what_was_graded_last_whichever_way(course):
    submit(course, "one", solved())
    for verb in (["report", NAME], ["export", NAME, "--to", "gradescope"]):
        assert f"nothing of {NAME} is graded yet" in command("autograder", *verb, cwd=course, code=1)
    command("nbgrader", "autograde", NAME, cwd=course)
    submit(course, "two", solved())
    command("autograder", "report", NAME, cwd=course)
    assert table(course)["one"]["total"] == "15" and table(course)["one"]["diagnosis"] == "all correct"
    assert table(course)["two"]["diagnosis"] == "no result: not graded yet"
    said = command("autograder", "export", NAME, "--to", "gradescope", cwd=course, code=1)
    assert "1 results in" in said and "without a result, so not exported: two" in said
    grade(course)
    resubmit(course, "one", notebook("notebooks"))
    (course / "gradebook" / "submitted" / "one" / NAME / "numpy.py").write_text("")
    command("nbgrader", "autograde", NAME, "--student", "one", "--force", cwd=course)
    command("autograder", "report", NAME, cwd=course)
    assert table(course)["one"]["total"] == "0" and table(course)["two"]["total"] == "15"
    order = [name.removeprefix("check_") for name in Course.load(course).graded(NAME, "one").marks]
    assert order[:3] == ["scalar_forward", "immediate", "total_by_recursion"]
    assert list(table(course)["one"])[3:10] == order  # the lesson's, not the alphabet's
    assert "numpy.py has the name of a module" in page(course)


def test_a_lesson_without_submissions_has_no_report(course):
    assert "nothing of 02_output_and_loss is graded yet" in command(
        "autograder", "report", "02", cwd=course, code=1
    )


def test_the_limit_of_an_answer_is_the_configured_one(monkeypatch):
    monkeypatch.setattr(diagnosing, "TIME_LIMIT", 0.06)
    mark = graded(slow(0.1), walls=MODE, limits=Limits(answer=20))[1]["check_scalar_bptt"]
    assert mark.correct, mark
    mark = graded(slow(0.1), walls=MODE, limits=Limits(answer=0.12))[1]["check_scalar_bptt"]
    assert mark.summary.startswith("Did not return within 0.12 s")


def test_other_limits_grade_anew_and_again_runs_what_has_a_result(course):
    submit(course, "one", slow(0.1))
    config = course / "nbgrader_config.py"
    text = config.read_text()
    config.write_text(text + "\nc.Grade.answer_seconds = 0.12\n")
    assert "scalar_bptt: timeout" in grade(course)
    config.write_text(text + "\nc.Grade.answer_seconds = 20\n")
    assert "all correct" in grade(course)
    kept = [p for p in (course / "gradebook" / "results" / NAME).iterdir() if "timeout" not in p.read_text()]
    stored = json.loads(kept[0].read_text())
    dict(stored["verdicts"])["check_scalar_bptt"]["score"] = 0.25
    kept[0].write_text(json.dumps(stored))
    assert "12/15" in grade(course)
    assert "15/15" in grade(course, "--again") and table(course)["one"]["total"] == "15"
    assert "--again" in command("autograder", "grade", "--help", cwd=course)


@walls
def test_a_result_without_walls_does_not_stand_for_one_with(course):
    submit(course, "one", solved())
    submit(course, "two", "no notebook")
    said = command("autograder", "grade", NAME, "--sandbox", "none", cwd=course)
    assert "without a sandbox: 1 submissions" in said  # the other has nothing that could run
    assert "without a sandbox" not in command("autograder", "grade", NAME, cwd=course)
    assert Course.load(course).graded(NAME, "one").walls == "bwrap"


def test_ctrl_c_stops_soon_and_says_how_far_it_came(course):
    for n in range(2):
        submit(course, f"a{n}", solved())
    for n in range(8):  # each would take its time
        submit(course, f"b{n}", before(solved(), "immediate", code("import time; time.sleep(60)")))
    grade(course, "--student", "a0", "--student", "a1")
    running, said = grading_until(course, " 1/10 ", MODE)
    time.sleep(1)  # the next ones are at work
    start = time.monotonic()
    os.killpg(running.pid, signal.SIGINT)
    said += "".join(running.communicate(timeout=60))
    assert running.returncode == 130 and "Traceback" not in said
    assert "stopped; 2 of 10 are recorded; start again to continue" in said
    assert time.monotonic() - start < 4
    assert not list((course / "gradebook").glob("staging-*"))


@walls
def test_a_gradebook_that_cannot_be_written_is_named_in_one_sentence(course):
    submit(course, "one", solved())
    command("nbgrader", "autograde", NAME, cwd=course)
    kept = course / "gradebook"
    read_only = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", kept, kept, sys.executable, "-m", "autograder"]
    for *verb, ends in (("grade", NAME, 1), ("report", NAME, 1), ("doctor", 0)):
        done = subprocess.run([*read_only, *verb], cwd=course, capture_output=True, text=True)
        lines = [line for line in (done.stdout + done.stderr).splitlines() if "cannot be written" in line]
        assert len(lines) == 1 and "gradebook" in lines[0], verb
        assert "Traceback" not in done.stderr and done.returncode == ends, verb


def test_names_and_who_handed_in_nothing_come_from_the_gradebook(course):
    submit(course, "ada", solved())
    grade(course)
    (course / "students.csv").write_text("id,first_name,last_name\nada,Ada,Lovelace\nbob,Bob,B<b>\n")
    command("nbgrader", "db", "student", "import", "students.csv", cwd=course)
    command("autograder", "report", NAME, cwd=course)
    rows = table(course)
    assert (rows["ada"]["first_name"], rows["ada"]["last_name"]) == ("Ada", "Lovelace")
    assert rows["bob"]["diagnosis"] == "not handed in" and rows["bob"]["total"] == ""
    assert "Ada Lovelace" in page(course) and "Bob B&lt;b&gt;" in page(course)
    assert "1 of 1</td>" in page(course) and "1 of 2" not in page(course)


def test_some_students_only_and_the_report_of_all(course):
    for student in ("a", "b", "c"):
        submit(course, student, solved())
    grade(course)
    resubmit(course, "a", notebook("notebooks"))
    said = command("autograder", "grade", "01", "--student", "a", "--student", "b", cwd=course)
    assert "\na " in said and "\nb " in said and "\nc " not in said
    assert {student: row["total"] for student, row in table(course).items()} == {
        "a": "0",
        "b": "15",
        "c": "15",
    }
    assert "report: " in command("autograder", "report", f"{NAME}/", cwd=course)
    said = command("autograder", "grade", NAME, "--student", "nobody", cwd=course, code=1)
    assert said == "autograder: no submission of 'nobody'; there are a, b, c\n"  # and no empty bar


def test_another_class_has_a_gradebook_and_a_report_of_its_own(course, tmp_path_factory):
    submit(course, "mine", solved())
    grade(course)
    other = tmp_path_factory.mktemp("other") / "class"
    shutil.copytree(course / "gradebook" / "submitted" / "mine", other / "theirs")
    put_gradebook(other.parent / "class-graded")
    grade(course, "--submitted", str(other))
    command("autograder", "report", NAME, cwd=course)
    assert set(table(course)) == {"mine"}
    assert set(table(other.parent, "class-graded")) == {"theirs"}
    with Gradebook(f"sqlite:///{course}/gradebook/gradebook.db") as gradebook:
        assert [student.id for student in gradebook.students] == ["mine"]
    said = grade(course, "--submitted", str(other / "nowhere"), code=1)
    assert "nowhere is no folder; expected one with STUDENT/ASSIGNMENT/ in it" in said


def test_the_review_lists_an_unreadable_submission_once(course):
    submit(course, "one", "no notebook")
    grade(course)
    review = page(course).split("Needs review")[1].split("</ul>")[0]
    assert review.count("<li>") == 1 and "<li>one: Not graded: the file is no JSON" in review


def test_twins_whose_runs_took_other_times_are_both_recorded(course, monkeypatch):
    from autograder.grading.result_store import Store

    submit(course, "one", solved())
    write = Store.write_judged  # here as if a submission with the same content had ended in between
    monkeypatch.setattr(
        Store, "write_judged", lambda store, key, new: write(store, key, replace(new, seconds=99.0))
    )
    result = grade_class(Course.load(course), NAME, Options(walls=MODE))["one"]
    recorded = Course.load(course).graded(NAME, "one")
    assert result.marks and recorded == result and recorded.seconds != 99.0


def test_a_run_that_fails_says_why_in_the_report(course, monkeypatch):
    def broken(*_, **__):
        raise OSError("no space left")

    submit(course, "one", solved())
    monkeypatch.setattr(run, "start_box", broken)
    assert (
        grade_class(Course.load(course), NAME, Options(walls="none"))["one"].reason
        == "OSError: no space left"
    )


def test_a_run_that_does_not_fit_its_own_judge_costs_nobody_else_anything(course, monkeypatch):
    """As when what a function was told differs from call to call; the submission has to be looked at."""
    judge = grade_submission.judge_submission

    def odd(steps, *more):
        if any("# odd" in step.source for step in steps):
            raise StaleRun
        return judge(steps, *more)

    nb = solved()
    nb["cells"].append(code("# odd"))
    submit(course, "odd", nb)
    submit(course, "one", solved())
    monkeypatch.setattr(grade_submission, "judge_submission", odd)
    results = grade_class(Course.load(course), NAME, Options(walls="none"))
    assert not results["odd"].marks and "asked for something else" in results["odd"].reason
    assert total(results["one"]) == 15
