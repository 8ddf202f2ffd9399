"""The wheel alone in a clean environment, outside the clone: what students and their scripts get."""

import json
import re
import zipfile
from pathlib import Path

import pytest
from package_tools import (
    OLDEST_NUMPY,
    clean_copy,
    executed,
    install,
    make_venv,
    must,
    pip_section,
    python_or_skip,
    run,
    said,
)
from packaging.specifiers import SpecifierSet

from autograder.exercises import all_exercises, find_exercise, sources

pytestmark = pytest.mark.slow

NAMED = ["01.scalar_bptt", "03.gradient_by_paths", "05.rnn_backward", "10.lstm_backward", "12.gru_backward"]

JUDGE = """\
import json, sys
from pathlib import Path
import autograder, numpy
from autograder import diagnose

assert not any(Path(autograder.__file__).parent.parent.glob("solutions")), "this is the clone"
found = {}
for label, (exercise_id, code, function) in json.loads(Path("answers.json").read_text("utf-8")).items():
    namespace = {}
    exec(code, namespace)
    verdict = diagnose(exercise_id, namespace[function])
    found[label] = [verdict.correct, list(verdict.slips), str(verdict.status)]
print(json.dumps([numpy.__version__, found]))
"""
NO_END = "def {}(*arguments):\n    n = 0\n    while True:\n        n += 1\n"

SCRIPT = """\
import numpy as np
from autograder import CheckFailed, check

{wrong}

print(check("01.scalar_bptt", scalar_bptt))
try:
    check("01.immediate", lambda params, run: None)
except CheckFailed as error:
    print("CheckFailed:", error)
"""


def answer(exercise_id, slip=None):
    """The text of a program that defines an exercise's function, right or with a slip."""
    exercise = find_exercise(exercise_id)
    cells = sources.code_cells(exercise.lesson)
    imports = [
        line
        for c in cells
        for line in c.splitlines()
        if re.match(r"(import|from) (numpy|rnnlib|typing)", line)
    ]
    own = sources.solution_source(exercise) if slip is None else sources.with_slip(exercise, slip)
    return "\n".join([*imports, *sources._functions_before(exercise), own])


def answers():
    """{label: (exercise id, program, function)}: right, with the first slip, and without an end."""
    asked = {}
    for exercise_id in NAMED:
        exercise = find_exercise(exercise_id)
        function, slip = exercise.function, exercise.slips[0]
        asked[f"{exercise_id} right"] = exercise_id, answer(exercise_id), function
        asked[f"{exercise_id} {slip.id}"] = exercise_id, answer(exercise_id, slip), function
    asked["no end"] = NAMED[0], NO_END.format("f"), "f"
    return asked


def judged(python, folder, **variables):
    """(NumPy's version, {label: (correct, slips, status)}) of the installed package."""
    (folder / "answers.json").write_text(json.dumps(answers()), encoding="utf-8")
    (folder / "judge.py").write_text(JUDGE, encoding="utf-8")
    version, found = json.loads(must(python, "judge.py", cwd=folder, **variables))
    return version, found


@pytest.fixture(scope="module", params=list(OLDEST_NUMPY))
def newest(request, installed):
    """(version, Python of an environment with the wheel and the newest NumPy)."""
    return request.param, installed(python_or_skip(request.param))


def must_judge_rightly(found):
    assert len(found) == 2 * len(NAMED) + 1
    for label, (correct, slips, status) in found.items():
        kind = label.split()[-1]
        if label == "no end":
            assert (correct, slips, status) == (False, [], "timeout")
        elif kind == "right":
            assert correct and slips == [], label
        else:
            assert not correct and slips == [kind], (label, slips)


def test_with_the_newest_numpy(newest, tmp_path):
    must_judge_rightly(judged(newest[1], tmp_path)[1])


def test_with_the_oldest_numpy(newest, built, tmp_path):
    """In front of the newest one that the environment has."""
    version, python = newest
    oldest, front = OLDEST_NUMPY[version], tmp_path / "front"
    install(python, "--target", front, "--no-deps", f"numpy=={oldest}", cwd=tmp_path)
    with zipfile.ZipFile(built[1]) as wheel:
        (place,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = wheel.read(place).decode()
    (wanted,) = re.findall(r"^Requires-Dist: numpy(\S+)$", metadata, flags=re.M)
    assert oldest in SpecifierSet(wanted)
    numpy, found = judged(python, tmp_path, PYTHONPATH=str(front))
    assert numpy == oldest
    must_judge_rightly(found)


@pytest.mark.parametrize("newest", list(OLDEST_NUMPY)[-1:], indirect=True)
def test_without_its_bank_nothing_is_named_and_doctor_says_so(newest, tmp_path):
    """The control: what names slips here are the banks in the wheel."""
    python = newest[1]
    assert "slips: fine\n" in must(python, "-m", "autograder", "doctor", cwd=tmp_path)
    code = "from autograder.diagnosis.match_slips import BANK; print(BANK)"
    bank = Path(must(python, "-c", code, cwd=tmp_path).strip()) / "05.rnn_backward.npz"
    bank.rename(tmp_path / "aside")
    try:
        found = judged(python, tmp_path)[1]
        doctor = must(python, "-m", "autograder", "doctor", cwd=tmp_path)
    finally:
        (tmp_path / "aside").rename(bank)
    slips = {label.split()[0]: slips for label, (_, slips, _) in found.items() if not label.endswith("right")}
    assert slips["05.rnn_backward"] == [] and slips["10.lstm_backward"]
    assert "of the banks of slips these are missing: 05.rnn_backward.npz" in doctor


def script(folder):
    exercise = find_exercise("01.scalar_bptt")
    slip = next(slip for slip in exercise.slips if slip.id == "no_carry")
    text = SCRIPT.format(wrong=answer(exercise.id, slip))
    (folder / "script.py").write_text(text, encoding="utf-8")
    return slip


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "utf-8"},
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"},
    ],
    ids=lambda v: "-".join(v.values()),
)
def test_a_script_gets_the_card_as_text(newest, variables, tmp_path):
    slip = script(tmp_path)
    done = run(newest[1], "script.py", cwd=tmp_path, **variables)
    assert done.returncode == 0, said(done)
    encoding = variables.get("PYTHONIOENCODING", "ascii")
    card = done.stdout.decode(encoding)
    assert slip.says in " ".join(card.split()) and "text/html" not in card and "<" not in card
    assert "CheckFailed: 01.immediate - 0 of" in card
    right, wrong = ("✓", "✗") if encoding == "utf-8" else ("+", "x")
    assert f"{right} V   agrees" in card and f"{wrong} U   differs" in card


def test_a_terminal_of_ipython_gets_it_too(newest, tmp_path):
    slip = script(tmp_path)
    ipython = (newest[1], "-m", "IPython", "--colors=NoColor", "script.py")
    card = must(*ipython, cwd=tmp_path, IPYTHONDIR=str(tmp_path))
    assert slip.says in " ".join(card.split()) and "text/html" not in card


def test_an_encoding_without_the_signs_would_end_the_script(newest, tmp_path):
    """The control: these encodings do lack what the card prints."""
    for encoding in ("cp1252", "ascii"):
        done = run(newest[1], "-c", "print('✗')", cwd=tmp_path, PYTHONIOENCODING=encoding)
        assert done.returncode == 1 and b"UnicodeEncodeError" in done.stderr


@pytest.mark.parametrize(
    "verb", ["build", "demo", "lab", "grade 01", "report 01", "export 01 --to gradescope"]
)
def test_a_command_says_in_one_sentence_what_it_lacks(newest, verb, tmp_path):
    program = newest[1].with_name("autograder")
    done = run(program, *verb.split(), cwd=tmp_path)
    lines = said(done).splitlines()
    assert done.returncode == 1 and len(lines) == 1 and lines[0].startswith("autograder: "), lines
    assert {"build": "needs a clone", "demo": "needs a clone", "lab": "no folder notebooks/"}.get(
        verb, "not installed here; install this package with its extra `course`"
    ) in lines[0]
    assert not list(tmp_path.iterdir())


def test_lab_without_jupyterlab_copies_nothing(newest, tmp_path):
    (tmp_path / "notebooks").mkdir()
    done = run(newest[1].with_name("unrolled"), "lab", cwd=tmp_path)
    assert done.returncode == 1 and "lab needs jupyterlab" in said(done) and len(said(done).splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["notebooks"]


def test_doctor_says_what_is_missing(newest, tmp_path):
    done = run(newest[1].with_name("autograder"), "doctor", cwd=tmp_path)
    lines = said(done).splitlines()
    assert done.returncode == 0 and "slips: fine" in lines
    assert any(line.startswith("nbgrader: missing; ") for line in lines)
    assert any(re.match(r"numpy [\d.]+: fine", line) for line in lines)


def test_figures_say_that_they_need_matplotlib(newest, tmp_path):
    """A lesson's imports work without it, and so do its checks."""
    code = "from rnnlib import plots\nprint('imported')\nplots.unrolled(3)"
    done = run(newest[1], "-c", code, cwd=tmp_path)
    assert done.returncode == 1 and done.stdout.split() == [b"imported"]
    assert said(done).splitlines()[-1].startswith("ImportError: figures need Matplotlib")


def test_with_the_extra_notebook_lesson_01_runs_in_a_kernel(newest, built, tmp_path, pytestconfig):
    """Cards as HTML and text, figures, and nothing of versions, as these agree."""
    version, python = newest
    if version != list(OLDEST_NUMPY)[-1] and not pytestconfig.getoption("--long"):
        pytest.skip("with --long also in an older Python than the newest")
    install(python, f"unrolled[notebook] @ {built[1].as_uri()}", "ipykernel", "nbclient", cwd=tmp_path)
    outputs = executed(python, tmp_path, lambda source: source)
    cards = [o["data"] for o in outputs if "unrolled" in o.get("metadata", {})]
    assert len(cards) == sum(1 for e in all_exercises().values() if e.lesson == "01" and e.points)
    assert all("<section class='unrolled" in c["text/html"] and "correct" in c["text/plain"] for c in cards)
    assert not [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]
    figures = [o for o in outputs if "<img" in str(o.get("data", {}).get("text/html"))]
    assert len(figures) >= 3 and "is of version" not in json.dumps(outputs)
    other = executed(python, tmp_path, lambda source: source.replace("# unrolled 0.", "# unrolled 9."))
    assert json.dumps(other).count("text/html\": \"<p role='note'>This notebook is of version 9.") == 1


@pytest.mark.long
def test_the_pip_section_of_environment_yml_installs(index, tmp_path):
    clone = clean_copy(tmp_path / "clone")
    wishes = pip_section()
    assert any(wish.startswith("-e .[course") for wish in wishes)
    (clone / "wishes.txt").write_text("\n".join(wishes), encoding="utf-8")  # as conda does it
    python = make_venv(tmp_path / "venv", python_or_skip("3.12"), "-r", "wishes.txt", cwd=clone)
    doctor = must(python, "-m", "autograder", "doctor", cwd=clone)
    packages = [line for line in doctor.splitlines() if not line.startswith("sandbox")]
    assert len(packages) > 8 and all(line.endswith(": fine") for line in packages), doctor
    assert not list((clone / "autograder" / "diagnosis").glob("bank"))  # quick, as it makes none


def test_the_pip_section_is_read_from_the_file():
    """The control: what is not there is not found."""
    assert pip_section() and "-e .[test]" not in pip_section()
