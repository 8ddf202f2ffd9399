"""Stock nbgrader on a fresh clone: the commands an instructor knows, and formgrader's API."""

import io
import json
import os
import re

import pytest
from class_tools import (
    NAME,
    before,
    cell,
    code,
    command,
    copy_course,
    formgrader_server,
    notebook,
    solved,
    submit,
)
from nbgrader.api import Gradebook
from nbgrader.validator import Validator

from autograder.grading.result_store import Store


def scores(course, student):
    """{grade_id: (auto score, maximum, needs a manual grade)} from the gradebook."""
    with Gradebook(f"sqlite:///{course}/gradebook/gradebook.db") as gradebook:
        submission = gradebook.find_submission_notebook(NAME, NAME, student)
        return {g.name: (g.auto_score, g.max_score, bool(g.needs_manual_grade)) for g in submission.grades}


def out_of_order():
    """Right answers, saved by someone who ran the cells in another order; outputs from elsewhere."""
    nb = solved()
    for n, c in enumerate(nb["cells"]):
        if c["cell_type"] == "code":
            c["execution_count"] = 99 - n
            c["outputs"] = [
                {
                    "output_type": "execute_result",
                    "data": {"text/plain": "3.0"},
                    "metadata": {},
                    "execution_count": 1,
                }
            ]
    return nb


def blank_with_forged_outputs():
    nb = notebook("notebooks")
    for c in nb["cells"]:
        if c["cell_type"] == "code":
            c["outputs"] = [
                {
                    "output_type": "execute_result",
                    "data": {"text/plain": "3.0"},
                    "metadata": {},
                    "execution_count": 1,
                }
            ]
    return nb


def duplicated():
    """The solution cell copied with its metadata, then the check cell too; the last one counts."""
    nb = solved()
    wrong = json.loads(json.dumps(cell(nb, "immediate"))) | {"id": "copy-1"}
    wrong["source"] = "def immediate(params, run):\n    return {}\n"
    before(nb, "immediate", wrong)
    nb["cells"].append(json.loads(json.dumps(cell(nb, "check_immediate"))) | {"id": "copy-2"})
    return nb


def stripped():
    """All nbgrader metadata lost, as some editors do, and one check edited."""
    nb = solved()
    cell(nb, "check_scalar_bptt")["source"] = "4.0"
    for c in nb["cells"]:
        c["metadata"] = {}
    return nb


def tampered():
    nb = solved()
    cell(nb, "check_immediate")["metadata"]["nbgrader"]["points"] = 200
    cell(nb, "check_scalar_forward")["source"] = "1.0"
    cell(nb, "check_total_by_paths")["metadata"]["tags"] = ["skip-execution"]
    nb["cells"].remove(cell(nb, "check_total_by_recursion"))
    nb["cells"].append(
        code(
            "4.0",
            nbgrader={
                "grade": True,
                "grade_id": "foreign",
                "locked": True,
                "points": 50,
                "schema_version": 3,
                "solution": False,
                "task": False,
            },
        )
    )
    return nb


def colab():
    """As Google Colab saves it: nbformat 4.0, no cell ids, metadata of its own."""
    nb = solved()
    nb |= {"nbformat_minor": 0, "metadata": {"colab": {"provenance": []}, "kernelspec": 5}}
    for c in nb["cells"]:
        del c["id"]
        c["metadata"] |= {"id": "8fSz1", "collapsed": "maybe"}
    return before(nb, "proof", code(r"print('\ud800')"))


CLASS = {
    "right": solved,
    "colab": colab,
    "undated": solved,
    "blank": lambda: notebook("notebooks"),
    "killed": lambda: before(solved(), "total_by_paths", code("import os\nos._exit(1)")),
    "silent": lambda: before(solved(), "total_by_paths", code("check = lambda *a: None")),
    "greedy": lambda: before(solved(), "total_by_paths", code("check = lambda *a: 1000.0")),
    "nan": lambda: before(solved(), "total_by_paths", code("check = lambda *a: float('nan')")),
    "noisy": lambda: before(solved(), "immediate", code("import sys\nprint('x', file=sys.stderr)")),
    "out of order": out_of_order,
    "forged": blank_with_forged_outputs,
    "duplicated": duplicated,
    "stripped": stripped,
    "tampered": tampered,
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """One class of the above, graded by the plain `nbgrader autograde` of a fresh clone."""
    course = copy_course(tmp_path_factory.mktemp("course"), registered=False)
    for student, make in CLASS.items():
        submit(course, student, make())
    (course / "gradebook" / "submitted" / "undated" / NAME / "timestamp.txt").write_bytes(b"\xff never")
    submit(course, "a\nb", solved())  # nbgrader's own pattern stops at it, and so would everything after it
    os.mkfifo(course / "gradebook" / "submitted" / "blank" / NAME / "timestamp.txt")
    (course / "gradebook" / "submitted" / "pipe" / NAME).mkdir(parents=True)
    os.mkfifo(course / "gradebook" / "submitted" / "pipe" / NAME / f"{NAME}.ipynb")
    (course / "gradebook" / "submitted" / "linked").symlink_to("right")
    command("nbgrader", "generate_assignment", NAME, cwd=course)
    command("nbgrader", "autograde", NAME, cwd=course, apart=True)  # as from a shell
    return course


FULL = {
    "check_scalar_forward": 1,
    "check_immediate": 2,
    "check_total_by_recursion": 3,
    "check_refute_immediate": 1,
    "check_total_by_paths": 3,
    "check_scalar_bptt": 4,
    "check_refute_softmax": 1,
}


@pytest.mark.parametrize(
    "student",
    [
        "right",
        "colab",
        "undated",
        "noisy",
        "out of order",
        "duplicated",
        "stripped",
        "tampered",
        "silent",
        "greedy",
        "nan",
    ],
)
def test_right_answers_get_every_point(graded, student):
    auto = {name: score for name, (score, _, _) in scores(graded, student).items() if name in FULL}
    assert auto == FULL


@pytest.mark.parametrize("student", ["blank", "forged", "pipe", "linked"])
def test_nothing_answered_is_nothing_earned(graded, student):
    assert all(score == 0 for score, _, _ in scores(graded, student).values())


def test_answers_before_an_accident_keep_their_points_and_no_result_is_none(graded):
    got = scores(graded, "killed")
    before_it = (
        "check_scalar_forward",
        "check_immediate",
        "check_total_by_recursion",
        "check_refute_immediate",
    )
    assert all(got[name][0] == FULL[name] for name in before_it)
    assert all(got[name][0] == 0 for name in FULL if name not in before_it)


def test_maximum_points_are_the_course_s(graded):
    for student in CLASS:
        assert {n: m for n, (_, m, _) in scores(graded, student).items()} == {**FULL, "proof": 3}


def test_the_proof_waits_for_a_person(graded):
    assert scores(graded, "right")["proof"] == (None, 3, True)
    assert scores(graded, "blank")["proof"][0] == 0


def test_feedback_shows_the_card_and_export_the_points(graded):
    command("nbgrader", "generate_feedback", NAME, "--student", "right", cwd=graded)
    page = (graded / "gradebook" / "feedback" / "right" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    assert "correct · 4 of 4 points" in page and re.search(r"class=.unrolled right.", page)
    store = Store(graded / "gradebook", NAME)
    assert store.secret not in page and str(store.seed_of("right")) not in page
    command("nbgrader", "export", cwd=graded)
    rows = (graded / "grades.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + len(CLASS) + 2 and any(",right," in row and ",15.0," in row for row in rows)


def test_a_manual_mark_survives_grading_again(graded):
    with Gradebook(f"sqlite:///{graded}/gradebook/gradebook.db") as gradebook:
        grade = gradebook.find_grade("proof", NAME, NAME, "right")
        grade.manual_score, grade.needs_manual_grade = 2.5, False
        gradebook.db.commit()
    command("nbgrader", "autograde", NAME, "--student", "right", "--force", cwd=graded)
    with Gradebook(f"sqlite:///{graded}/gradebook/gradebook.db") as gradebook:
        assert gradebook.find_grade("proof", NAME, NAME, "right").manual_score == 2.5
        assert gradebook.find_submission_notebook(NAME, NAME, "right").score == 17.5


def test_releasing_again_changes_no_byte(course):
    released = course / "notebooks" / NAME / f"{NAME}.ipynb"
    bytes_before = released.read_bytes()
    command("nbgrader", "generate_assignment", NAME, "--force", cwd=course)
    assert released.read_bytes() == bytes_before
    assert [p.name for p in released.parent.iterdir()] == [released.name]


@pytest.mark.slow  # two kernels
def test_validate_knows_solved_from_unanswered(course, monkeypatch):
    monkeypatch.setattr(Validator, "stream", io.StringIO())  # it keeps the stream of its import
    command("nbgrader", "validate", f"solutions/{NAME}/{NAME}.ipynb", cwd=course)
    said = Validator.stream.getvalue()
    assert "Success! Your notebook passes all the tests." in said
    monkeypatch.setattr(Validator, "stream", io.StringIO())
    command("nbgrader", "validate", f"notebooks/{NAME}/{NAME}.ipynb", cwd=course)
    said = Validator.stream.getvalue()
    assert f"VALIDATION FAILED ON {len(FULL) + 1} CELL(S)" in said  # and the proof
    for name in FULL:
        assert f"01.{name.removeprefix('check_')} - 0 of" in said


@pytest.fixture
def formgrader(course):
    """A function that calls formgrader's API."""
    submit(course, "right", solved())
    with formgrader_server(course) as call:
        yield lambda path, method="GET": json.loads(call(f"api/{path}", method))


@pytest.mark.slow  # a server
def test_formgrader_lists_and_grades(formgrader):
    assert {a["name"] for a in formgrader("assignments")} >= {NAME, "00_gradient_checking"}
    answer = formgrader(f"submission/{NAME}/right/autograde", "POST")
    assert answer["success"], answer
    submission = formgrader(f"submission/{NAME}/right")
    assert submission["autograded"] and submission["score"] == 15 and submission["max_score"] == 18
