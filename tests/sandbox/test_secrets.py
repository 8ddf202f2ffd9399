"""What a function may tell of the secret instances, and which layer keeps the rest: one attack for each.

All attacks are in one notebook, which is run once.  It is judged as ever, and then with one layer less each
time: then its attack has to succeed, or the test would pass whatever the layer does.
"""

import json
import textwrap

import pytest
from class_tools import MODE, cell, notebook, solved

from autograder.answers import LocalAnswer, RecordedAnswer
from autograder.diagnosis import diagnose
from autograder.exercises import find_exercise
from autograder.exercises.instances import probes_and_references
from autograder.grading import judge_submission
from autograder.grading.grade_submission import cell_outputs, grade_one, result_of, task_of
from autograder.grading.submission import parse_notebook
from autograder.sandbox import answer, run
from autograder.sandbox.limits import Limits

SEED = 2024

# each has "right", the right function, "calls", a list, and PUBLIC, the number of calls that come first
ATTACKS = {
    # the number of a line that was never written
    "scalar_forward": """
def scalar_forward(params, x, s0):
    calls.append(x)
    if len(calls) <= PUBLIC:
        return right(params, x, s0)
    def fail():
        raise ValueError
    fail.__code__ = fail.__code__.replace(co_firstlineno=int(abs(x[0]) * 1e7))
    fail()
""",
    # a file that another exercise reads ...
    "immediate": """
def immediate(params, run):
    calls.append(run)
    if len(calls) > PUBLIC:
        with open("seen.txt", "w") as file:
            file.write(f"{abs(run.x[0]):.15f}")
    return right(params, run)
""",
    # ... and repeats where words are free
    "total_by_recursion": """
def total_by_recursion(params, run):
    raise ValueError("seen " + open("seen.txt").read())
""",
    # words that the judge would quote
    "total_by_paths": """
def total_by_paths(params, run, *k):
    calls.append(run)
    return right(params, run, *k) if len(calls) <= PUBLIC else {f"{abs(run.x[0]):.15f}": 0}
""",
    # a shape
    "scalar_bptt": """
def scalar_bptt(params, run, do):
    calls.append(do)
    given = right(params, run, do)
    return given if len(calls) <= PUBLIC else {**given, "U": np.zeros((0, int(abs(do[0]) * 1e15)))}
""",
}
POINTS = {
    "scalar_forward": 0,
    "immediate": 2,
    "total_by_recursion": 0,
    "total_by_paths": 0,
    "scalar_bptt": 3.2,
}


def hostile():
    nb = solved()
    for name, attack in ATTACKS.items():
        right = "".join(cell(nb, name)["source"]).replace(f"def {name}(", "def right(")
        first = find_exercise(f"01.{name}").instances()
        first = [*first, *probes_and_references(f"01.{name}", 0)[0]]
        public = sum(len(run.x) for _, run in first) if name == "total_by_paths" else len(first)
        body = textwrap.indent(f"calls, PUBLIC = [], {public}\n{right}\n{attack}\nreturn {name}\n", "    ")
        cell(nb, name)["source"] = f"def make():\n{body}\n{name} = make()"
    return nb


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
