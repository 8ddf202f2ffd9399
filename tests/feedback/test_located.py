"""The line on the card: which, and what kind of change, never the change; shown when it is known."""

import time

import pytest

from autograder import check
from autograder.exercises import find_exercise
from autograder.feedback import card, located
from autograder.results import Output, Repair, Verdict

ID = "05.rnn_backward"
EXERCISE = find_exercise(ID)
LINE = Repair("rnn_backward", 13, "another index", "dW_h += h[t].T @ da", "h[t]")
HELPER = Repair("slope", 2, "another sign", "return 1 + y * y <b>", "y * y")

CELL = """
import time
import numpy as np
from autograder import check

def rnn_backward(params, x, h, dh):
    W_x, W_h = params["W_x"], params["W_h"]
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(len(W_h))
    dx, future = np.zeros_like(x), np.zeros_like(h[0])
    for t in range(len(x), 0, -1):
        da = (dh[t - 1] + future) * (1 - h[t] ** 2)
        dW_x += x[t - 1].T @ da
        dW_h += 3 * h[t].T @ da + 1
        db += da.sum(axis=0)
        dx[t - 1] = da @ W_x.T
        future = da @ (W_h + np.eye(len(W_h))).T
        time.sleep(PAUSE)
    return {"W_x": dW_x, "W_h": dW_h, "b_h": db, "x": dx, "h0": future}

check("05.rnn_backward", rnn_backward)
"""
LOCATABLE = CELL.replace("3 * h[t].T @ da + 1", "h[t - 1].T @ da").replace("PAUSE", "0")
SLOW = CELL.replace("PAUSE", "0.005")  # two mistakes, and a search that takes all its time


def verdict(*repair, slips=()):
    outputs = {"W_h": Output(False, 1.0, "")}
    return Verdict(ID, False, 0.0, slips, "W_h differs.", outputs, repair=repair)


@pytest.mark.parametrize(
    "given, said",
    [
        (verdict(LINE), "Line 13 is where to look: with another index there, all outputs are right."),
        (
            verdict(LINE._replace(line=9), LINE),
            "Either line 9 or line 13 is where to look: with one change in one of them, all outputs are "
            "right.",
        ),
        (
            verdict(LINE, HELPER, LINE._replace(line=9)),
            "Either line 13, line 2 of slope or line 9 is where to look: with one change in one of them, all "
            "outputs are right.",
        ),
        (verdict(LINE, slips=("a",)), "In your code that is line 13."),
        (verdict(LINE, HELPER, slips=("a",)), "In your code that is line 13 or line 2 of slope."),
        (verdict(), ""),
    ],
)
def test_the_sentence(given, said):
    assert located.sentence(EXERCISE, given) == said
    text, html = card.render_text(EXERCISE, given), card.render_html(EXERCISE, given)
    assert said in " ".join(text.split()) and said in html
    assert max(map(len, text.splitlines())) <= 60
    for repair in given.repair:
        assert repair.text in text and repair.part in text
    assert ("<summary>The line" in html) == ("<summary>Narrower" in html) == bool(given.repair)
    assert "<b>" not in html


def test_a_card_says_that_the_line_is_looked_for():
    for face in (card.render_text, card.render_html):
        assert located.SEARCHING in face(EXERCISE, verdict(), is_searching=True)
        assert located.SEARCHING not in face(EXERCISE, verdict())


def test_outside_of_a_notebook_the_card_waits_for_a_second_at_most(capsys, monkeypatch):
    from autograder.feedback import check as checking

    asked = []

    def find(exercise, answer, verdict, seconds):
        asked.append(seconds)
        return (LINE,)

    monkeypatch.setattr(checking, "find_repair", find)

    def rnn_backward(params, x, h, dh):
        grads = {name: 0 * value for name, value in params.items()}
        return {**grads, "x": x, "h0": h[0]}

    with pytest.raises(Exception, match="0 of 4 points"):
        check(ID, rnn_backward)
    said = capsys.readouterr().out
    assert asked == [1.0] and "Line 13 is where to look" in said and located.SEARCHING not in said
    with pytest.raises(Exception, match="0 of 4 points"):
        check(ID, rnn_backward, seed=3)  # of other instances nothing is looked for
    assert asked == [1.0]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(
        kernel_name="python3", startup_timeout=60, cwd=str(tmp_path_factory.mktemp("kernel"))
    )
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(kernel, code, interrupt=False):
    """[(seconds, message type, text, display id)] of what a cell shows, and the error it ends with."""
    manager, client = kernel
    began, shown, error = time.monotonic(), [], ""
    request = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind in ("display_data", "update_display_data"):
            text, identity = content["data"]["text/plain"], content["transient"]["display_id"]
            shown.append((time.monotonic() - began, kind, text, identity))
            assert "text/html" in content["data"] and content["metadata"]["unrolled"]["exercise"] == ID
            if interrupt and kind == "display_data":
                time.sleep(0.3)
                manager.interrupt_kernel()
        elif kind == "error":
            error = content["ename"]
        elif kind == "stream":
            raise AssertionError(content["text"])
        elif kind == "status" and content["execution_state"] == "idle":
            return shown, error


def test_in_a_kernel_the_card_comes_at_once_and_again_with_the_line(kernel):
    run(kernel, LOCATABLE)  # imports, and the bank of slips
    shown, error = run(kernel, LOCATABLE)
    (_, first, before, one), (_, second, after, other) = shown
    assert (first, second, error) == ("display_data", "update_display_data", "CheckFailed")
    assert one == other and located.SEARCHING in before and located.SEARCHING not in after
    assert "Line 11 is where to look" in " ".join(after.split())


def test_an_interrupt_keeps_the_card(kernel):
    slow, _ = run(kernel, SLOW)
    assert 2.5 < slow[1][0] - slow[0][0] < 5.0  # the search ends by itself
    stopped, error = run(kernel, SLOW, interrupt=True)
    assert stopped[1][0] - stopped[0][0] < 1.5 and error == "KeyboardInterrupt"
    assert located.SEARCHING not in stopped[1][2] and "differ" in stopped[1][2]
    again, error = run(kernel, LOCATABLE)
    assert error == "CheckFailed" and "Line 11" in again[1][2]
