"""Brings the gradebook's cells in line with a lesson that has changed after submissions were recorded.

nbgrader's own step refuses where a cell was added or dropped, when it has already deleted the release.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Any

from nbgrader.api import Comment, Grade, GradeCell, MissingEntry, SolutionCell, SourceCell
from nbgrader.preprocessors import SaveCells

from ..exercises.check_cell import cell_source, nbgrader_metadata


class SaveChangedCells(SaveCells):
    """As nbgrader's own; cells that were dropped are removed first, with their marks, and new ones added."""

    def _create_notebook(self, nb: Any) -> None:
        with suppress(MissingEntry):
            row = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
            if row.submissions:
                self._change(row)
        super()._create_notebook(nb)

    def _change(self, row: Any) -> None:
        """Removes and adds cells and what belongs to them, all or nothing."""
        session = self.gradebook.db
        graded = {cell.name: cell for cell in row.grade_cells}
        solutions = {cell.name: cell for cell in row.solution_cells}
        sources = {cell.name: cell for cell in row.source_cells}
        for cell in _others(sources.values(), self.new_source_cells):
            session.delete(cell)
        for cell in _others(graded.values(), self.new_grade_cells):
            _delete_all(session, cell.grades)
            session.delete(cell)
        for cell in _others(solutions.values(), self.new_solution_cells):
            _delete_all(session, cell.comments)
            session.delete(cell)
        for name, info in self.new_source_cells.items():
            if name not in sources:
                session.add(SourceCell(name=name, notebook=row, **info))
        for name, info in self.new_grade_cells.items():
            if name not in graded:
                added = GradeCell(name=name, notebook=row, **info)
                session.add_all([added, *(Grade(cell=added, notebook=sent) for sent in row.submissions)])
        for name, info in self.new_solution_cells.items():
            if name not in solutions:
                added = SolutionCell(name=name, notebook=row, **info)
                session.add_all([added, *(Comment(cell=added, notebook=sent) for sent in row.submissions)])
        session.commit()


def is_in_line(row: Any, released: dict[str, Any]) -> bool:
    """Whether the gradebook's row of a notebook has the cells, points and texts of the release."""
    cells = [(nbgrader_metadata(cell), cell) for cell in released["cells"]]
    points = {mark["grade_id"]: float(mark["points"]) for mark, _ in cells if mark.get("grade")}
    solutions = {mark["grade_id"] for mark, _ in cells if mark.get("solution")}
    sources = {
        mark["grade_id"]: cell_source(cell)
        for mark, cell in cells
        if mark.get("grade") or mark.get("solution") or mark.get("locked")
    }
    return (
        points == {cell.name: cell.max_score for cell in row.grade_cells}
        and solutions == {cell.name for cell in row.solution_cells}
        and sources == {cell.name: cell.source for cell in row.source_cells}
    )


def _others(cells: Iterable[Any], names: Collection[str]) -> list[Any]:
    return [cell for cell in cells if cell.name not in names]


def _delete_all(session: Any, rows: Iterable[Any]) -> None:
    for row in list(rows):
        session.delete(row)
