"""Folders that lie, stop or mislead: how each is handed in, what it scores, and what has to be said."""

import json
import os
import shutil
import socket
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from class_tools import NAME, notebook, record_in_exchange, solved

from autograder.grading.submission import MOST_OVERLOOKED
from autograder.grading.submission_files import MOST_BYTES

ALL = 15
DATE = "2024-02-03 04:05:06 UTC"


def folder_of(root, student):
    folder = root / "gradebook" / "submitted" / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def honest(root, student, made=None):
    path = folder_of(root, student) / f"{NAME}.ipynb"
    path.write_text(json.dumps(made or solved()), encoding="utf-8")
    return path


def link_to_a_neighbour(root, student):
    folder = folder_of(root, student)
    folder.rmdir()
    folder.symlink_to(f"../alice/{NAME}")


def link_to_all_of_a_neighbour(root, student):
    (root / "gradebook" / "submitted" / student).symlink_to("alice")


def link_as_notebook(root, student):
    (folder_of(root, student) / f"{NAME}.ipynb").symlink_to(f"../../alice/{NAME}/{NAME}.ipynb")


def pipe_as_timestamp(root, student):
    os.mkfifo(honest(root, student).with_name("timestamp.txt"))


def endless_timestamp(root, student):
    honest(root, student).with_name("timestamp.txt").symlink_to("/dev/zero")


def pipe_as_notebook(root, student):
    os.mkfifo(folder_of(root, student) / f"{NAME}.ipynb")


def endless_device(path):
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero


def device_as_notebook(root, student):
    endless_device(folder_of(root, student) / f"{NAME}.ipynb")


def devices_beside(root, student):
    path = honest(root, student)
    for name in ("data.csv", "timestamp.txt"):
        endless_device(path.with_name(name))


def can_make_devices():
    """Whether this user may make one; most containers and all ordinary users may not."""
    with tempfile.TemporaryDirectory() as folder, suppress(OSError):
        endless_device(Path(folder, "zero"))
        with open(Path(folder, "zero"), "rb") as zero:
            return zero.read(1) == b"\0"
    return False


def socket_as_notebook(root, student):
    here = os.getcwd()
    os.chdir(folder_of(root, student))  # the path of a socket has to be short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{NAME}.ipynb")
    finally:
        os.chdir(here)


def pipe_beside(root, student):
    os.mkfifo(honest(root, student).with_name("data.csv"))


def links_beside(root, student):
    path = honest(root, student)
    path.with_name("secrets.json").symlink_to(root / "nbgrader_config.py")
    path.with_name("outside").symlink_to(root / "gradebook")


def own_timestamp(root, student):
    honest(root, student).with_name("timestamp.txt").write_text(DATE)


def forged_timestamp(root, student):
    """With a secret of the student's own, and a record of somebody else's."""
    own_timestamp(root, student)
    (folder_of(root, student) / "submission_secret.txt").write_text("x" * 32)
    record_in_exchange(root, f"{student} too", DATE, "x" * 32)


def collected_timestamp(root, student):
    own_timestamp(root, student)
    (folder_of(root, student) / "submission_secret.txt").write_text("y" * 32)
    record_in_exchange(root, student, DATE, "y" * 32)


def filled_copy(root, student):
    honest(root, student, notebook("notebooks")).with_name(f"{NAME} (1).ipynb").write_text(
        json.dumps(solved())
    )


def untouched_twice(root, student):
    other = honest(root, student, notebook("notebooks")).with_name(f"{NAME}-Copy1.ipynb")
    other.write_text(json.dumps(notebook("notebooks")))


def one_filled_of_many(root, student):
    """More notebooks than are read, the filled one last."""
    path = honest(root, student, notebook("notebooks"))
    for n in range(MOST_OVERLOOKED + 1):
        made = solved() if n == MOST_OVERLOOKED else notebook("notebooks")
        path.with_name(f"{NAME} ({n}).ipynb").write_text(json.dumps(made))


def large_ones_beside(root, student):
    """Notebooks that are larger together than one may be."""
    path = honest(root, student, notebook("notebooks"))
    for n in range(2):
        made = notebook("notebooks")
        made["metadata"]["more"] = " " * (MOST_BYTES // 2)
        path.with_name(f"{NAME} ({n}).ipynb").write_text(json.dumps(made))


def merged(root, student):
    text = json.dumps(solved(), indent=1).splitlines()
    text[5:5] = ["<<<<<<< HEAD", text[4], "=======", text[5], ">>>>>>> 1f2e3d"]
    (folder_of(root, student) / f"{NAME}.ipynb").write_text("\n".join(text), encoding="utf-8")


# how each hands in, with the points and what has to be said
CLASS = {
    "alice": (honest, ALL, ""),
    "mallory": (link_to_a_neighbour, 0, f"{NAME} is a link, not a folder; links are not followed"),
    "nick": (link_to_all_of_a_neighbour, 0, "nick is a link, not a folder; links are not followed"),
    "link": (link_as_notebook, 0, f"{NAME}.ipynb is a link, not a file"),
    "pipe": (pipe_as_notebook, 0, f"{NAME}.ipynb is a FIFO, not a file"),
    "socket": (socket_as_notebook, 0, f"{NAME}.ipynb is a socket, not a file"),
    "stopped clock": (pipe_as_timestamp, ALL, "timestamp.txt holds no date"),
    "endless clock": (endless_timestamp, ALL, "timestamp.txt holds no date"),
    "own clock": (own_timestamp, ALL, "timestamp.txt agrees with no record of nbgrader's exchange"),
    "forged clock": (forged_timestamp, ALL, "timestamp.txt agrees with no record of nbgrader's exchange"),
    "collected": (collected_timestamp, ALL, ""),
    "data": (pipe_beside, ALL, "data.csv is a FIFO; left out"),
    "links": (links_beside, ALL, "secrets.json is a link; left out"),
    "copy": (filled_copy, 0, f"{NAME}.ipynb has no answers, but {NAME} (1).ipynb has: please look"),
    "twice": (untouched_twice, 0, f"not looked at: {NAME}-Copy1.ipynb"),
    "many": (one_filled_of_many, 0, "not all other notebooks were read: please look"),
    "large": (large_ones_beside, 0, "not all other notebooks were read: please look"),
    "merged": (merged, 0, "the file holds conflict markers of a merge, the first at line 6"),
    "zoë": (honest, ALL, ""),
}


if can_make_devices():
    CLASS |= {
        "device": (device_as_notebook, 0, f"{NAME}.ipynb is a device, not a file"),
        "devices": (devices_beside, ALL, "data.csv is a device; left out"),
    }


def lines_in_the_name(root, submitted):
    honest(root, "al\nice")


def escapes_in_the_name(root, submitted):
    honest(root, "al\x1b[2Jice")


def turned_name(root, submitted):
    honest(root, "ecila\u202e")


def dots_as_name(root, submitted):
    honest(root, "...")


def pattern_as_name(root, submitted):
    honest(root, "[a-z]*")


def flat(root, submitted):
    (submitted / "mine.ipynb").write_text(json.dumps(solved()))


def flat_archive(root, submitted):
    (submitted / "all.zip").write_bytes(b"PK")


def swapped(root, submitted):
    shutil.copytree(submitted / "alice" / NAME, submitted / NAME / "alice")


def pipe_as_student(root, submitted):
    os.mkfifo(submitted / "pipes")


def pipe_as_assignment(root, submitted):
    (submitted / "paul").mkdir()
    os.mkfifo(submitted / "paul" / NAME)


def link_to_everything(root, submitted):
    (submitted / "root").symlink_to("/")


STRAYS = {
    r"'al\nice'": (lines_in_the_name, "the name of the folder al ice holds control characters; rename it"),
    r"'al\x1b[2Jice'": (escapes_in_the_name, "the name of the folder al�[2Jice holds control characters"),
    r"'ecila\u202e'": (turned_name, "the name of the folder ecila� holds control characters; rename it"),
    "'...'": (dots_as_name, "the name of the folder ... begins with a dot, so it is passed over; rename it"),
    "'[a-z]*'": (
        pattern_as_name,
        "the name of the folder [a-z]* holds [, which nbgrader takes for the beginning",
    ),
    "mine.ipynb": (flat, f"mine.ipynb lies by itself, expected STUDENT/{NAME}/{NAME}.ipynb"),
    "all.zip": (flat_archive, "all.zip lies by itself, expected STUDENT"),
    f"{NAME}/alice": (
        swapped,
        f"found {NAME}/alice, expected STUDENT/{NAME}: the two are the wrong way round",
    ),
    "pipes": (pipe_as_student, f"pipes is a FIFO, expected a folder with {NAME} in it"),
    "paul": (pipe_as_assignment, f"paul/{NAME} is a FIFO, expected a folder"),
}
