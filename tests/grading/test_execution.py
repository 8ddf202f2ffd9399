"""Running a notebook: cells that never return, and what a graded cell is worth afterwards."""

import nbformat

from autograder import execution

CHECK = {
    "nbgrader": {
        "grade": True,
        "grade_id": "check_x",
        "points": 2,
        "locked": True,
        "solution": False,
        "schema_version": 3,
        "task": False,
    }
}


def run(*sources, timeout=3):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[-1].metadata.update(nbformat.from_dict(CHECK))
    notebook = nbformat.v4.new_notebook(cells=cells)
    execution.execute(notebook, timeout, {})
    return notebook.cells, execution.settle(notebook)["check_x"]


def test_an_endless_cell_is_interrupted_and_the_rest_goes_on():
    cells, record = run("while True:\n    pass", "answer = 2.0", "answer")
    assert any(o.ename == "Timeout" for o in cells[0].outputs if o.output_type == "error")
    assert record["points"] == 2


def test_an_endless_check_is_worth_nothing_and_says_timeout():
    _, record = run("answer = 2.0", "while True:\n    pass")
    assert record["points"] == 0 and record["status"] == "timeout"
    assert "no answer within 3 s" in record["summary"]


def test_cells_that_ignore_the_interrupt_end_the_run():
    loop = "    try:\n        while True:\n            pass\n    except KeyboardInterrupt:\n        pass"
    stubborn = f"while True:\n{loop}"
    _, record = run("answer = 2.0", stubborn, "1 + 1", "2 + 2", "answer")
    assert record["points"] == 0 and record["status"] == "notrun"
