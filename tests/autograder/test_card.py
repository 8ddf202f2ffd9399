"""The card: readable as text, safe as HTML, small."""

import json

import pytest

from autograder import card, diagnose, solutions
from autograder.exercises import every, exercise

WRONG = [(e, slip) for e in every().values() for slip in e.slips]


@pytest.mark.parametrize("e, slip", WRONG, ids=[f"{e.id}-{s.id}" for e, s in WRONG])
def test_text_twin_fits_sixty_columns_and_says_the_same(e, slip):
    verdict = diagnose(e.id, solutions.variant(e, slip))
    text, html = card.text(e, verdict), card.html(e, verdict)
    assert max(map(len, text.splitlines())) <= 60
    words = " ".join(text.split())
    assert slip.says in words and slip.asks in words and e.section in words
    assert len(html) < 40_000 and "<script" not in html
    assert all(name in html and name in text for name in e.outputs)


def test_what_a_student_writes_is_escaped():
    e = exercise("01.immediate")

    def immediate(params, run):
        raise ValueError("<script>alert(1)</script>")

    html = card.html(e, diagnose(e.id, immediate))
    assert "<script" not in html and "&lt;script&gt;" in html


def test_colour_is_never_the_only_sign():
    e = exercise("01.total_by_recursion")
    right = solutions.variant(e)
    for function, words in ((right, "correct"), (lambda p, r: {"U": r.x, "W": r.x}, "differs")):
        verdict = diagnose(e.id, function)
        assert words in card.text(e, verdict) and words in card.html(e, verdict)
        assert ("✓" in card.html(e, verdict)) == verdict.correct


def test_the_record_is_plain_data():
    e = exercise("01.immediate")
    record = card.record(e, diagnose(e.id, solutions.variant(e, e.slips[0])))
    assert json.loads(json.dumps(record)) == record
    assert record["slips"] == [e.slips[0].id] and record["points"] == 0 and record["max"] == 2
