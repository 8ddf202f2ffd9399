"""Gradescope's two scripts, run as there in a root filesystem of its own, without a network."""

import shutil
import sys

import pytest
from class_tools import NAME, before, cell, code, command, copy_course, solved
from gradescope_container import Container
from hostile_submissions import HOSTILE
from package_tools import must
from tests_root import ROOT

from autograder.exercises import find_exercise
from autograder.sandbox import bubblewrap

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        bool(bubblewrap.walls_problem()) or not bubblewrap.is_root(),
        reason="only root can make such a container here",
    ),
]

# an answer that tells, in its error, what it could open
SPY = """
import os
found = []
for place in (
    "/autograder/source",
    "/autograder/source/course/gradebook/seeds.json",
    "/autograder/results/results.json",
    f"/proc/{os.getppid()}/environ",
    "/proc/1/environ",
    "/autograder/submission",
):
    for mode in ("r", "a"):
        try:
            os.listdir(place) if os.path.isdir(place) else open(place, mode).close()
            found.append(place)
        except OSError:
            pass
def scalar_bptt(params, run, do):
    raise ValueError(f"{sorted(set(found))} {os.getuid() > 60000}")
"""
# a process that leaves the group of its submission
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            open("/tmp/heartbeat", "w").write(str(time.time()))
            time.sleep(0.05)
    os._exit(0)
time.sleep(0.5)
"""
LATER = """
/autograder/run_autograder
before=$(cat /tmp/heartbeat)
sleep 1
[ -n "$before" ] && [ "$before" = "$(cat /tmp/heartbeat)" ] && echo "no heart beats"
"""
WITHOUT_WALLS = (  # what no wall is needed for
    "endless function",
    "75 GB",
    "fork bomb in a function",
    "segfault in a function",
    "os._exit in a cell",
    "sys.exit in a function",
    "100 MB printed",
    "secret inputs as a key",
    "an answer that drips",
    "reads passwords",
)


@pytest.fixture(scope="module")
def container(index, tmp_path_factory):
    """The container after its setup.sh."""
    course = copy_course(tmp_path_factory.mktemp("course"), registered=False)
    shutil.copy(ROOT / "constraints.txt", course)
    command("autograder", "export", NAME, "--to", "gradescope-autograder", cwd=course)
    folder = tmp_path_factory.mktemp("container")
    made = Container(
        folder / "autograder",
        course / "gradebook" / "exports" / "gradescope-autograder" / f"{NAME}.zip",
        folder,
    )
    wanted = made.folder / "source" / "requirements.txt"
    must(sys.executable, "-m", "pip", "download", "-q", "-r", wanted, "-d", folder, cwd=folder)
    done = made.run("bash", "/autograder/source/setup.sh", all_rights=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def outcome(container, notebook, **options):
    """({exercise: points}, what the instructor is told, all cards in one line)."""
    results, said = container.graded(notebook, **options)
    assert results is not None, said
    *tests, hidden = results["tests"]
    points = {test["name"]: test["score"] for test in tests}
    assert results["score"] == round(sum(points.values()), 2)
    cards = " ".join(word for test in tests for word in test["output"].split())
    return points, hidden["output"], cards


def test_without_walls_it_grades_says_so_and_keeps_its_secrets(container):
    slip = next(s for s in find_exercise("01.scalar_bptt").slips if s.id == "w_overwritten")
    wrong = solved()
    cell(wrong, "scalar_bptt")["source"] = "".join(cell(wrong, "scalar_bptt")["source"]).replace(
        slip.right, slip.wrong
    )
    points, hidden, cards = outcome(container, wrong)
    assert "without walls, as bubblewrap cannot start here" in hidden
    assert 0 < points.pop("01.scalar_bptt") < 4 and sum(points.values()) == 11
    assert slip.says in cards


@pytest.mark.parametrize("all_rights, seen", [(False, "['/autograder/submission'] True"), (True, "[] True")])
def test_of_the_course_and_the_results_nothing_can_be_opened(container, all_rights, seen):
    spy = solved()
    cell(spy, "scalar_bptt")["source"] = SPY
    _, _, cards = outcome(container, spy, all_rights=all_rights)
    assert seen in cards


def test_with_all_rights_there_are_walls(container):
    """The control: the same container, the same submission."""
    points, hidden, _ = outcome(container, solved(), all_rights=True)
    assert sum(points.values()) == 15 and hidden == "Student code ran behind bubblewrap's walls."


def test_a_daemon_ends_with_its_submission(container):
    points, _, _ = outcome(container, before(solved(), "total_by_paths", code(DAEMON)))
    assert sum(points.values()) == 15
    assert "no heart beats" in container.run("bash", "-c", LATER).stdout


def test_who_ends_what_watches_him_loses_his_own_points_only(container):
    """Without walls the process that watches runs as the account that it watches."""
    hostile = HOSTILE["kills everything it can"]
    points, hidden, _ = outcome(container, hostile.make())
    assert sum(points.values()) <= hostile.points[1] and "A person should look at: 01." in hidden


@pytest.mark.long
@pytest.mark.parametrize("all_rights", [False, True], ids=["no walls", "walls"])
@pytest.mark.parametrize("name", WITHOUT_WALLS)
def test_hostile_submissions_earn_what_they_earn_at_home(container, name, all_rights):
    hostile = HOSTILE[name]
    points, _, _ = outcome(container, hostile.make(), files=hostile.files, all_rights=all_rights)
    low, high = hostile.points if isinstance(hostile.points, tuple) else (hostile.points, hostile.points)
    assert low <= round(sum(points.values()), 2) <= high, points
