"""Lessons that the site has anew, in the browser, whose JavaScript is replaced by what asks a real server."""

import copy
import json
import sys
import types
import urllib.error
import urllib.request

import pytest
from lite_tools import served
from test_lab import ANSWERS, NAME, RELEASED, answered, find, newer

from autograder import browser
from autograder.carry_over import lacks_something
from autograder.errors import UserError
from autograder.lessons import IN_BROWSER

TEXT = next(n for n, cell in enumerate(RELEASED["cells"]) if cell["cell_type"] == "markdown")


class Request:
    """XMLHttpRequest, as far as it is used."""

    new = classmethod(lambda cls: cls())

    def open(self, method, address, is_asynchronous):
        assert method == "GET" and not is_asynchronous
        self.request = urllib.request.Request(address)

    def setRequestHeader(self, *header):  # noqa: N802
        self.request.add_header(*header)

    def send(self):
        try:
            with urllib.request.urlopen(self.request) as answer:
                self.status, self.responseText = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            self.status = error.code
            error.close()


@pytest.fixture
def site(tmp_path, monkeypatch):
    """The folder of the lessons that the site has; beside it `work`, whose start page is open."""
    monkeypatch.setitem(sys.modules, "js", types.SimpleNamespace(XMLHttpRequest=Request))
    folder = tmp_path / "site"
    (tmp_path / "work" / "start_here").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work" / "start_here")
    put(folder, RELEASED)
    with served(folder) as address:
        monkeypatch.setenv(IN_BROWSER, f"{address}/")
        yield folder


def put(folder, notebook, name=NAME):
    path = folder / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook))
    return path


def test_a_lesson_that_the_site_has_anew_is_brought_with_the_answers(site, tmp_path, capsys):
    path = put(tmp_path / "work", own := answered(*ANSWERS))
    put(tmp_path / "work", RELEASED, "my_own")  # of which the site knows nothing
    browser.newer_lessons()
    assert capsys.readouterr().out == "Your lessons are those of the site.\n"
    put(site, newer())
    browser.newer_lessons()
    said = capsys.readouterr().out
    assert (
        f"another {NAME} than you" in said and "newer_lessons(update=True)" in said and "my_own" not in said
    )
    assert json.loads(path.read_text()) == own
    browser.newer_lessons(update=True)
    assert f"{NAME} is the newer release now" in capsys.readouterr().out
    brought = json.loads(path.read_text())
    assert "newer" in "".join(brought["cells"][0]["source"])
    assert find(brought, "scalar_bptt")["source"] == find(own, "scalar_bptt")["source"]
    assert json.loads(path.with_name(f"{NAME}-before.ipynb").read_text()) == own
    browser.newer_lessons()
    assert capsys.readouterr().out == "Your lessons are those of the site.\n"


def test_what_cannot_be_read_stays(site, tmp_path, capsys):
    path = put(tmp_path / "work", {"no": "notebook"})
    browser.newer_lessons(update=True)
    assert "stays as it is" in capsys.readouterr().out and json.loads(path.read_text()) == {"no": "notebook"}


def test_a_site_that_does_not_answer_is_said(site, tmp_path, monkeypatch):
    put(tmp_path / "work", RELEASED)
    monkeypatch.setenv(IN_BROWSER, "http://127.0.0.1:9/")
    with pytest.raises(UserError, match="does not answer; is there a network"):
        browser.newer_lessons()
    monkeypatch.setattr(Request, "send", lambda self: setattr(self, "status", 503))
    with pytest.raises(UserError, match="answers 503 instead of the lesson"):
        browser.newer_lessons()


def test_elsewhere_nothing_is_done(site, tmp_path, monkeypatch, capsys):
    put(tmp_path / "work", newer())
    monkeypatch.delenv(IN_BROWSER)
    browser.newer_lessons(update=True)
    assert capsys.readouterr().out == ""


def test_answers_and_cells_of_a_student_s_own_make_no_lesson_newer():
    own = answered(*ANSWERS)
    own["cells"].insert(4, {"cell_type": "code", "id": "x", "metadata": {}, "source": "mine"})
    assert not lacks_something(own, RELEASED)
    assert not lacks_something(own, answered())
    for change in (
        lambda made: made["cells"][TEXT].update(source="other text"),
        lambda made: find(made, "immediate")["metadata"]["nbgrader"].update(grade_id="new"),
    ):
        made = copy.deepcopy(RELEASED)
        change(made)
        assert lacks_something(own, made)
    made = copy.deepcopy(RELEASED)
    find(made, "immediate")["source"] += "# another stub"
    assert lacks_something(RELEASED, made) and not lacks_something(
        own, made
    )  # who has answered needs no stub
