"""What a function may tell of the secret instances, and which layer keeps the rest: one attack for each.

All attacks are in one notebook, which is run once.  It is judged as ever, and then with one layer less each
time: then its attack has to succeed, or the test would pass whatever the layer does.
"""

import json

import pytest
from class_tools import MODE, notebook
from secret_attacks import ATTACKS, POINTS, hostile

from autograder.answers import LocalAnswer, RecordedAnswer
from autograder.diagnosis import diagnose
from autograder.exercises import find_exercise
from autograder.grading import judge_submission
from autograder.grading.grade_submission import cell_outputs, grade_one, result_of, task_of
from autograder.grading.submission import parse_notebook
from autograder.sandbox import answer, run
from autograder.sandbox.limits import Limits

SEED = 2024


@pytest.fixture(scope="module")
def task():
    released = notebook("notebooks")
    made = parse_notebook(json.dumps(hostile()).encode(), released)
    return task_of(made, released, SEED, MODE, Limits())


@pytest.fixture(scope="module")
def ran(task):
    return grade_one(task)[0]


def told(task, ran):
    """{exercise: what a judgement of the run shows of it}, and its points."""
    _, judged = grade_one(task, ran)
    marks = result_of(task, judged).marks
    shown = [
        outputs for outputs in cell_outputs(task.submission.notebook, judged) if "unrolled" in str(outputs)
    ]
    cards = dict(zip(marks, shown))
    return {
        grade_id.removeprefix("check_"): (json.dumps([cards[grade_id], mark.to_json()]), mark.points)
        for grade_id, mark in marks.items()
    }


def secret_digits():
    """The first digits of each number whose first digit the attacks tell."""
    for name in ATTACKS:
        for arguments in find_exercise(f"01.{name}").instances(SEED):
            first = {"scalar_forward": arguments[1], "scalar_bptt": arguments[-1]}.get(name)
            number = abs((arguments[1].x if first is None else first)[0])
            if 0.1 < number < 1:
                yield f"{number:.15f}"[2:8]


def leaks(said):
    """The exercises of which a secret number can be read in what is said."""
    secret = list(secret_digits())
    assert len(secret) >= len(ATTACKS)
    return {name for name, (text, _) in said.items() if any(digits in text for digits in secret)}


def test_nothing_secret_is_told(task, ran):
    said = told(task, ran)
    assert {name: points for name, (_, points) in said.items() if name in ATTACKS} == POINTS
    assert leaks(said) == set()
    assert "U is right on the check's own instances, but not on others" in said["scalar_bptt"][0]


def judged_like_the_public_ones(exercise, answer, seed, public, seconds):
    return diagnose.judge_function(exercise, answer, seed, seconds)


def begin_public_round(self, private, begin=RecordedAnswer.begin_round):
    begin(self, private=False)


@pytest.mark.parametrize(
    "layer, without, leaking",
    [
        ("only lines of the submission", (answer, "_is_written", lambda *_: True), "scalar_forward"),
        ("no words of what came back", (RecordedAnswer, "begin_round", begin_public_round), "total_by_paths"),
        ("no shapes", (judge_submission, "judge_secretly", judged_like_the_public_ones), "scalar_bptt"),
    ],
)
def test_each_layer_stops_an_attack_of_its_own(task, ran, monkeypatch, layer, without, leaking):
    monkeypatch.setattr(*without)
    assert leaks(told(task, ran)) == {leaking}, layer


def test_no_copy_hears_of_secrets_before_all_have_answered_in_public(task, monkeypatch):
    together = run._interview

    def one_after_another(answers):
        return {index: said for n in answers for index, said in together({n: answers[n]}).items()}

    monkeypatch.setattr(run, "_interview", one_after_another)
    ran, _ = grade_one(task)
    assert leaks(told(task, ran)) == {"total_by_recursion"}


def test_the_judge_s_own_error_has_no_words_where_inputs_are_secret():
    exercise = find_exercise("01.immediate")

    class Answer(LocalAnswer):
        def __call__(self, *arguments):
            raise KeyError("0.123456")

    mine = Answer(lambda params, run: None, "immediate")
    public = diagnose.failed_verdict(exercise, "judged", "")
    assert "0.123456" in diagnose.judge_secretly(exercise, mine, SEED, public).message
    mine.private = True
    assert diagnose.judge_secretly(exercise, mine, SEED, public).message == "KeyError."
