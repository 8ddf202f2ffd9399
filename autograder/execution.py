"""Runs one notebook in a kernel of its own and says what every graded cell earned."""

import math
import os
import re
import subprocess
import tempfile
import time

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from traitlets.config import Config

NOT_RUN = "the kernel had died before this cell"


def execute(notebook, timeout, environment):
    """Runs the code cells of `notebook` (a notebook node, changed in place) in order.

    timeout: seconds for each cell.  environment: variables to add to the kernel's.
    Errors do not stop the run; a cell that does not return is interrupted; when the kernel dies,
    or two cells in a row do not return, the rest is not run.
    Returns the seconds it took.
    """
    start = time.perf_counter()
    replies = {}
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=timeout,
            startup_timeout=120,
            interrupt_on_timeout=True,
            allow_errors=True,
            error_on_timeout={
                "ename": "Timeout",
                "evalue": f"no answer within {timeout:g} s",
                "traceback": [],
            },
            kernel_name="python3",
            kernel_manager_class=AsyncKernelManager,
            config=_transport(folder),
            resources={"metadata": {"path": folder}},
            on_cell_executed=lambda **event: replies.update({event["cell_index"]: event["execute_reply"]}),
        )
        variables = {**os.environ, "OPENBLAS_NUM_THREADS": "1", **environment}
        with client.setup_kernel(env=variables, stderr=subprocess.DEVNULL):
            _run_cells(client, notebook, replies)
    return time.perf_counter() - start


def _transport(folder):
    """Socket files in the run's own folder: no ports, and nobody else on the machine listens in."""
    if os.name == "nt":
        return Config()
    return Config({"AsyncKernelManager": {"transport": "ipc", "ip": os.path.join(folder, "kernel")}})


def _run_cells(client, notebook, replies):
    in_a_row, stopped = 0, None
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = [], None
        if stopped:
            cell.outputs.append(error("NotRun", stopped))
            continue
        try:
            client.execute_cell(cell, i)
        except DeadKernelError:
            cell.outputs.append(error("KernelDied", "the kernel died while this cell ran"))
            stopped = NOT_RUN
            continue
        reply = replies.get(i, {}).get("content", {})
        timed_out = reply.get("ename") == "Timeout"
        if timed_out:
            cell.outputs.append(error("Timeout", reply["evalue"]))
        in_a_row = in_a_row + 1 if timed_out else 0
        if in_a_row == 2:
            stopped = "two cells before this one did not return"


def settle(notebook):
    """Makes every graded code cell end in points or an error, so that nbgrader cannot misread it.

    Stock nbgrader gives full marks to a cell without output or with a result that is no number,
    and raises above the maximum.  Returns {grade_id: record} with points, max, status, slips
    and a summary in words.
    """
    records = {}
    for i, cell in enumerate(notebook.cells):
        graded = cell.metadata.get("nbgrader", {})
        if cell.cell_type != "code" or not graded.get("grade"):
            continue
        maximum = float(graded["points"])
        for output in cell.outputs:
            if output.output_type == "stream":
                output.name = "stdout"  # nbgrader takes anything on stderr for a failure
        points, failure = _points(cell, maximum)
        if failure and not _errors(cell):
            cell.outputs = [o for o in cell.outputs if o.output_type != "execute_result"]
            cell.outputs.append(error("NoPoints", failure))
        record = {"exercise": graded["grade_id"], "status": "error", "slips": [], "summary": failure}
        record |= _shown(cell) or _explain(notebook.cells[:i], cell)
        records[graded["grade_id"]] = record | {"points": points, "max": maximum}
    return records


def _points(cell, maximum):
    """(points, "") or (0, why there are none)."""
    if _errors(cell):
        last = _errors(cell)[-1]
        return 0.0, f"{last.ename}: {last.evalue}"
    results = [o.data.get("text/plain", "") for o in cell.outputs if o.output_type == "execute_result"]
    if not results:
        return 0.0, "the check gave no result"
    try:
        points = float(results[-1])
    except ValueError:
        return 0.0, f"the check's result is {results[-1][:60]!r}, not a number of points"
    if not math.isfinite(points) or not 0 < points <= maximum:
        return 0.0, f"the check's result is {points:g}, not between 0 and {maximum:g}"
    return points, ""


def _shown(cell):
    """The record that the check left with its card."""
    for output in cell.outputs:
        record = output.get("metadata", {}).get("unrolled")
        if isinstance(record, dict):
            return {key: record[key] for key in ("exercise", "status", "slips", "summary") if key in record}
    return None


def _explain(before, cell):
    """For a check that never came to judge: a timeout, a dead kernel, or an error further up."""
    errors = _errors(cell)
    if not errors:
        return {}
    last = errors[-1]
    if last.ename in ("Timeout", "KernelDied", "NotRun"):
        return {"status": last.ename.lower(), "summary": f"{last.evalue}."}
    if last.ename == "NameError":
        causes = [e for earlier in before if earlier.cell_type == "code" for e in _errors(earlier)]
        causes = [e for e in causes if e.ename not in ("CheckFailed", "NotImplementedError", "NameError")]
        if causes:
            says = re.sub(r"\([^()]*\.py, (line \d+)\)", r"(\1)", causes[-1].evalue)
            return {"summary": f"{causes[-1].ename} in a cell above: {says}"}
    return {}


def _errors(cell):
    return [output for output in cell.get("outputs", []) if output.output_type == "error"]


def error(name, value):
    """An error output for a cell."""
    return nbformat.v4.new_output("error", ename=name, evalue=value, traceback=[f"{name}: {value}"])
