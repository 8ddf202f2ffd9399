"""A handout, installed as its README says: lessons run there, and mistakes have their names."""

import json
import sys

import pytest
from package_tools import executed, install, make_venv, must

from autograder.authoring.handout.write import write_handout
from autograder.exercises import LESSONS, all_exercises, sources
from autograder.lessons import released_lessons

pytestmark = pytest.mark.slow

NAMED = """
import json
from pathlib import Path
import autograder
from autograder import diagnose
assert not (Path(autograder.__file__).parent.parent / "solutions").exists()
code, function = json.loads(Path("answer.json").read_text())
namespace = {}
exec(code, namespace)
print(json.dumps(diagnose("05.rnn_backward", namespace[function]).slips))
"""


@pytest.fixture(scope="module")
def python(index, tmp_path_factory):
    """A Python with what `pip install` makes of a handout."""
    folder = tmp_path_factory.mktemp("handout")
    write_handout(folder / "handout")
    inside = make_venv(folder / "venv", sys._base_executable, cwd=folder)
    install(inside, f"{folder / 'handout'}[notebook]", "nbclient", "ipykernel", cwd=folder)
    return inside


def cards_of(python, folder, name):
    """How many cards a solved lesson shows there, none of which may be beside an error."""
    outputs = executed(python, folder, name=name)
    assert not [o for o in outputs if o["output_type"] == "error"], name
    return sum("unrolled" in o.get("metadata", {}) for o in outputs)


def test_a_lesson_runs_there(python, tmp_path):
    assert cards_of(python, tmp_path, "01_scalar_rnn") == 7


@pytest.mark.long
def test_every_lesson_runs_there(python, tmp_path):
    """All given cells, checks and recaps; the recap's outputs are among those that hold no error."""
    for path in released_lessons(sources.FOLDER.parent):
        wanted = [e for e in all_exercises().values() if e.lesson == path.stem[:2] and e.points]
        assert cards_of(python, tmp_path, path.stem) >= len(wanted) > 0, path.stem
    assert len(LESSONS) == 14


def test_mistakes_have_their_names_there(python, tmp_path):
    exercise = all_exercises()["05.rnn_backward"]
    for slip in exercise.slips[:3]:
        written = f"import numpy as np\n{sources.with_slip(exercise, slip)}"
        (tmp_path / "answer.json").write_text(json.dumps([written, exercise.function]))
        assert slip.id in json.loads(must(python, "-c", NAMED, cwd=tmp_path))
