"""Output where the encoding lacks signs: it is replaced, and nothing fails."""

import io
import os
import subprocess
import sys

import pytest
from tests_root import ROOT

from autograder import diagnose, encodings
from autograder.exercises import find_exercise, sources
from autograder.feedback import card, show

NARROW = [
    {"PYTHONIOENCODING": "cp1252"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"},
]


def run(variables, *arguments):
    clean = {key: value for key, value in os.environ.items() if key not in ("PYTHONIOENCODING", "PYTHONUTF8")}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=clean | variables, capture_output=True, timeout=120
    )


def wrong_card():
    exercise = find_exercise("01.scalar_bptt")
    slip = next(slip for slip in exercise.slips if slip.id == "no_carry")
    return card.render_text(exercise, diagnose(exercise.id, sources.solution_variant(exercise, slip)))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437"])
def test_every_card_can_be_printed(encoding, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    show.show_output("<p>", wrong_card())
    sys.stdout.flush()
    words = raw.getvalue().decode(encoding)
    assert (
        words.split()[:2] == wrong_card().split()[:2]
        and "x U   differs by" in words
        and "+ V   agrees" in words
    )
    with pytest.raises(
        UnicodeEncodeError
    ):  # the control: the encoding lacks signs, and the stream is as it was
        print("✗", flush=True)


def test_where_the_encoding_has_them_the_signs_stay(capsys):
    show.show_output("<p>", wrong_card())
    assert capsys.readouterr().out == wrong_card() + "\n"


def test_a_stream_without_an_encoding_gets_the_text(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    show.show_output("<p>", "✗ ö")
    assert sys.stdout.getvalue() == "✗ ö\n"


def test_signs_become_similar_ones_and_the_rest_a_question_mark():
    assert "✓ a · b … 漢".encode("ascii", encodings.PLAIN) == b"+ a - b ... ?"


@pytest.mark.parametrize(
    "variables",
    [NARROW[0], *(pytest.param(v, marks=pytest.mark.slow) for v in NARROW[1:])],
    ids=lambda v: "-".join(v.values()),
)
@pytest.mark.parametrize(
    "arguments, code",
    [
        (["course.py", "--help"], 0),
        (["-m", "autograder", "--help"], 0),
        (["-m", "autograder", "doctor"], 0),
        (["-m", "autograder", "grade", "✗"], 1),
        (["-c", "from autograder.cli import main; main(['doctor']); print('\\u2717')"], 0),
    ],
    ids=["course.py", "help", "doctor", "grade", "any sign"],
)
def test_commands_never_fail_over_an_encoding(variables, arguments, code):
    done = run(variables, *arguments)
    assert done.returncode == code and b"UnicodeEncodeError" not in done.stderr, done.stderr


@pytest.mark.parametrize("variables", NARROW, ids=lambda v: "-".join(v.values()))
def test_a_print_of_ones_own_would_fail(variables):
    """The control."""
    done = run(variables, "-c", "print('\\u2717')")
    assert done.returncode == 1 and b"UnicodeEncodeError" in done.stderr
