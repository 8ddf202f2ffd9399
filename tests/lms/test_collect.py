"""A download of any system becomes submissions; what does not match is said, and nothing is guessed."""

import errno
import os
import shutil
import socket
import stat
import subprocess
import zipfile

import pytest
from class_tools import NAME, ROOT, command, put_gradebook
from lms_downloads import CLASS, GRADEBOOK, WORKSHEET, moodle, write_csv, write_folder, write_zip

from autograder.errors import GradingError
from autograder.grading.course import Course
from autograder.grading.grade import Options, grade_class, misplaced_notebooks
from autograder.grading.timestamps import read_timestamp
from autograder.lms import archive, brightspace, canvas, commands, people, times
from autograder.lms import collect as collecting
from autograder.lms import moodle as moodles
from autograder.lms.collect import collect
from autograder.lms.joining import Joined
from autograder.lms.people import Person, id_problem, read_list
from autograder.lms.submissions import with_notebook
from autograder.lms.systems import piece_of, system_of

UTC = times.zone_named("UTC")


@pytest.fixture
def root(tmp_path):
    """What collecting needs of a course."""
    folder = tmp_path / "course"
    (folder / "notebooks").mkdir(parents=True)
    shutil.copytree(ROOT / "notebooks" / NAME, folder / "notebooks" / NAME)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    put_gradebook(folder / "gradebook")
    return folder


@pytest.fixture
def roster(tmp_path):
    return write_csv(tmp_path / "class.csv", CLASS)


def take(root, source, roster=None, **more):
    return collect(Course.load(root), NAME, source, roster, UTC, **more)


def handed_in(root):
    """{path below the folder of submissions: content}."""
    folder = root / "gradebook" / "submitted"
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def state(root):
    """Content and time of change of all that collecting may write."""
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for path in (root / "gradebook").rglob("*")
        if path.is_file() and path.name != "grading.lock"
    }


@pytest.mark.parametrize("packed", [True, False], ids=["zip", "folder"])
def test_a_moodle_download_with_its_worksheet(root, tmp_path, packed):
    enrolled = write_csv(tmp_path / "class.csv", CLASS)
    take(root, write_folder(tmp_path / "first", {"s3.ipynb": "{}"}), enrolled)
    files = moodle(**{"Somebody Else_999_assignsubmission_file_/a.ipynb": "{}", "notes.txt": "?"})
    source = (
        write_zip(tmp_path / "all.zip", files)
        if packed
        else write_folder(tmp_path / "all" / "Lesson 1", files)
    )
    done = take(root, source, write_csv(tmp_path / "sheet.csv", WORKSHEET))
    assert (done.system, done.new, done.absent) == ("moodle", ["s1", "s2"], [])
    assert done.problems == [
        "notes.txt: its name does not say whose it is",
        "nobody in the class is called Somebody Else (1 files)",
    ]
    assert handed_in(root) == {
        f"s1/{NAME}/{NAME}.ipynb": "{}",
        f"s1/{NAME}/data/x.csv": "1,2",
        f"s1/{NAME}/timestamp.txt": "2026-03-03 10:23:00 UTC",
        f"s2/{NAME}/{NAME}.ipynb": "{}",
        f"s3/{NAME}/{NAME}.ipynb": "{}",
    }
    course = Course.load(root)
    folder = course.submitted / "s1" / NAME
    assert read_timestamp(folder, course.believed) == ("2026-03-03 10:23:00 UTC", [])
    (folder / "timestamp.txt").write_text("2026-03-01 10:23:00 UTC")  # what nobody has collected
    assert read_timestamp(folder, course.believed)[0] == ""
    assert course.students()["s2"] == ("Jürgen", "Groß")


def test_the_same_download_changes_nothing_and_a_later_one_only_what_is_new(root, roster, tmp_path):
    first = write_zip(tmp_path / "first.zip", moodle())
    assert take(root, first, roster).new == ["s1", "s2"]
    before = state(root)
    again = take(root, first, roster)
    assert state(root) == before and again.unchanged == ["s1", "s2"] and not again.new + again.replaced
    later = take(root, write_zip(tmp_path / "later.zip", moodle(ada='{"cells": []}')))
    assert (later.replaced, later.unchanged) == (["s1"], ["s2"])
    changed = {path for path, content in state(root).items() if before.get(path) != content}
    assert {path.name for path in changed} == {f"{NAME}.ipynb", "x.csv", "collected.json"}
    (root / "gradebook" / "submitted" / "s1" / NAME / "x.txt").write_text("by hand")
    kept = take(root, first)
    assert (
        kept.replaced == [] and "changed by hand" in kept.problems[0] and kept.problems[0].startswith("s1: ")
    )


def test_a_time_is_that_of_the_worksheet_that_came_with_the_download(root, tmp_path):
    first, sheet = write_zip(tmp_path / "first.zip", moodle()), write_csv(tmp_path / "sheet.csv", WORKSHEET)
    take(root, first, sheet)
    stamp = root / "gradebook" / "submitted" / "ada@uni.example" / NAME / "timestamp.txt"
    before = state(root)
    assert take(root, first).unchanged == ["ada@uni.example", "jg@uni.example"] and state(root) == before
    later = write_zip(tmp_path / "later.zip", moodle(ada="later"))
    done = take(root, later)  # when it came, the older worksheet does not say
    assert "no time is known" in done.problems[0] and not stamp.exists()
    moved = [
        WORKSHEET[0] | {"Last modified (submission)": "Wednesday, 4 March 2026, 9:00 AM"},
        *WORKSHEET[1:],
    ]
    assert take(root, later, write_csv(tmp_path / "sheet.csv", moved)).replaced == ["ada@uni.example"]
    assert stamp.read_text() == "2026-03-04 09:00:00 UTC"


def test_a_class_is_not_held_in_memory_and_has_a_limit(root, roster, tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "MOST_ALTOGETHER", 5)
    before = state(root)
    with pytest.raises(GradingError, match="nothing was collected"):
        take(root, write_folder(tmp_path / "all", {"s1.ipynb": "123", "s2.ipynb": "456"}))
    assert state(root) == before and handed_in(root) == {}


def test_canvas_knows_students_by_its_own_numbers(root, tmp_path):
    source = write_folder(
        tmp_path / "all",
        {
            f"lovelaceada_5001_800_{NAME}-1.ipynb": "1",
            f"großjürgen_LATE_5002_801_{NAME}.ipynb": "2",
            "lovelaceada_5003_804_b.ipynb": "no",
        },
    )
    done = take(root, source, write_csv(tmp_path / "gradebook.csv", GRADEBOOK, delimiter=";"))
    assert (done.system, done.new, done.late, done.absent) == ("canvas", ["s1", "s2"], ["s2"], ["s3"])
    assert done.problems == ["the number 5003 is that of s3, the name lovelaceada is not (1 files)"]
    assert handed_in(root) == {f"s1/{NAME}/{NAME}.ipynb": "1", f"s2/{NAME}/{NAME}.ipynb": "2"}


def test_of_two_brightspace_submissions_the_later_counts(root, roster, tmp_path):
    source = write_zip(
        tmp_path / "all.zip",
        {
            f"11-7 - Ada Lovelace - Mar 3, 2026 1023 AM/{NAME}.ipynb": "early",
            f"11-7 - Ada Lovelace - Mar 3, 2026 923 PM/{NAME}.ipynb": "late",
            f"12-7 - Jürgen Groß - 3 Mar, 2026 10:23 - {NAME}.ipynb": "flat",
            "index.html": "<p>",
        },
    )
    done = take(root, source, roster)
    assert (done.new, done.problems) == (["s1", "s2"], [])
    found = handed_in(root)
    assert found[f"s1/{NAME}/{NAME}.ipynb"] == "late" and found[f"s2/{NAME}/{NAME}.ipynb"] == "flat"
    assert found[f"s1/{NAME}/timestamp.txt"] == "2026-03-03 21:23:00 UTC"
    older = take(
        root, write_zip(tmp_path / "b.zip", {"11-7 - Ada Lovelace - Mar 2, 2026 1023 AM/a.ipynb": "x"})
    )
    assert "is older than the one that is there" in older.problems[0] and handed_in(root) == found


def test_a_flat_folder_is_by_id_e_mail_or_a_name_that_one_has(root, tmp_path):
    flat = {"s1.ipynb": "1", "jg@uni.example.ipynb": "2", f"Sean O’Neill_{NAME}.ipynb": "3", "zoe.ipynb": "4"}
    done = take(root, write_folder(tmp_path / "flat", flat), write_csv(tmp_path / "class.csv", CLASS))
    assert done.new == ["s1", "s2", "s3"] and done.problems == ["nobody in the class is called zoe (1 files)"]


def test_without_a_class_the_names_in_a_flat_folder_are_ids_and_a_download_is_refused(root, tmp_path):
    assert take(root, write_folder(tmp_path / "flat", {"ada.ipynb": "1", "bob/b.ipynb": "2"})).new == [
        "ada",
        "bob",
    ]
    with pytest.raises(GradingError, match="give the class with --roster"):
        take(root, write_zip(tmp_path / "all.zip", moodle()))


def test_equal_names_are_told_apart_by_numbers_or_not_at_all(root, tmp_path):
    twins = [*CLASS, CLASS[0] | {"id": "s4", "email": "other@uni.example", "first_name": "ＡDA"}]
    roster = write_csv(tmp_path / "class.csv", twins)
    done = take(root, write_zip(tmp_path / "all.zip", moodle()), roster)
    assert done.problems == ["Ada Lovelace may be s1 or s4 (2 files)"] and done.new == ["s2"]
    done = take(root, tmp_path / "all.zip", write_csv(tmp_path / "sheet.csv", WORKSHEET))
    assert done.new == ["s1"] and done.problems == []
    team = {
        "Team 7_901_assignsubmission_file_/a.ipynb": "team",
        "B-Jürgen Groß_902_assignsubmission_file_/a.ipynb": "2",
    }
    done = take(root, write_zip(tmp_path / "team.zip", team))
    assert (
        done.replaced == ["s2"] and "the number 901 is that of s1, the name Team 7 is not" in done.problems[0]
    )


@pytest.mark.parametrize(
    "rows, said",
    [
        ([CLASS[0], CLASS[1] | {"id": "S1"}], "are the same but for case"),
        ([CLASS[0] | {"id": "é"}, CLASS[1] | {"id": "e\u0301"}], "are the same but for case"),
        ([CLASS[0], CLASS[1] | {"id": "s1"}], "have the same id 's1'"),
        ([{"nobody": "1"}], "expected a column id"),
        ([{"id": "x" * 200_000}], "is no CSV"),
    ],
)
def test_a_list_that_is_not_clear_is_refused_whole(root, tmp_path, rows, said):
    source = write_folder(tmp_path / "flat", {"s1.ipynb": "1"})
    before = state(root)
    with pytest.raises(GradingError, match=said):
        take(root, source, write_csv(tmp_path / "class.csv", rows))
    assert state(root) == before and handed_in(root) == {}


@pytest.mark.parametrize(
    "student", ["..", "a/b", ".a", "aux", "com1.txt", "a\nb", "a[b", "x" * 201, "a ", '"a"']
)
def test_a_text_that_is_no_id_is_left_out_of_a_list(student, tmp_path):
    assert id_problem(student) and not id_problem("ada-1.b@c")
    if student == student.strip():
        people, said = read_list(write_csv(tmp_path / "c.csv", [{"id": student}, {"id": "ada"}]), NAME, {})
        assert list(people) == ["ada"] and "row 2" in said[0]


def test_ids_are_of_the_first_column_that_anything_stands_in_and_names_of_who_tells_them_apart(tmp_path):
    sheet = [row | {"ID number": ""} for row in WORKSHEET]
    people, _ = read_list(write_csv(tmp_path / "s.csv", sheet), NAME, {})
    assert list(people) == ["ada@uni.example", "jg@uni.example", "so@uni.example"]
    sheet[0]["ID number"] = "7"
    people, said = read_list(write_csv(tmp_path / "s.csv", sheet), NAME, {})
    assert list(people) == ["7"] and len(said) == 2
    known = {"s1": Person("s1", "Juana", "de la Cruz", "ada@uni.example")}
    assert read_list(write_csv(tmp_path / "s.csv", WORKSHEET), NAME, known)[0]["s1"].last == "de la Cruz"
    namesake = [CLASS[0] | {"id": "s9", "email": "", "first_name": "Juana", "last_name": "de la Cruz"}]
    assert list(read_list(write_csv(tmp_path / "c.csv", namesake), NAME, known)[0]) == ["s1", "s9"]
    newer = [CLASS[0] | {"last_name": "King"}]
    assert read_list(write_csv(tmp_path / "c.csv", newer), NAME, known)[0]["s1"].last == "King"


def test_a_row_is_a_known_student_by_id_by_e_mail_or_without_either_by_name(tmp_path):
    known = {"a": Person("a", "Ada", "Lovelace", "ada@x"), "b": Person("b", "Bob", "Ross")}
    rows = [
        {"Identifier": "Participant 1", "Full name": "A. L.", "Email address": "ADA@x", "Grade": ""},
        {"Identifier": "Participant 2", "Full name": "Bob Ross", "Email address": "", "Grade": ""},
        {"Identifier": "Participant 3", "Full name": "Zoe", "Email address": "", "Grade": ""},
    ]
    people, said = read_list(write_csv(tmp_path / "s.csv", rows), NAME, known)
    assert list(people) == ["a", "b"] and "row 4" in said[0] and len(said) == 1
    assert {p.known[f"Moodle {NAME}"]["Identifier"] for p in people.values()} == {
        "Participant 1",
        "Participant 2",
    }


@pytest.mark.parametrize("before, after", [("", "s1"), ("s1", "s1-corrected"), ("s1", "")])
def test_canvas_s_own_number_is_one_student_s_whatever_happens_to_the_id(tmp_path, before, after):
    rows = [row | {"SIS Login ID": ""} for row in GRADEBOOK if row["SIS User ID"]]
    new = [{"s1": text, "s2": text and "s2", "s3": text and "s3"} for text in (before, after)]
    lists = [[row | {"SIS User ID": ids[row["SIS User ID"]]} for row in rows] for ids in new]
    first, _ = read_list(write_csv(tmp_path / "a.csv", lists[0]), NAME, {})
    people, said = read_list(write_csv(tmp_path / "b.csv", lists[1]), NAME, first)
    assert list(people) == list(first) and len(first) == 3 and not said
    ada = next(iter(people.values()))
    assert ada.known["Canvas"].get("SIS User ID", "") == after
    whose = Joined(people, "canvas", NAME).whose(piece_of("lovelaceada_5001_800_a.ipynb", "canvas"))
    assert whose.student == ada.id


def test_the_names_of_a_class_are_read_once_and_not_for_each_row(tmp_path, monkeypatch):
    rows = [{"Identifier": f"Participant {n}", "Full name": f"Ada {n}", "Grade": ""} for n in range(30)]
    known = {f"s{n}": Person(f"s{n}", "Ada", str(n)) for n in range(30)}
    calls = []
    monkeypatch.setattr(people, "same_name", lambda name: calls.append(name) or name)
    assert list(read_list(write_csv(tmp_path / "s.csv", rows), NAME, known)[0]) == list(known)
    assert len(calls) < 10 * len(rows)


def link(name, kind=stat.S_IFLNK):
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o777) << 16
    return info


@pytest.mark.parametrize(
    "name, said",
    [
        ("../../s3.ipynb", "leads out of the download"),
        ("/etc/s3.ipynb", "leads out of the download"),
        ("a\\..\\s3.ipynb", "leads out of the download"),
        ("C:s3.ipynb", "leads out of the download"),
        (link("s3.ipynb"), "is a link"),
        (link("s3.ipynb", stat.S_IFIFO), "is no file"),
        ("s3/nul.ipynb", "the name of a device on Windows, nul.ipynb"),
        ("s3/\x1b[2J.ipynb", "holds control characters"),
        ("s3/" + "x" * 300, "more than 255 bytes"),
    ],
    ids=str,
)
def test_what_would_lead_elsewhere_is_refused_and_the_others_are_taken(root, roster, tmp_path, name, said):
    done = take(root, write_zip(tmp_path / "a.zip", {name: "/etc/passwd", "s1.ipynb": "1"}), roster)
    assert done.new == ["s1"] and len(done.problems) == 1 and said in done.problems[0]
    assert handed_in(root) == {f"s1/{NAME}/{NAME}.ipynb": "1"}
    assert {path.name for path in tmp_path.iterdir()} == {"course", "class.csv", "a.zip"}


def test_a_zip_that_unfolds_or_lies_is_read_within_limits(root, roster, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    bomb = write_zip(tmp_path / "a.zip", {"s1.ipynb": "0" * 10**7, "s2.ipynb": "2", "s3/a.ipynb": "3"})
    data = bomb.read_bytes()
    bomb.write_bytes(data.replace((10**7).to_bytes(4, "little"), (9).to_bytes(4, "little")))  # a lying header
    assert bomb.read_bytes() != data
    done = take(root, bomb, roster)
    assert done.new == ["s2", "s3"] and any("s1" in said and "left out" in said for said in done.problems)
    asked, read = [], zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda file, n=-1: asked.append(n) or read(file, n))
    honest = take(root, write_zip(tmp_path / "b.zip", {"s1.ipynb": "0" * 10**7}), roster)
    assert "is larger than" in honest.problems[0] and honest.new == [] and asked == [1001]


def test_encrypted_damaged_and_doubled_entries_are_named(root, roster, tmp_path):
    path = write_zip(tmp_path / "a.zip", {"s1.ipynb": "1" * 50, "s2.ipynb": "2", "s3.ipynb": "3"})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1  # the flag of the first entry
    data[data.index(b"s2.ipynb") + len(b"s2.ipynb")] ^= 0xFF  # the content of the second
    path.write_bytes(data)
    done = take(root, path, roster)
    assert done.new == ["s3"] and "s1.ipynb is encrypted; left out" in done.problems
    assert any("s2" in said and "damaged" in said for said in done.problems)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(tmp_path / "b.zip", "w") as doubled:
        doubled.writestr("s1.ipynb", "a")
        doubled.writestr("s1.ipynb", "b")
    assert take(root, tmp_path / "b.zip").problems == ["s1.ipynb is there more than once; left out"]
    (tmp_path / "c.zip").write_text("no zip")
    with pytest.raises(GradingError, match="neither a folder nor a zip file"):
        take(root, tmp_path / "c.zip")


def test_in_a_folder_links_and_sockets_are_refused(root, roster, tmp_path):
    source = write_folder(tmp_path / "all", {"s1/a.ipynb": "1"})
    (source / "s2.ipynb").symlink_to("/etc/passwd")
    (source / "s3").symlink_to(source / "s1")
    os.mkfifo(source / "s4.ipynb")
    with socket.socket(socket.AF_UNIX) as s:
        os.chdir(source)
        s.bind("s5.ipynb")
    os.chdir(tmp_path)
    done = take(root, source, roster)
    assert done.new == ["s1"] and [said.split(" is ")[1] for said in done.problems] == [
        "a link; left out",
        "a link; left out",
        "a FIFO; left out",
        "a socket; left out",
    ]


def test_files_whose_names_collide_are_left_out(root, roster, tmp_path):
    files = {
        "s1/a.ipynb": "1",
        "s1/A.txt": "x",
        "s1/a.txt": "y",
        "s1/timestamp.txt": "2020-01-01 00:00:00 UTC",
    }
    done = take(root, write_zip(tmp_path / "a.zip", files), roster)
    assert handed_in(root) == {f"s1/{NAME}/{NAME}.ipynb": "1"} and len(done.problems) == 3
    assert (
        take(root, write_zip(tmp_path / "b.zip", {"s2/a.ipynb": "1", "s2/d": "x", "s2/d/e": "y"})).new == []
    )


@pytest.mark.parametrize(
    "names, chosen",
    [
        (["homework.ipynb"], "homework.ipynb"),
        ([f"{NAME}.ipynb", f"{NAME} (2).ipynb"], f"{NAME}.ipynb"),
        (["other.ipynb", f"{NAME} (2).ipynb"], f"{NAME} (2).ipynb"),
        (["other.ipynb", f"deep/{NAME}-1.ipynb"], f"deep/{NAME}-1.ipynb"),
        ([f"{NAME} (1).ipynb", f"{NAME} (2).ipynb"], None),
        (["a.ipynb", "b.ipynb"], None),
        (["work.zip"], None),
        ([], None),
    ],
)
def test_the_lesson_s_notebook_is_the_only_one_or_the_one_that_is_called_so(names, chosen):
    files, problem = with_notebook({name: name.encode() for name in names}, NAME)
    assert files.get(f"{NAME}.ipynb") == (chosen and chosen.encode()) and bool(problem) == (chosen is None)
    assert len(files) == (len(names) if chosen else 0)


def test_what_lay_beside_a_notebook_stays_beside_it():
    files = {"deep/a.ipynb": b"1", "deep/x.csv": b"2", "deep/y.csv": b"3", "y.csv": b"4"}
    assert with_notebook(files, NAME)[0] == {
        f"{NAME}.ipynb": b"1",
        "x.csv": b"2",
        "deep/y.csv": b"3",
        "y.csv": b"4",
    }


def test_two_forms_of_one_name_are_two_files_of_a_folder_and_neither_is_taken(root, roster, tmp_path):
    source = write_folder(tmp_path / "all", {"s1/a.ipynb": "1", "s1/\u00e9.csv": "2", "s1/e\u0301.csv": "3"})
    done = take(root, source, roster)
    assert done.problems == ["s1/\u00e9.csv is there more than once; left out"] and done.new == ["s1"]


@pytest.mark.parametrize("moment", ["before the old one is moved", "between", "after"])
def test_a_kill_while_collecting_loses_nothing(root, roster, tmp_path, monkeypatch, moment):
    first, later = tmp_path / "a.zip", write_zip(tmp_path / "b.zip", moodle(ada="new", groß="new"))
    take(root, write_zip(first, moodle()), roster)
    before, rename = handed_in(root), os.rename
    calls = {"before the old one is moved": 1, "between": 2, "after": 3}[moment]

    class Killed(BaseException):
        pass

    def deadly(source, target):
        nonlocal calls
        calls -= 1
        if calls == 0:
            raise Killed
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(collecting.os, "rename", deadly)
        patch.setattr(collecting, "put_back", lambda course: None)  # a kill runs nothing more
        with pytest.raises(Killed):
            take(root, later)
    course = Course.load(root)
    assert set(course.submissions(NAME)) == {"s1", "s2"} - ({"s1"} if moment == "between" else set())
    assert misplaced_notebooks(course, NAME) == {}  # what lies beside is nobody's
    if moment == "between":
        with pytest.raises(GradingError, match="no submission of 'nobody'"):
            grade_class(course, NAME, Options(("nobody",)))
        assert set(course.submissions(NAME)) == {"s1", "s2"}  # whoever comes next puts it back
    done = take(root, later)
    assert not done.problems and sorted(done.replaced + done.unchanged) == ["s1", "s2"]
    after = handed_in(root)
    assert after.keys() == before.keys() and after[f"s1/{NAME}/{NAME}.ipynb"] == "new"
    assert not list((root / "gradebook").rglob(".collecting-*"))


def test_what_a_system_s_names_say():
    found = moodles.piece_of("Group A-Ada L_12_assignsubmission_file/sub/x.csv")
    assert (found.name, found.number, found.file) == ("Group A-Ada L", "12", "sub/x.csv")
    assert moodles.piece_of("Ada_1_assignsubmission_file_a_b.ipynb").file == "a_b.ipynb"
    assert moodles.piece_of("ada.ipynb") is None and canvas.piece_of("ada_1_text.html") is None
    assert canvas.piece_of("de_la_cruzana_LATE_5_6_a_1.ipynb")[:3] == ("a_1.ipynb", "de_la_cruzana", "5")
    assert brightspace.piece_of("1-2 - A - B - C - Dec 31, 2026 1259 PM/a").name == "A - B - C"
    assert brightspace.piece_of("1-2 - A - B/a.ipynb") is None
    assert piece_of("download/CS 1/ada_12_34_a.ipynb", "canvas").name == "ada"
    assert system_of(["ada_12_34_a.ipynb", "x"]) == "canvas" and system_of(["x.ipynb"]) == "flat"


@pytest.mark.parametrize(
    "text, zone, wanted",
    [
        ("Tuesday, 3 March 2026, 10:23 AM", "UTC", "2026-03-03 10:23:00 UTC"),
        ("3 Mar 2026 10:23 PM", "Europe/Berlin", "2026-03-03 21:23:00 UTC"),
        ("2026-07-01 10:00", "Europe/Berlin", "2026-07-01 08:00:00 UTC"),
        ("2026-07-01 10:00:00 +0530", "Europe/Berlin", "2026-07-01 04:30:00 UTC"),
        ("03/04/2026 10:00", "UTC", None),
        ("Dienstag, 3. März 2026, 10:23", "UTC", None),
        ("3 March 2026", "UTC", None),
        ("-", "UTC", None),
    ],
)
def test_a_time_is_taken_where_it_is_one_moment(text, zone, wanted):
    found = times.read_time(text, times.zone_named(zone))
    assert (found and times.written(found)) == wanted


def test_the_command_says_what_it_did(root, roster, tmp_path):
    source = write_zip(tmp_path / "all.zip", moodle(**{"x.txt": ""}))
    arguments = ["collect", str(source), "01", "--roster", str(roster), "--timezone", "UTC"]
    said = command("autograder", *arguments, cwd=root, code=1)
    assert (
        "new: 2 (s1, s2)" in said and "not handed in: 1 (s3)" in said and "x.txt: its name does not" in said
    )
    said = command("autograder", "forget", "s2", cwd=root)
    assert (
        "collected.json" in said
        and "roster.json" in said
        and "s2" not in (root / "gradebook/roster.json").read_text()
    )
    assert "no time zone" in command("autograder", *arguments[:-1], "Mars", cwd=root, code=1)
    assert "there is no" in command("autograder", "collect", "nowhere", "01", cwd=root, code=1)


def test_a_full_disk_is_said_with_what_could_not_be_written(root, roster, tmp_path, monkeypatch):
    def full(*arguments, **more):
        raise OSError(errno.ENOSPC, "No space left on device")

    source = write_zip(tmp_path / "all.zip", moodle())
    monkeypatch.setattr(collecting, "_write_files", full)
    said = command("autograder", "collect", str(source), "01", "--roster", str(roster), cwd=root, code=1)
    assert f"submitted/s1/{NAME} cannot be written: No space left on device" in said
    monkeypatch.setattr(commands, "collect", full)
    said = command("autograder", "collect", str(source), "01", cwd=root, code=1)
    assert "autograder: a file cannot be written: No space left on device" in said


def test_a_class_of_its_own_has_a_roster_and_submissions_of_its_own(root, tmp_path):
    put_gradebook(root / "gradebook" / "class-b")
    source, roster = write_zip(tmp_path / "all.zip", moodle()), write_csv(tmp_path / "class.csv", CLASS)
    command("autograder", "collect", str(source), "01", "--roster", str(roster), "--class", "b", cwd=root)
    assert handed_in(root) == {} and not (root / "gradebook" / "roster.json").exists()
    home = root / "gradebook" / "class-b"
    assert {path.parent.name for path in (home / "submitted").glob("*/*")} == {"s1", "s2"}
    assert (home / "roster.json").exists() and (home / "collected.json").exists()


def test_git_never_tracks_what_was_collected(tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    shutil.copy(ROOT / ".gitignore", tmp_path)
    names = [
        "gradebook/submitted/s1/a.ipynb",
        "gradebook/roster.json",
        "gradebook/exports/csv/a.csv",
        "solutions/a.py",
    ]
    write_folder(tmp_path, dict.fromkeys(names, ""))
    status = ["git", "status", "--porcelain", "--untracked-files=all"]
    said = subprocess.run(status, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "solutions/a.py" in said and "gradebook" not in said
