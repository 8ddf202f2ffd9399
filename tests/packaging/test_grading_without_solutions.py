"""What grading says where the solutions are not: beside the package, or in the course's folder."""

import shutil

from class_tools import cell, command, copy_course, graded, solved

from autograder.diagnosis import match_slips
from autograder.exercises import find_exercise, sources


def test_a_course_without_its_sources_is_refused_in_a_sentence(tmp_path):
    course, name = copy_course(tmp_path), "02_output_and_loss"  # the gradebook knows another
    submitted = course / "gradebook" / "submitted" / "student" / name
    submitted.mkdir(parents=True)
    shutil.copy(course / "notebooks" / name / f"{name}.ipynb", submitted)
    shutil.rmtree(course / "solutions")
    said = command("autograder", "grade", name, "--sandbox", "none", cwd=course, code=1)
    assert "Traceback" not in said
    last = said.strip().splitlines()[-1]
    assert last.startswith("autograder: no folder ") and f"solutions/{name}" in last


def test_slips_are_named_from_the_bank_where_no_solutions_are(tmp_path, monkeypatch):
    """The words of a card are those of the public instances, for which an installed package has a bank."""
    exercise = find_exercise("01.scalar_bptt")
    match_slips.write_bank([exercise], tmp_path / "bank")
    wrong = solved()
    source = "".join(cell(wrong, "scalar_bptt")["source"])
    slip = next(slip for slip in exercise.slips if slip.id == "w_overwritten")
    cell(wrong, "scalar_bptt")["source"] = source.replace(slip.right, slip.wrong)
    monkeypatch.setattr(sources, "code_cells", lambda lesson: None)
    monkeypatch.setattr(match_slips, "BANK", tmp_path / "none")
    assert graded(wrong)[1]["check_scalar_bptt"].slips == ()  # the control: no bank either
    monkeypatch.setattr(match_slips, "BANK", tmp_path / "bank")
    mark = graded(wrong)[1]["check_scalar_bptt"]
    assert mark.slips == (slip.id,) and 0 < mark.points < mark.max
