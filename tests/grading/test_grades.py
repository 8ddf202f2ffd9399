"""The grade in the report is what `nbgrader export` writes: with marks by hand, extra credit, penalties."""

import csv

import pytest
from class_tools import MODE, NAME, command, copy_course, notebook, solved, submit

from autograder.grading import report, term
from autograder.grading.class_table import number
from autograder.grading.course import Course
from autograder.grading.grades import Grade, read_grades


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A class that was graded, then marked by hand."""
    from nbgrader.api import Gradebook

    root = copy_course(tmp_path_factory.mktemp("grades"))
    for student in ("ada", "bob"):
        submit(root, student, solved())
    submit(root, "cyd", notebook("notebooks"))
    submit(root, "dan", solved())
    command("autograder", "grade", NAME, "--sandbox", MODE, cwd=root)
    with Gradebook(Course.load(root).config.CourseDirectory.db_url) as gradebook:
        for student, manual, extra, lost in (("ada", 1.5, 0.25, 0.0), ("bob", 0.0, None, 100.0)):
            for sent in gradebook.find_submission(NAME, student).notebooks:
                sent.late_submission_penalty = lost
                for grade in sent.grades:
                    if grade.needs_manual_grade:
                        grade.manual_score, grade.extra_credit = manual, extra
                        grade.needs_manual_grade = False
        gradebook.db.commit()
    return root


def exported(root):
    command("nbgrader", "export", "--to", str(root / "grades.csv"), cwd=root)
    with open(root / "grades.csv", newline="", encoding="utf-8") as file:
        return {row["student_id"]: row for row in csv.DictReader(file) if row["assignment"] == NAME}


def test_the_report_has_the_grade_that_nbgrader_exports(course):
    rows, found = exported(course), read_grades(Course.load(course))[NAME]
    assert {student: grade.score for student, grade in found.items()} == {
        student: float(row["score"]) for student, row in rows.items()
    }
    assert {grade.maximum for grade in found.values()} == {float(rows["ada"]["max_score"])}
    assert found["ada"].score == 16.75 and found["bob"].score == 0 and found["bob"].penalty == 100
    assert not found["ada"].pending and found["dan"].pending
    command("autograder", "report", NAME, cwd=course)
    folder = course / "gradebook" / "reports" / NAME
    with open(folder / "report.csv", newline="", encoding="utf-8") as file:
        shown = {row["student"]: row for row in csv.DictReader(file)}
    assert {s: (row["grade"], row["total"]) for s, row in shown.items()} == {
        "ada": ("16.75", "15"),
        "bob": ("0", "15"),
        "cyd": ("0", "0"),
        "dan": ("15", "15"),
    }
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<b>16.75</b> of 18" in page and "late: −100" in page and "<b>15</b>* of 18" in page
    waiting = page.split("Waiting for a mark by hand")[1].split("</details>")[0]
    assert "dan" in waiting and "ada" not in waiting and "1 submissions" in waiting


def test_a_report_without_an_assignment_is_of_the_term(course):
    said = command("autograder", "report", cwd=course)
    page = (course / "gradebook" / "reports" / "term.html").read_text(encoding="utf-8")
    assert "term.html" in said and f"{NAME}/report.html" in page and "<b>16.75</b> of 18" in page
    empty = copy_course(course / "empty")
    assert "nothing is graded yet" in command("autograder", "report", cwd=empty, code=1)


def test_the_term_adds_up_and_counts_who_has_nothing(tmp_path):
    one, two = Grade(1.25, 2.0), Grade(0.1 + 0.2, 3.0, pending=("proof",))
    grades = {"00_a": {"ada": one, "bob": one._replace(score=2.0)}, "01_b": {"ada": two}}
    page = term.render_term(grades, {"zoe": ("Zoë", "Z")}, tmp_path)
    assert "<b>1.55</b> of 5" in page and ">0.3*</td>" in page and "Zoë Z" in page and "<b>0</b> of 5" in page


def test_numbers_are_rounded_once_and_totals_are_counted_in_ranges():
    assert [number(x) for x in (12.799999999999999, 0.1 + 0.2, 3.0, 0.004, 10.0, -0.0)] == [
        "12.8",
        "0.3",
        "3",
        "0",
        "10",
        "0",
    ]
    bars = report.histogram([0, 1.49, 1.5, 14.99, 15], 15)
    assert [bar["count"] for bar in bars] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert bars[0]["range"] == "0 to below 1.5" and bars[-1]["range"] == "13.5 to 15"
    assert report.histogram([], 15) == report.histogram([1], 0) == []
