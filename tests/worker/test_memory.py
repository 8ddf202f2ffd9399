"""All processes of a submission together have a limit, and what they share is counted once."""

import os

import numpy as np
import pytest
from class_tools import code, graded, solved

from autograder.sandbox import box, bubblewrap
from autograder.worker import memory

MB = 2**20
CHILDREN = """
import os, time
import numpy as np
shared = np.ones({shared} * 2**17)
for child in range(5):
    if os.fork() == 0:
        own = np.ones({own} * 2**17)
        time.sleep({seconds})
        os._exit(0)
time.sleep({seconds})
"""

walls = pytest.mark.skipif(
    bool(bubblewrap.walls_problem()), reason=f"no sandbox here: {bubblewrap.walls_problem()}"
)


def shown_and_status(source):
    nb = solved()
    nb["cells"].insert(0, code(source) | {"id": "mine"})
    outputs, marks = graded(nb, walls="bwrap")
    return outputs[0], {mark.status for mark in marks.values()}


@walls
def test_many_children_cannot_take_more_than_a_submission_may(monkeypatch):
    monkeypatch.setattr(box, "MEMORY", 600 * MB)
    shown, status = shown_and_status(CHILDREN.format(shared=1, own=200, seconds=15))
    assert shown[0]["evalue"] == "its processes together took more memory than a submission may"
    assert status == {"notrun"}


@walls
@pytest.mark.parametrize("shared, own", [(1, 40), (200, 1)])
def test_those_that_take_less_or_share_are_left_alone(monkeypatch, shared, own):
    monkeypatch.setattr(box, "MEMORY", 600 * MB)
    assert shown_and_status(CHILDREN.format(shared=shared, own=own, seconds=2)) == ([], {"judged"})


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps_rollup"), reason="no /proc/PID/smaps_rollup here")
def test_it_is_counted_in_bytes(monkeypatch):
    monkeypatch.setattr(os, "listdir", lambda _: ["self-is-no-number", str(os.getpid()), "99999999"])
    before, held = memory.memory_used(), np.ones(100 * MB // 8)
    grown = memory.memory_used() - before
    assert 95 * MB < grown < 110 * MB and held.size
    assert memory._own_pages(os.getpid()) > 95 * MB
