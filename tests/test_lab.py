"""The folder that students work in: lessons are copied there, and newer ones get the answers."""

import copy
import json
import os
import shutil

import nbformat
import pytest
from tests_root import ROOT

from autograder import cli, lab
from autograder.carry_over import AT_THE_END, carry_over, read_notebook
from autograder.errors import UserError

NAME = "01_scalar_rnn"
RELEASED = json.loads((ROOT / "notebooks" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8"))
SOLVED = json.loads((ROOT / "solutions" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8"))
ANSWERS = [c["metadata"]["nbgrader"]["grade_id"] for c in RELEASED["cells"] if "nbgrader" in c["metadata"]]
ANSWERS = [name for name in ANSWERS if not name.startswith("check_")]


def find(notebook, name):
    (found,) = [c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name]
    return found


def answered(*names):
    """The release with the solutions of these exercises in it."""
    notebook = copy.deepcopy(RELEASED)
    for name in names:
        find(notebook, name)["source"] = find(SOLVED, name)["source"]
    return notebook


def newer(notebook=RELEASED):
    """Another release: a cell more, another stub, another text, and an exercise under another name."""
    made = copy.deepcopy(notebook)
    made["cells"].insert(5, {"cell_type": "markdown", "id": "01-77", "metadata": {}, "source": "More."})
    find(made, "immediate")["source"] += "\n# another stub"
    made["cells"][0]["source"] = "# 01 · The scalar RNN, newer"
    for name in ("two_networks", "check_refute_softmax"):
        find(made, name)["metadata"]["nbgrader"]["grade_id"] += "_again"
    return made


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course's folder with one lesson, which `lab` has copied; JupyterLab is not started."""
    (tmp_path / "notebooks" / NAME).mkdir(parents=True)
    shutil.copy(ROOT / "notebooks" / NAME / f"{NAME}.ipynb", tmp_path / "notebooks" / NAME)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lab.subprocess, "call", lambda *_, **__: 0)
    assert cli.main(["lab"]) == 0
    return tmp_path


def work(folder, content=None):
    path = folder / "work" / NAME / f"{NAME}.ipynb"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def release(folder, notebook):
    (folder / "notebooks" / NAME / f"{NAME}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def test_a_newer_lesson_gets_the_answers_and_the_old_notebook_stays_beside_it(course, capsys):
    before = answered("scalar_forward", "proof", "two_networks")
    own = {"cell_type": "code", "id": "ab12cd34", "metadata": {}, "source": "def helper(): return 1"}
    before["cells"].insert(before["cells"].index(find(before, "check_scalar_forward")), own)
    content = work(course, before).write_bytes(json.dumps(before).encode()) and work(course).read_bytes()
    release(course, newer())
    assert cli.main(["lab"]) == 0 and work(course).read_bytes() == content
    assert f"newer {NAME}" in capsys.readouterr().out
    assert cli.main(["lab", "--update"]) == 0
    said = capsys.readouterr().out
    assert "answers carried over: 2; cells of your own: 1; at its end" in said and "two_networks" in said
    made = nbformat.read(work(course), as_version=4)
    nbformat.validate(made)
    for name in ("scalar_forward", "proof"):
        assert find(made, name)["source"] == "".join(find(SOLVED, name)["source"])
    assert "# another stub" in find(made, "immediate")["source"]  # it was not answered
    at = made["cells"].index(find(made, "check_scalar_forward"))
    assert made["cells"][at - 1]["source"] == "def helper(): return 1"
    assert [c["source"] for c in made["cells"][-2:]] == [
        AT_THE_END,
        "".join(find(SOLVED, "two_networks")["source"]),
    ]
    assert made["cells"][0]["source"].endswith("newer")
    assert (work(course).parent / f"{NAME}-before.ipynb").read_bytes() == content
    assert {c["metadata"]["nbgrader"]["grade_id"] for c in made["cells"] if "nbgrader" in c["metadata"]} == {
        c["metadata"]["nbgrader"]["grade_id"] for c in newer()["cells"] if "nbgrader" in c["metadata"]
    }


def test_the_same_release_changes_nothing(course, capsys):
    content = work(course, answered("scalar_forward")).read_bytes()
    for _ in range(2):
        assert cli.main(["lab", "--update"]) == 0
    assert work(course).read_bytes() == content and os.listdir(work(course).parent) == [f"{NAME}.ipynb"]
    release(course, newer())
    assert cli.main(["lab", "--update"]) == 0
    content = work(course).read_bytes()
    assert cli.main(["lab", "--update"]) == 0 and work(course).read_bytes() == content
    assert len(os.listdir(work(course).parent)) == 2


@pytest.mark.parametrize(
    "content, words",
    [
        (b"{", "no notebook that can be read"),
        (b"", "no notebook that can be read"),
        (b"\xff\xfe", "no notebook that can be read"),
        (b'{"cells": [1]}', "no notebook that can be read"),
        (b'{"worksheets": []}', "no notebook that can be read"),
        (b'{"cells": []}', "no answer in it can be told by its grade_id"),
    ],
)
def test_a_notebook_that_cannot_be_read_stays_as_it_is(course, capsys, content, words):
    work(course, content)
    release(course, newer())
    capsys.readouterr()
    assert cli.main(["lab", "--update"]) == 0
    said = capsys.readouterr().out
    assert words in said.splitlines()[0] and "Traceback" not in said
    assert work(course).read_bytes() == content and len(os.listdir(work(course).parent)) == 1


def test_an_update_that_is_cut_off_loses_nothing_and_can_be_repeated(course, monkeypatch):
    content = work(course, answered("scalar_forward")).read_bytes()
    release(course, newer())
    whole = lab.write_atomically

    def cut_off(path, *rest, **options):
        if path == lab.Path("work", NAME, f"{NAME}.ipynb"):
            raise KeyboardInterrupt
        whole(path, *rest, **options)

    monkeypatch.setattr(lab, "write_atomically", cut_off)
    assert cli.main(["lab", "--update"]) == cli.STOPPED
    assert work(course).read_bytes() == content
    monkeypatch.setattr(lab, "write_atomically", whole)
    assert cli.main(["lab", "--update"]) == 0
    assert sorted(os.listdir(work(course).parent)) == [f"{NAME}-before.ipynb", f"{NAME}.ipynb"]
    assert "np.tanh" in "".join(find(json.loads(work(course).read_bytes()), "scalar_forward")["source"])


def test_two_updates_keep_two_notebooks(course):
    for number in range(2):
        content = work(course, answered(ANSWERS[number])).read_bytes()
        changed = newer()
        changed["cells"][0]["source"] += str(number)
        release(course, changed)
        assert cli.main(["lab", "--update"]) == 0
        kept = f"{NAME}-before{'-2' if number else ''}.ipynb"
        assert (work(course).parent / kept).read_bytes() == content


@pytest.mark.parametrize("content", ["", "[]", '{"01', "\x00"])
def test_a_damaged_note_of_what_was_copied_is_as_none(course, content):
    (course / "work" / ".copied.json").write_text(content)
    before = work(course).read_bytes()
    assert cli.main(["lab"]) == 0 and work(course).read_bytes() == before


def test_every_answer_of_every_lesson_is_carried_and_an_untouched_one_is_not():
    for path in sorted(ROOT.glob("solutions/*/*.ipynb")):
        solved = read_notebook(path.read_bytes())
        released = read_notebook((ROOT / "notebooks" / path.stem / path.name).read_bytes())
        graded = [c["metadata"]["nbgrader"] for c in released["cells"] if "nbgrader" in c["metadata"]]
        names = [g["grade_id"] for g in graded if g["solution"]]
        carried = carry_over(solved, released)
        assert carried.answers == len(names) > 3 and not carried.gone and not carried.own, path.stem
        for name in names:
            assert find(carried.notebook, name)["source"] == find(solved, name)["source"]
        assert carry_over(released, released)[1:] == (0, 0, ()), path.stem
        assert carry_over(released, released).notebook == released


def test_pictures_in_a_text_answer_and_a_second_cell_of_the_same_answer_are_kept():
    old = answered("proof")
    find(old, "proof")["attachments"] = {"sketch.png": {"image/png": "AAAA"}}
    second = copy.deepcopy(find(old, "proof")) | {"id": "12345678", "source": "and more"}
    old["cells"].insert(old["cells"].index(find(old, "proof")) + 1, second)
    carried = carry_over(old, newer())
    assert find(carried.notebook, "proof")["attachments"] == {"sketch.png": {"image/png": "AAAA"}}
    assert carried.own == 1 and "and more" in [c["source"] for c in carried.notebook["cells"]]


def test_a_notebook_of_another_lesson_is_refused():
    with pytest.raises(UserError, match="grade_id"):
        carry_over({"cells": [find(SOLVED, "proof")]}, {"cells": []})
