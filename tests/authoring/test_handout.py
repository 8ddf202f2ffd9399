"""What students of a class of one's own get: it works as the clone does, without passages of solutions."""

import ast
import json
import re
import subprocess
import sys

import pytest
from tests_root import ROOT

from autograder import cli
from autograder.authoring.handout import write
from autograder.authoring.handout.passages import Passages, slip_makers, without_passages
from autograder.errors import BuildError, UserError
from autograder.exercises import LESSONS, all_exercises, sources

DESCRIBE = """
import json, zlib
from dataclasses import fields
import numpy as np
from autograder.exercises import all_exercises

def digest(value):
    if isinstance(value, dict):
        return {str(name): digest(part) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [digest(part) for part in value]
    return zlib.crc32(repr(np.asarray(value).tolist()).encode()) if not callable(value) else "function"

found = {}
for e in all_exercises().values():
    parts = {f.name: getattr(e, f.name) for f in fields(e)}
    plain = {name: part for name, part in parts.items() if isinstance(part, (str, float, int, tuple))}
    plain["slips"] = [[s.id, s.says, s.asks, s.alone] for s in e.slips]
    plain["parts"] = sorted(name for name, part in parts.items() if part is not None)
    if e.kind == "function":
        arguments = e.instance(0)
        plain["instance"], plain["right"] = digest(arguments), digest(e.right_outputs(arguments))
    found[e.id] = plain
print(json.dumps(found, sort_keys=True, default=str))
"""


@pytest.fixture(scope="module")
def handout(tmp_path_factory):
    """A handout of two lessons, without banks, which others make."""
    folder = tmp_path_factory.mktemp("handout") / "for students"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write, "build_bank", lambda place: place.mkdir(parents=True))
        assert write.write_handout(folder, ["05", "01_scalar_rnn"]) == ["01_scalar_rnn", "05_matrix_bptt"]
    return folder


def described(folder):
    done = subprocess.run([sys.executable, "-B", "-c", DESCRIBE], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_its_exercises_are_those_of_the_clone_with_all_words(handout):
    there, here = described(handout), described(ROOT)
    assert (
        there == here
        and len(here) == len(all_exercises())
        and sum(len(e["slips"]) for e in here.values()) > 900
    )


def test_no_passage_is_in_it(handout):
    passages = Passages(ROOT)
    assert len(passages.found) > 800
    for path in handout.rglob("*"):
        name = path.relative_to(handout).as_posix()
        if path.is_file() and not name.startswith(("rnnlib/", "notebooks/")):
            assert passages.left_in(path.read_text(encoding="utf-8")) == [], name
    for lesson in LESSONS:
        tree = ast.parse((handout / "autograder" / "exercises" / f"lesson{lesson}.py").read_text("utf-8"))
        texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        exercises = [e for e in all_exercises().values() if e.lesson == lesson]
        long = {p for e in exercises for s in e.slips for p in (s.right, s.wrong) if len(p) > 12}
        assert not long & texts, lesson
    makers = slip_makers(ROOT / "autograder" / "exercises")
    assert {"families", "lstm_products"} <= makers and not makers & {"sources", "sweep", "__init__"}
    assert not {path.stem for path in (handout / "autograder" / "exercises").iterdir()} & makers


def test_in_the_clone_there_are_many():
    """The control."""
    text = (ROOT / "autograder" / "exercises" / "lesson05.py").read_text(encoding="utf-8")
    assert len(Passages(ROOT).left_in(text)) > 20 and not Passages(ROOT).left_in(
        without_passages(text, {"families"})
    )


def test_what_is_handed_out(handout):
    names = {path.relative_to(handout).as_posix() for path in handout.rglob("*") if path.is_file()}
    assert not [
        name for name in names if re.search("solution|tests/|benchmarks|docs/|\\.npz|__pycache__", name)
    ]
    notebooks = sorted(name for name in names if name.endswith(".ipynb"))
    lessons = ("01_scalar_rnn", "05_matrix_bptt", "start_here")
    assert notebooks == [f"notebooks/{name}/{name}.ipynb" for name in lessons]
    authoring = {name for name in names if name.startswith("autograder/authoring/")}
    assert authoring == set(write.BACKEND) and {"README.md", "course.py", "pyproject.toml"} <= names
    makers = {f"autograder/exercises/{name}.py" for name in slip_makers(ROOT / "autograder" / "exercises")}
    rooms = [p for room in ("autograder", "rnnlib") for p in (ROOT / room).rglob("*.py")]
    modules = {p.relative_to(ROOT).as_posix() for p in rooms if "authoring" not in p.parts}
    assert modules - makers == {name for name in names if name.endswith(".py")} - authoring - {"course.py"}


def test_links_and_words_fit_what_is_there(handout):
    start = (handout / "notebooks" / "start_here" / "start_here.ipynb").read_text(encoding="utf-8")
    assert set(re.findall(r"\(\.\./(\w+)/", start)) == {"01_scalar_rnn", "05_matrix_bptt"}
    assert "| 07 | Vanishing and exploding |" in start
    for path in handout.rglob("*.ipynb"):
        assert "solutions/" not in path.read_text(encoding="utf-8"), path.name
    released = json.loads(
        (ROOT / "notebooks/05_matrix_bptt/05_matrix_bptt.ipynb").read_text(encoding="utf-8")
    )
    there = json.loads(
        (handout / "notebooks/05_matrix_bptt/05_matrix_bptt.ipynb").read_text(encoding="utf-8")
    )
    code = [[c["source"], c["metadata"]] for c in released["cells"] if c["cell_type"] == "code"]
    assert code == [[c["source"], c["metadata"]] for c in there["cells"] if c["cell_type"] == "code"]
    assert "- `01_scalar_rnn`\n- `05_matrix_bptt`\n" in (handout / "README.md").read_text(encoding="utf-8")


def test_a_passage_that_would_leave_is_refused(tmp_path, monkeypatch):
    slip = all_exercises()["05.rnn_backward"].slips[0]
    passage = max((slip.right, slip.wrong), key=len)
    line = next(
        line.strip()
        for line in sources.solution_source(all_exercises()["10.lstm_backward"]).splitlines()
        if len(line.strip()) > 40 and "def " not in line and '"""' not in line
    )
    for text in {line, *([passage] if len(passage) > 30 else [])}:
        monkeypatch.setattr(write, "_readme", lambda _, text=text: f"For example:\n\n    {text}\n")
        with pytest.raises(BuildError, match="README.md would hand out"):
            write.write_handout(tmp_path / "there")
        assert not (tmp_path / "there").exists() and not list(tmp_path.iterdir())


def test_another_folder_stays_as_it_is_and_a_handout_is_written_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(write, "build_bank", lambda place: place.mkdir(parents=True))
    monkeypatch.setattr(write, "_texts", lambda root, chosen: {"a/b.txt": str(len(chosen)), write.MARK: ""})
    (tmp_path / "own.txt").write_text("mine")
    assert cli.main(["handout", "--to", str(tmp_path)]) == 1
    assert (
        "holds something that is no handout" in capsys.readouterr().err and len(list(tmp_path.iterdir())) == 1
    )
    assert cli.main(["handout", "--to", str(tmp_path / "own.txt")]) == 1
    to = tmp_path / "new"
    assert cli.main(["handout", "--to", str(to), "--lessons", "01"]) == 0
    (to / "work").mkdir()
    (to / "a" / "old.txt").touch()
    assert cli.main(["handout", "--to", str(to)]) == 0
    assert (to / "a" / "b.txt").read_text() == str(len(LESSONS)) and (to / "work").is_dir()
    assert not (to / "a" / "old.txt").exists() and sorted(p.name for p in tmp_path.iterdir()) == [
        "new",
        "own.txt",
    ]


@pytest.mark.parametrize("lessons", [["77"], [], ["01", "x"], [""]])
def test_unknown_lessons_are_named(tmp_path, lessons):
    with pytest.raises(UserError, match="no lesson .*00_gradient_checking"):
        write.write_handout(tmp_path / "new", lessons)
    assert not list(tmp_path.iterdir())
