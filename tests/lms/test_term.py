"""A whole term, from a system's download to its grades: in the end all places agree."""

import pytest
from class_tools import command
from term import Killing, live_through, must_agree, set_points


@pytest.mark.slow
def test_after_a_term_all_places_agree(tmp_path, monkeypatch):
    def run(*arguments):
        command("autograder", *arguments, cwd=tmp_path)

    live_through(tmp_path, run, set_points(monkeypatch))
    must_agree(tmp_path)


@pytest.mark.long
def test_a_term_of_which_every_step_is_killed_ends_alike(tmp_path, monkeypatch):
    killing = Killing(tmp_path, (1, 2, 3, 5, 8))
    change = set_points(monkeypatch)  # here too, where the released points are compared with

    def points(number):
        change(number)
        killing.points(number)

    live_through(tmp_path, killing, points)
    must_agree(tmp_path)
    assert killing.kills > 30
