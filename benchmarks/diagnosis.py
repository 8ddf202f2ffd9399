"""How long a check takes, and how large the bank is.  CPU time: a busy machine counts for little."""

import json
import subprocess
import sys
import tempfile
import time
from itertools import combinations, count
from pathlib import Path
from statistics import median

import numpy as np

from autograder import diagnose
from autograder.errors import PassageError
from autograder.exercises import all_exercises, find_exercise, sources
from autograder.exercises.instances import probes_and_references

from .measure import table

ROOT = Path(__file__).resolve().parent.parent
GOALS = {
    "first right": 20,
    "first slip": 20,
    "first unknown": 200,
    "right": 20,
    "slip": 20,
    "warm": 5,
    "unknown": 200,
    "compiles": 2,
    "bank": 300,
}
HEAD = [
    "exercise",
    "slips",
    "first check: right, ms",
    "a slip, ms",
    "unknown, ms",
    "another seed: right, ms",
    "a slip, ms",
    "the same again, ms",
    "unknown, ms",
    "bank compiles, s",
    "bank, kB",
]
ROUNDS = 3
FIRST_ROUNDS = 2
FIRST_SLIPS = 3  # of an exercise, spread over all, that are tried in processes of their own
UNKNOWN = ("noise", "noise on the right answer")
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
import sys
print(time.process_time() - start, file=sys.stderr)
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
import sys
import IPython.display
from benchmarks.diagnosis import first_check
print(first_check(*sys.argv[1:]))
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
    found[e.id] = [seconds, path.stat().st_size / 1000 if path.exists() else 0]
print(json.dumps(found))
"""


def diagnosis():
    asked = [e for e in all_exercises().values() if e.kind == "function" and e.slips]
    firsts = [{e.id: _first_checks(e) for e in asked} for _ in range(FIRST_ROUNDS)]
    banks, seeds, rows = _banks(), count(10_000), {}
    rounds = [{e.id: _times(e, seeds) for e in asked} for _ in range(ROUNDS)]
    for e in asked:
        seconds, size = banks[e.id]
        first = _best_firsts([times[e.id] for times in firsts])
        found = _best([times[e.id] for times in rounds])
        rows[e.id] = {**first, **found, "compiles": seconds, "bank": size}
    own = [name for name, row in rows.items() if _large(name) or not all(row[k] <= GOALS[k] for k in GOALS)]
    others = [row for name, row in rows.items() if name not in own]
    shown = [[name, len(find_exercise(name).slips), *_cells(rows[name])] for name in own]
    most = {key: max(row[key] for row in others) for key in GOALS}
    shown.append([f"the most of the {len(others)} others", "", *_cells(most)])
    first = ", ".join(f"{name} {_start(returned)}" for name, returned in FIRST.items())
    return f"{table(HEAD, shown)}\n\nImport and first check in a fresh process, over NumPy's import: {first}."


def _large(name):
    return len(find_exercise(name).slips) >= SHOWN


def _cells(row):
    return [_show(row[key], goal) for key, goal in GOALS.items()]


def _show(value, goal):
    text = f"{value:.2f} (≤ {goal})" if goal < 5 else f"{value:.1f} (≤ {goal})"
    return text if value <= goal else f"**{text}**"


def _first_checks(e):
    """Milliseconds of an exercise's first check on the public instances, each in a process of its own.

    {"first right": [.], "first slip": one for each slip tried, "first unknown": one for each noise}.
    """
    slips = [slip.id for slip in _spread(e)]
    tried = {"first right": ["right"], "first slip": slips, "first unknown": UNKNOWN}
    return {
        kind: [float(_child(FIRST_CHECK, e.id, answer).stdout) for answer in answers]
        for kind, answers in tried.items()
    }


def _spread(e):
    """FIRST_SLIPS of the exercise's slips, from its first to its last."""
    return e.slips[:: -(-len(e.slips) // FIRST_SLIPS)]


def _best_firsts(rounds):
    """The slowest of a kind, each at its best, as in `_best`."""
    return {kind: max(map(min, zip(*(times[kind] for times in rounds)))) for kind in rounds[0]}


def first_check(exercise_id, answer):
    """CPU milliseconds of `diagnose` in this process, which then knows nothing of the exercise yet.

    A check of another lesson goes before it, so that what is imported late is imported.
    """
    e = find_exercise(exercise_id)
    other = find_exercise(next(name for name in BEFORE if name[:2] != e.lesson))
    diagnose(other.id, sources.compile_anew(other, other.slips[0]))
    if answer in UNKNOWN:
        function = _noisy(sources.compile_anew(e), UNKNOWN.index(answer))
    else:
        function = sources.compile_anew(e, *(slip for slip in e.slips if slip.id == answer))
    sources.code_cells.cache_clear()
    start = time.process_time()
    diagnose(e.id, function)
    return 1000 * (time.process_time() - start)


def _times(e, seeds):
    """Milliseconds for one call each: {"right": [.], "slip": one for each slip, "warm": ., "unknown": .}."""
    right = sources.solution_variant(e)
    diagnose(e.id, right)
    unknown = [_ms(e, function, next(seeds)) for function in _unknown(e, right)]  # pairs not compiled yet
    found = {"right": [_ms(e, right, next(seeds))], "slip": [], "warm": [], "unknown": unknown}
    for slip in e.slips:
        wrong, seed = sources.solution_variant(e, slip), next(seeds)
        found["slip"].append(_ms(e, wrong, seed))
        found["warm"].append(_ms(e, wrong, seed))
    return found


def _best(rounds):
    """The slowest of a kind, each at its best: what else runs on the machine can only add.

    Rounds go over all exercises, so that a busy minute spoils one of them and not all.  An unknown
    answer counts as it was the first time, when nothing was compiled.
    """
    best = {key: max(map(min, zip(*(times[key] for times in rounds)))) for key in ("right", "slip", "warm")}
    return best | {"unknown": max(rounds[0]["unknown"])}


def _ms(e, function, seed):
    probes_and_references(e.id, seed)  # drawn once for an assignment, and never in a notebook
    start = time.process_time()
    diagnose(e.id, function, seed)
    return 1000 * (time.process_time() - start)


def _unknown(e, right):
    """Noise, noise on the right answer, and noise on pairs of slips: nothing that could be named."""
    yield from (_noisy(right, 0), _noisy(right, 1))
    pairs = list(combinations(e.slips, 2))
    for n in np.random.default_rng(0).permutation(len(pairs))[:6]:
        try:
            yield _noisy(sources.solution_variant(e, pairs[n]), 1)
            yield sources.solution_variant(e, pairs[n])
        except (PassageError, SyntaxError):
            continue


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
    """{exercise: [CPU seconds to compile and run its slips, kB of its file]}, in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        return json.loads(_child(BANK, folder).stdout)


def _start(returned):
    text = START.format(answer=ANSWER.format(returned=returned))
    seconds = [float(_child(text).stderr.split()[-1]) for _ in range(3)]
    return f"{_show(median(seconds), 0.5)} s"

