"""Runs one submission in a sandbox and judges what comes out; the result is plain data."""

import re
import time

from . import card, diagnosis, library, remote, sandbox
from .exercises import exercise as find_exercise
from .remote import Limits

ATTEMPTS = 3
CHECK = re.compile(r'^\s*check\("([^"]+)", (\w+)\)\s*$', flags=re.M)
# cells of the release may call functions of rnnlib that are not there beside student code
NOT_SHOWN = "(This cell of the lesson shows something that is not there while grading.)\n"


def execute(notebook, released, seed, mode="bwrap", limits=None, files=None):
    """Runs a repaired notebook and judges every check; returns {"cells", "outputs", "seconds"}.

    notebook, released: parsed JSON, the submission after `preflight` and the release.  seed: of
    the secret instances.  mode: "bwrap" or "none".  files: a folder with what was handed in beside
    the notebook.  `cells` has a record for each graded cell, `outputs` one list for each code cell.
    Raises remote.Infrastructure when no worker could be started.
    """
    limits = limits or Limits()
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    cells = _plan(code, released)
    checks = [cell for cell in cells if cell["kind"] == "check"]
    written = frozenset(line.strip() for cell in code for line in _source(cell).splitlines())
    job = {"cells": cells, "cell_seconds": limits.cell, "most_output": remote.MOST_OUTPUT}
    start = time.perf_counter()
    folder = library.folder(checks[0]["exercise"].split(".")[0]) if checks else library.folder("00")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with sandbox.start(mode, folder, job, len(checks), files) as box:
                ran = remote.run_cells(box, limits)
                verdicts = {c["index"]: _verdict(c, box, ran, seed, limits, written) for c in checks}
            break
        except remote.Infrastructure:
            if attempt == ATTEMPTS:
                raise
    outputs = [_shown(cell, ran) for cell in cells]
    records = {}
    for cell in checks:
        exercise, verdict = find_exercise(cell["exercise"]), verdicts[cell["index"]]
        verdict = _with_cause(verdict, outputs[: cell["index"]])
        outputs[cell["index"]], records[cell["grade_id"]] = check_outputs(exercise, verdict)
    return {"cells": records, "outputs": outputs, "seconds": round(time.perf_counter() - start, 2)}


def _plan(code, released):
    """What the worker is to do with each code cell."""
    given = {_source(cell) for cell in released["cells"] if not _graded(cell).get("solution")}
    plan, number = [], 0
    for index, cell in enumerate(code):
        source, found = _source(cell), check_of(cell)
        if found:
            step = {"kind": "check", "number": number, "exercise": found[0].id, "grade_id": found[1]}
            step["name"] = CHECK.search(source)[2]
            number += 1
        else:
            step = {"kind": "run", "source": source, "given": source in given}
        plan.append({"index": index, **step})
    return plan


def check_of(cell):
    """(exercise, grade_id) of a graded check cell; None for any other cell."""
    graded = _graded(cell)
    found = CHECK.search(_source(cell)) if graded.get("grade") and not graded.get("solution") else None
    return (find_exercise(found[1]), graded["grade_id"]) if found else None


def _verdict(cell, box, ran, seed, limits, written):
    exercise = find_exercise(cell["exercise"])
    if ran.at < cell["index"]:
        return diagnosis.failed(exercise, "notrun", f"Not run: before this cell, {_ended(ran)}.")
    answer = remote.Answer(box.checks[cell["number"]], limits.answer, written)
    if answer.known == "missing":
        return diagnosis.failed(exercise, "missing", f"There is no {cell['name']}.")
    if not answer.known:
        return diagnosis.failed(exercise, "died", f"Its process ended while {cell['name']} was asked for.")
    try:
        verdict = _judge(exercise, answer, seed, limits.answer)
    except TypeError as error:  # a value where a function is asked for, or the other way round
        return diagnosis.failed(exercise, "form", f"{error}.")
    return verdict if answer.alive() else diagnosis.failed(exercise, "died", verdict.message)


def _judge(exercise, answer, seed, seconds):
    value = answer if answer.known == "function" else answer.value
    if exercise.kind == "function" and answer.known == "function":
        # errors are described on instances that everybody may see; then the secret ones follow
        public = diagnosis.dry_run(exercise, answer, seconds)
        if public is not None:
            return public
        answer.again(private=True)
    return diagnosis.diagnose(exercise.id, value, seed, seconds)


def _ended(ran):
    return ran.ended or "its process ended"


def _with_cause(verdict, before):
    """A name that is missing because a cell above failed is explained by that failure."""
    if verdict.status != "missing":
        return verdict
    errors = [o for outputs in before for o in outputs if o["output_type"] == "error"]
    causes = [e for e in errors if e["ename"] not in ("CheckFailed", "NotImplementedError", "NameError")]
    if not causes:
        return verdict
    says = re.sub(r"\(<cell \d+>, (line \d+)\)", r"(\1)", causes[-1]["evalue"])
    message = f"{causes[-1]['ename']} in a cell above: {says}"
    return diagnosis.failed(find_exercise(verdict.exercise), "error", message)


def _shown(cell, ran):
    if cell["kind"] == "check":
        return []
    outputs = ran.outputs.get(cell["index"])
    if outputs is None:
        return [_error("NotRun", _ended(ran))] if ran.at <= cell["index"] else []
    if cell["given"] and any(o["output_type"] == "error" for o in outputs):
        return [{"output_type": "stream", "name": "stdout", "text": NOT_SHOWN}]
    return outputs


def check_outputs(exercise, verdict):
    """(outputs, record) of a check: the card, then points or an error, which nbgrader's score is."""
    record = card.record(exercise, verdict)
    shown = {
        "output_type": "display_data",
        "data": {"text/html": card.html(exercise, verdict), "text/plain": card.text(exercise, verdict)},
        "metadata": {"unrolled": record},
    }
    points = float(round(exercise.points * verdict.score, 2))
    if points > 0:
        data = {"text/plain": repr(points)}
        earned = {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None}
        return [shown, earned], record
    said = f"{exercise.id} - 0 of {exercise.points:g} points; the card says why"
    return [shown, _error("CheckFailed", said)], record


def _error(name, value):
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": [f"{name}: {value}"]}


def _graded(cell):
    return cell["metadata"].get("nbgrader") or {}


def _source(cell):
    return "".join(cell["source"])
