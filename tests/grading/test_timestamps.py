"""A date counts where nbgrader's exchange has the same submission, or where the course believes all dates."""

import getpass
import json
import os
import re
import shutil

import pytest
from class_tools import NAME, ROOT, command, copy_course, notebook, solved, submit, use_exchange
from nbgrader.exchange.default.exchange import Exchange

from autograder.diagnosis.time_limit import time_limit
from autograder.grading import timestamps
from autograder.grading.course import EXCHANGE, Course
from autograder.grading.timestamps import DATE, NO_DATE, NOT_BELIEVED, SECRET, is_date, read_timestamp

ME = getpass.getuser()


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """A course whose one submission came through nbgrader's exchange, by the commands of docs/lms.md."""
    root = copy_course(tmp_path_factory.mktemp("exchange"))
    use_exchange(root)
    with open(root / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write(f"c.Exchange.cache = {str(root / 'cache')!r}\n")
    home = root / "home"
    (root / "exchange").mkdir()
    (root / "exchange").chmod(0o777)
    home.mkdir()
    shutil.copy(root / "nbgrader_config.py", home)
    page = (ROOT / "docs" / "lms.md").read_text(encoding="utf-8").split("## On a JupyterHub")[1]
    release, fetch, submit_it, collect = re.findall(rf"^nbgrader (\w+) {NAME} ", page, re.M)
    command("nbgrader", release, NAME, cwd=root)
    command("nbgrader", fetch, NAME, cwd=home)
    fetched = home / NAME / f"{NAME}.ipynb"
    assert json.loads(fetched.read_text()) == notebook("notebooks")
    fetched.write_text(json.dumps(solved()))
    command("nbgrader", submit_it, NAME, cwd=home)
    command("nbgrader", collect, NAME, cwd=root)
    return root


@pytest.fixture
def folder(collected, tmp_path):
    """A copy of the submission as it was collected."""
    made = tmp_path / ME / NAME
    shutil.copytree(collected / "gradebook" / "submitted" / ME / NAME, made)
    return made


def test_what_the_exchange_has_counts(collected, folder):
    said, remarks = read_timestamp(folder, Course.load(collected).believed)
    assert said == (folder / DATE).read_text() and is_date(said) and remarks == []


def another_date(folder):
    (folder / DATE).write_text("2024-02-03 04:05:06 UTC")


def another_secret(folder):
    (folder / SECRET).write_text("x" * 128)


def no_secret(folder):
    (folder / SECRET).unlink()


def empty_secret(folder):
    (folder / SECRET).write_text("")


def another_student(folder):
    folder.parent.rename(folder.parent.with_name("mallory"))


def another_lesson(folder):
    folder.rename(folder.with_name("05_matrix_bptt"))


@pytest.mark.parametrize(
    "change", [another_date, another_secret, no_secret, empty_secret, another_student, another_lesson]
)
def test_what_it_does_not_have_does_not(collected, folder, change):
    change(folder)
    moved = next(folder.parents[1].glob("*/*"))
    assert read_timestamp(moved, Course.load(collected).believed) == ("", [NOT_BELIEVED])


def test_without_the_record_the_course_has_to_say_so(collected, folder, tmp_path):
    root = copy_course(tmp_path / "course")
    assert read_timestamp(folder, Course.load(root).believed) == ("", [NOT_BELIEVED])
    with open(root / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write("\nc.Grade.believe_timestamps = True\n")
    assert read_timestamp(folder, Course.load(root).believed)[0]
    (folder / DATE).write_text("yesterday or so")
    assert read_timestamp(folder, Course.load(root).believed) == ("", [NO_DATE])


def test_a_record_that_comes_later_is_seen(tmp_path):
    inbound, folder = tmp_path / "inbound", tmp_path / "one" / NAME
    inbound.mkdir()
    folder.mkdir(parents=True)
    (folder / DATE).write_text("2024-02-03 04:05:06 UTC")
    (folder / SECRET).write_text("secret")
    believed = timestamps.Believed(inbound=inbound)
    assert read_timestamp(folder, believed)[0] == ""
    record = inbound / f"one+{NAME}+2024-02-03 04:05:06 UTC"
    record.mkdir()
    shutil.copy(folder / SECRET, record)
    assert read_timestamp(folder, believed)[0] == "2024-02-03 04:05:06 UTC"


def test_the_exchange_is_where_nbgrader_has_it():
    assert Exchange.root.default_value == EXCHANGE


def test_nbgrader_and_grade_believe_the_same(collected):
    """One rule, in one place: also for options of nbgrader's command line."""
    submit(collected, "own", solved())
    own = collected / "gradebook" / "submitted" / "own" / NAME
    (own / DATE).write_text("2024-02-03 04:05:06 UTC")
    said = command("nbgrader", "autograde", NAME, cwd=collected)
    assert f"own/{NAME}: {NOT_BELIEVED}" in said and f"{ME}/{NAME}: {NOT_BELIEVED}" not in said
    said = command("nbgrader", "autograde", NAME, "--force", "--Grade.believe_timestamps=True", cwd=collected)
    assert NOT_BELIEVED not in said


def test_what_is_no_file_says_nothing_and_stops_nobody(tmp_path):
    kinds = {name: tmp_path / name for name in ("pipe", "endless", "folder", "missing", "file")}
    os.mkfifo(kinds["pipe"])
    kinds["endless"].symlink_to("/dev/zero")
    kinds["folder"].mkdir()
    kinds["file"].write_text(" words\n", encoding="utf-8")
    with time_limit(5.0):
        said = {name: timestamps._text(path) for name, path in kinds.items()}
    assert said == dict.fromkeys(kinds, "") | {"file": "words"}
