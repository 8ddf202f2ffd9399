"""Whatever a student hands in gets one clear sentence, and the kernel lives."""

import functools
import random
import signal
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from autograder import CheckFailed, check, diagnose, recap
from autograder.diagnosis import diagnose as diagnosing
from autograder.diagnosis import time_limit
from autograder.exercises import find_exercise
from autograder.feedback import card
from autograder.feedback.recap import recap_lines, render_text
from rnnlib.scalar import immediate as right

ID = "01.immediate"


class Lying(np.ndarray):
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return np.zeros(self.shape)

    shape = property(lambda self: (5,))


class LyingDict(dict):
    def __contains__(self, key):
        return True

    def __getitem__(self, key):
        raise KeyError("nothing")


class Wordless(Exception):
    def __str__(self):
        raise ValueError("not even a message")


class Model:
    def __init__(self, params, run):
        pass

    def gradient(self, params, run):
        return right(params, run)

    def __call__(self, params, run):
        return {"U": run.x + 0.3}


async def waiting(params, run):
    return right(params, run)


def yielding(params, run):
    yield right(params, run)


def wordless(params, run):
    raise Wordless


def checks_itself(params, run):
    return check(ID, right)


def diagnoses_itself(params, run):
    raise RuntimeError(diagnose(ID, right).message)


def returning(make):
    return lambda params, run: make(run.x)


def both(value):
    return {"U": value, "W": value}


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda params: 1, "takes 1 positional argument but 2 were given"),
        (lambda a, b, c: 1, "missing 1 required positional argument: 'c'; it is called with 2"),
        (lambda *, params, run: 1, "takes 0 positional arguments but 2 were given"),
        (Model, "returned a value of type Model, expected a dict with the keys U, W"),
        (Model(1, 2), "W missing"),
        (len, "len() takes exactly one argument (2 given)"),
        (waiting, "immediate is an async function, expected a plain def"),
        (yielding, "returned a generator: it has a yield where a return is expected"),
        (returning(lambda x: None), "immediate returned None"),
        (returning(lambda x: (x, x, x)), "returned a tuple of 3, expected a dict with the keys U, W"),
        (returning(lambda x: [x]), "returned a list of 1, expected a dict"),
        (returning(lambda x: "W_x"), "returned a value of type str, expected a dict"),
        (returning(lambda x: {"U": x + 0.3}), "W missing"),
        (returning(lambda x: LyingDict(U=x)), "KeyError: 'nothing'"),
        (returning(lambda x: both((x + 0j).astype(object))), "dtype object, expected real numbers"),
        (returning(lambda x: both(x.astype(str).astype(object))), "dtype object, expected real numbers"),
        (returning(lambda x: both(np.array([10**400] * len(x)))), "dtype object, expected real numbers"),
        (returning(lambda x: both(["0.5"] * len(x))), "is a list of 5, expected real numbers"),
        (returning(lambda x: both([[1.0], [1.0, 2.0]])), "is a list of 2, expected real numbers"),
        (returning(lambda x: both(x + 0j)), "dtype complex128, expected real numbers"),
        (returning(lambda x: both(x + 1j)), "dtype complex128, expected real numbers"),
        (returning(lambda x: both(np.zeros((4000, 4000)))), "has shape (4000, 4000), expected (5,)"),
        (returning(lambda x: both(np.zeros((2, 3)).view(Lying))), "has shape (2, 3), expected (5,)"),
        (returning(lambda x: both(x * np.nan)), "U contains NaN or infinity"),
        (returning(lambda x: both(x * np.inf)), "U contains NaN or infinity"),
        (returning(lambda x: exit()), "SystemExit"),
        (returning(lambda x: sys.exit("enough")), "SystemExit: enough"),
        (returning(lambda x: both(np.ones((100_000, 100_000)))), "Unable to allocate 74.5 GiB"),
        (wordless, "Wordless: no message in line"),
        (checks_itself, "check is called inside the function that is checked"),
        (diagnoses_itself, "the function that is checked asks for a check itself"),
    ],
)
def test_one_sentence_says_what_came_and_what_was_expected(answer, words, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        with pytest.raises(CheckFailed):
            check(ID, answer)
    verdict = diagnose(ID, answer)
    assert words in verdict.message and verdict.score == 0 and verdict.slips == ()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "answer",
    [
        functools.partial(right),
        Model(1, 2).gradient,
        lambda *arguments: tuple(right(*arguments).values()),
        lambda params, run, more=None: {k: v.tolist() for k, v in right(params, run).items()},
        lambda params, run: {k: np.asfortranarray(v).view(Lying) for k, v in right(params, run).items()},
        lambda params, run: right(params, run) | {"mine": object()},
    ],
)
def test_odd_answers_with_the_right_numbers_are_right(answer):
    assert diagnose(ID, answer).correct


def test_an_answer_that_is_not_callable():
    for answer in (None, 3.0, "immediate", [right], np.zeros(5), right({"U": 1, "W": 1, "V": 1}, _run())):
        with pytest.raises(TypeError, match="answered with a function, immediate, but a value of type"):
            check(ID, answer)


def _run():
    return find_exercise(ID).instance(0)[1]


@pytest.mark.parametrize("seed, words", [("1", "type str"), (1.5, "type float"), (True, "type bool")])
def test_a_seed_is_a_whole_number(seed, words):
    with pytest.raises(TypeError, match=f"seed is of {words}, expected None or a whole number"):
        check(ID, right, seed)
    with pytest.raises(ValueError, match="seed is -1, expected 0 or more"):
        check(ID, right, -1)
    assert check(ID, right, np.int64(3)) == 2.0


def test_a_recap_of_anything_is_a_table(capfd):
    def noisy(*arguments):
        print("mine")
        raise ValueError("long " * 1000)

    found = {"immediate": noisy, "scalar_bptt": 3.0, "total_by_paths": waiting}
    lines = {line.exercise: line for line in recap_lines("01", found)}
    assert "ValueError: long" in lines[ID].says and lines[ID].sign == "✗"
    assert "takes 2 positional arguments but 3" in lines["01.total_by_paths"].says
    assert "a value of type float came" in lines["01.scalar_bptt"].says and not lines["01.scalar_bptt"].points
    assert lines["01.scalar_forward"].says == "scalar_forward is not defined; run its cell"
    assert max(map(len, render_text(list(lines.values())).splitlines())) < 160
    for lesson, namespace, words in (
        ("99", {}, "no lesson '99'; there are 00, 01"),
        (1, {}, "no lesson 1; there are 00, 01"),
        ("01", None, "namespace is of type NoneType, expected globals"),
    ):
        with pytest.raises((TypeError, ValueError), match=words):
            recap(lesson, namespace)
    assert capfd.readouterr().err == ""


def settings():
    return (
        random.getstate(),
        np.random.get_state()[1].tolist(),
        np.geterr(),
        np.get_printoptions(),
        list(warnings.filters),
        sys.getrecursionlimit(),
        id(sys.stdout),
        id(sys.stderr),
        signal.getsignal(signal.SIGALRM),
        signal.getitimer(signal.ITIMER_REAL),
    )


def meddling(params, run):
    random.seed(1)
    np.random.seed(1)
    np.seterr(all="raise")
    np.set_printoptions(precision=1)
    warnings.simplefilter("error")
    sys.setrecursionlimit(900)
    if sys.stdout:  # on the first of three instances
        sys.stdout.close()
    sys.stdout = sys.stderr = None
    return right(params, run)


def failing(params, run):
    meddling(params, run)
    raise ValueError


def test_what_an_answer_changes_for_everybody_is_put_back():
    before = settings()
    assert diagnose(ID, meddling).correct
    assert diagnose(ID, failing).status == "error"
    assert settings() == before
    state = random.getstate()
    random.seed(1)
    assert settings() != before  # the measure can fail
    random.setstate(state)


def test_a_megabyte_of_print_is_cut():
    def loud(params, run):
        print("x" * 1_000_000)
        return right(params, run)

    verdict = diagnose(ID, loud)
    e = find_exercise(ID)
    assert verdict.correct and any(note.startswith("it printed xxx") for note in verdict.notes)
    assert len(card.render_html(e, verdict)) < 40_000 and len(card.render_text(e, verdict)) < 2_000


def test_an_interrupt_stays_an_interrupt():
    def interrupted(params, run):
        raise KeyboardInterrupt

    before = settings()
    with pytest.raises(KeyboardInterrupt):
        check(ID, interrupted)
    assert settings() == before and diagnose(ID, right).correct


def endless(params, run):
    while True:
        pass


def sleeping(params, run):
    time.sleep(1000)


def stubborn(params, run):
    n = 0
    while True:
        try:
            n += len(str(n))
        except:  # noqa: E722
            continue


@pytest.mark.parametrize("answer", [endless, sleeping, stubborn])
def test_the_time_limit_in_the_main_thread(answer, monkeypatch):
    monkeypatch.setattr(diagnosing, "TIME_LIMIT", 0.3)
    start = time.monotonic()
    verdict = diagnose(ID, answer)
    assert verdict.status == "timeout" and "Did not return within 0.3 s" in verdict.message
    assert time.monotonic() - start < 20
    assert diagnose(ID, right).correct


def in_a_thread(function):
    results = []
    thread = threading.Thread(target=lambda: results.append(function()), daemon=True)
    thread.start()
    thread.join(30)
    return results[0] if results else "still running"


def test_the_time_limit_in_another_thread(monkeypatch):
    monkeypatch.setattr(diagnosing, "TIME_LIMIT", 0.3)

    def napping(params, run):
        while True:
            time.sleep(0.01)

    for answer in (endless, napping):
        assert in_a_thread(lambda answer=answer: diagnose(ID, answer).status) == "timeout"
    assert in_a_thread(lambda: diagnose(ID, right).correct)


def test_the_time_limit_where_there_are_no_timers(monkeypatch):
    """As on Windows: the main thread is stopped from another one, and nothing arrives later."""
    monkeypatch.delattr(signal, "setitimer")
    monkeypatch.setattr(diagnosing, "TIME_LIMIT", 0.3)
    assert diagnose(ID, endless).status == "timeout"
    with time_limit.time_limit(0.2):
        assert diagnose(ID, right).correct
    time.sleep(0.4)
    assert diagnose(ID, right).correct


def helper(x):
    return x / 0  # helper's line


def calls_helper(params, run):
    return helper(1.0)


def test_an_error_names_the_student_s_own_line():
    line = helper.__code__.co_firstlineno + 1
    for answer in (calls_helper, functools.partial(calls_helper)):
        message = diagnose(ID, answer).message
        assert f" in line {line} of helper: return x / 0  # helper's line. immediate was " in message
    inside = diagnose(ID, lambda params, run: np.linalg.inv(run.x)).message
    assert "LinAlgError" in inside and "of helper" not in inside and "np.linalg.inv(run.x)" in inside
    assert "line" not in diagnose(ID, len).message  # nothing of the student's was reached


def test_without_the_helper_s_line_the_call_is_named(monkeypatch):
    """The control: a helper that is not the student's, with globals of its own, is not shown."""
    foreign = type(helper)(helper.__code__, {"__name__": "library"})
    monkeypatch.setitem(globals(), "helper", foreign)
    assert ": return helper(1.0). immediate was " in diagnose(ID, calls_helper).message


def run_cells(*cells):
    """The outputs of each cell in a real kernel; the first cell imports the course."""
    import nbformat
    from kernels import execute

    first = "import autograder.diagnosis.diagnose, numpy as np, sys, time\nfrom autograder import check\n"
    first += "autograder.diagnosis.diagnose.TIME_LIMIT = 1.0"
    sources = [first, *cells, "'the kernel ' + 'lives'"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    execute(notebook, 120, allow_errors=True)
    return [cell.outputs for cell in notebook.cells[1:]]


def said(outputs):
    """All text of a cell's outputs in one line."""
    words = []
    for o in outputs:
        words += [o["text"]] if o["output_type"] == "stream" else []
        words += [o["ename"], o["evalue"], *o["traceback"]] if o["output_type"] == "error" else []
        words += [o["data"]["text/plain"]] if "data" in o else []
    return " ".join(" ".join(words).split())


def noisy(outputs):
    return any(o["output_type"] == "stream" and o["name"] == "stderr" for o in outputs)


def defined(*lines):
    body = "".join(f"\n    {line}" for line in lines)
    return f"def immediate(params, run):{body}\ncheck('{ID}', immediate)"


KERNEL = [  # (cell, what is said)
    (defined("exit()"), "SystemExit: exit() was called in line 2: exit()"),
    (defined("sys.exit(1)"), "SystemExit: 1 in line 2"),
    (defined("while True:", "    pass"), "Did not return within 1 s"),
    (defined("time.sleep(1000)"), "Did not return within 1 s"),
    (defined("return immediate(params, run)"), "RecursionError: maximum recursion depth exceeded"),
    (defined("return np.ones((100_000, 100_000))"), "Unable to allocate 74.5 GiB"),
    (defined("print('a' * 1_000_000, file=sys.stderr)", "print('b' * 1_000_000)"), "returned None"),
    (defined("import warnings", "warnings.warn('careful')", "np.zeros(1) / 0"), "returned None"),
    (defined("import os", "sys.stdout = sys.stderr = None"), "returned None"),
    (f"check('{ID}', 3.0)", "but a value of type float came"),
    (f"async def immediate(params, run):\n    return 1\ncheck('{ID}', immediate)", "is an async function"),
    (
        f"def immediate(p, r):\n    return check('{ID}', immediate)\ncheck('{ID}', immediate)",
        "is called inside",
    ),
    ("# mine\ndef helper(x):\n    return x.nothing", ""),
    (defined("x = run.x", "return helper(x)"), "in line 3 of helper: return x.nothing"),
    (defined("x = run.x", "return x.nothing"), "in line 3: return x.nothing"),
    (defined("raise KeyboardInterrupt"), "KeyboardInterrupt"),
]


def test_the_kernel_lives():
    outputs = run_cells(*(cell for cell, _ in KERNEL), "print('x', file=sys.stderr)")
    for (cell, words), shown in zip(KERNEL, outputs):
        assert words in said(shown), (cell, said(shown))
        assert not noisy(shown), cell
        assert len(said(shown)) < 3_000 or "KeyboardInterrupt" in cell, cell
    wrong_kind = outputs[[cell for cell, _ in KERNEL].index(f"check('{ID}', 3.0)")][0]
    assert len(wrong_kind["traceback"]) == 1  # the sentence, without the lines of the autograder
    assert noisy(outputs[-2])  # the measure can fail
    assert "the kernel lives" in said(outputs[-1])


def test_outside_of_a_check_exit_does_end_the_kernel():
    """The control: a kernel that exit() ends is noticed by the test above."""
    from nbclient.exceptions import DeadKernelError

    with pytest.raises(DeadKernelError):
        run_cells(defined("exit()"), "exit()", "time.sleep(5)")
