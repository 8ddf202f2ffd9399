"""How long a check takes, and how large the bank is.

CPU milliseconds, divided by how much slower than idle the machine was: `pace` tells it in the same process.
"""

import json
import subprocess
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from autograder import diagnose
from autograder.errors import PassageError
from autograder.exercises import all_exercises, find_exercise, sources

from .measure import idle_pace, pace, table

ROOT = Path(__file__).resolve().parent.parent
GOALS = {
    "right": 20,
    "slip": 20,
    "unknown": 200,
    "again": 5,
    "again unknown": 200,
    "compiles": 2,
    "bank": 500,
}
HEAD = [
    "exercise",
    "slips",
    "first check: right, ms",
    "a slip, ms",
    "unknown, ms",
    "the same again: right or a slip, ms",
    "unknown, ms",
    "bank compiles, s",
    "bank, kB",
]
ROUNDS = 2
SLIPS = 3  # of an exercise, spread over all, that are tried
PAIRS = 2
NOISE = ("noise", "noise on the right answer")
BEFORE = ("05.rnn_backward", "02.readout_backward")
SHOWN = 30  # exercises with so many slips, or with a missed goal, have a row of their own

# run in a fresh process each; IPython is there before the clock starts, as it is in a kernel
START = """
import time
import numpy
import IPython.display
start = time.process_time()
from autograder import check
{answer}
try:
    check("10.lstm_backward", answer)
except Exception:
    pass
seconds = time.process_time() - start
from benchmarks.measure import pace
print()
print([seconds, pace()])
"""
ANSWER = """
def answer(params, run, dh, dc_T):
    from rnnlib import lstm
    grads = lstm.backward(params, run, dh, dc_T)
    return {returned}
"""
FIRST = {
    "a right answer": "grads",
    "one wrong output": "grads | dict(b=grads['b'][::-1])",
    "an unknown one": "dict((name, value + 1) for name, value in grads.items())",
}
FIRST_CHECK = """
import json, sys
import IPython.display
from benchmarks.diagnosis import first_check
print(json.dumps(first_check(*sys.argv[1:])))
"""
BANK = """
import json, pathlib, sys, time
from autograder.diagnosis import match_slips
from autograder.exercises import all_exercises
folder, found = pathlib.Path(sys.argv[1]), {}
for e in all_exercises().values():
    start = time.process_time()
    match_slips.write_bank([e], folder)
    seconds, path = time.process_time() - start, folder / f"{e.id}.npz"
    size = path.stat().st_size / 1000 if path.exists() else 0
    found[e.id] = dict(compiles=seconds, bank=size)
print(json.dumps(found))
"""


class Timed(NamedTuple):
    """CPU milliseconds of a check, of the same check again, and the pace of the machine meanwhile."""

    first: float
    again: float
    pace: float


def diagnosis():
    asked = [e for e in all_exercises().values() if e.kind == "function" and e.slips]
    rounds = [{e.id: _first_checks(e) for e in asked} for _ in range(ROUNDS)]
    paces = [t.pace for times in rounds for kinds in times.values() for one in kinds.values() for t in one]
    idle, banks = idle_pace(paces), _banks()
    rows = {e.id: _row([times[e.id] for times in rounds], idle) | banks[e.id] for e in asked}
    own = [name for name, row in rows.items() if _large(name) or not all(row[k] <= GOALS[k] for k in GOALS)]
    others = [row for name, row in rows.items() if name not in own]
    shown = [[name, len(find_exercise(name).slips), *_cells(rows[name])] for name in own]
    most = {key: max(row[key] for row in others) for key in GOALS}
    shown.append([f"the most of the {len(others)} others", "", *_cells(most)])
    first = ", ".join(f"{name} {_start(returned, idle)}" for name, returned in FIRST.items())
    found = f"{table(HEAD, shown)}\n\nImport and first check in a fresh process, beyond NumPy's: {first}."
    slower = f"{median(paces) / idle:.2f}, at most {max(paces) / idle:.2f}"
    return f"{found}\n\nWhile these checks ran, the machine was slower than idle by a factor of {slower}."


def _large(name):
    return len(find_exercise(name).slips) >= SHOWN


def _cells(row):
    return [_show(row[key], goal) for key, goal in GOALS.items()]


def _show(value, goal):
    text = f"{value:.2f} (≤ {goal})" if goal < 5 else f"{value:.1f} (≤ {goal})"
    return text if value <= goal else f"**{text}**"


def _first_checks(e):
    """{"right": [`Timed`], "slip": one for each slip tried, "unknown": one for each such answer}."""
    pairs = _pairs(e)
    tried = {
        "right": ["right"],
        "slip": [slip.id for slip in e.slips[:: -(-len(e.slips) // SLIPS)]],
        "unknown": [*NOISE, *pairs, *(f"{pair}+{NOISE[1]}" for pair in pairs)],
    }
    return {
        kind: [Timed(*json.loads(_child(FIRST_CHECK, e.id, answer).stdout)) for answer in answers]
        for kind, answers in tried.items()
    }


def _pairs(e):
    """PAIRS of slips, drawn at random of those that can be made at once, as "first+second"."""
    pairs, found = list(combinations(e.slips, 2)), []
    for n in np.random.default_rng(0).permutation(len(pairs)):
        try:
            sources.compile_anew(e, *pairs[n])
        except (PassageError, SyntaxError):
            continue
        found.append("+".join(slip.id for slip in pairs[n]))
        if len(found) == PAIRS:
            break
    return found


def _row(rounds, idle):
    """The slowest of each kind in milliseconds of the idle machine.

    Of the rounds that one counts, for each answer, in which the machine was nearest to idle.
    """
    nearest = {
        kind: [min(timed, key=lambda t: t.pace) for timed in zip(*(times[kind] for times in rounds))]
        for kind in rounds[0]
    }
    row = {kind: max(t.first * idle / t.pace for t in timed) for kind, timed in nearest.items()}
    again = {kind: max(t.again * idle / t.pace for t in timed) for kind, timed in nearest.items()}
    return row | {"again": max(again["right"], again["slip"]), "again unknown": again["unknown"]}


def first_check(exercise_id, answer):
    """`Timed`: `diagnose` in this process, which then knows nothing of the exercise yet.

    answer: "right", an id of a slip, one of NOISE, or several of these joined by "+".  A check of another
    lesson goes before it, so that what is imported late is imported.
    """
    e = find_exercise(exercise_id)
    other = find_exercise(next(name for name in BEFORE if name[:2] != e.lesson))
    diagnose(other.id, sources.compile_anew(other, other.slips[0]))
    made_of = answer.split("+")
    function = sources.compile_anew(e, *(slip for slip in e.slips if slip.id in made_of))
    for share, name in enumerate(NOISE):
        function = _noisy(function, share) if name in made_of else function
    sources.code_cells.cache_clear()
    before, first, again = pace(), _ms(e, function), median(_ms(e, function) for _ in range(3))
    return Timed(first, again, (before + pace()) / 2)


def _ms(e, function):
    start = time.process_time()
    diagnose(e.id, function)
    return 1000 * (time.process_time() - start)


def _noisy(function, share):
    """Noise on a share of what a function returns."""
    rng = np.random.default_rng(0)

    def change(array):
        array = np.asarray(array, float)
        return share * array + rng.normal(size=array.shape)

    def answer(*arguments):
        found = function(*arguments)
        if isinstance(found, dict):
            return {name: change(value) for name, value in found.items()}
        return tuple(map(change, found)) if isinstance(found, tuple) else change(found)

    return answer


def _child(text, *arguments):
    command = [sys.executable, "-c", text, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)


def _banks():
    """{exercise: CPU seconds to compile and run its slips, and the kB of its file}, in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        return json.loads(_child(BANK, folder).stdout)


def _start(returned, idle):
    text = START.format(answer=ANSWER.format(returned=returned))
    found = [json.loads(_child(text).stdout.splitlines()[-1]) for _ in range(3)]
    return f"{_show(median(seconds * idle / paced for seconds, paced in found), 0.5)} s"
