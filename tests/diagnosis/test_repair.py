"""The line that is wrong: located in many styles, never claimed without a cure, found without a trace."""

import functools
import importlib
import inspect
import itertools
import linecache
import textwrap
import time
from dataclasses import replace

import numpy as np
import pytest
from answers import lesson05

from autograder import diagnose
from autograder.diagnosis import repair
from autograder.diagnosis.diagnose import judge_answer
from autograder.diagnosis.repair import find_repair, program, source
from autograder.exercises import find_exercise
from autograder.results import Repair, Status, Verdict

ID = "05.rnn_backward"
OWN = """
def rnn_backward(params, x, h, dh):
    W_x, W_h = params["W_x"], params["W_h"]
    dW_x, dW_h = np.zeros_like(W_x), np.zeros_like(W_h)
    db, dx, future = np.zeros(len(W_h)), np.zeros_like(x), np.zeros_like(h[0])
    for t in range(len(x), 0, -1):
        dh_total = dh[t - 1] + future
        da = dh_total * (1 - h[t] ** 2)
        dW_x += x[t - 1].T @ da
        dW_h += h[t - 1].T @ da
        db += da.sum(axis=0)
        dx[t - 1] = da @ W_x.T
        future = da @ W_h.T
    return {"W_x": dW_x, "W_h": dW_h, "b_h": db, "x": dx, "h0": future}
"""
files = (f"<cell {n}>" for n in itertools.count())


def load(text, name="rnn_backward", **names):
    """The function of a text that can be looked up, as that of a notebook's cell can."""
    text = textwrap.dedent(text).lstrip("\n")
    file, namespace = next(files), {"np": np, **names}
    linecache.cache[file] = len(text), None, text.splitlines(True), file
    exec(compile(text, file, "exec"), namespace)
    return namespace[name]


def edited(text, *edits):
    for right, wrong in edits:
        assert text.count(right) == 1, (right, text.count(right))
        text = text.replace(right, wrong)
    return text


def planted(text, right, wrong):
    """(text with the mistake, its line counted from `def`)."""
    text = textwrap.dedent(text).lstrip("\n")
    return edited(text, (right, wrong)), text[: text.index(right)].count("\n") + 1


def repairs(answer, exercise_id=ID, seconds=10.0):
    exercise, verdict = find_exercise(exercise_id), judge_answer(exercise_id, answer)
    assert not verdict.correct
    return find_repair(exercise, answer, verdict, seconds)


@pytest.mark.parametrize(
    "right, wrong, kind",
    [
        ("h[t - 1].T @ da", "h[t].T @ da", "another index"),
        ("1 - h[t] ** 2", "1 + h[t] ** 2", "another sign"),
        ("dh[t - 1] + future", "dh[t - 1]", "another term"),
        ("dW_x += x", "dW_x = x", "another assignment"),
        ("da @ W_h.T", "dh_total @ W_h.T", "another variable"),
        ("da @ W_h.T", "da @ W_h", "another transpose"),
        ("da.sum(axis=0)", "da.sum()", "another axis"),
        ("da.sum(axis=0)", "da.mean(axis=0)", "another function"),
        ("dh_total * (1 - h[t] ** 2)", "dh_total * 1 - h[t] ** 2", "other parentheses"),
        ("range(len(x), 0, -1)", "range(1, len(x) + 1)", "another direction"),
        ("range(len(x), 0, -1)", "range(len(x), 1, -1)", "another number"),
        ("dh_total * (1 - h[t] ** 2)", "dh_total", "another factor"),
        ('"h0": future', '"h0": da', "another variable"),
    ],
)
def test_a_mistake_is_located_and_its_kind_is_told(right, wrong, kind):
    text, line = planted(OWN, right, wrong)
    found = repairs(load(text))
    assert line in [r.line for r in found] and len(found) <= 2
    mine = next(r for r in found if r.line == line)
    assert (mine.function, mine.kind) == ("rnn_backward", kind)
    assert mine.text == text.splitlines()[line - 1].strip() and mine.part in mine.text


STYLES = [
    (ID, lesson05.backward_of_entries, "h[t + 1, b, i] ** 2", "h[t, b, i] ** 2"),
    (ID, lesson05.backward_einsum, 'da[t + 1] @ p["W_h"].T', 'da[t + 1] @ p["W_h"]'),
    (ID, lesson05.backward_einsum, '"tbi,tbh->ih"', '"tbi,tbh->hi"'),
    (ID, lesson05.backward_stacked, "(1 + h_t) * (1 - h_t)", "(1 + h_t)"),
    (ID, lesson05.backward_in_place, "if t:", "if t > 1:"),
    (ID, lesson05.backward_in_place, 'dh[0] @ p["W_h"].T', "dh[0]"),
    (ID, lesson05.backward_recursive, "da.sum(0)", "da.sum(1)"),
]


@pytest.mark.parametrize("exercise_id, style, right, wrong", STYLES)
def test_other_styles(exercise_id, style, right, wrong):
    """Loops over entries, einsum, stacked matrices, writing in place, recursion."""
    function = find_exercise(exercise_id).function
    text = inspect.getsource(style).replace(style.__name__, function)
    text, line = planted(text, right, wrong)
    assert line in [r.line for r in repairs(load(text, function), exercise_id)]


def test_a_helper_is_searched_too():
    helper = "def slope(h_t):\n    s = h_t ** 2\n    return 1 - s\n\n\n"
    text = helper + edited(OWN, ("1 - h[t] ** 2", "slope(h[t])"))
    assert "rnn_backward" in text and not repairs_or_right(load(text))
    found = repairs_or_right(load(edited(text, ("h_t ** 2", "h_t"))))
    assert [(r.function, r.line) for r in found][0] == ("slope", 2)


def repairs_or_right(answer):
    verdict = judge_answer(ID, answer)
    return () if verdict.correct else find_repair(find_exercise(ID), answer, verdict, 10.0)


@pytest.mark.parametrize(
    "absent",
    [
        "        future = da @ W_h.T\n",
        "        dx[t - 1] = da @ W_x.T\n",
        "        db += da.sum(axis=0)\n",
        "        dW_h += h[t - 1].T @ da\n",
    ],
)
def test_a_line_that_is_absent_is_found_beside_its_place(absent):
    text, line = planted(OWN, absent, "")
    found = repairs(load(text))
    assert {r.line for r in found} & {line - 1, line} and found[0].kind in ("one more line", "another term")
    if absent.startswith("        db"):
        second = edited(text, ("1 - h[t] ** 2", "1 - h[t] / 2"))
        assert repairs(load(second), seconds=3.0) == ()


FORMS = """
def rnn_backward(params, x, h, dh):
    grads = {name: np.zeros_like(value) for name, value in params.items()}
    dx, dh0, future = np.zeros_like(x), np.zeros_like(h[0]), np.zeros_like(h[0])
    for t in range(len(x) - 1, -1, -1):
        total, slope = dh[t] + future, 1 - h[t + 1] * h[t + 1]
        for letter, value in zip("xh", (x[t], h[t])):
            grads["W_" + letter] += value.T @ (total * slope)
        grads["b_h"] += np.sum(total * slope, axis=0)
        dx[t] = (total * slope) @ params["W_x"].T
        future = (total * slope) @ params["W_h"].T
        if t == 0:
            dh0 += future
    return {**grads, "x": dx, "h0": dh0}
"""


@pytest.mark.parametrize(
    "right, wrong, kind",
    [
        ("h[t + 1] * h[t + 1]", "h[t] * h[t]", "another index"),
        ('(total * slope) @ params["W_h"].T', 'total @ params["W_h"].T * slope', "another place"),
        ("(x[t], h[t])", "(h[t], x[t])", "another order"),
        ('"xh"', '"hx"', "another order"),
        ('"xh"', '"xx"', "another setting"),
    ],
)
def test_mistakes_that_touch_two_places_of_a_line(right, wrong, kind):
    assert judge_answer(ID, load(FORMS)).correct
    text, line = planted(FORMS, right, wrong)
    (found,) = repairs(load(text))
    assert (found.line, found.kind) == (line, kind)
    if kind == "another place":
        assert repairs(load(edited(text, ("h[t + 1] * h[t + 1]", "h[t] / 2"))), seconds=3.0) == ()


JOINED = """
def rnn_backward(params, x, h, dh):
    D, H, W = x.shape[2], h.shape[2], np.vstack([params["W_x"], params["W_h"]])
    dW, db, dx, future = np.zeros_like(W), np.zeros(H), np.zeros_like(x), np.zeros_like(h[0])
    for t in range(len(x), 0, -1):
        da = through_tanh(
            dh[t - 1] + future,
            h[t],
        )
        dW += np.c_[x[t - 1], h[t - 1]].T @ da
        db += da.sum(axis=0)
        back = da @ W.T
        dx[t - 1], future = back[:, :D], back[:, D:]
    return {"W_x": dW[:D], "W_h": dW[D:], "b_h": db, "x": dx, "h0": future}


def through_tanh(total, state):
    return total * (1 - state**2)
"""


@pytest.mark.parametrize(
    "right, wrong, kind",
    [
        ("back[:, D:]", "back[:, :H]", "another slice"),
        ("back[:, :D]", "back[:, H:]", "another slice"),
        (
            "dh[t - 1] + future,\n            h[t],",
            "h[t],\n            dh[t - 1] + future,",
            "another order of the arguments",
        ),
        ("np.c_[x[t - 1], h[t - 1]]", "np.c_[x[t - 1], h[t]]", "another index"),
    ],
)
def test_rows_that_are_joined_and_a_call_of_several_lines(right, wrong, kind):
    assert judge_answer(ID, load(JOINED)).correct
    text, line = planted(JOINED, right, wrong)
    found = repairs(load(text))
    assert ("rnn_backward", line, kind) in [(r.function, r.line, r.kind) for r in found] and len(found) <= 2


WINDOW = """
def truncated_window(params, run, dh, tau):
    x, h = run.x, run.h
    dW_x, dW_h, db_h = (np.zeros_like(params[name]) for name in ("W_x", "W_h", "b_h"))
    rows, dh0 = [np.zeros_like(one) for one in x], np.zeros_like(h[0])
    for t in range(len(dh)):
        above = dh[t]
        for k, row in reversed(list(enumerate(rows))):
            if k > t:
                continue
            if t - k > tau:
                break
            back = above * (1 - h[k + 1] ** 2)
            dW_x += x[k].T @ back
            dW_h += h[k].T @ back
            db_h += back.sum(axis=0)
            rows[k] = row + back @ params["W_x"].T
            above = back @ params["W_h"].T
        else:
            dh0 += above
    return {"W_x": dW_x, "W_h": dW_h, "b_h": db_h, "x": np.array(rows), "h0": dh0}
"""


@pytest.mark.parametrize(
    "right, wrong",
    [
        ("t - k > tau", "k > tau"),
        ("                continue", "                break"),
        ("rows[k] = row", "rows[t] = row"),
        ("h[k].T @ back", "h[t].T @ back"),
    ],
)
def test_loops_in_loops(right, wrong):
    exercise_id = "06.truncated_window"
    assert judge_answer(exercise_id, load(WINDOW, "truncated_window")).correct
    text, line = planted(WINDOW, right, wrong)
    found = repairs(load(text, "truncated_window"), exercise_id)
    assert line in [r.line for r in found], found


def test_one_array_for_all_steps():
    """`[array] * n`, an idiom that only lists of numbers survive."""
    rows = edited(OWN, ("dx[t - 1] = da", "dx[t - 1] += da"), ('"x": dx', '"x": np.array(dx)'))
    right = edited(rows, ("np.zeros_like(x),", "[np.zeros_like(x[0]) for _ in x],"))
    assert judge_answer(ID, load(right)).correct
    text, line = planted(rows, "np.zeros_like(x),", "[np.zeros_like(x[0])] * len(x),")
    found = repairs(load(text))
    assert (line, "a copy") in [(r.line, r.kind) for r in found] and len(found) == 2  # or `=` for `+=`


def test_a_line_beside_a_branch_that_belongs_into_it():
    text, line = planted(FORMS, "            dh0 += future", "            dh0 *= 1\n        dh0 += future")
    assert line + 1 in [r.line for r in repairs(load(text))]


def test_what_is_set_after_an_inner_function_is_not_offered_in_it():
    text = """
    def rnn_backward(params, x, h, dh):
        W = params["W_h"]
        def inner(signal):
            return signal @ W.T
        for t in range(3):
            late = inner(dh[t])
        return late
    """
    found = source.read_program(load(text))
    inner = [site for site in found.sites if site.later is not None]
    assert [site.later for site in inner] == [{"t", "late"}]


@pytest.mark.parametrize(
    "text",
    [
        edited(OWN, ("1 - h[t] ** 2", "1 - h[t]"), ("da.sum(axis=0)", "2 * x[t - 1].sum() * da.sum(axis=0)")),
        edited(OWN, ("h[t - 1].T @ da", "h[t].T @ da"), ("dx[t - 1] = da", "dx[t - 1] = dh_total")),
        edited(OWN, ("dh[t - 1] + future", "dh[t - 1]"), ("dW_x += x[t - 1]", "dW_x += x[t - 2]")),
        """
        def rnn_backward(params, x, h, dh):
            grads = {name: dh.mean() * value for name, value in params.items()}
            grads["x"] = np.cumsum(x, axis=0)
            grads["h0"] = np.tanh(h[0])
            return grads
        """,
        """
        def rnn_backward(params, x, h, dh):
            rng = np.random.default_rng(0)
            grads = {name: rng.normal(size=value.shape) for name, value in params.items()}
            grads |= {"x": rng.normal(size=x.shape), "h0": rng.normal(size=h[0].shape)}
            return grads
        """,
    ],
    ids=["two lines", "two outputs", "two again", "another algorithm", "noise"],
)
def test_nothing_is_said_where_no_single_edit_helps(text):
    assert repairs(load(text), seconds=5.0) == ()


def test_every_claim_is_a_cure(monkeypatch):
    """What is claimed without a run on all instances would be seen here: the judge says no to all of them."""
    answer = load(edited(OWN, ("h[t - 1].T @ da", "h[t].T @ da")))
    assert repairs(answer)
    trace = importlib.import_module("autograder.diagnosis.repair.trace")
    monkeypatch.setattr(trace.Trace, "is_right", lambda self, i, vector: False)
    assert repairs(answer, seconds=3.0) == ()


WRONG = edited(OWN, ("h[t - 1].T @ da", "h[t].T @ da"))
decorated = "import functools\n\n\ndef same(f):\n    return f\n\n\n@same\n" + WRONG.lstrip()


class Model:
    def __call__(self, params, x, h, dh):
        return load(WRONG)(params, x, h, dh)


def without_text():
    namespace = {"np": np}
    exec(WRONG, namespace)
    return namespace["rnn_backward"]


@pytest.mark.parametrize(
    "answer",
    [
        without_text(),
        [lambda params, x, h, dh: load(WRONG)(params, x, h, dh)][0],
        functools.partial(load(WRONG)),
        load(decorated),
        Model(),
        load(edited(WRONG, ("dW_x += x", "open('made', 'w').close(); dW_x += x"))),
    ],
    ids=["without text", "lambda", "partial", "decorated", "an object", "writes a file"],
)
def test_what_cannot_be_run_again_is_left_alone(answer, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    verdict = judge_answer(ID, answer)
    (tmp_path / "made").unlink(missing_ok=True)
    assert find_repair(find_exercise(ID), answer, verdict) == ()
    assert not list(tmp_path.iterdir())


CONSTRUCTIONS = {
    "prints": ("da = dh_total *", "print('step', t); da = dh_total *"),
    "sleeps": ("da = dh_total *", "time.sleep(0.001); da = dh_total *"),
    "changes a global": ("da = dh_total *", "LOG.append(t); COUNT['n'] += 1; da = dh_total *"),
    "walrus": ("dW_x += x[t - 1].T @ da", "dW_x += (late := x[t - 1]).T @ da"),
    "comprehension": ("db += da.sum(axis=0)", "db += np.array([da[:, i].sum() for i in range(len(W_h))])"),
    "nested": ("da = dh_total * (1", "def through(v): return dh_total * v\n        da = through(1"),
    "random": ("da = dh_total *", "np.random.seed(3); da = dh_total *"),
    "imports": ("da = dh_total *", "import math; da = math.cos(0.0) * dh_total *"),
}


@pytest.mark.parametrize("how", CONSTRUCTIONS)
def test_no_output_and_no_trace(how, capsys):
    """A confirmed repair or none; the notebook's names and Python's settings stay as they were."""
    log, count = [], {"n": 0}
    answer = load(edited(WRONG, CONSTRUCTIONS[how]), time=time, LOG=log, COUNT=count)
    verdict = judge_answer(ID, answer)
    before, names, state = (list(log), dict(count)), set(answer.__globals__), np.random.get_state()[1].copy()
    found = find_repair(find_exercise(ID), answer, verdict, 2.0 if how == "sleeps" else 10.0)
    assert found == () or "h[t].T @ da" in found[0].text
    assert (log, count) == before and set(answer.__globals__) == names
    assert (np.random.get_state()[1] == state).all()
    said = capsys.readouterr()
    assert said.out == said.err == ""
    assert how in ("random", "sleeps") or found


def test_the_search_ends_in_time_and_without_endless_candidates():
    loop = edited(
        WRONG,
        ("for t in range(len(x), 0, -1):", "t = len(x)\n    while t > 0:"),
        ("future = da @ W_h.T", "future = da @ W_h.T\n        t -= 1"),
    )
    assert repairs(load(loop))
    slow = load(edited(WRONG, ("da = dh_total *", "time.sleep(0.02); da = dh_total *")), time=time)
    verdict = judge_answer(ID, slow)
    began = time.monotonic()
    find_repair(find_exercise(ID), slow, verdict, 1.0)
    assert time.monotonic() - began < 2.0


def test_a_text_that_is_not_the_answers_is_not_searched():
    answer = load(WRONG)
    stale = answer.__code__.co_filename
    text = edited(OWN, ("dx[t - 1] = da", "dx[t - 1] = 2 * da")).lstrip()
    assert repairs(answer)
    linecache.cache[stale] = len(text), None, text.splitlines(True), stale
    assert repairs(answer) == ()


def test_it_is_offered_for_wrong_functions_of_several_statements():
    one = load("def immediate(params, run): return {'U': run.x, 'W': run.x}", "immediate")
    right = load(OWN)
    verdict = judge_answer(ID, right)
    assert not repair.is_offered(find_exercise(ID), right, verdict)
    assert repairs(one, "01.immediate") == ()
    unanswered = replace(verdict, correct=False, status=Status.UNANSWERED)
    assert not repair.is_offered(find_exercise(ID), right, unanswered)


def test_diagnose_returns_it_on_the_public_instances_and_json_keeps_it():
    answer = load(WRONG)
    verdict = diagnose(ID, answer)
    assert [(r.function, r.line) for r in verdict.repair] == [("rnn_backward", 9)]
    assert diagnose(ID, answer, seed=5).repair == ()
    again = Verdict.from_json(verdict.to_json())
    assert again.repair == verdict.repair and isinstance(again.repair[0], Repair)


def test_hooks_have_names_that_no_student_can_have():
    for name in (program.EDITED, program.VALUE, program.SEEN):
        assert not name.isidentifier()
