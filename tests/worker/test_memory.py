"""All processes of a submission together have a limit, and what they share is counted once."""

import os
from typing import NamedTuple

import numpy as np
import pytest
from class_tools import code, graded, solved
from wall_attacks import ENDED, changed_worker, run_cells, without_groups

from autograder.sandbox import box, bubblewrap, client
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


@pytest.fixture(autouse=True)
def counted_by_the_supervisor_alone():
    with without_groups():
        yield


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
    before, held = memory.memory_used([]), np.ones(100 * MB // 8)
    grown = memory.memory_used([]) - before
    assert 95 * MB < grown < 110 * MB and held.size
    assert memory._resident(os.getpid()) > 95 * MB


class Hoard(NamedTuple):
    """source: a cell that holds some 150 MB in a way of its own.

    counted: the passage of the worker that counts it.  uncounted: what stands there in the control.
    """

    source: str
    counted: str
    uncounted: str = "0"


HOARDS = {
    "files": Hoard(
        "for folder in ('/dev/shm', '/tmp', '/submission'):\n"
        "    open(folder + '/x', 'wb').write(bytes(60 * 2**20))",
        "sum(map(_files_in, folders))",
    ),
    "a file without a name": Hoard(
        "held = []\nfor folder in ('/dev/shm', '/tmp', '/submission'):\n"
        "    held.append(open(folder + '/x', 'wb+'))\n    os.unlink(folder + '/x')\n"
        "    held[-1].write(bytes(60 * 2**20))",
        "sum(map(_files_in, folders))",
    ),
    "very many empty files": Hoard(
        "open('/dev/shm/x', 'w').close()\nfor n in range(80_000):\n    os.symlink('x', f'/tmp/{n}')",
        "sum(map(_files_in, folders))",
    ),
    "what waits in sockets": Hoard(
        "listener = socket.socket(socket.AF_UNIX)\nlistener.bind('s')\nlistener.listen(4096)\n"
        "for _ in range(700):\n    s = socket.socket(socket.AF_UNIX)\n    s.setblocking(False)\n"
        "    s.connect('s')\n    try:\n        while True:\n            s.send(bytes(2**15))\n"
        "    except BlockingIOError:\n        s.close()",
        " + _socket_buffers()",
        "",
    ),
    "datagrams of senders that are gone": Hoard(
        "receivers = []\nfor n in range(50):\n    r = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
        "    r.bind(f'd{n}')\n    receivers.append(r)\n    for _ in range(11):\n"
        "        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n        s.setblocking(False)\n"
        "        try:\n            s.sendto(bytes(200_000), f'd{n}')\n        except BlockingIOError:\n"
        "            pass\n        s.close()",
        " + _socket_buffers()",
        "",
    ),
    "a process that hides its pages": Hoard(
        "if os.fork() == 0:\n    libc.prctl(4, 0, 0, 0, 0)\n    mine = np.ones(150 * 2**17)\n"
        "    time.sleep(9)\n    os._exit(0)",
        "return _resident(pid)",
        "return 0",
    ),
}


@walls
@pytest.mark.parametrize("name", HOARDS)
def test_whatever_holds_memory_is_counted(monkeypatch, name):
    hoard = HOARDS[name]
    monkeypatch.setattr(box, "MEMORY", 120 * MB)  # the worker itself has about 25
    cells = [f"{hoard.source}\ntime.sleep(1.2)\n1"]
    assert run_cells(cells) == ([ENDED], client.TOO_LARGE)
    with changed_worker("memory.py", hoard.counted, hoard.uncounted):
        assert run_cells(cells) == (["1"], "")
