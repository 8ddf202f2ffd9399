"""`autograder grade` and the demo: the whole class, resumed, renamed, reported."""

import csv
import json
import re
import shutil

import pytest
from class_tools import NAME, before, cell, code, command, copy_course, notebook, solved, submit

from autograder.authoring.sample_class import CLASS
from autograder.exercises import all_exercises
from autograder.grading.repair_notebook import repair_notebook


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    course = copy_course(tmp_path_factory.mktemp("demo"))
    return course, command("autograder", "demo", cwd=course)


def rows(said):
    """The table's lines by student."""
    found = re.finditer(r"^(\S.*?)  +\d.*\d/\d+ .*$", said, flags=re.M)
    return {m[1]: m[0] for m in found if m[1] != "grading:"}


def test_the_sample_class_gets_what_it_earned(demo):
    table = rows(demo[1])
    assert set(table) == set(CLASS)
    for student in ("student-01", "student-02", "student-05"):
        assert "15/15" in table[student] and "all correct" in table[student]
    assert "total_by_paths: timeout" in table["student-04"] and "12/15" in table["student-04"]
    assert "nothing answered" in table["student-08"] and " 0/15" in table["student-08"]
    assert "SyntaxError" in table["student-09"] and "11/15" in table["student-09"]
    assert "no carry" in table["student-03"] and "u not recursive" in table["student-03"]
    diagnoses = {row.split("/15 ", 1)[1] for row in table.values()}
    assert len(diagnoses - {"all correct"}) >= 4


def test_the_report_names_the_class_s_misunderstandings(demo):
    folder = demo[0] / "gradebook" / "demo" / "reports" / NAME
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "What the class misunderstands" in page and "scalar_bptt: no carry" in page
    assert "<script" not in page and "http" not in page
    with open(folder / "report.csv", newline="", encoding="utf-8") as file:
        table = {row["student"]: row for row in csv.DictReader(file)}
    assert set(table) == set(CLASS) and float(table["student-01"]["total"]) == 15
    assert float(table["student-03"]["total_by_recursion"]) == 1.5


def test_the_table_follows_the_submissions(demo):
    course, first = demo
    submitted = course / "gradebook" / "demo" / "submitted"
    (submitted / "student-01").rename(submitted / "swap")
    (submitted / "student-08").rename(submitted / "student-01")
    (submitted / "swap").rename(submitted / "student-08")
    (submitted / "student-02").rename(submitted / "zoe")
    try:
        table = rows(command("autograder", "demo", cwd=course))
    finally:
        (submitted / "zoe").rename(submitted / "student-02")
    assert set(table) == set(CLASS) - {"student-02"} | {"zoe"}
    assert "15/15" in table["student-08"] and " 0/15" in table["student-01"] and "15/15" in table["zoe"]
    assert table["student-03"] == rows(first)["student-03"]


def test_grade_one_student_then_the_rest(course):
    submit(course, "a b", solved())
    submit(course, "broken", "this is no notebook {")
    submit(course, "müller", notebook("notebooks"))
    assert set(rows(command("autograder", "grade", NAME, "--student", "müller", cwd=course))) == {"müller"}
    said = command("autograder", "grade", NAME, "--jobs", "2", cwd=course)
    assert "15/15" in rows(said)["a b"]
    assert " 0/15" in rows(said)["broken"] and "the file is no JSON" in rows(said)["broken"]
    report = command("autograder", "report", NAME, cwd=course)
    assert "report.html" in report


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["grade", "77_none"], "no assignment '77_none'; there are 00_gradient_checking, 01_scalar_rnn"),
        (
            ["grade", NAME],
            "no submissions in gradebook/submitted; expected STUDENT/01_scalar_rnn/01_scalar_rnn.ipynb",
        ),
        (["report", "77_none"], "no assignment '77_none'"),
    ],
)
def test_wrong_calls_say_what_is_missing(course, arguments, words):
    assert words in command("autograder", *arguments, cwd=course, code=1)


def test_outside_a_course_it_says_so(tmp_path):
    assert "no nbgrader_config.py" in command("autograder", "grade", NAME, cwd=tmp_path, code=1)


def test_preflight_repairs_and_tells():
    released = notebook("notebooks")
    repaired, remarks = repair_notebook(solved(), released)
    assert remarks == []
    assert repair_notebook(repaired, released)[0] == repaired  # a fixed point: the store's keys agree

    nb = solved()
    nb["cells"].remove(cell(nb, "check_immediate"))
    cell(nb, "check_scalar_forward")["source"] = "1.0"
    before(nb, "proof", code("mine = 1", tags=["skip-execution"]))
    repaired, remarks = repair_notebook(nb, released)
    assert any("check_immediate was missing" in r for r in remarks)
    assert any("check_scalar_forward was edited" in r for r in remarks)
    assert (
        cell(repaired, "check_scalar_forward")["source"] == cell(released, "check_scalar_forward")["source"]
    )
    order = [c["metadata"].get("nbgrader", {}).get("grade_id") for c in repaired["cells"]]
    assert order.index("check_immediate") == order.index("immediate") + 1
    mine = [c for c in repaired["cells"] if c["source"] == "mine = 1"]
    assert len(mine) == 1 and "tags" not in mine[0]["metadata"]


def test_every_check_cell_belongs_to_an_exercise():
    for c in notebook()["cells"]:
        if c["metadata"].get("nbgrader", {}).get("grade") and c["cell_type"] == "code":
            assert re.search(r'check\("(.+?)"', "".join(c["source"]))[1] in all_exercises()


def test_the_report_has_all_its_parts_and_a_csv(demo):
    page = (demo[0] / "gradebook" / "demo" / "reports" / NAME / "report.html").read_text(encoding="utf-8")
    parts = ("To look at", "What the class misunderstands", "Equal answers without a name", "Students")
    at = [page.index(f">{part}</h2>") for part in parts]
    assert at == sorted(at) and "Needs review" in page and "submissions were run" in page
    assert "student-04, total_by_paths: Did not return within 5 s" in page
    assert '<th scope="row">scalar_forward</th>' in page and "8 of 10" in page


def test_walls_that_are_missing_are_announced(course):
    submit(course, "one", solved())
    said = command("autograder", "grade", NAME, "--sandbox", "none", cwd=course)
    assert "without a sandbox: 1 submissions" in said
    page = (course / "gradebook" / "reports" / NAME / "report.html").read_text(encoding="utf-8")
    assert "ran without a sandbox" in page


def test_where_there_is_no_bubblewrap_grading_refuses_and_says_what_helps(course, monkeypatch, tmp_path):
    submit(course, "one", solved())
    for program in ("alembic", "git"):
        if shutil.which(program):
            (tmp_path / program).symlink_to(shutil.which(program))
    monkeypatch.setenv("PATH", str(tmp_path))
    said = command("autograder", "grade", NAME, cwd=course, code=1, path=str(tmp_path))
    assert "bwrap is not installed" in said and "apt install bubblewrap" in said
    assert not (course / "gradebook" / "results" / NAME).exists() or not list(
        (course / "gradebook" / "results" / NAME).glob("*.json")
    )


def test_export_to_gradescope(course):
    assert "nothing of 01_scalar_rnn is graded yet" in command(
        "autograder", "export", NAME, "--to", "gradescope", cwd=course, code=1
    )
    submit(course, "one", solved())
    submit(course, "two", notebook("notebooks"))
    command("autograder", "grade", NAME, cwd=course)
    said = command("autograder", "export", NAME, "--to", "gradescope", cwd=course)
    assert said.startswith("2 results in")
    folder = course / "gradebook" / "exports" / "gradescope" / NAME
    for student, points in (("one", 15), ("two", 0)):
        result = json.loads((folder / student / "results.json").read_text(encoding="utf-8"))
        assert sum(test["score"] for test in result["tests"]) == points
        assert sum(test["max_score"] for test in result["tests"]) == 15 + 3  # that a person marks
        *automatic, by_hand = result["tests"]
        assert {test["status"] for test in automatic} == {"passed" if points else "failed"}
        said = "not marked yet" if points else "not answered"  # as it was released
        assert "status" not in by_hand and by_hand["max_score"] == 3 and by_hand["output"] == said
        assert set(result) == {"output", "visibility", "tests"}  # no time, which a function can choose


def test_two_grading_runs_do_not_write_one_gradebook(course):
    from autograder.errors import InUse
    from autograder.grading.course import Course

    submit(course, "one", solved())
    store = Course.load(course).store(NAME)
    with store.alone():
        said = command("autograder", "grade", NAME, cwd=course, code=1)
        with pytest.raises(InUse):
            with Course.load(course).store(NAME).alone():
                pass
    assert "another grading run is at work" in said


def test_a_notebook_under_another_name_is_graded_with_a_remark(course):
    submit(course, "one", solved())
    folder = course / "gradebook" / "submitted" / "one" / NAME
    (folder / f"{NAME}.ipynb").rename(folder / f"{NAME} (1).ipynb")
    (course / "gradebook" / "submitted" / "two" / NAME).mkdir(parents=True)
    table = rows(command("autograder", "grade", NAME, cwd=course))
    assert "15/15" in table["one"] and "found no notebook" in table["two"]
    page = (course / "gradebook" / "reports" / NAME / "report.html").read_text(encoding="utf-8")
    assert "graded as that" in page
