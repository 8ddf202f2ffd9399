"""What is handed in may be any file at any place: it is read, or said what is wrong, and only of it."""

import csv
import json
import logging
import os
import shutil
import time
import tracemalloc

import pytest
from class_tools import (
    MODE,
    NAME,
    cell,
    command,
    copy_course,
    notebook,
    record_in_exchange,
    solved,
    submit,
    total,
    use_exchange,
)
from nbgrader.api import Gradebook
from tests_root import ROOT

from autograder.grading import (
    grade_submission,
    nbgrader_hooks,
    notebook_file,
    runs,
    submission,
    submission_files,
)
from autograder.grading.course import Course
from autograder.grading.grade import Options, grade_class
from autograder.grading.repair_notebook import repair_notebook
from autograder.grading.timestamps import NO_DATE

PROOF = "By induction over $t$, as the chain rule says."


def folder_of(root, student):
    path = root / "gradebook" / "submitted" / student / NAME
    path.mkdir(parents=True, exist_ok=True)
    return path


def write(path, nb):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nb if isinstance(nb, str) else json.dumps(nb), encoding="utf-8")


def in_archive(root, student):
    write(folder_of(root, student) / NAME / f"{NAME}.ipynb", solved())
    write(folder_of(root, student) / NAME / "helper.py", "two = 2")
    write(folder_of(root, student) / "__MACOSX" / NAME / f"._{NAME}.ipynb", "binary")


def two_notebooks(root, student):
    write(folder_of(root, student) / f"{NAME}.ipynb", solved())
    write(folder_of(root, student) / "better.ipynb", notebook("notebooks"))
    os.utime(folder_of(root, student) / f"{NAME}.ipynb", (1e9, 1e9))


def several_notebooks(root, student):
    for name in ("one", "two"):
        write(folder_of(root, student) / f"{name}.ipynb", solved())


def folder_called_like_the_notebook(root, student):
    write(folder_of(root, student) / f"{NAME}.ipynb" / "notes.txt", "mine")
    write(folder_of(root, student) / "other.ipynb", solved())


def deep_folders(root, student):
    write(folder_of(root, student) / f"{NAME}.ipynb", solved())
    here = os.getcwd()
    os.chdir(folder_of(root, student))
    try:
        for _ in range((4090 - len(os.getcwd())) // 101):
            os.mkdir("d" * 100)
            os.chdir("d" * 100)
        with open("deep.txt", "w") as file:
            file.write("deep")
    finally:
        os.chdir(here)


def names_that_are_no_text(root, student):
    write(folder_of(root, student) / f"{NAME}.ipynb", solved())
    folder = os.fsencode(folder_of(root, student))
    with open(folder + b"/\xdcbung.txt", "w") as file:
        file.write("as Windows names it")
    os.symlink(b"nowhere", folder + b"/l\xf6st.txt")
    write(folder_of(root, student) / "a\u202eb.ipynb", notebook())


def other_lesson(root, student):
    other = "05_matrix_bptt"
    shutil.copy(ROOT / "notebooks" / other / f"{other}.ipynb", folder_of(root, student) / f"{NAME}.ipynb")


def old_format(root, student):
    write(folder_of(root, student) / f"{NAME}.ipynb", {"nbformat": 3, "worksheets": [{"cells": []}]})


def endless_grade_id(root, student):
    nb = solved()
    nb["cells"][0]["metadata"]["nbgrader"] = {"grade_id": "x\x1b\u202e" * 10**6}
    for n in range(100):
        nb["cells"].append(
            {"cell_type": "raw", "source": "", "metadata": {"nbgrader": {"grade_id": f"g{n}"}}}
        )
    write(folder_of(root, student) / f"{NAME}.ipynb", nb)


def proof_without_metadata(root, student):
    nb = solved()
    cell(nb, "proof").update(source=PROOF, metadata={})
    write(folder_of(root, student) / f"{NAME}.ipynb", nb)


def proof_elsewhere(root, student):
    nb = solved()
    nb["cells"].remove(cell(nb, "proof"))
    nb["cells"].append({"cell_type": "markdown", "metadata": {}, "source": PROOF})
    write(folder_of(root, student) / f"{NAME}.ipynb", nb)


def without_a_date(root, student):
    write(folder_of(root, student) / f"{NAME}.ipynb", solved())
    (folder_of(root, student) / "timestamp.txt").write_bytes(b"\xff\xfe\x00 never")


def with_a_date(root, student):
    write(folder_of(root, student) / f"{NAME}.ipynb", solved())
    write(folder_of(root, student) / "timestamp.txt", "2024-02-03 04:05:06 UTC")
    write(folder_of(root, student) / "submission_secret.txt", "as nbgrader collect leaves it")
    record_in_exchange(root, student, "2024-02-03 04:05:06 UTC", "as nbgrader collect leaves it")


def plain_one(root, student):
    write(folder_of(root, student) / f"{NAME}.ipynb", solved())


def too_high(root, student):
    write(root / "gradebook" / "submitted" / student / f"{NAME}.ipynb", solved())


def wrong_folder(root, student):
    write(root / "gradebook" / "submitted" / student / "lesson5" / "x.ipynb", solved())


def other_assignment(root, student):
    other = "05_matrix_bptt"
    write(root / "gradebook" / "submitted" / student / other / f"{other}.ipynb", solved())


# how each hands in, with the points and what has to be said
CLASS = {
    "archive": (in_archive, 15, f"the notebook is called {NAME}/{NAME}.ipynb, expected {NAME}.ipynb"),
    "two": (two_notebooks, 15, f"{NAME}.ipynb was graded; not looked at: better.ipynb (newer)"),
    "several": (several_notebooks, 0, f"expected {NAME}.ipynb, found one.ipynb, two.ipynb"),
    "folder": (folder_called_like_the_notebook, 15, "the notebook is called other.ipynb"),
    "deep": (deep_folders, 15, "has a path of more than 1000 bytes; left out"),
    "names": (names_that_are_no_text, 15, "l�st.txt is a link; left out"),
    "lesson": (other_lesson, 0, f"this is 05_matrix_bptt, expected {NAME}"),
    "old": (old_format, 0, "nbformat 3, expected 4: open it in Jupyter and save it"),
    "endless": (endless_grade_id, 15, "71 more remarks"),
    "proof": (proof_without_metadata, 15, "cell proof had lost its metadata; recognised by its place"),
    "elsewhere": (proof_elsewhere, 15, "the answer of proof, graded by hand, was not found: please look"),
    "undated": (
        without_a_date,
        15,
        NO_DATE,
    ),
    "dated": (with_a_date, 15, ""),
    "recursion": (plain_one, 0, "it cannot be read: RecursionError: too deep"),
    "key": (plain_one, 0, "it cannot be read: OSError: gone"),
    "z plain": (plain_one, 15, ""),
}
STRAYS = {
    "emil": (too_high, f"notebooks found at emil/{NAME}.ipynb, expected emil/{NAME}/{NAME}.ipynb"),
    "lea": (wrong_folder, f"notebooks found at lea/lesson5/x.ipynb, expected lea/{NAME}/{NAME}.ipynb"),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    root = copy_course(tmp_path_factory.mktemp("reading"))
    use_exchange(root)
    for student, (hand_in, *_) in (CLASS | STRAYS).items():
        hand_in(root, student)
    other_assignment(root, "mia")
    course = Course.load(root)
    find, digest = submission_files.find_notebook, grade_submission.run_key

    def broken_find(folder, *more):
        if folder.parent.name == "recursion":
            raise RecursionError("too deep")
        return find(folder, *more)

    def broken_key(made, *under):
        if made.notebook["cells"][0].get("id") == "key":
            raise OSError("gone")
        return digest(made, *under)

    nb = solved()
    nb["cells"][0]["id"] = "key"
    write(folder_of(root, "key") / f"{NAME}.ipynb", nb)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(submission_files, "find_notebook", broken_find)
        patch.setattr(grade_submission, "run_key", broken_key)
        return course, grade_class(course, NAME, Options(walls=MODE))


def row(course, student):
    with Gradebook(course.config.CourseDirectory.db_url) as gradebook:
        found = gradebook.find_submission(NAME, student)
        asked = {g.name for n in found.notebooks for g in n.grades if g.needs_manual_grade}
        return found.score, asked, found.timestamp


@pytest.mark.parametrize("student", CLASS)
def test_it_is_graded_or_said_why_not(graded, student):
    course, results = graded
    _, points, said = CLASS[student]
    result = results[student]
    assert total(result) == points
    summaries = [mark.summary for mark in result.marks.values()] if points == 0 else []
    assert any(said in line for line in [*result.remarks, *summaries, ""])
    score, asked, _ = row(course, student)
    assert score == points
    if points == 0:  # a person looks at every answer, the one graded by hand included
        assert asked == {*result.marks, "proof"}
    json.loads((course.root / "gradebook" / "autograded" / student / NAME / f"{NAME}.ipynb").read_text())


def test_a_wrong_lesson_is_said_once(graded):
    assert graded[1]["lesson"].remarks == ()


def test_remarks_are_few_and_short_and_can_be_shown(graded):
    for result in graded[1].values():
        assert len(result.remarks) <= 32
        assert all(len(remark) < 400 and remark.isprintable() for remark in result.remarks)
    assert any("a�b.ipynb" in remark for remark in graded[1]["names"].remarks)


def test_a_hand_graded_answer_that_lost_its_metadata_is_not_lost(graded):
    course = graded[0]
    kept = json.loads((course.root / "gradebook/autograded/proof" / NAME / f"{NAME}.ipynb").read_text())
    assert "".join(cell(kept, "proof")["source"]) == PROOF
    assert row(course, "proof")[1] == {"proof"} == row(course, "elsewhere")[1]


def test_files_with_any_name_come_along(graded):
    names = os.listdir(os.fsencode(graded[0].root / "gradebook" / "autograded" / "names" / NAME))
    assert b"\xdcbung.txt" in names and b"l\xf6st.txt" not in names


def test_a_date_counts_and_what_is_none_does_not(graded):
    assert row(graded[0], "dated")[2].year == 2024
    assert row(graded[0], "undated")[2] is None


@pytest.mark.parametrize("student", STRAYS)
def test_a_notebook_at_the_wrong_place_is_said(graded, student):
    result = graded[1][student]
    assert result.marks == {} and result.reason == STRAYS[student][1]
    assert "mia" not in graded[1]


def test_the_report_says_it_as_well(course):
    submit(course, "one", notebook("notebooks"))
    too_high(course, "emil")
    (course / "gradebook" / "submitted" / os.fsdecode(b"M\xfcller") / NAME).mkdir(parents=True)
    said = command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course, apart=True)
    assert f"emil: not graded: {STRAYS['emil'][1]}" in said and "M�ller is not UTF-8; rename it" in said
    folder = course / "gradebook" / "reports" / NAME
    assert STRAYS["emil"][1] in (folder / "report.html").read_text(encoding="utf-8")
    command("autograder", "report", NAME, cwd=course)
    assert STRAYS["emil"][1] in (folder / "report.html").read_text(encoding="utf-8")
    with open(folder / "report.csv", newline="", encoding="utf-8") as file:
        assert "emil" in [row["student"] for row in csv.DictReader(file)]
    said = command("autograder", "grade", NAME, "--student", "emil", cwd=course, code=1)
    assert STRAYS["emil"][1] in said


def test_what_cannot_be_recorded_is_said_and_changes_nothing(course, monkeypatch, caplog):
    submit(course, "one", solved())
    submit(course, "two", solved())
    loaded = Course.load(course)
    grade_class(loaded, NAME, Options(walls=MODE))
    for student in ("one", "two"):
        write(folder_of(course, student) / f"{NAME}.ipynb", notebook("notebooks"))
    save = nbgrader_hooks.SaveGrades.preprocess

    def broken(self, nb, resources):
        if resources["nbgrader"]["student"] == "one":
            raise ValueError("the row is odd")
        return save(self, nb, resources)

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(nbgrader_hooks.SaveGrades, "preprocess", broken)
        results = grade_class(loaded, NAME, Options(walls=MODE))
    assert not results["one"].marks and results["two"].marks
    assert "one: not recorded, what the gradebook had is kept: ValueError: the row is odd" in caplog.text
    assert row(loaded, "one")[0] == 15 and row(loaded, "two")[0] == 0
    kept = json.loads((course / "gradebook" / "autograded" / "one" / NAME / f"{NAME}.ipynb").read_text())
    assert "raise NotImplementedError" not in "".join(cell(kept, "immediate")["source"])
    grade_class(loaded, NAME, Options(walls=MODE))  # the next run makes up for it
    assert row(loaded, "one")[0] == 0


def test_a_new_text_alone_is_recorded(course):
    nb = notebook("notebooks")
    submit(course, "one", nb)
    loaded = Course.load(course)
    grade_class(loaded, NAME, Options(walls=MODE))
    cell(nb, "proof")["source"] = PROOF
    write(folder_of(course, "one") / f"{NAME}.ipynb", nb)
    grade_class(loaded, NAME, Options(walls=MODE))
    kept = json.loads((course / "gradebook" / "autograded" / "one" / NAME / f"{NAME}.ipynb").read_text())
    assert "".join(cell(kept, "proof")["source"]) == PROOF


def parsed(nb):
    """The submission of a notebook, and "DEEP" in it replaced by lists in lists."""
    text = json.dumps(nb).replace('"DEEP"', "[" * 800 + "]" * 800)
    return submission.parse_notebook(text.encode(), notebook("notebooks"))


@pytest.mark.parametrize(
    "change",
    [
        {"nbformat_minor": None},
        {"nbformat_minor": "5"},
        {"nbformat_minor": float("inf")},
        {"nbformat": [4]},
        {"metadata": {"kernelspec": 5, "language_info": [1]}},
        {"metadata": {"\ud800": "\ud800", "unreadable": "forged"}},
        {"metadata": "DEEP"},
        {"orig_nbformat": "DEEP"},
    ],
    ids=lambda change: ascii(change)[:40],
)
def test_foreign_parts_of_a_notebook_change_nothing(change):
    made = parsed(solved() | change)
    assert made == parsed(solved()) and not made.unreadable


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"collapsed": "maybe", "scrolled": 7, "name": 5, "jupyter": "x"}},
        {"metadata": {"nbgrader": {"grade_id": [1]}}},
        {"metadata": {"nbgrader": "DEEP", "more": "DEEP"}},
        {"id": "DEEP", "outputs": "DEEP"},
        {"attachments": "DEEP"},
    ],
    ids=lambda change: ascii(change)[:40],
)
def test_foreign_parts_of_a_cell_change_nothing(change):
    nb = solved()
    nb["cells"][2] |= change
    want, made = parsed(solved()), parsed(nb)
    strip = [{**c, "id": ""} for c in want.notebook["cells"]]
    assert [{**c, "id": ""} for c in made.notebook["cells"]] == strip and made.remarks == want.remarks


def test_pictures_in_a_text_survive():
    nb = solved()
    picture = {"a.png": {"image/png": ["iVBO", "Rw0K"], "x": 5}, "b.png": "DEEP"}
    nb["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "![](x)", "attachments": picture})
    made = parsed(nb)
    assert made.notebook["cells"][-1]["attachments"] == {"a.png": {"image/png": "iVBORw0K"}}


def test_what_no_reader_can_read_has_a_reason():
    made = submission.parse_notebook(b"[" * 10**6, notebook("notebooks"))
    assert made.unreadable == "the file is nested deeper than any notebook"
    made = parsed(solved() | {"cells": [{"cell_type": "raw", "source": ""}] * 3000})
    assert made.unreadable == "the file has 3000 cells, expected at most 2000"


@pytest.mark.parametrize(
    "more, said",
    [
        (
            {"attachments": {f"{n}.png": {"a/b": ""} for n in range(1001)}},
            "1001 attachments, expected at most",
        ),
        (
            {"attachments": {"a.png": {f"a/{n}": "" for n in range(1001)}}},
            "1001 attachments, expected at most",
        ),
        ({"attachments": {f"{n}.png": {"a/b": ""} for n in range(1000)}}, ""),
        ({"cell_type": "code", "source": "#" * (2**20 + 1)}, "characters of code, expected at most 1048576"),
        ({"cell_type": "code", "source": "a\n" * 504_000}, "signs and ends of lines, expected at most 30000"),
        ({"cell_type": "code", "source": "a;" * 504_000}, "signs and ends of lines, expected at most 30000"),
        ({"cell_type": "code", "source": "a\r" * 504_000}, "signs and ends of lines, expected at most 30000"),
        ({"cell_type": "markdown", "source": "#" * (2**20 + 1)}, ""),
        ({"source": "#" * (10 * 2**20)}, "have 10.0 MB, expected at most 10: make the pictures smaller"),
        ({"attachments": {"a.png": {"image/png": "A" * (12 * 2**20)}}}, "have 12.0 MB, expected at most 10"),
    ],
)
def test_a_notebook_of_too_much_is_refused(more, said):
    nb = solved()
    nb["cells"].append({"cell_type": "markdown", "metadata": {}, "source": ""} | more)
    made = parsed(nb)
    assert (said in made.unreadable) if said else not made.unreadable


def test_lessons_with_their_answers_are_far_from_too_much_code():
    sizes = []
    for path in (ROOT / "solutions").glob("*/[0-9]*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
        sizes.append(len(notebook_file.PIECE.findall(code)))
    assert len(sizes) == 14 and 4 * max(sizes) < notebook_file.MOST_PIECES


def test_the_size_of_a_folder_is_counted_one_name_at_a_time(tmp_path):
    for n in range(2000):
        (tmp_path / f"a-file-with-a-long-name-{n}.txt").touch()
    tracemalloc.start()
    try:
        assert not runs._is_large(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
    os.truncate(tmp_path / "a-file-with-a-long-name-7.txt", runs.LARGE + 1)
    assert not runs._is_large(tmp_path) and not runs._is_large(tmp_path / "nowhere")
    os.rename(tmp_path / "a-file-with-a-long-name-7.txt", tmp_path / "large.ipynb")
    assert runs._is_large(tmp_path)


def test_reading_takes_no_longer_than_the_file_is_long():
    nb = solved()
    nb["cells"][0] = {"cell_type": "code", "metadata": {}, "source": "\n" * 10**6 + 'check("**.x", y)'}
    start = time.monotonic()
    assert not parsed(nb).unreadable
    assert time.monotonic() - start < 5


def test_cells_without_ids_get_some_that_are_their_own():
    nb = solved()
    ids = [5, None, "cell-3", "cell-3", "x y", "\ud800", "", True, ["a"]]
    for c in nb["cells"]:
        c["id"] = ids[0]
        ids.append(ids.pop(0))
    made = parsed(nb).notebook
    found = [c["id"] for c in made["cells"]]
    assert len(set(found)) == len(found) and all(isinstance(name, str) for name in found)
    assert repair_notebook(made, notebook("notebooks"))[0] == made
