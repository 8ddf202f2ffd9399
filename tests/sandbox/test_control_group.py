"""The control group of a sandbox: the kernel keeps its limits, and nothing of it is left behind."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest
from wall_attacks import run_cells, without_groups

from autograder import doctor
from autograder.sandbox import box, bubblewrap, client, control_group, reduced_rnnlib
from autograder.sandbox.answer import TOO_LARGE, outcome_of
from autograder.sandbox.control_group import ControlGroup, groups_problem
from autograder.sandbox.conversation import LARGE, LOST
from autograder.sandbox.group_folders import own_groups
from autograder.sandbox.limits import Limits
from autograder.sandbox.run import Check, Job, run_job

MB = 2**20
walls = pytest.mark.skipif(
    bool(bubblewrap.walls_problem()), reason=f"no sandbox here: {bubblewrap.walls_problem()}"
)
groups = pytest.mark.skipif(bool(groups_problem()), reason=f"no control group here: {groups_problem()}")

BURST = """
import os, signal
def burst():
    'Returns when each of four processes has 80 MB.'
    ready, say = os.pipe()
    for _ in range(4):
        if os.fork() == 0:
            held = bytearray(80 * 2**20)
            held[::4096] = bytes(len(held) // 4096)
            os.write(say, b"x")
            signal.pause()
    for _ in range(4):
        os.read(ready, 1)
"""


@pytest.fixture
def made(monkeypatch):
    """The groups that are made while a test runs, each with the most memory that it held, in bytes."""
    made = []
    make, remove = ControlGroup.make, ControlGroup.remove

    def remembering(self, memory, processes):
        make(self, memory, processes)
        made.append([self, 0])

    def measuring(self):
        for entry in made:
            if entry[0] is self and self._folders:
                entry[1] = max(entry[1], most_memory(self._folders[0]))
        remove(self)

    groups_problem()  # whose trial is not counted
    monkeypatch.setattr(ControlGroup, "make", remembering)
    monkeypatch.setattr(ControlGroup, "remove", measuring)
    return made


def most_memory(folder):
    files = [folder / name for name in ("memory.max_usage_in_bytes", "memory.peak")]
    return max(int(file.read_text()) for file in files if file.exists())


def is_removed(group):
    """Whether the next sandbox finds nothing of a group, whose processes may still be ending."""
    for _ in range(100):
        control_group._remove_left()
        if not any(folder.exists() for folder in group._folders):
            return True
        time.sleep(0.02)
    return False


def members(folder):
    return set(map(int, (folder / "cgroup.procs").read_text().split()))


@walls
@groups
def test_everything_of_a_sandbox_is_in_its_group_which_is_removed(made):
    orders = {"cells": [], "cell_seconds": 5.0, "most_output": 100}
    with box.start_box("bwrap", reduced_rnnlib.library_folder(()), orders, 0) as running:
        client._wait_ready(running)
        pid = running.supervisor.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        [(group, _)] = made
        for folder in group._folders:
            assert members(folder) >= set(map(int, children)) and os.getpid() not in members(folder)
        assert len(children) == 1
    assert is_removed(group)


@walls
@groups
@pytest.mark.parametrize("is_limited", [True, False])
def test_a_burst_between_two_looks_is_ended_by_the_kernel(monkeypatch, made, is_limited):
    monkeypatch.setattr(box, "MEMORY", 160 * MB)
    if is_limited:
        shown, ended = run_cells([BURST, "burst()", "2"])
        assert ended == client.TOO_LARGE
        assert made[0][1] <= 160 * MB  # and the four together would have had 320
    else:  # the kernel only measures
        make = ControlGroup.make
        monkeypatch.setattr(ControlGroup, "make", lambda self, _, processes: make(self, 2048 * MB, processes))
        run_cells([BURST, "burst()", "2"])
        assert made[0][1] > 200 * MB
    assert len(made) == 1


CALLED = """
def called():
    for _ in range(2):
        if os.fork() == 0:
            time.sleep(0.1)
            take(50, 0.7)
            os._exit(0)
    take(100, 0.7)
def take(size, seconds):
    held = bytearray(size * 2**20)
    held[::4096] = bytes(len(held) // 4096)
    time.sleep(seconds)
import os, time
"""


@walls
@groups
@pytest.mark.parametrize("is_grouped", [True, False])
def test_a_call_that_takes_too_much_says_so(monkeypatch, is_grouped):
    """Whether the kernel or the supervisor has counted."""
    monkeypatch.setattr(box, "MEMORY", 160 * MB)
    check = Check("called", ((lambda answer: answer(),),))
    with nullcontext() if is_grouped else without_groups():
        ran = run_job(Job((CALLED, check), ()), "bwrap", Limits())
    exchange = ran.conversations[1].rounds[0][0]
    assert str(outcome_of(exchange, False, frozenset()).error) == TOO_LARGE


@walls
@groups
def test_a_submission_that_the_kernel_stops_is_ended_as_a_whole(monkeypatch):
    """In version 1 the kernel ends one process only, and the supervisor sees no reason to end the others."""
    make = ControlGroup.make
    monkeypatch.setattr(ControlGroup, "make", lambda self, _, processes: make(self, 160 * MB, processes))
    check = Check("early", ((lambda answer: answer(),),))
    early = "import time\ndef early():\n    time.sleep(0.5)\n    return 1.0"
    ran = run_job(Job((early, check, BURST + "burst()"), ()), "bwrap", Limits())
    assert ran.ended == client.TOO_LARGE
    assert ran.conversations[1].introduction is None or ran.conversations[1].rounds[0][0].end == LARGE


@walls
@groups
def test_a_call_that_ends_its_process_is_not_said_to_have_taken_too_much():
    check = Check("called", ((lambda answer: answer(),),))
    ran = run_job(Job(("import os\ndef called():\n    os._exit(1)", check), ()), "bwrap", Limits())
    assert ran.conversations[1].rounds[0][0].end == LOST


COUNT = """
import os, signal, time
started = []
try:
    while len(started) < 40:
        child = os.fork()
        if child == 0:
            time.sleep(9)
        started.append(child)
except BlockingIOError:
    pass
for child in started:
    os.kill(child, signal.SIGKILL)
len(started)
"""


@walls
@groups
def test_the_kernel_counts_processes(monkeypatch):
    assert run_cells([COUNT]) == (["40"], "")
    monkeypatch.setattr(box, "PROCESSES", 20)
    shown, ended = run_cells([COUNT])
    assert 10 < int(shown[0]) < 20 and ended == ""


@walls
@groups
def test_a_neighbour_loses_nothing(monkeypatch, made):
    monkeypatch.setattr(box, "MEMORY", 160 * MB)
    with ThreadPoolExecutor(2) as pool:
        honest = pool.submit(run_cells, ["import numpy as np, time", "time.sleep(1)", "np.ones(2**22).sum()"])
        burst = pool.submit(run_cells, [BURST, "burst()"])
        assert burst.result()[1] == client.TOO_LARGE
        assert honest.result() == (["", "", "np.float64(4194304.0)"], "")
    assert len(made) == 2


@walls
@pytest.mark.parametrize("is_possible", [True, False])
def test_without_groups_all_is_as_ever(monkeypatch, made, capfd, is_possible):
    if not is_possible:
        monkeypatch.setattr(control_group, "_find_places", lambda: ((), "none here."))
    assert run_cells(["1 + 1", "print(3)"]) == (["2", ""], "")
    assert capfd.readouterr() == ("", "")
    assert is_possible or not any(entry[0]._folders for entry in made)


LOOK = """
import os
def tried(path, flags):
    try:
        return os.open(path, flags)
    except OSError as e:
        return type(e).__name__
def target(fd):
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return ""
held = list(map(target, os.listdir("/proc/self/fd")))
[
    [line for line in open("/proc/self/mountinfo") if "cgroup" in line],
    [path for path in held if "unrolled-" in path or "cgroup" in path],
    os.path.exists("/sys"),
    tried("/proc/self/cgroup", os.O_WRONLY),
    tried("/proc/1/cgroup", os.O_WRONLY),
    call("mount", b"cgroup2", b"/tmp", b"cgroup2", 0, 0),
    call("mount", b"cgroup", b"/tmp", b"cgroup", 0, b"memory"),
    call("unshare", 0x02000000) < 0,
]
"""


@walls
@groups
@pytest.mark.parametrize("is_shown", [False, True])
def test_student_code_cannot_reach_its_group(monkeypatch, is_shown):
    if is_shown:
        make = bubblewrap.walls
        folder = ("/sys/fs/cgroup", "/sys")
        monkeypatch.setattr(box, "walls", lambda binds, fd: make([*binds, folder], fd))
    shown, _ = run_cells([LOOK])
    held = "[[], [], False, 'PermissionError', 'PermissionError', -38, -38, True]"
    assert (shown == [held]) != is_shown


HOLD = """
import sys
from autograder.sandbox.control_group import control_group
with control_group(2**26, 8) as group:
    print(*group._folders, flush=True)
    sys.stdin.read()
"""


@groups
def test_what_an_ended_grader_left_is_removed_and_nothing_else():
    def start():
        grader = subprocess.Popen([sys.executable, "-c", HOLD], stdin=-1, stdout=-1, text=True)
        return grader, list(map(Path, grader.stdout.readline().split()))

    (ended, left), (living, held) = start(), start()
    place = left[0].parent
    foreign = [place / name for name in ("somebody-else", "unrolled-1-1-1-1", "unrolled-mine")]
    try:
        for folder in foreign:
            folder.mkdir()
        ended.kill()
        ended.wait()
        assert left[0] != held[0] and all(folder.is_dir() for folder in (*left, *held))
        later, _ = start()
        later.communicate("")
        assert not any(folder.exists() for folder in left)
        assert all(folder.is_dir() for folder in (*held, *foreign))
    finally:
        living.communicate("")
        for folder in foreign:
            folder.rmdir()
    assert not any(folder.exists() for folder in held)


def test_doctor_says_whether_groups_are_used(monkeypatch, capsys):
    doctor.print_findings()
    line = "sandbox (control group, optional): "
    said = f"not used, {groups_problem()}" if groups_problem() else "fine"
    assert f"{line}{said}\n" in capsys.readouterr().out
    monkeypatch.setattr(control_group, "_find_places", lambda: ((), "none here."))
    doctor.print_findings()
    assert f"{line}not used, none here.\n" in capsys.readouterr().out


MOUNTS = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
33 23 0:30 / /tmp rw,relatime - tmpfs  rw
35 31 0:32 {root} /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
39 31 0:36 {root} /sys/fs/cgroup/pids rw,relatime shared:9 - cgroup cgroup rw,pids
41 31 0:38 {root} /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""


@pytest.mark.parametrize(
    "root, group, inside", [("/", "/", ""), ("/", "/a/b", "a/b"), ("/docker/1", "/docker/1/b", "b")]
)
def test_the_folders_of_ones_own_groups(root, group, inside):
    own = own_groups(
        f"9:name=systemd:/\n8:pids:{group}\n4:memory:{group}\n0::{group}\n", MOUNTS.format(root=root)
    )
    points = {"pids": "pids", "memory": "memory", "": "unified"}
    assert own == {name: Path("/sys/fs/cgroup", point, inside) for name, point in points.items()}


@pytest.mark.parametrize(
    "root, group", [("/docker/1", "/docker/12"), ("/docker/1", "/"), ("/", "/../elsewhere")]
)
def test_a_group_outside_of_what_is_mounted_has_no_folder(root, group):
    assert own_groups(f"0::{group}\n", MOUNTS.format(root=root)) == {}


SCOPE = ["systemd-run", "--user", "--scope", "--quiet", "-p", "Delegate=yes"]
IN_SCOPE = """
import subprocess, sys
from pathlib import Path
from autograder.sandbox.control_group import control_group, groups_problem
with control_group(2**26, 8) as group:
    own = Path("/proc/self/cgroup").read_text().strip()
    child = "from autograder.sandbox.control_group import groups_problem; print(groups_problem() or 'fine')"
    print(groups_problem() or "fine", own.endswith("-grader"), *group._folders, flush=True)
    subprocess.run([sys.executable, "-c", child])
"""


@pytest.mark.parametrize("is_alone", [True, False])
def test_a_grader_that_is_alone_in_a_delegated_group_makes_groups(is_alone):
    """Version 2, by which a group with processes of its own can hand no limits on."""
    if "memory" in own_groups(*(Path("/proc/self", n).read_text() for n in ("cgroup", "mountinfo"))):
        pytest.skip("the limits of memory are those of version 1 here")
    grader = [sys.executable, "-c", IN_SCOPE]
    command = grader if is_alone else ["/bin/sh", "-c", 'sleep 60 & "$@"; kill $!', "sh", *grader]
    done = subprocess.run([*SCOPE, *command], capture_output=True, text=True)
    if "Failed to" in done.stderr:
        pytest.skip(f"systemd makes no group here: {done.stderr.strip()[:200]}")
    assert done.stderr == ""
    first, child = done.stdout.splitlines()
    if is_alone:
        problem, has_moved, folder = first.split()
        assert (problem, has_moved, child) == ("fine", "True", "fine") and not Path(folder).exists()
    else:
        assert "with other programs" in first and "with other programs" in child
