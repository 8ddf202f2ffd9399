"""What a stored run and stored verdicts belong to: what can change them is in their key, and nothing else."""

import errno
import os
import stat
from contextlib import nullcontext
from pathlib import Path

import pytest

from autograder.errors import GradingError, InUse
from autograder.files import write_atomically
from autograder.grading import keys, result_store
from autograder.grading.judge_submission import Judged
from autograder.grading.result_store import Store
from autograder.grading.submission import Submission
from autograder.sandbox.limits import Limits
from autograder.sandbox.run import MOST_KEPT, Ran

LESSON = "01"


def submission(source="def f(): ...", grade_id="f", files=None, unreadable="", outputs=()):
    metadata = {"nbgrader": {"grade_id": grade_id}}
    cell = {"cell_type": "code", "source": [source], "outputs": list(outputs), "metadata": metadata}
    text = {"cell_type": "markdown", "source": ["text"], "metadata": {}}
    return Submission({"cells": [text, cell]}, (), unreadable, files or {})


def key(made, seed=5, mode="auto", limits=None, given=None):
    return keys.run_key(made, given or {}, LESSON, seed, mode, limits or Limits())


@pytest.fixture
def kept(tmp_path):
    return Store(tmp_path, "01_scalar_rnn")


@pytest.mark.parametrize(
    "made, under",
    [
        (submission("def f(): return 1"), {}),
        (submission(grade_id="g"), {}),
        (submission(files={"helper.py": Path(__file__)}), {}),
        (submission(), {"given": {"1 + 1": True}}),
        (submission(), {"seed": 6}),
        (submission(), {"mode": "none"}),
        (submission(), {"limits": Limits(cell=3.0)}),
        (submission(), {"limits": Limits(run=3.0)}),
        (submission(), {"limits": Limits(answer=3.0)}),
    ],
    ids=[
        "code",
        "grade_id",
        "files",
        "given",
        "seed",
        "without walls",
        "cell limit",
        "run limit",
        "answer limit",
    ],
)
def test_what_can_change_a_run_changes_its_key(made, under):
    assert key(made, **under) != key(submission())


def test_a_file_with_other_contents_changes_the_key(tmp_path):
    path = tmp_path / "helper.py"
    path.write_text("one = 1")
    before = key(submission(files={"helper.py": path}))
    path.write_text("one = 2")
    assert key(submission(files={"helper.py": path})) != before


def test_what_cannot_change_a_run_does_not_change_its_key():
    again = submission(outputs=[{"output_type": "stream"}])
    again.notebook["cells"][0]["source"] = ["another text"]
    assert key(again, mode="bwrap") == key(submission())
    assert again.digest() != submission().digest()  # it has to be recorded all the same


def test_verdicts_belong_to_their_run_and_to_the_judge_of_their_lesson(monkeypatch):
    made = submission()
    before = keys.judged_key("a run", LESSON, made)
    assert before == keys.judged_key("a run", LESSON, made)
    assert before != keys.judged_key("another run", LESSON, made)
    assert before != keys.judged_key("a run", "02", made)
    assert before != keys.judged_key("a run", LESSON, submission(unreadable="no JSON"))
    monkeypatch.setattr(keys, "_judge_version", lambda lesson: "another")
    assert keys.judged_key("a run", LESSON, made) != before


def test_the_runner_s_version_is_in_the_key(monkeypatch):
    before = key(submission())
    monkeypatch.setattr(keys, "_runner_version", lambda lesson: "another")
    assert key(submission()) != before


def test_the_secret_of_an_assignment_is_made_once(kept):
    assert Store(kept.home, "01_scalar_rnn").secret == kept.secret
    other = Store(kept.home, "02_output_and_loss").secret
    assert other != kept.secret and Store(kept.home, "01_scalar_rnn").secret == kept.secret


def test_a_second_grading_is_kept_out_and_let_in_afterwards(kept):
    with kept.alone():
        with pytest.raises(InUse, match="another grading run"):
            with Store(kept.home, "01_scalar_rnn").alone():
                pass
    with kept.alone():
        pass


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP])
def test_a_file_system_without_locks_is_named(kept, monkeypatch, number):
    def flock(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(result_store.fcntl, "flock", flock)
    said = f"the file system of {kept.home} has no locks .*: use a local disk"
    with pytest.raises(GradingError, match=said), kept.alone():
        pass
    with pytest.raises(GradingError, match=said):
        _ = kept.secret


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EIO])
def test_a_file_system_that_knows_no_lasting_folders_keeps_the_file(tmp_path, monkeypatch, number):
    whole = os.fsync

    def fsync(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        whole(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError) if number == errno.EIO else nullcontext():
        write_atomically(tmp_path / "seeds.json", "{}", lasting=True)
    assert (tmp_path / "seeds.json").read_text() == "{}"


def test_verdicts_are_read_as_they_were_written_and_halves_are_removed(kept):
    judged = Judged({}, [[{"output_type": "stream", "text": "½"}]], 1.5, "bwrap")
    with kept.alone():
        kept.write_judged("key", judged)
        (kept.results / "part-of-one-that-was-killed").write_text("{")
    assert kept.read_judged("key") == judged and kept.read_judged("other") is None
    with kept.alone():
        assert [path.name for path in kept.results.iterdir()] == ["key.json"]


def test_a_run_is_read_as_it_was_written_unless_it_is_too_large(kept):
    from autograder.sandbox.conversation import Conversation, Exchange

    def ran(reply):
        said = Conversation(b"hello", [[Exchange("asked", [(reply, "")])]])
        return Ran({0: []}, 1, "", {1: said}, 0.5, "none")

    kept.write_run("small", ran(b"\x00\xff"))
    assert kept.read_run("small") == ran(b"\x00\xff")
    kept.write_run("large", ran(bytes(MOST_KEPT + 1)))
    assert kept.read_run("large") is None
