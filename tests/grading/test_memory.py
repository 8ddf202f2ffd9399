"""All processes of a submission together have a limit, and what they share is counted once."""

import os

import numpy as np
import pytest
from class_tools import code, notebook, solved

from autograder import execution, sandbox
from autograder.beside import memory
from autograder.preflight import preflight

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

walls = pytest.mark.skipif(bool(sandbox.problem()), reason=f"no sandbox here: {sandbox.problem()}")


def graded(source):
    nb = solved()
    nb["cells"].insert(0, code(source) | {"id": "mine"})
    released = notebook("notebooks")
    made, _ = preflight(nb, released)
    result = execution.execute(made, released, seed=5, mode="bwrap")
    return result["outputs"][0], {record["status"] for record in result["cells"].values()}


@walls
def test_many_children_cannot_take_more_than_a_submission_may(monkeypatch):
    monkeypatch.setattr(sandbox, "MEMORY", 600 * MB)
    shown, status = graded(CHILDREN.format(shared=1, own=200, seconds=15))
    assert shown[0]["evalue"] == "its processes together took more memory than a submission may"
    assert status == {"notrun"}


@walls
@pytest.mark.parametrize("shared, own", [(1, 40), (200, 1)])
def test_those_that_take_less_or_share_are_left_alone(monkeypatch, shared, own):
    monkeypatch.setattr(sandbox, "MEMORY", 600 * MB)
    assert graded(CHILDREN.format(shared=shared, own=own, seconds=2)) == ([], {"judged"})


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps_rollup"), reason="no /proc/PID/smaps_rollup here")
def test_it_is_counted_in_bytes(monkeypatch):
    monkeypatch.setattr(os, "listdir", lambda _: ["self-is-no-number", str(os.getpid()), "99999999"])
    before, held = memory.used(), np.ones(100 * MB // 8)
    grown = memory.used() - before
    assert 95 * MB < grown < 110 * MB and held.size
    assert memory._own_pages(os.getpid()) > 95 * MB
