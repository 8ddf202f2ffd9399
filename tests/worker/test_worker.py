"""The worker's messages, its way of running cells, and what happens when it does not start."""

import socket
import struct
import threading
import time
from contextlib import suppress
from typing import NamedTuple

import numpy as np
import pytest
from class_tools import NAME, code, graded, solved, submit, total

from autograder import compare
from autograder.diagnosis import facts
from autograder.errors import AnswerError, Infrastructure, TimeLimitExceeded, Unavailable
from autograder.grading import run_submission
from autograder.grading.course import Course
from autograder.grading.grade import Options, grade_class
from autograder.sandbox import answer, box, bubblewrap, client, reduced_rnnlib
from autograder.sandbox import run as sandbox_run
from autograder.sandbox.box import start_box
from autograder.sandbox.limits import Limits
from autograder.worker import messages
from rnnlib import scalar


class Pair(NamedTuple):
    x: object
    y: object


def sent(value, **how):
    return messages.unpack_message(messages.pack_message(value)[8:], **how)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        -2.5,
        1e300,
        "text with ∂",
        1 + 2j,
        [1, [2.0, "x"], (3,)],
        (1, 2),
        {"a": {"b": [1]}, "c": None},
        {},
        [],
    ],
)
def test_plain_values_arrive_as_they_were_sent(value):
    assert sent(value) == value and type(sent(value)) is type(value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(12)[::3],
        np.float32(2.5),
        np.zeros((0, 3)),
        np.array(3.0),
        np.array([1 + 2j]),
        np.array([True, False]),
    ],
)
def test_arrays_arrive_as_they_were_sent(array):
    got = sent(array)
    assert got.dtype == array.dtype and got.shape == array.shape and np.array_equal(got, array)
    assert got.flags.writeable


def test_nan_and_infinity_arrive():
    got = sent([np.nan, np.inf, -np.inf])
    assert np.isnan(got[0]) and got[1:] == [np.inf, -np.inf]


def test_a_run_of_rnnlib_is_restored_for_students_and_a_dict_for_the_judge():
    run = scalar.forward({"U": 0.5, "W": 0.4, "V": 1.0}, np.arange(3.0))
    restored = sent(run, restore=True)
    assert type(restored) is type(run) and np.array_equal(restored.s, run.s) and restored.phi == run.phi
    assert sorted(sent(run)) == sorted(run._fields)


def test_what_cannot_cross_says_what_it_was():
    class Strange:
        pass

    assert sent(Strange()).said == "of type Strange"
    assert sent(np.array([None, {}], dtype=object)).said == "an array of shape (2,) and dtype object"
    numbers = np.array([1, 2.5, True], dtype=object)
    assert sent(numbers).dtype == float and sent(numbers).tolist() == [1, 2.5, 1]
    assert sent(np.array([1, 10**400], dtype=object)).said == "an array of shape (2,) and dtype object"
    assert sent(10**100).said == "an integer of more than 30 digits"
    assert sent(np.zeros((4000, 4000))).shape == (4000, 4000)
    for count in (20, 300):  # as many as fit, and of the rest what they were
        many = sent([np.zeros(200_000)] * count)
        assert [type(one) for one in many] == [np.ndarray] * 2 + [messages.Opaque] * (count - 2)
        assert many[2].shape == (200_000,)
    deep = []
    for _ in range(5):
        deep = [deep] * 20
    assert "parts" in repr([x.said for x in _leaves(sent(deep)) if isinstance(x, messages.Opaque)][:1])


def _leaves(value):
    return [x for v in value for x in _leaves(v)] if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    "text, blob",
    [
        (b"not json", b""),
        (b"{}", b""),
        (b"[1]", b""),
        (b'{"array": ["<f8", [1]]}', b""),
        (b'{"array": ["<f8", [1]]}', bytes(7)),
        (b'{"array": ["<f8", [1]]}', bytes(9)),
        (b'{"array": ["<f8", [1000000000000]]}', bytes(8)),
        (b'{"array": ["<f8", [-1]]}', bytes(8)),
        (b'{"array": ["<f8", [-1, -1]]}', bytes(8)),
        (b'{"array": ["<f8", [1.0]]}', bytes(8)),
        (b'{"array": ["<f8", ["1"]]}', bytes(8)),
        (b'{"array": ["<f8", 1]}', bytes(8)),
        (b'{"array": ["|O", [1]]}', bytes(8)),
        (b'{"array": ["<U2", [1]]}', bytes(8)),
        (b'{"array": ["<f8,<f8", [1]]}', bytes(16)),
        (b'{"array": 0}', bytes(8)),
        (b'{"list": [{"array": ["<f8", [1]]}, {"array": ["<f8", [1]]}]}', bytes(8)),
        (b'{"shape": [-1, 2]}', b""),
        (b'{"list": 3}', b""),
        (b'{"list": ' * 5000 + b"1" + b"}" * 5000, b""),
    ],
)
def test_a_bad_message_is_refused(text, blob):
    with pytest.raises(messages.BadMessage):
        messages.unpack_message(struct.pack(">I", len(text)) + text + blob)


def test_a_good_message_of_that_form_is_not_refused():
    text = b'{"array": ["<f8", [1]]}'
    assert messages.unpack_message(struct.pack(">I", len(text)) + text + bytes(8)) == 0.0


def run(*sources, **limits):
    """(outputs of code cells of a student, marks), run without walls before the checks of the lesson."""
    nb = solved()
    nb["cells"][0:0] = [code(source) | {"id": f"mine-{n}"} for n, source in enumerate(sources)]
    outputs, marks = graded(nb, limits=Limits(**limits))
    return outputs[: len(sources)], marks


def test_cells_show_what_a_notebook_would():
    outputs, _ = run(
        "x = 2\nx * 21",
        "x;",
        "print('a')\nprint('b')\n'c'",
        "%matplotlib inline\n!ls\nif True:\n    %time 1\nx + 1",
        "display([1], 2)",
        "1 / 0",
        "import numpy as np\nnp.zeros(2) / 0",
        "get_ipython().run_line_magic('matplotlib', 'inline')",
    )
    assert outputs[0] == [{"output_type": "display_data", "data": {"text/plain": "42"}, "metadata": {}}]
    assert outputs[1] == []
    assert [o.get("text") or o["data"]["text/plain"] for o in outputs[2]] == ["a\nb\n", "'c'"]
    assert outputs[3][0]["data"]["text/plain"] == "3"
    assert outputs[4][0]["text"] == "[1]\n2\n"
    assert outputs[5][0]["ename"] == "ZeroDivisionError" and "line 1: 1 / 0" in outputs[5][0]["traceback"]
    assert outputs[6][-1]["data"]["text/plain"] == "array([nan, nan])" and "Warning" in outputs[6][0]["text"]
    assert outputs[7] == []


def test_what_a_cell_shows_is_never_points():
    """nbgrader reads points from an execute_result; only a judged check has one."""
    outputs, _ = run("1000.0")
    assert outputs[0][0]["output_type"] == "display_data"


def test_an_error_above_explains_a_missing_name():
    nb = solved()
    at = next(n for n, c in enumerate(nb["cells"]) if "def scalar_bptt" in "".join(c["source"]))
    nb["cells"][at]["source"] = "import no_such_module\n" + "".join(nb["cells"][at]["source"])
    mark = graded(nb)[1]["check_scalar_bptt"]
    assert mark.status == "error"
    assert mark.summary == "ModuleNotFoundError in a cell above: No module named 'no_such_module'"


def test_rnnlib_lacks_the_answers_of_its_lesson_and_nothing_else():
    answers = run_submission.answer_functions("01")
    assert "scalar.backward" in answers and "lstm.backward" not in answers
    made = reduced_rnnlib.library_folder(answers)
    text = (made / "rnnlib" / "scalar.py").read_text(encoding="utf-8")
    assert "it is not there while grading" in text and "import" in text
    assert (made / "rnnlib" / "lstm.py").read_text() == (reduced_rnnlib.RNNLIB / "lstm.py").read_text()
    with pytest.raises(ValueError, match="defines no nothing"):
        reduced_rnnlib.without_functions("x = 1\n", ["nothing"], "scalar")


def test_a_worker_that_does_not_start_is_tried_again_and_never_a_grade(course, monkeypatch):
    submit(course, "one", solved())
    tries = []
    start = start_box

    def broken(mode, folder, *more):
        tries.append(mode)
        return start(mode, course / "nowhere" if len(tries) < works_at else folder, *more)

    monkeypatch.setattr(sandbox_run, "start_box", broken)
    works_at = 99
    result = grade_class(Course.load(course), NAME, Options(walls="none"))["one"]
    assert not result.marks and "No module named 'worker'" in result.reason
    assert len(tries) == sandbox_run.ATTEMPTS
    assert not (course / "gradebook" / "autograded").exists()
    tries.clear()
    works_at = sandbox_run.ATTEMPTS
    assert total(grade_class(Course.load(course), NAME, Options(walls="none"))["one"]) == 15


def test_a_worker_that_ends_before_ready_says_why():
    job = {"cells": [], "cell_seconds": 1, "most_output": 10}
    with pytest.raises(Infrastructure, match="No module named 'worker'"):
        with start_box("none", reduced_rnnlib.PACKAGE / "nowhere", job, 0) as box:
            client.run_cells(box, Limits())


def test_without_bubblewrap_auto_refuses_and_none_has_to_be_typed(monkeypatch):
    monkeypatch.setattr(bubblewrap, "walls_problem", lambda: "the program bwrap is not installed.")
    for mode in ("auto", "bwrap"):
        with pytest.raises(Unavailable, match="apt install bubblewrap(?s:.)*--sandbox none"):
            bubblewrap.choose_walls(mode)
    assert bubblewrap.choose_walls("none") == "none"
    with pytest.raises(ValueError, match="sandbox is 'maybe', expected one of auto, bwrap, account, none"):
        bubblewrap.choose_walls("maybe")


def test_a_word_of_the_supervisor_is_not_lost_to_a_slow_reader(monkeypatch):
    wait = client._wait_ready

    def late(box):
        time.sleep(3)  # READY and ENDED are both there by then
        wait(box)

    monkeypatch.setattr(client, "_wait_ready", late)
    _, marks = run("1", run=20.0)
    assert sum(mark.points for mark in marks.values()) == 15


def test_without_walls_the_processes_of_the_account_are_not_counted():
    outputs, _ = run("import resource\nresource.getrlimit(resource.RLIMIT_NPROC)")
    import resource

    assert outputs[0][0]["data"]["text/plain"] == str(resource.getrlimit(resource.RLIMIT_NPROC))


def test_a_limit_is_of_work_and_not_of_what_a_busy_machine_takes():
    """On such a machine a process waits for a processor; here it sleeps, which is no work either."""
    in_time = {
        "waits": "time.sleep(0.2)",  # for 0.8 s in all
        "waits_for_ever": "time.sleep(60)",
        "works": "work(0.01)",
        "works_often": "work(0.15)",  # for 0.6 s in all
        "works_for_ever": "work(60)",
    }
    work = "def work(s):\n    ends = time.process_time() + s\n    while time.process_time() < ends: pass\n"
    cells = [f"import time\n{work}", *(f"def {name}():\n    {body}" for name, body in in_time.items())]
    checks = [sandbox_run.Check(name, ((lambda answer: answer(),) * 4,)) for name in in_time]
    job = sandbox_run.Job((*cells, "work(60)", "time.sleep(1)", *checks), ())
    ran = sandbox_run.run_job(job, "none", Limits(cell=0.4, answer=0.4))
    ends = {
        name: [type(answer.outcome_of(call, False, frozenset()).error) for call in said.rounds[0]]
        for name, said in zip(in_time, ran.conversations.values())
    }
    assert ends == {
        "waits": [type(None)] * 4,
        "waits_for_ever": [TimeLimitExceeded],
        "works": [type(None)] * 4,
        "works_often": [type(None)] * 2 + [TimeLimitExceeded],
        "works_for_ever": [TimeLimitExceeded],
    }
    assert ran.outputs[6][0]["ename"] == "Timeout" and ran.outputs[7] == []


def test_a_sandbox_has_an_account_that_nobody_else_hands_out():
    mine = range(box.FIRST_UID, box.FIRST_UID + box.UIDS)
    assert {box._free_uid() for _ in range(2 * box.UIDS)} == set(mine)
    people, systemd_below, services = range(60_001), range(60_001, 60_706), range(61_184, 65_520)
    nobody_and_above = range(65_534, 2**20)  # above 65535 a container may have no accounts at all
    for others in (people, systemd_below, services, nobody_and_above):
        assert mine.stop <= others.start or others.stop <= mine.start


def test_bytes_that_drip_do_not_begin_the_time_anew():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(struct.pack(">Q", 100))
        stop = threading.Event()
        dripping = threading.Thread(
            target=lambda: [theirs.sendall(b"x") for _ in range(50) if not stop.wait(0.05)]
        )
        dripping.start()
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            messages.receive_message(ours, until=start + 0.4)
        stop.set()
        dripping.join()
        assert time.monotonic() - start < 2


def test_bytes_that_wait_already_do_not_extend_the_time():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(2 * messages.pack_message(1.0))
        assert messages.receive_message(ours, until=time.monotonic() + 5) is not None
        with pytest.raises(TimeoutError):
            messages.receive_message(ours, until=time.monotonic())


def test_an_answer_says_no_more_than_fits_into_memory(monkeypatch):
    said = messages.pack_message({"callable": True, "name": "f", "names": []})
    reply = messages.pack_message({"returned": np.ones(1000), "modified": False})
    heard = {}
    for most in (10**6, len(said) + 3 * len(reply)):
        monkeypatch.setattr(answer, "MOST_HEARD", most)
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(said + 5 * reply)
            mine = answer.LiveAnswer(ours, 5.0)
            mine.begin_round(private=False)
            heard[most] = 0
            with (
                suppress(AnswerError) if most == 10**6 else pytest.raises(AnswerError, match="more than 8 MB")
            ):
                for _ in range(5):
                    assert np.array_equal(mine(), np.ones(1000))
                    heard[most] += 1
    assert list(heard.values()) == [5, 3]


def test_a_call_asks_only_so_often(monkeypatch):
    said = messages.pack_message({"callable": True, "name": "f", "names": []})
    asked = messages.pack_message({"callback": 0, "arguments": [2.0]})
    reply = messages.pack_message({"returned": 3.0, "modified": False})
    ends = {}
    for most in (5, 4):
        monkeypatch.setattr(answer, "MOST_ASKED", most)
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(said + 5 * asked + reply)
            mine = answer.LiveAnswer(ours, 5.0)
            mine.begin_round(private=False)
            with suppress(TimeLimitExceeded):
                assert mine(lambda x: x + 1) == 3.0
            (exchange,) = mine.conversation.rounds[-1]
            ends[most] = exchange.end, len(exchange.replies)
    assert ends == {5: ("", 6), 4: ("late", 4)}


@pytest.mark.parametrize("length", [3, messages.LARGEST_MESSAGE + 1])
def test_a_message_of_a_strange_length_is_refused(length):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(struct.pack(">Q", length))
        with pytest.raises(messages.BadMessage, match=str(length)):
            messages.receive_message(ours)


def payload(text, blob=b""):
    return struct.pack(">I", len(text)) + text + blob


@pytest.mark.parametrize(
    "text",
    [
        b'{"value": [[]]}',
        b'{"value": "' + b"x" * (messages.LONGEST_STRING + 1) + b'"}',
        b'{"list": [' + b'{"value": 1},' * (2 * messages.MOST_PARTS) + b'{"value": 1}]}',
        b" " * messages.LARGEST_TEXT + b'{"value": 1}',
    ],
    ids=["JSON for a value", "a long text", "many parts", "much text"],
)
def test_what_would_keep_the_grader_busy_is_refused(text):
    with pytest.raises(messages.BadMessage):
        messages.unpack_message(payload(text))


def test_a_large_array_is_its_shape_only():
    came = sent(np.zeros((1001, 1000), np.int8))
    assert came.shape == (1001, 1000) and compare.to_array(came) is None
    assert facts.judge_output(came, np.zeros(3)).note == "has shape (1001, 1000), expected (3,)"
    with pytest.raises(messages.BadMessage):  # one that is sent all the same
        messages.unpack_message(payload(b'{"array": ["|b1", [1001, 1000]]}', bytes(1_001_000)))


def test_only_what_was_handed_in_is_repeated_where_inputs_are_secret():
    def described(private, **reply):
        reply = {"error": "ValueError", "text": "0.123", "line": [3, "return 1 / 0"]} | reply
        return answer.describe_raised(reply, private, frozenset([(3, "return 1 / 0"), (4, "")]))

    assert described(False) == "ValueError: 0.123 in line 3: return 1 / 0"
    assert described(True) == "ValueError in line 3: return 1 / 0"
    assert described(True, line=[3, "0.123"]) == "ValueError"
    assert described(True, line=[98848886, "return 1 / 0"]) == "ValueError"
    assert described(True, line=[98848886, ""]) == "ValueError" == described(True, line=[4, ""])
    assert described(True, error="E0.123", line=[]) == "An error of its own kind"
    assert described(True, error="LinAlgError", line=[]) == "LinAlgError"
