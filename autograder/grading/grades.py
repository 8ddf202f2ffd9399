"""Grades as `nbgrader export` writes them, with marks by hand and penalties, from the gradebook's tables."""

from typing import NamedTuple

from .course import Course

# as nbgrader's own columns: a mark by hand goes before the automatic one, and both before extra credit
SCORES = """
SELECT a.name, sa.student_id,
       SUM(CASE WHEN g.manual_score IS NOT NULL THEN g.manual_score + COALESCE(g.extra_credit, 0)
                WHEN g.auto_score IS NOT NULL THEN g.auto_score + COALESCE(g.extra_credit, 0) ELSE 0 END)
FROM grade g JOIN submitted_notebook sn ON sn.id = g.notebook_id
JOIN submitted_assignment sa ON sa.id = sn.assignment_id JOIN assignment a ON a.id = sa.assignment_id
GROUP BY a.name, sa.student_id
"""
PENDING = """
SELECT a.name, sa.student_id, c.name
FROM grade g JOIN base_cell c ON c.id = g.cell_id
JOIN submitted_notebook sn ON sn.id = g.notebook_id
JOIN submitted_assignment sa ON sa.id = sn.assignment_id JOIN assignment a ON a.id = sa.assignment_id
WHERE g.needs_manual_grade
ORDER BY c.name
"""
PENALTIES = """
SELECT a.name, sa.student_id, SUM(COALESCE(sn.late_submission_penalty, 0))
FROM submitted_notebook sn
JOIN submitted_assignment sa ON sa.id = sn.assignment_id JOIN assignment a ON a.id = sa.assignment_id
GROUP BY a.name, sa.student_id
"""
CELLS = """
SELECT a.name, sa.student_id, c.name,
       COALESCE(COALESCE(g.manual_score, g.auto_score) + COALESCE(g.extra_credit, 0), 0),
       m.max_score, g.needs_manual_grade, g.manual_score IS NOT NULL
FROM grade g JOIN base_cell c ON c.id = g.cell_id
JOIN (SELECT id, max_score FROM grade_cells UNION ALL SELECT id, max_score FROM task_cells) m ON m.id = c.id
JOIN submitted_notebook sn ON sn.id = g.notebook_id
JOIN submitted_assignment sa ON sa.id = sn.assignment_id JOIN assignment a ON a.id = sa.assignment_id
ORDER BY sa.student_id, c.name
"""
MAXIMA = """
SELECT a.name, SUM(m.max_score)
FROM (SELECT id, max_score FROM grade_cells UNION ALL SELECT id, max_score FROM task_cells) m
JOIN base_cell c ON c.id = m.id JOIN notebook n ON n.id = c.notebook_id
JOIN assignment a ON a.id = n.assignment_id
GROUP BY a.name
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
    is_by_hand: bool


def read_cells(course: Course, assignment: str) -> dict[str, dict[str, CellGrade]]:
    """{student: {grade_id: CellGrade}} of an assignment."""
    found: dict[str, dict[str, CellGrade]] = {}
    for (rows,) in filter(None, [course.tables(CELLS)]):
        for lesson, student, name, score, maximum, pending, by_hand in rows:
            if lesson == assignment:
                cell = CellGrade(score, maximum, bool(pending), bool(by_hand))
                found.setdefault(student, {})[name] = cell
    return found


def read_grades(course: Course) -> dict[str, dict[str, Grade]]:
    """{assignment: {student: Grade}} of all that the gradebook has."""
    tables = course.tables(SCORES, PENALTIES, MAXIMA, PENDING)
    if tables is None:
        return {}
    scores, lost, most, pending = tables
    penalties = {(name, student): points for name, student, points in lost}
    maxima: dict[str, float] = {name: points for name, points in most}
    waiting: dict[tuple[str, str], list[str]] = {}
    for name, student, cell in pending:
        waiting.setdefault((name, student), []).append(cell)
    found: dict[str, dict[str, Grade]] = {}
    for name, student, raw in scores:
        penalty = penalties.get((name, student), 0.0)
        cells = tuple(waiting.get((name, student), ()))
        grade = Grade(max(0.0, raw - penalty), maxima.get(name, 0.0), penalty, cells)
        found.setdefault(name, {})[student] = grade
    return found
