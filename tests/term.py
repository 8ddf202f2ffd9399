"""A term: a class hands in through its system, is graded, marked, extended, named, and its grades go back.

Everything that the course's own program does is done by a function that is given, so that it can be killed.
"""

import copy
import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from class_tools import MODE, NAME, cell, command, copy_course, notebook, solved
from lms_downloads import read_csv, write_csv, write_zip

from autograder.exercises import find_exercise
from autograder.grading.course import Course

POINTS, CHANGED = "UNROLLED_TESTS_POINTS", "01.scalar_bptt"
LOOP = "d[t] = now[name][t - 1] + J[t - 1] * d[t - 1]"
HALVED = "d[t] = now[name][t - 1] + J[t - 1] * d[t - 1] * t / 2"
HALVED_TOO = "d[t] = 0.5 * t * d[t - 1] * J[t - 1] + now[name][t - 1]"
SAYS = "The carried derivative is multiplied by t/2."
HALF = """
from nbgrader.plugins import BasePlugin


class Half(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score / 2


c.AssignLatePenalties.plugin_class = Half
"""
PEOPLE = [
    {"id": "s1", "first_name": "Ada", "last_name": "Lovelace", "email": "ada@uni.example"},
    {"id": "s2", "first_name": "Jürgen", "last_name": "Groß", "email": "jg@uni.example"},
    {"id": "s3", "first_name": "Sean", "last_name": "O'Neill", "email": "so@uni.example"},
    {"id": "s4", "first_name": "Zoë", "last_name": "Late", "email": "zl@uni.example"},
]
WRONG = find_exercise("01.total_by_recursion").points  # of the group: all of its outputs are wrong
GRADES = {  # automatic points of 17, marks by hand of 3, half of it off for who is late
    "s1": 17 + 2.5,
    "s2": (17 - WRONG + 2) / 2,
    "s3": 17 - WRONG + 1,
    "s4": 17 + 3,
}


def with_line(line):
    made = copy.deepcopy(solved())
    answer = cell(made, "total_by_recursion")
    text = "".join(answer["source"])
    assert text.count(LOOP) == 1
    answer["source"] = text.replace(LOOP, line)
    return json.dumps(made)


def release(root, points):
    """Changes the points of an exercise in the source and in the release, as `build` does."""
    for folder in ("solutions", "notebooks"):
        made = notebook(folder)
        cell(made, "check_scalar_bptt")["metadata"]["nbgrader"]["points"] = points
        (root / folder / NAME / f"{NAME}.ipynb").write_text(json.dumps(made), encoding="utf-8")


def mark_by_hand(root, marks):
    from nbgrader.api import Gradebook

    automatic = Course.load(root).graded(NAME, "s1").marks
    with Gradebook(Course.load(root).config.CourseDirectory.db_url) as gradebook:
        for student, points in marks.items():
            (sent,) = gradebook.find_submission(NAME, student).notebooks
            (grade,) = [grade for grade in sent.grades if grade.cell.name not in automatic]
            grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.db.commit()


def live_through(root, run, points=None):
    """A term in the course's folder `root`; run(*arguments) is the course's program there.

    points: a function that is told when the points of an exercise change.
    """
    copy_course(root)
    with open(root / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write(HALF)
    command("nbgrader", "db", "assignment", "add", NAME, "--duedate", "2026-03-02 12:00", cwd=root)

    def download(name, files, people):
        made = {
            f"{n}-7 - {who} - Mar {day} AM/{NAME}.ipynb": made
            for n, (who, day, made) in enumerate(files, start=1)
        }
        roster = write_csv(root / "class.csv", people)
        return [str(write_zip(root / name, made)), NAME, "--roster", str(roster), "--timezone", "UTC"]

    def grade():
        run("grade", NAME, "--sandbox", MODE)

    ada, groß = json.dumps(solved()), with_line(HALVED)
    first = [
        ("Ada Lovelace", "1, 2026 1000", ada),
        ("Jürgen Groß", "3, 2026 1000", groß),
        ("Sean ONeill", "4, 2026 1000", with_line(HALVED_TOO)),
    ]
    run("collect", *download("first.zip", first, PEOPLE[:3]))
    grade()
    release(root, 6)
    (points or (lambda _: None))(6)
    grade()
    late = [*first, ("Zoë Late", "2, 2026 1100", ada)]
    run("collect", *download("late.zip", late, PEOPLE))
    grade()
    mark_by_hand(root, {"s1": 2.5, "s2": 2, "s3": 1, "s4": 3})
    again = [("Ada Lovelace", "2, 2026 1130", ada.replace('"nbformat_minor"', ' "nbformat_minor"')), *late]
    run("collect", *download("again.zip", again, PEOPLE))
    run("extend", "s3", NAME, "2026-03-09 23:59")
    grade()
    group = Course.load(root).graded(NAME, "s2").marks["check_total_by_recursion"].fingerprint
    run("name", "01.total_by_recursion", group, "--says", SAYS)
    grade()
    command("nbgrader", "generate_feedback", NAME, cwd=root)
    for system in ("csv", "moodle", "canvas", "brightspace", "gradescope"):
        run("export", NAME, "--to", system)
    run("report", NAME)
    run("report")


def everywhere(root):
    """{place: {student: grade}} of all places that tell one."""
    home = root / "gradebook"
    command("nbgrader", "export", "--to", str(root / "grades.csv"), cwd=root)
    places = {"nbgrader": {r["student_id"]: r["score"] for r in read_csv(root / "grades.csv")}}
    with open(home / "reports" / NAME / "report.csv", newline="", encoding="utf-8") as file:
        places["report"] = {row["student"]: row["grade"] for row in csv.DictReader(file)}
    sheet = {system: read_csv(home / "exports" / system / f"{NAME}.csv") for system in SHEETS}
    for system, (student, title) in SHEETS.items():
        places[system] = {row[student]: row[title] for row in sheet[system] if row[student]}
    results = {
        path.parent.name: json.loads(path.read_text()) for path in home.glob("exports/gradescope/*/*/*.json")
    }
    places["gradescope"] = {
        student: result.get("score", sum(test["score"] for test in result["tests"]))
        for student, result in results.items()
    }
    term = (home / "reports" / "term.html").read_text(encoding="utf-8")
    rows = term.split('<th scope="row" class="who">')[1:]
    places["term"] = {row.partition("<")[0]: row.split("<b>")[1].partition("</b>")[0] for row in rows}
    return {place: {s: round(float(g), 6) for s, g in found.items()} for place, found in places.items()}


SHEETS = {
    "csv": ("student", "grade"),
    "moodle": ("ID number", NAME),
    "canvas": ("SIS User ID", NAME),
    "brightspace": ("OrgDefinedId", f"{NAME} Points Grade"),
}


def must_agree(root):
    """Asserts that all places have the grades of the term, and that the group has its words."""
    found = everywhere(root)
    assert len(found) == 8 and all(grades == GRADES for grades in found.values()), found
    for student in ("s2", "s3"):
        page = root / "gradebook" / "feedback" / student / NAME / f"{NAME}.html"
        assert SAYS in page.read_text(encoding="utf-8")
    stamp = root / "gradebook" / "submitted" / "s1" / NAME / "timestamp.txt"
    assert stamp.read_text() == "2026-03-02 11:30:00 UTC"


DEADLY = f"""
import os, shutil, signal, sys
from autograder import cli
from autograder.exercises import find_exercise

number, *arguments = sys.argv[1:]
left = int(number)
if "{POINTS}" in os.environ:
    vars(find_exercise("{CHANGED}"))["points"] = float(os.environ["{POINTS}"])

def deadly(function):
    def called(source, target, *more):
        global left
        left -= 1
        if left == 0:
            os.killpg(0, signal.SIGKILL)
        return function(source, target, *more)
    return called

os.replace, os.rename, shutil.move = deadly(os.replace), deadly(os.rename), deadly(shutil.move)
sys.exit(cli.main(arguments))
"""


class Killing:
    """Runs a command after it has been killed at several moments: before the n-th move of a file."""

    def __init__(self, root, moments):
        self.root, self.moments, self.kills = root, moments, 0
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def points(self, points):
        """Has the points of the exercise that changes be others from now on."""
        self.environment[POINTS] = str(points)

    def __call__(self, *arguments):
        for moment in (*self.moments, 0):
            done = subprocess.run(
                [sys.executable, "-c", DEADLY, str(moment), *arguments],
                cwd=self.root,
                env=self.environment,
                capture_output=True,
                text=True,
                start_new_session=True,
            )
            if done.returncode != -signal.SIGKILL:
                assert done.returncode == 0, done.stdout + done.stderr
                return
            self.kills += 1
        raise AssertionError(f"{arguments} was killed without being told to")


def set_points(patch):
    """A function that changes the points of the exercise in this process, for as long as `patch` lasts."""
    return lambda points: patch.setitem(vars(find_exercise(CHANGED)), "points", points)
