"""What single edits of the solutions are told: a table for docs/diagnosis.md.

An edit is another operator, another name, another number, or a part left out, anywhere in a solution.  Most
are mistakes that nobody makes, so the table shows how much of what was not foreseen has a name.
"""

from itertools import islice

from ..diagnosis.diagnose import judge_answer
from ..results import Status
from . import sampled_answers, wrong_answers

SAMPLE = 20  # edits of each exercise

HEAD = f"""## What single edits are told

Up to {SAMPLE} edits of each solution, drawn at random, that change numbers and nothing else: another
operator, another name, another number, or a part left out. *Slip*: one or several are named; *law*: a law or
a corruption is; *none*: the card says which outputs differ, and of a gradient from which step on.

| exercise | edits | slip | law | none |
|---|---|---|---|---|
"""


def table():
    """The section of the page."""
    rows = [row(e) for e in wrong_answers.function_exercises()]
    total = ("**all**", *(sum(column) for column in list(zip(*rows))[1:]))
    lines = (f"| {' | '.join(map(str, line))} |" for line in (*rows, total))
    return HEAD + "\n".join(lines) + "\n"


def row(exercise):
    """An exercise's id and its counts."""
    told = [kind for kind, _ in islice(edits_told(exercise), SAMPLE)]
    return exercise.id, len(told), told.count("slip"), told.count("law"), told.count("none")


def edits_told(exercise):
    """("slip", "law" or "none", what was edited) of each edit that leaves shapes and keys as they are."""
    for what, answer in sampled_answers.edits(exercise):
        verdict = judge_answer(exercise.id, answer)
        if verdict.correct or verdict.status != Status.JUDGED:
            continue
        if not any(output.note and not output.ok for output in verdict.outputs.values()):
            yield "slip" if verdict.slips else "law" if verdict.laws else "none", what
