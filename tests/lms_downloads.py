"""Downloads as learning management systems make them, and the class lists that belong to them."""

import csv
import zipfile

from class_tools import NAME

MARCH_3 = "Tuesday, 3 March 2026, 10:23 AM"
WORKSHEET = [
    {
        "Identifier": f"Participant {number}",
        "Full name": name,
        "Email address": email,
        "Status": "",
        "Grade": "",
        "Maximum grade": "18",
        "Last modified (submission)": time,
        "Last modified (grade)": graded,
    }
    for number, name, email, time, graded in [
        (901, "Ada Lovelace", "ada@uni.example", MARCH_3, "Monday, 9 March 2026, 8:00 AM"),
        (902, "Jürgen Groß", "jg@uni.example", "-", "-"),
        (903, "Sean O'Neill", "so@uni.example", "-", "-"),
    ]
]
CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lesson 1 (77)"]
GRADEBOOK = [
    dict(zip(CANVAS, ["    Points Possible", "", "", "", "", "18"])),
    dict(zip(CANVAS, ["Lovelace, Ada", "5001", "s1", "ada", "A", ""])),
    dict(zip(CANVAS, ["Groß, Jürgen", "5002", "s2", "jg", "B", ""])),
    dict(zip(CANVAS, ["O'Neill, Sean", "5003", "s3", "so", "A", ""])),
    dict(zip(CANVAS, ["Student, Test", "5999", "", "", "A", ""])),
]
CLASS = [
    {"id": "s1", "first_name": "Ada", "last_name": "Lovelace", "email": "ada@uni.example"},
    {"id": "s2", "first_name": "Jürgen", "last_name": "Groß", "email": "jg@uni.example"},
    {"id": "s3", "first_name": "Sean", "last_name": "O'Neill", "email": "so@uni.example"},
]


def write_csv(path, rows, **more):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), **more)
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_zip(path, files):
    """files: {name or ZipInfo: content}."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_folder(path, files):
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def moodle(ada="{}", groß="{}", **more):
    """Ada hands in two files under other names; O'Neill's apostrophe is lost, as Moodle loses it."""
    return {
        f"Ada Lovelace_901_assignsubmission_file_/{NAME}(2).ipynb": ada,
        "Ada Lovelace_901_assignsubmission_file_/data/x.csv": "1,2",
        f"Jürgen Groß_902_assignsubmission_file_/{NAME}.ipynb": groß,
        **more,
    }
