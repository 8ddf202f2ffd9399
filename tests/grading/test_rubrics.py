"""Rubrics: one for each cell graded by hand, in formgrader beside it, and shown to no student."""

import json
import re
from itertools import product
from types import SimpleNamespace

import nbformat
import pytest
from class_tools import NAME, command, formgrader_server, solved, submit
from tests_root import ROOT

from autograder.grading import rubrics

TEXT = (ROOT / "docs" / "rubrics.md").read_text(encoding="utf-8")
TITLE = "students do not see this"


def by_hand():
    """{(lesson, grade_id): points} of the cells that a person grades, from the released notebooks."""
    found = {}
    for path in sorted(ROOT.glob("notebooks/*/*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            graded = cell["metadata"].get("nbgrader", {})
            if graded.get("grade") and graded.get("solution"):
                found[path.stem[:2], graded["grade_id"]] = graded["points"]
    return found


def faults(text, cells):
    """What is wrong with the rubrics of these cells, in words."""
    found = rubrics.read_rubrics(text)
    said = [f"{cell} has none" for cell in cells if cell not in found]
    said += [f"{cell} is no cell graded by hand" for cell in found if cell not in cells]
    for cell in set(cells) & set(found):
        rubric = found[cell]
        if rubric.points != cells[cell]:
            said.append(f"{cell}: its heading says {rubric.points:g} of {cells[cell]} points")
        if abs(sum(rubric.steps) - rubric.points) > 1e-9:
            said.append(f"{cell}: its steps sum to {sum(rubric.steps):g}")
        _, approaches, gaps = re.split(r"^Accepted approaches$|^Typical gaps$", rubric.text, flags=re.M)
        if len(re.findall(r"^- ", approaches, flags=re.M)) != 2:
            said.append(f"{cell}: expected two accepted approaches")
        if len(re.findall(r"^- ", gaps, flags=re.M)) < 2:
            said.append(f"{cell}: expected typical gaps")
    return said


def test_every_cell_graded_by_hand_has_a_rubric_whose_steps_sum_to_its_points():
    cells = by_hand()
    assert len(cells) >= 13
    assert faults(TEXT, cells) == []


@pytest.mark.parametrize(
    "right, wrong, said",
    [
        ("## 01 · proof · 3 points", "## 01 · proofs · 3 points", "('01', 'proof') has none"),
        ("## 07 · proof · 4 points", "## 07 · proof · 3 points", "its heading says 3 of 4"),
        ("| 0.5 | Base case $k = 1$", "| 1 | Base case $k = 1$", "its steps sum to 3.5"),
        ("- Induction from $k$ to $k+1$, as in the hint.\n", "", "expected two accepted approaches"),
    ],
)
def test_a_fault_in_a_rubric_is_noticed(right, wrong, said):
    assert TEXT.count(right) == 1
    assert any(said in fault for fault in faults(TEXT.replace(right, wrong), by_hand()))


def test_no_release_holds_a_rubric():
    steps = re.findall(r"^\| [\d.]+ \| (.{30})", TEXT, flags=re.M)
    assert len(steps) > 40
    for path in ROOT.glob("notebooks/*/*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        released = " ".join("".join(cell["source"]) for cell in cells)
        assert not any(step in released for step in steps)


@pytest.mark.slow  # a server, and nbgrader three times
def test_a_rubric_is_in_formgrader_beside_the_answer_and_not_in_the_feedback(course):
    submit(course, "ann", solved())
    command("nbgrader", "autograde", NAME, cwd=course)
    graded = nbformat.read(course / "gradebook" / "autograded" / "ann" / NAME / f"{NAME}.ipynb", as_version=4)
    at = [n for n, c in enumerate(graded.cells) if TITLE in c.source]
    assert len(at) == 1 and graded.cells[at[0] - 1].metadata.nbgrader.grade_id == "proof"

    with formgrader_server(course) as call:
        submission = json.loads(call(f"api/submission/{NAME}/ann"))
        notebooks = json.loads(call(f"api/submitted_notebooks/{NAME}/{NAME}"))
        page = call(f"submissions/{notebooks[0]['id']}/")
    assert submission["max_score"] == 18 and submission["needs_manual_grade"]
    assert page.index("Base case.") < page.index(TITLE) < page.index("Recap")
    assert "one new path of length zero" in page

    command("nbgrader", "generate_feedback", NAME, cwd=course)
    folder = course / "gradebook" / "feedback" / "ann" / NAME
    feedback = (folder / f"{NAME}.html").read_text(encoding="utf-8")
    assert "Base case." in feedback and "check" in feedback
    assert TITLE not in feedback and "one new path of length zero" not in feedback


def test_autograder_grade_shows_it_too_and_a_course_without_the_file_grades_as_ever(course):
    submit(course, "ann", solved())
    command("autograder", "grade", NAME, cwd=course)
    path = course / "gradebook" / "autograded" / "ann" / NAME / f"{NAME}.ipynb"
    assert path.read_text(encoding="utf-8").count(TITLE) == 1
    (course / "docs" / "rubrics.md").unlink()
    command("nbgrader", "autograde", NAME, "--force", cwd=course)
    assert TITLE not in path.read_text(encoding="utf-8")


def test_a_student_s_own_cell_is_not_taken_for_a_rubric():
    cell = nbformat.v4.new_markdown_cell("mine", metadata={"unrolled": {"rubric": False}})
    notebook = nbformat.v4.new_notebook(cells=[cell])
    assert rubrics.HideRubrics().preprocess(notebook, {})[0].cells == [cell]


def test_a_rubric_stands_below_an_answer_alone(monkeypatch):
    monkeypatch.setattr(rubrics.Course, "from_resources", lambda resources: SimpleNamespace(root=ROOT))
    found = {}
    for grade, solution in product((True, False), repeat=2):
        graded = {"nbgrader": {"grade_id": "proof", "grade": grade, "solution": solution}}
        cells = [nbformat.v4.new_markdown_cell("a proof", metadata=graded)]
        made, _ = rubrics.ShowRubrics().preprocess(
            nbformat.v4.new_notebook(cells=cells), {"nbgrader": {"notebook": NAME}}
        )
        found[grade, solution] = len(made.cells)
    assert found == {(True, True): 2, (True, False): 1, (False, True): 1, (False, False): 1}
