"""The zip for Gradescope: what it holds, and that one submission is graded there as it is at home."""

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile

import pytest
from class_tools import MODE, NAME, cell, command, copy_course, graded, solved
from tests_root import ROOT

from autograder.exercises import find_exercise
from autograder.grading import gradescope_run
from autograder.grading.course import Course
from autograder.grading.seeds import student_seed


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """(the zip, the folder that it is unpacked into, the course it is from)."""
    course = copy_course(tmp_path_factory.mktemp("gradescope"), registered=False)
    shutil.copy(ROOT / "constraints.txt", course)
    store = Course.load(course)
    assert store.store("02_output_and_loss").secret  # which must not travel
    said = command("autograder", "export", "01", "--to", "gradescope-autograder", cwd=course)
    archive = course / "gradebook" / "exports" / "gradescope-autograder" / f"{NAME}.zip"
    assert str(archive.relative_to(course)) in said
    base = tmp_path_factory.mktemp("autograder")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(base / "source")
    for name in ("submission", "results"):
        (base / name).mkdir()
    return archive, base, course


def test_it_holds_the_scripts_the_lesson_and_its_secret_and_no_other(unpacked):
    archive, base, course = unpacked
    with zipfile.ZipFile(archive) as packed:
        modes = {entry.filename: stat.S_IMODE(entry.external_attr >> 16) for entry in packed.infolist()}
    assert modes["setup.sh"] == modes["run_autograder"] == 0o700
    lessons = [name for name in modes if "/notebooks/" in name or "/solutions/" in name]
    assert sorted(lessons) == [f"course/notebooks/{NAME}/{NAME}.ipynb", f"course/solutions/{NAME}.py"]
    assert not [name for name in modes if "authoring" in name or "/tests/" in name or "__pycache__" in name]
    kept = json.loads((course / "gradebook" / "seeds.json").read_text())
    packed = json.loads((base / "source" / "course" / "gradebook" / "seeds.json").read_text())
    assert set(kept) == {NAME, "02_output_and_loss"} and packed == {NAME: kept[NAME]}
    wanted = (base / "source" / "requirements.txt").read_text().split()
    assert "numpy==" in wanted[0] and all("==" in line for line in wanted)


def grade_there(base, notebook):
    (base / "submission" / "my answer.ipynb").write_text(json.dumps(notebook))
    metadata = {"users": [{"email": "b@x.org"}, {"email": "a@x.org"}]}
    (base / "submission_metadata.json").write_text(json.dumps(metadata))
    path = base / "source" / "course" / "nbgrader_config.py"
    if MODE == "none" and "'none'" not in path.read_text():
        path.write_text(path.read_text() + "\nc.Grade.sandbox = 'none'\n")
    done = subprocess.run(
        [sys.executable, "-m", "autograder.grading.gradescope_run", str(base)],
        cwd=base / "source" / "course",
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((base / "results" / "results.json").read_text())


def test_a_submission_gets_the_points_and_the_cards_of_a_grading_at_home(unpacked):
    _, base, course = unpacked
    exercise = find_exercise("01.scalar_bptt")
    slip = next(slip for slip in exercise.slips if slip.id == "w_overwritten")
    wrong = solved()
    cell(wrong, "scalar_bptt")["source"] = "".join(cell(wrong, "scalar_bptt")["source"]).replace(
        slip.right, slip.wrong
    )
    results = grade_there(base, wrong)
    seed = student_seed(
        json.loads((course / "gradebook" / "seeds.json").read_text())[NAME], "a@x.org b@x.org"
    )
    outputs, marks = graded(wrong, seed=seed, walls=MODE)
    cards = [
        o["data"]["text/plain"] for shown in outputs for o in shown if "unrolled" in o.get("metadata", {})
    ]
    *tests, hidden = results["tests"]
    assert [test["output"] for test in tests] == cards and slip.says in " ".join(cards[5].split())
    assert [(t["score"], t["max_score"]) for t in tests] == [(m.points, m.max) for m in marks.values()]
    assert results["score"] == round(sum(m.points for m in marks.values()), 2) < 15
    assert all(test["output_format"] == "text" and test["visibility"] == "visible" for test in tests)
    assert (
        hidden["visibility"] == "hidden"
        and "score" not in hidden
        and results["stdout_visibility"] == "hidden"
    )
    assert ("bubblewrap's walls" in hidden["output"]) == (MODE == "bwrap")
    assert "proof (3)" in results["output"] and "the notebook is called my answer.ipynb" in results["output"]


def test_where_nothing_can_be_known_there_are_no_results_but_a_reason(
    unpacked, monkeypatch, capsys, tmp_path
):
    """Without results Gradescope says that the autograder failed, and keeps an earlier score."""
    _, base, _ = unpacked
    monkeypatch.chdir(base / "source" / "course")
    monkeypatch.setattr(gradescope_run, "walls_problem", lambda: "it is forbidden.")
    monkeypatch.setattr("autograder.sandbox.bubblewrap.is_root", lambda: False)
    assert gradescope_run.main(tmp_path) == 1 and not (tmp_path / "results").exists()
    assert capsys.readouterr().out.startswith("not graded: only root can")


@pytest.mark.parametrize(
    "content, wanted",
    [
        ('{"users": [{"email": "b"}, {"email": "a"}]}', "a b"),
        ("{", ""),
        ("[]", ""),
        ('{"users": null}', ""),
        (None, ""),
    ],
)
def test_who_handed_in(tmp_path, content, wanted):
    if content is not None:
        (tmp_path / "submission_metadata.json").write_text(content)
    assert gradescope_run.student_id(tmp_path) == wanted
