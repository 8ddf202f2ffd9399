"""What a stored result belongs to: whatever can change it is in its key, and nothing else is."""

from types import SimpleNamespace

import pytest

from autograder import store
from autograder.remote import Limits


def submission(source="def f(): ...", digest="files", grade_id="f", outputs=()):
    cell = {"cell_type": "code", "source": [source], "outputs": list(outputs),
            "metadata": {"nbgrader": {"grade_id": grade_id}}}  # fmt: skip
    text = {"cell_type": "markdown", "source": ["text"], "metadata": {}}
    return SimpleNamespace(notebook={"cells": [text, cell]}, digest=lambda: digest)


@pytest.fixture
def kept(tmp_path):
    return store.Store(tmp_path, "01_scalar_rnn")


@pytest.mark.parametrize(
    "other, mode, limits",
    [
        (submission("def f(): return 1"), "auto", Limits()),
        (submission(digest="other files"), "auto", Limits()),
        (submission(grade_id="g"), "auto", Limits()),
        (submission(), "none", Limits()),
        (submission(), "auto", Limits(cell=3.0)),
        (submission(), "auto", Limits(run=3.0)),
        (submission(), "auto", Limits(answer=3.0)),
    ],
    ids=["code", "files", "grade_id", "without walls", "cell limit", "run limit", "answer limit"],
)
def test_what_can_change_a_result_changes_its_key(kept, other, mode, limits):
    assert kept.key(other, mode, limits) != kept.key(submission(), "auto", Limits())


def test_what_cannot_change_a_result_does_not_change_its_key(kept):
    again = submission(outputs=[{"output_type": "stream"}])
    again.notebook["cells"][0]["source"] = ["another text"]
    assert kept.key(again, "bwrap", Limits()) == kept.key(submission(), "auto", Limits())


def test_another_secret_seed_or_grader_changes_the_key(kept, monkeypatch):
    before = kept.key(submission(), "auto", Limits())
    assert before == store.Store(kept.home, "01_scalar_rnn").key(submission(), "auto", Limits())
    other = store.Store(kept.home, "01_scalar_rnn")
    other.seed = kept.seed + 1
    assert other.key(submission(), "auto", Limits()) != before
    monkeypatch.setattr(store, "grader_version", lambda: "another")
    assert kept.key(submission(), "auto", Limits()) != before


def test_the_seed_of_an_assignment_is_made_once(kept):
    assert store.Store(kept.home, "01_scalar_rnn").seed == kept.seed
    other = store.Store(kept.home, "02_output_and_loss").seed
    assert other != kept.seed and store.Store(kept.home, "01_scalar_rnn").seed == kept.seed


def test_a_second_run_is_kept_out_and_let_in_afterwards(kept):
    with kept.alone():
        with pytest.raises(store.InUse, match="another grading run"):
            with store.Store(kept.home, "01_scalar_rnn").alone():
                pass
    with kept.alone():
        pass


def test_a_result_is_read_as_it_was_written_and_halves_are_removed(kept):
    with kept.alone():
        kept.write("key", {"points": 1.5})
        (kept.folder / "part-of-one-that-was-killed").write_text("{")
    assert kept.read("key") == {"points": 1.5} and kept.read("other") is None
    with kept.alone():
        assert [path.name for path in kept.folder.iterdir()] == ["key.json"]
