"""Grades as `nbgrader export` writes them, with marks by hand and penalties, from the gradebook's tables.

nbgrader itself is asked only where the database is no SQLite file: importing it takes longer than a report.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from .course import Course

# as nbgrader's own columns: a mark by hand goes before the automatic one, and both before extra credit
SCORES = """
SELECT a.name, sa.student_id,
       SUM(CASE WHEN g.manual_score IS NOT NULL THEN g.manual_score + COALESCE(g.extra_credit, 0)
                WHEN g.auto_score IS NOT NULL THEN g.auto_score + COALESCE(g.extra_credit, 0) ELSE 0 END),
       GROUP_CONCAT(CASE WHEN g.needs_manual_grade THEN c.name END)
FROM grade g JOIN base_cell c ON c.id = g.cell_id
JOIN submitted_notebook sn ON sn.id = g.notebook_id
JOIN submitted_assignment sa ON sa.id = sn.assignment_id JOIN assignment a ON a.id = sa.assignment_id
GROUP BY sa.id
"""
PENALTIES = """
SELECT a.name, sa.student_id, SUM(COALESCE(sn.late_submission_penalty, 0))
FROM submitted_notebook sn
JOIN submitted_assignment sa ON sa.id = sn.assignment_id JOIN assignment a ON a.id = sa.assignment_id
GROUP BY sa.id
"""
CELLS = """
SELECT sa.student_id, c.name,
       COALESCE(COALESCE(g.manual_score, g.auto_score) + COALESCE(g.extra_credit, 0), 0),
       m.max_score, g.needs_manual_grade
FROM grade g JOIN base_cell c ON c.id = g.cell_id
JOIN (SELECT id, max_score FROM grade_cells UNION ALL SELECT id, max_score FROM task_cells) m ON m.id = c.id
JOIN submitted_notebook sn ON sn.id = g.notebook_id
JOIN submitted_assignment sa ON sa.id = sn.assignment_id JOIN assignment a ON a.id = sa.assignment_id
WHERE a.name = ? ORDER BY sa.student_id, c.name
"""
MAXIMA = """
SELECT a.name, SUM(m.max_score)
FROM (SELECT id, max_score FROM grade_cells UNION ALL SELECT id, max_score FROM task_cells) m
JOIN base_cell c ON c.id = m.id JOIN notebook n ON n.id = c.notebook_id
JOIN assignment a ON a.id = n.assignment_id
GROUP BY a.id
"""


class Grade(NamedTuple):
    """One student's grade of an assignment."""

    score: float  #: after penalties
    maximum: float
    penalty: float = 0.0
    pending: tuple[str, ...] = ()  #: cells that a person still has to mark, or to look at


class CellGrade(NamedTuple):
    """What the gradebook has of one cell of one student."""

    score: float  #: a mark by hand before the automatic one, with extra credit
    maximum: float
    is_pending: bool


def read_cells(course: Course, assignment: str) -> dict[str, dict[str, CellGrade]]:
    """{student: {grade_id: CellGrade}} of an assignment."""
    found: dict[str, dict[str, CellGrade]] = {}
    for student, name, score, maximum, pending in _cells(course, assignment):
        found.setdefault(student, {})[name] = CellGrade(score, maximum, bool(pending))
    return found


def _cells(course: Course, assignment: str) -> list[tuple[str, str, float, float, bool]]:
    if course.database is not None:
        if not course.database.exists():
            return []
        uri = f"{course.database.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=30)) as database:
            return database.execute(CELLS, [assignment]).fetchall()
    from nbgrader.api import Gradebook

    with Gradebook(course.config.CourseDirectory.db_url) as gradebook:
        return [
            (sent.student.id, grade.name, grade.score, grade.max_score, grade.needs_manual_grade)
            for sent in gradebook.assignment_submissions(assignment)
            for notebook in sent.notebooks
            for grade in notebook.grades
        ]


def read_grades(course: Course) -> dict[str, dict[str, Grade]]:
    """{assignment: {student: Grade}} of all that the gradebook has."""
    if course.database is None:
        return _asked_of_nbgrader(course)
    return _read(course.database) if course.database.exists() else {}


def _read(path: Path) -> dict[str, dict[str, Grade]]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as database:
        maxima = dict(database.execute(MAXIMA).fetchall())
        penalties = {(name, student): lost for name, student, lost in database.execute(PENALTIES)}
        scores = database.execute(SCORES).fetchall()
    found: dict[str, dict[str, Grade]] = {}
    for name, student, raw, pending in scores:
        lost = penalties.get((name, student), 0.0)
        names = tuple(pending.split(",")) if pending else ()
        grade = Grade(max(0.0, raw - lost), maxima.get(name, 0.0), lost, names)
        found.setdefault(name, {})[student] = grade
    return found


def _asked_of_nbgrader(course: Course) -> dict[str, dict[str, Grade]]:
    from nbgrader.api import Gradebook

    found: dict[str, dict[str, Grade]] = {}
    with Gradebook(course.config.CourseDirectory.db_url) as gradebook:
        for assignment in gradebook.assignments:
            for sent in assignment.submissions:
                lost = sent.late_submission_penalty
                grades = [grade for notebook in sent.notebooks for grade in notebook.grades]
                names = tuple(grade.cell.name for grade in grades if grade.needs_manual_grade)
                grade = Grade(max(0.0, sent.score - lost), sent.max_score, lost, names)
                found.setdefault(assignment.name, {})[sent.student.id] = grade
    return found
