"""The class report: a table for the terminal, one self-contained HTML page, and a CSV beside it."""

import csv
import html as _html
import io
from collections import Counter
from typing import NamedTuple

from .store import write_atomically

REVIEW = ("died", "notrun", "timeout", "unreadable")  # nothing came back: a person should look


class Row(NamedTuple):
    """One submission: points by exercise (None: nothing is known), and the diagnoses in words."""

    student: str
    cells: dict  # exercise -> record with points, max, status, slips, summary
    remarks: tuple
    seconds: float = 0.0
    sandbox: str = "bwrap"

    @property
    def total(self):
        return sum(record["points"] for record in self.cells.values())

    @property
    def maximum(self):
        return sum(record["max"] for record in self.cells.values())

    @property
    def diagnosis(self):
        """One line: what each exercise below full marks shows."""
        if self.cells and all(record["status"] == "unanswered" for record in self.cells.values()):
            return "nothing answered"
        if self.cells and all(record["status"] == "unreadable" for record in self.cells.values()):
            return next(iter(self.cells.values()))["summary"]
        return (
            "; ".join(
                f"{_short(grade_id)}: {_finding(record)}"
                for grade_id, record in self.cells.items()
                if record["points"] < record["max"]
            )
            or "all correct"
        )


def rows(results):
    """Rows in the order of `results`, a dict {student: result of grading, or None}."""
    return [
        Row(student, result["cells"], tuple(result["remarks"]), result["seconds"], result["sandbox"])
        if result
        else Row(student, {}, ("no result",))
        for student, result in results.items()
    ]


def text(table, width=100):
    """The table for a terminal: a line of points for each student, then the diagnosis."""
    exercises = _exercises(table)
    names = max([len("student"), *(len(row.student) for row in table)])
    head = [_short(e) for e in exercises]
    lines = [" " * names + "".join(f"  {n:>2}" for n in range(1, len(head) + 1)) + "   total  diagnosis"]
    for row in table:
        points = "".join(f"  {_points(row, e):>2}" for e in exercises)
        lead = f"{row.student:<{names}}{points}  {row.total:4.3g}/{row.maximum:<3g}"
        lines.append(f"{lead} {_cut(row.diagnosis if row.cells else row.remarks[0], width - len(lead) - 1)}")
    key = ", ".join(f"{n} {name}" for n, name in enumerate(head, start=1))
    more = [f"without a sandbox: {len(table)} submissions"] if any(r.sandbox == "none" for r in table) else []
    return "\n".join([*lines, "", f"exercises: {key}", *more])


def write(table, assignment, folder):
    """Writes report.html and report.csv into `folder`; returns the page's path."""
    write_atomically(folder / "report.csv", as_csv(table))
    path = folder / "report.html"
    write_atomically(path, page(table, assignment))
    return path


def as_csv(table):
    exercises = _exercises(table)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["student", *map(_short, exercises), "total", "maximum", "diagnosis"])
    for row in table:
        points = [row.cells[e]["points"] if e in row.cells else "" for e in exercises]
        writer.writerow([row.student, *points, row.total, row.maximum, row.diagnosis])
    return buffer.getvalue()


def page(table, assignment):
    """The report as one HTML page: no scripts, nothing loaded from elsewhere."""
    exercises = _exercises(table)
    head = "".join(f"<th scope='col'>{_escape(_short(e))}</th>" for e in exercises)
    body = "".join(
        f"<tr><th scope='row'>{_escape(row.student)}</th>"
        + "".join(_cell(row, e) for e in exercises)
        + f"<td><b>{row.total:.3g}</b> of {row.maximum:g}</td><td>{_escape(row.diagnosis)}</td></tr>"
        for row in table
    )
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Report: {_escape(assignment)}</title>"
        f"<style>{STYLE}</style><main><h1>{_escape(assignment)}</h1>"
        f"<p>{len(table)} submissions. Points of exercises graded by hand are not in this table; "
        "nbgrader's formgrader has them.</p>"
        f"<table><thead><tr><th scope='col'>student</th>{head}<th scope='col'>total</th>"
        f"<th scope='col'>diagnosis</th></tr></thead><tbody>{body}</tbody></table>"
        f"{_review(table)}<h2>What the class misunderstands</h2>{_misunderstandings(table)}"
        f"<h2>Exercises</h2>{_success(table)}{_remarks(table)}{_runs(table)}</main></html>"
    )


STYLE = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;
max-width:80em;padding:0 1em}
table{border-collapse:collapse;margin:1em 0}th,td{border:1px solid #8886;padding:3px 9px;text-align:left;
vertical-align:top}thead th{font-weight:600}td.full{background:#0072b226}td.part{background:#e69f0033}
td.none{background:#cc79a733}th[scope=row]{white-space:nowrap}.bar{background:#0072b2;display:inline-block;height:.8em;margin-right:.5em}
"""


def _misunderstandings(table):
    students = {}
    says = {}
    for row in table:
        for grade_id, record in row.cells.items():
            for slip in record["slips"]:
                label = f"{_short(grade_id)}: {_name(slip)}"
                students.setdefault(label, []).append(row.student)
                says[label] = record["summary"]
    if not students:
        return "<p>None was named.</p>"
    counts = Counter({label: len(names) for label, names in students.items()})
    lines = "".join(
        f"<tr><th scope='row'>{_escape(label)}</th>"
        f"<td><span class='bar' style='width:{2 * n}em'></span>{n}</td>"
        f"<td>{_escape(', '.join(students[label]))}</td><td>{_escape(says[label])}</td></tr>"
        for label, n in counts.most_common()
    )
    return (
        "<table><thead><tr><th scope='col'>slip</th><th scope='col'>submissions</th>"
        "<th scope='col'>whose</th><th scope='col'>what the card says</th></tr></thead>"
        f"<tbody>{lines}</tbody></table>"
    )


def _review(table):
    """Where a run gave nothing to grade, and a person should look."""
    lines = "".join(
        f"<li>{_escape(row.student)}, {_escape(_short(grade_id))}: {_escape(record['summary'])}</li>"
        for row in table
        for grade_id, record in row.cells.items()
        if record["status"] in REVIEW
    )
    lines += "".join(
        f"<li>{_escape(row.student)}: {_escape(row.remarks[0])}</li>" for row in table if not row.cells
    )
    return f"<h2>Needs review</h2><p>No points, as nothing came back:</p><ul>{lines}</ul>" if lines else ""


def _success(table):
    """How the class did on each exercise."""
    lines = ""
    for exercise in _exercises(table):
        records = [row.cells[exercise] for row in table if exercise in row.cells]
        full = sum(record["points"] == record["max"] for record in records)
        mean = sum(record["points"] for record in records) / len(records)
        blank = sum(record["status"] == "unanswered" for record in records)
        share = 100 * full / len(records)
        lines += (
            f"<tr><th scope='row'>{_escape(_short(exercise))}</th><td><span class='bar' "
            f"style='width:{share / 10:.2f}em'></span>{full} of {len(records)}</td>"
            f"<td>{mean:.3g} of {records[0]['max']:g}</td><td>{blank}</td></tr>"
        )
    return (
        "<table><thead><tr><th scope='col'>exercise</th><th scope='col'>full points</th>"
        "<th scope='col'>mean</th><th scope='col'>not answered</th></tr></thead>"
        f"<tbody>{lines}</tbody></table>"
    )


def _runs(table):
    """How long the runs took, and a warning where there were no walls around them."""
    ran = sorted((row.seconds, row.student) for row in table if row.seconds)
    said = ""
    if ran:
        seconds, slowest = ran[-1]
        said = (
            f"<h2>Runs</h2><p>{len(ran)} submissions were run, half of them within "
            f"{ran[len(ran) // 2][0]:.2g} s; the longest took {seconds:.2g} s ({_escape(slowest)}).</p>"
        )
    open_runs = [row.student for row in table if row.sandbox == "none"]
    if open_runs:
        said += (
            f"<p><b>{len(open_runs)} of them ran without a sandbox</b>: their code could read and change "
            "whatever the grader's account can.</p>"
        )
    return said


def _remarks(table):
    lines = "".join(
        f"<li>{_escape(row.student)}: {_escape(remark)}</li>" for row in table for remark in row.remarks
    )
    return f"<h2>Remarks on what was handed in</h2><ul>{lines}</ul>" if lines else ""


def _cell(row, exercise):
    record = row.cells.get(exercise)
    if record is None:
        return "<td class='none'>no result</td>"
    tone = "full" if record["points"] == record["max"] else "part" if record["points"] else "none"
    points = f"{record['points']:.3g} of {record['max']:g}"
    return f"<td class='{tone}' title='{_escape(record['summary'])}'>{points}</td>"


def _finding(record):
    if record["slips"]:
        return " or ".join(map(_name, record["slips"]))
    if record["status"] == "judged":
        return "no known slip"
    told = record["status"] in ("error", "form", "unreadable")
    return f"{record['status']}, {record['summary']}" if told else record["status"]


def _name(slip):
    """A slip's id in words; one of an earlier exercise, "01.immediate:sign", names that first."""
    *owner, own = slip.split(":")
    return "".join(f"from {exercise.split('.')[1]}, " for exercise in owner) + own.replace("_", " ")


def _exercises(table):
    return list(dict.fromkeys(grade_id for row in table for grade_id in row.cells))


def _short(grade_id):
    return grade_id.removeprefix("check_")


def _points(row, exercise):
    return f"{row.cells[exercise]['points']:.2g}" if exercise in row.cells else "-"


def _cut(line, width):
    return line if len(line) <= width else line[: width - 1] + "…"


def _escape(value):
    return _html.escape(str(value), quote=True)
