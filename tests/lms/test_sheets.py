"""Grades leave in the columns that each system imports, with marks by hand and penalties."""

import json

import pytest
from class_tools import NAME, command, copy_course
from lms_downloads import CLASS, GRADEBOOK, WORKSHEET, read_csv, write_csv

from autograder.grading.grades import CellGrade, Grade
from autograder.grading.gradescope import gradescope_results
from autograder.lms import commands
from autograder.lms.people import Person, read_list, write_people
from autograder.lms.sheets import Sheet, make_sheet, write_sheet
from autograder.results import Mark, Result, Status

GRADES = {"s1": Grade(16.75, 18.0, 1.25), "s2": Grade(12.799999999999999, 18.0, pending=("proof",))}


@pytest.fixture
def people(tmp_path):
    """The class, as all three systems know it."""
    found = {}
    for n, rows in enumerate([CLASS, WORKSHEET, GRADEBOOK]):
        found, said = read_list(write_csv(tmp_path / f"{n}.csv", rows), "01", found)
        assert said == []
    return found


def exported(to, people, tmp_path, grades=GRADES, column="Lesson 1 (77)"):
    return read_csv(write_sheet(make_sheet(to, "01", people, grades, column), tmp_path / "out.csv"))


def test_moodle_has_its_worksheet_back(people, tmp_path):
    assert exported("moodle", people, tmp_path) == [
        {
            "Identifier": "Participant 901",
            "Full name": "Ada Lovelace",
            "Email address": "ada@uni.example",
            "Grade": "16.75",
            "Maximum grade": "18",
            "Last modified (grade)": "Monday, 9 March 2026, 8:00 AM",
        },
        {
            "Identifier": "Participant 902",
            "Full name": "Jürgen Groß",
            "Email address": "jg@uni.example",
            "Grade": "12.8",
            "Maximum grade": "18",
            "Last modified (grade)": "-",
        },
    ]


def test_moodle_numbers_are_of_one_assignment(people, tmp_path):
    sheet = make_sheet("moodle", "02", people, GRADES, "02")
    assert sheet.titles[0] == "ID number" and sheet.rows[0] == [
        "s1",
        "Ada",
        "Lovelace",
        "ada@uni.example",
        "16.75",
    ]
    late = people | {"s9": Person("s9")}
    assert make_sheet("moodle", "01", late, GRADES | {"s9": GRADES["s1"]}, "01").strangers == ["s9"]


def test_canvas_has_its_own_columns_back_and_the_points_possible(people, tmp_path):
    rows = exported("canvas", people, tmp_path)
    assert list(rows[0]) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lesson 1 (77)"]
    assert rows[0]["Student"].strip() == "Points Possible" and rows[0]["Lesson 1 (77)"] == "18"
    assert rows[1] == GRADEBOOK[1] | {"Lesson 1 (77)": "16.75"}
    assert rows[2] == GRADEBOOK[2] | {"Lesson 1 (77)": "12.8"} and len(rows) == 3
    (_, plain) = exported("canvas", {"s1": Person("s1", "Ada", "Lovelace")}, tmp_path, {"s1": GRADES["s1"]})
    assert (plain["Student"], plain["ID"], plain["SIS User ID"]) == ("Lovelace, Ada", "", "s1")


def test_brightspace_and_a_plain_table(people, tmp_path):
    rows = exported("brightspace", people, tmp_path, column="Lesson 1")
    assert rows[0] == {
        "OrgDefinedId": "s1",
        "Username": "",
        "Lesson 1 Points Grade": "16.75",
        "End-of-Line Indicator": "#",
    }
    odd = people | {"s2": Person("s2", "=HYPERLINK(1)", "Groß")}
    (_, row) = exported("csv", odd, tmp_path)
    assert row["first_name"] == "'=HYPERLINK(1)" and (row["grade"], row["pending"]) == ("12.8", "1")


def test_gradescope_has_marks_by_hand_overrides_and_the_penalty():
    mark = Mark("01.scalar_bptt", 2.0, 4.0, Status.JUDGED, False, (), "wrong")
    cells = {
        "check": CellGrade(3.0, 4.0, False, True),
        "proof": CellGrade(1.5, 3.0, False, True),
        "why": CellGrade(0, 1, True, False),
    }
    made = gradescope_results(Result({"check": mark}), {}, cells, Grade(3.5, 8.0, 1.0))
    assert [(t["score"], t["max_score"]) for t in made["tests"]] == [(3.0, 4.0), (1.5, 3.0), (0, 1)]
    assert (
        made["score"] == 3.5
        and "late: -1" in made["output"]
        and "3 instead of 2" in made["tests"][0]["output"]
    )
    assert [t["output"] for t in made["tests"][1:]] == ["marked by hand", "not marked yet"]
    assert made["tests"][2]["tags"] == ["needs review"] and json.dumps(made)
    alone = gradescope_results(Result({"check": mark}))
    assert "score" not in alone and alone["tests"][0]["score"] == 2.0


def test_what_a_person_has_to_do_is_said_of_all_of_them(people, tmp_path, monkeypatch):
    """Who is not known to a system does not hide whose proofs are not marked, and who has no result."""
    root = copy_course(tmp_path / "course")
    write_people(root / "gradebook", people)
    grades = GRADES | {"s9": Grade(1.0, 18.0, pending=("proof",))}
    monkeypatch.setattr(commands, "read_grades", lambda _: {NAME: grades})
    monkeypatch.setattr(commands, "results_of", lambda *_: {"s3": Result({}, reason="not graded yet")})
    monkeypatch.setattr(commands.sheets, "make_sheet", lambda *_: Sheet([], [], "", strangers=["s9"]))
    said = command("autograder", "export", NAME, "--to", "moodle", cwd=root, code=1)
    assert "not known to moodle, so not in the file: 1 (s9)" in said
    assert "still to be marked by hand, exported as they are: 2 (s2, s9)" in said
    assert "without a result, so not exported: s3" in said
