"""The way of a submission through the rooms, drawn from a trace of calls."""

import json
import sys
from pathlib import Path

from class_tools import notebook, solved
from tests_root import ROOT

from autograder.grading.grade_submission import grade_one, task_of
from autograder.grading.submission import parse_notebook
from autograder.sandbox.limits import Limits

PACKAGE = ROOT / "autograder"
# what every room looks things up in: a submission does not pass through there
LOOKED_UP = {"exercises", "worker"}


def rooms_entered(call):
    """The rooms of the package in the order in which `call` first enters each of their public functions."""
    seen, rooms = set(), []

    def note(frame, event, _):
        code = frame.f_code
        if event == "call" and code not in seen and code.co_name[0] not in "_<":
            seen.add(code)
            path = Path(code.co_filename)
            if path.is_relative_to(PACKAGE) and path.parent != PACKAGE:  # beside the rooms is the ground
                rooms.append(path.relative_to(PACKAGE).parts[0])

    before = sys.gettrace()
    sys.settrace(note)
    try:
        call()
    finally:
        sys.settrace(before)
    return rooms


def stays(rooms):
    """One entry for each stay in a room, those where things are only looked up left out."""
    way = [room for room in rooms if room not in LOOKED_UP]
    return [room for n, room in enumerate(way) if n == 0 or way[n - 1] != room]


def returns(way):
    """How often a room is entered that was left before."""
    return len(way) - len(set(way))


def task(nb):
    released = notebook("notebooks")
    return task_of(parse_notebook(json.dumps(nb).encode(), released), released, 5, "none", Limits())


def test_a_submission_returns_at_most_once_into_a_room_it_has_left():
    grade_one(task(solved()))  # what is only made once is made
    wrong = solved()
    answer = next(c for c in wrong["cells"] if "def scalar_bptt" in "".join(c["source"]))
    answer["source"] = "".join(answer["source"]).replace("run.s[t + 1] ** 2", "run.s[t] ** 2")
    prepared = task(wrong)
    way = stays(rooms_entered(lambda: grade_one(prepared)))
    assert {"grading", "sandbox", "diagnosis"} == set(way) and returns(way) <= 1, way


def test_judging_a_stored_run_leads_down_only():
    prepared = task(solved())
    run, _ = grade_one(prepared)
    way = stays(rooms_entered(lambda: grade_one(prepared, run)))
    assert returns(way) <= 1 and way[0] == "grading" and way[-1] == "diagnosis", way


def test_the_count_can_fail():
    assert returns(["grading", "sandbox", "grading", "diagnosis", "sandbox", "grading"]) == 3
    assert returns(["grading", "sandbox", "diagnosis"]) == 0
