"""The card: readable as text, safe as HTML, small; nothing secret on it while grading."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sound_html import Page, assert_sound

from autograder import diagnose
from autograder.exercises import all_exercises, find_exercise, sources
from autograder.feedback import card
from autograder.grading import grade_submission
from autograder.grading.judge_submission import Judged

SLIPPED = [e for e in all_exercises().values() if e.slips]


def test_the_measure_of_soundness_can_fail():
    for html in ("<p><b>x</p></b>", "<th>x</th>", "<details open></details>", "<table>"):
        assert Page(html).faults, html


def slip(e, slip_id):
    return sources.solution_variant(e, next(s for s in e.slips if s.id == slip_id))


def test_the_numbers_are_those_of_the_public_instances():
    e = find_exercise("05.rnn_backward")
    function = slip(e, "w_h_averaged")
    verdict = diagnose(e.id, function)
    assert {n.output for n in verdict.numbers} == {n for n, o in verdict.outputs.items() if not o.ok}
    for n in verdict.numbers:
        pairs = [(function(*a)[n.output][n.entry], e.reference(*a)[n.output][n.entry]) for a in e.instances()]
        assert (n.got, n.expected) in pairs
    first = verdict.numbers[0]
    assert first.entry == verdict.outputs[
        "W_h"
    ].where and f"first at {list(first.entry)}" in card.render_text(e, verdict)
    assert f"{first.expected:.4g}" in card.render_text(
        e, verdict
    ) and f"{first.expected:.4g}" in card.render_html(e, verdict)


def test_adjoints_along_time_are_shown_from_the_end():
    e = find_exercise("01.scalar_bptt")
    verdict = diagnose(e.id, slip(e, "no_carry"))
    shown = [n.entry for n in verdict.numbers if n.output == "x"]
    assert shown == [(3,), (2,), (1,)] and "last at t = 4" in card.render_text(e, verdict)


@pytest.mark.parametrize("e", SLIPPED, ids=lambda e: e.id)
def test_no_expected_number_is_shown_while_grading(e):
    for slip in e.slips[::7]:
        function = sources.solution_variant(e, slip)
        verdict = diagnose(e.id, function, seed=77)
        shown, *_ = grade_submission._check_outputs(Judged({"check": verdict}, [], 0.0, "none"), "check")
        for said in shown["data"].values():
            assert "Numbers that differ" not in said, slip.id
        public = diagnose(e.id, function)
        if not e.phrase and any(not o.ok and not o.note for o in public.outputs.values()):
            for said in (card.render_text(e, public), card.render_html(e, public)):  # the control
                assert "Numbers that differ" in said, slip.id


def test_the_paths_are_a_triangle_in_both():
    e = find_exercise("06.truncated_window")
    verdict = diagnose(e.id, slip(e, "one_hop_too_few"))
    text, html = card.render_text(e, verdict), card.render_html(e, verdict)
    assert "  t=4     0    0    1    1    ·" in text
    assert "<th scope='row'>t=4</th>" in html and "title='loss at step 4, use at step 3'>1<" in html
    assert html.count("class='none'") == 10 and Page(html).folds == 2


def test_a_long_card_stays_narrow_and_small():
    e = find_exercise("10.lstm_backward")
    verdict = diagnose(e.id, sources.solution_variant(e, e.slips[0]))
    shares = np.tril(np.linspace(-12.345, 12.345, 81).reshape(9, 9))
    shares[np.triu_indices(9, 1)] = np.nan
    says = " Or: ".join(s.says for s in e.slips[:3])
    long = replace(verdict, spectrum=shares, message=says, notes=("word " * 10_000, "x" * 100_000))
    text, html = card.render_text(e, long), card.render_html(e, long)
    assert max(map(len, text.splitlines())) <= 60 and len(html) < 40_000 and len(text) < 40_000
    assert sum(line.startswith("Or: ") for line in text.splitlines()) == 2
    assert html.count("<p class='says'>") == 3
    assert_sound(html)


def test_an_index_and_a_shape_are_not_broken():
    for n in range(40, 61):
        for part in ("has shape (2, 13), expected (5,)", "first at t = 12, entry [11, 0, 2]"):
            lines = card._wrap("x " * (n // 2) + part, 60)
            assert len([line for line in lines if "(2, 13)" in line or "t = 12" in line]) == 1
            assert "\xa0" not in "".join(lines)


def test_what_no_screen_can_show_is_replaced():
    e = find_exercise("01.immediate")

    def immediate(params, run):
        print("\x1b[2J\ud800")
        raise ValueError("bell \x07, half a pair \ud800")

    def prints(params, run):
        print("\x1b[2J\ud800")
        return {}

    for answer in (immediate, prints):
        verdict = diagnose(e.id, answer)
        said = (
            card.render_text(e, verdict)
            + card.render_html(e, verdict)
            + json.dumps(card.mark_of(e, verdict).to_json())
        )
        said.encode("utf-8")
        assert "\x07" not in said and "\x1b" not in said and "\N{REPLACEMENT CHARACTER}" in said


def test_what_a_student_writes_is_escaped():
    e = find_exercise("01.immediate")

    def immediate(params, run):
        raise ValueError("<script>alert(1)</script>")

    html = card.render_html(e, diagnose(e.id, immediate))
    assert "<script" not in html and "&lt;script&gt;" in html


def test_colour_is_never_the_only_sign():
    e = find_exercise("01.total_by_recursion")
    right = sources.solution_variant(e)
    for function, words in ((right, "correct"), (lambda p, r: {"U": r.x, "W": r.x}, "differs")):
        verdict = diagnose(e.id, function)
        assert words in card.render_text(e, verdict) and words in card.render_html(e, verdict)
        assert ("✓" in card.render_html(e, verdict)) == verdict.correct


def test_the_record_is_plain_data():
    e = find_exercise("01.immediate")
    record = card.mark_of(e, diagnose(e.id, sources.solution_variant(e, e.slips[0]))).to_json()
    assert json.loads(json.dumps(record)) == record
    assert record["slips"] == [e.slips[0].id] and record["points"] == 0 and record["max"] == 2
