"""The class report: one self-contained HTML page for the instructor, and a CSV beside it."""

import html as _html
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..files import write_atomically
from ..results import Status
from . import class_table
from .class_table import ABSENT, Row, exercises_of, short_name, slip_name


def write_report(table: Sequence[Row], assignment: str, folder: Path) -> Path:
    """Writes report.html and report.csv into `folder`; returns the page's path."""
    write_atomically(folder / "report.csv", class_table.render_csv(table))
    path = folder / "report.html"
    write_atomically(path, render_page(table, assignment))
    return path


def render_page(table: Sequence[Row], assignment: str) -> str:
    """The report as one HTML page: no scripts, nothing loaded from elsewhere."""
    exercises = exercises_of(table)
    handed_in = [row for row in table if row.reason != ABSENT]
    without = sum(not row.marks for row in handed_in)
    absent = len(table) - len(handed_in)
    counts = f"{len(handed_in)} submissions"
    counts += f", {without} of them without a result" if without else ""
    counts += f"; not handed in: {absent}" if absent else ""
    head = ["student", *(_breakable(short_name(e)) for e in exercises), "total", "diagnosis"]
    body = "".join(
        f"<tr><th scope='row' class='line'>{_student(row)}</th>"
        + "".join(_cell(row, e) for e in exercises)
        + (f"<td class='line'><b>{row.total:.3g}</b> of {row.maximum:g}</td>" if row.marks else "<td></td>")
        + f"<td class='says'>{_escape(row.diagnosis)}</td></tr>"
        for row in table
    )
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>Report: {_escape(assignment)}</title>"
        f"<style>{STYLE}</style><main><h1>{_escape(assignment)}</h1>"
        f"<p>{counts}. <b>Automatic points only</b>: marks given by hand and late penalties are not in "
        "this report; the grade is what <code>nbgrader export</code> writes.</p>"
        f"{_table(head, body)}{_review(table)}"
        f"<h2>What the class misunderstands</h2>{_misunderstandings(table)}"
        f"<h2>Exercises</h2>{_success(table)}{_remarks(table)}{_runs(table)}</main></html>"
    )


STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:80em;padding:0 1em}
.wide{overflow-x:auto;margin:1em 0}table{border-collapse:collapse}
th,td{border:1px solid #8886;padding:3px 9px;text-align:left;vertical-align:top}thead th{font-weight:600}
td.says{min-width:16em}li,p,td{overflow-wrap:break-word}small{font-weight:400}.line{white-space:nowrap}
td.full{background:#0072b226}td.part{background:#e69f0033}td.none{background:#cc79a733}
.bar{background:#0072b2;display:inline-block;height:.8em;margin-right:.5em}
"""


def _table(head: Iterable[str], body: str) -> str:
    """A table in a box of its own, which scrolls where the page is too narrow for it."""
    columns = "".join(f"<th scope='col'>{name}</th>" for name in head)
    return (
        f"<div class='wide' tabindex='0'><table><thead><tr>{columns}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _student(row: Row) -> str:
    name = " ".join(filter(None, row.name))
    return _escape(row.student) + (f"<br><small>{_escape(name)}</small>" if name else "")


def _breakable(name: str) -> str:
    """A name that may go on in the next line after each underscore."""
    return _escape(name).replace("_", "_<wbr>")


def _misunderstandings(table: Sequence[Row]) -> str:
    """Which slips were named how often, and in whose submissions."""
    students: dict[str, list[str]] = {}
    says: dict[str, str] = {}
    for row in table:
        for grade_id, mark in row.marks.items():
            for slip in mark.slips:
                label = f"{short_name(grade_id)}: {slip_name(slip)}"
                students.setdefault(label, []).append(row.student)
                says[label] = mark.summary
    if not students:
        return "<p>None was named.</p>"
    counts = Counter({label: len(names) for label, names in students.items()})
    lines = "".join(
        f"<tr><th scope='row'>{_breakable(label)}</th>"
        f"<td class='line'><span class='bar' style='width:{8 * n / len(table):.2f}em'></span>{n}</td>"
        f"<td>{_escape(', '.join(students[label]))}</td><td class='says'>{_escape(says[label])}</td></tr>"
        for label, n in counts.most_common()
    )
    return _table(["slip", "submissions", "whose", "what the card says"], lines)


def _review(table: Sequence[Row]) -> str:
    """Where a run gave nothing to grade, and a person should look."""
    lines = "".join(
        f"<li>{_escape(row.student)}, {_escape(short_name(grade_id))}: {_escape(mark.summary)}</li>"
        for row in table
        for grade_id, mark in row.marks.items()
        if mark.status.needs_a_person and not row.unreadable
    )
    whole = [(row.student, row.unreadable or row.reason) for row in table if row.reason != ABSENT]
    lines += "".join(f"<li>{_escape(student)}: {_escape(why)}</li>" for student, why in whole if why)
    return f"<h2>Needs review</h2><p>No points, as nothing came back:</p><ul>{lines}</ul>" if lines else ""


def _success(table: Sequence[Row]) -> str:
    """How the class did on each exercise."""
    lines = ""
    for exercise in exercises_of(table):
        marks = [row.marks[exercise] for row in table if exercise in row.marks]
        full = sum(mark.points == mark.max for mark in marks)
        mean = sum(mark.points for mark in marks) / len(marks)
        blank = sum(mark.status == Status.UNANSWERED for mark in marks)
        share = 100 * full / len(marks)
        lines += (
            f"<tr><th scope='row'>{_escape(short_name(exercise))}</th><td class='line'><span class='bar' "
            f"style='width:{share / 10:.2f}em'></span>{full} of {len(marks)}</td>"
            f"<td>{mean:.3g} of {marks[0].max:g}</td><td>{blank}</td></tr>"
        )
    return _table(["exercise", "full points", "mean", "not answered"], lines)


def _runs(table: Sequence[Row]) -> str:
    """How long the runs took, and a warning where there were no walls around them."""
    ran = sorted((row.seconds, row.student) for row in table if row.seconds)
    said = ""
    if ran:
        seconds, slowest = ran[-1]
        said = (
            f"<h2>Runs</h2><p>{len(ran)} submissions were run, half of them within "
            f"{ran[len(ran) // 2][0]:.2g} s; the longest took {seconds:.2g} s ({_escape(slowest)}).</p>"
        )
    open_runs = [row.student for row in table if row.walls == "none"]
    if open_runs:
        said += (
            f"<p><b>{len(open_runs)} of them ran without a sandbox</b>: their code could read and change "
            "whatever the grader's account can.</p>"
        )
    return said


def _remarks(table: Sequence[Row]) -> str:
    lines = "".join(
        f"<li>{_escape(row.student)}: {_escape(remark)}</li>" for row in table for remark in row.remarks
    )
    return f"<h2>Remarks on what was handed in</h2><ul>{lines}</ul>" if lines else ""


def _cell(row: Row, exercise: str) -> str:
    mark = row.marks.get(exercise)
    if mark is None:
        return "<td></td>"
    tone = "full" if mark.points == mark.max else "part" if mark.points else "none"
    points = f"{mark.points:.3g} of {mark.max:g}"
    return f"<td class='{tone}' title='{_escape(mark.summary)}'>{points}</td>"


def _escape(value: object) -> str:
    return _html.escape(str(value), quote=True)
