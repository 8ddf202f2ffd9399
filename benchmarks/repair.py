"""How often the line of a mistake is found, on answers by somebody who has not read the search.

`repair_corpus.json` has correct answers in several styles to each of eight exercises, and the edits that make
a mistake of one line each, two mistakes, or another algorithm.  With `seen`, `unseen` and `later` the search
was written; `fresh` was looked at by nobody before it was finished.
"""

import json
import linecache
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from autograder.diagnosis.diagnose import judge_answer
from autograder.diagnosis.repair import find_repair
from autograder.exercises import find_exercise
from rnnlib import activations

from .measure import idle_pace, pace, table

CORPUS = Path(__file__).with_name("repair_corpus.json")
SECONDS = 3.0  # of CPU time on an idle machine: what a search may take
PATIENCE = 60.0  # of the clock: a busy machine counts for nothing
PARTS = ("seen", "unseen", "later", "fresh")


class Searched(NamedTuple):
    """What one search found, its CPU seconds, and the pace of the machine meanwhile."""

    answer: dict
    slips: tuple
    lines: list
    seconds: float
    pace: float


def repair():
    corpus = json.loads(CORPUS.read_text(encoding="utf-8"))
    tried = [_search(answer, _text(answer, corpus["styles"])) for answer in corpus["answers"]]
    return tables(tried, len(tried))


def tables(searches, whole):
    """The tables of what was counted in each part, and of the seconds by exercise.

    searches: `Searched` of each answer that was tried.  whole: how many answers there are.
    """
    idle = idle_pace([searched.pace for searched in searches])
    counts, times = defaultdict(Counter), defaultdict(list)
    for searched in searches:
        seconds = searched.seconds * idle / searched.pace
        times[searched.answer["exercise"]].append(seconds)
        _count(searched, seconds <= SECONDS, counts[searched.answer["part"]])
    tried = [part for part in PARTS if counts[part]]
    rows = [[label, *(_share(counts[part], *kinds) for part in tried)] for label, *kinds in ROWS]
    speed = [
        [name, len(seconds), *(f"{value:.2f}" for value in np.percentile(seconds, [50, 95]))]
        for name, seconds in sorted(times.items())
    ]
    found = table(["answers", *tried], rows)
    number = f"{sum(map(len, times.values()))} of {whole} answers were tried."
    return f"{found}\n\n{number}\n\n{table(['exercise', 'answers', 'median, s', '95 %, s'], speed)}"


ROWS = (
    ("one-line mistakes located (≥ 80 %)", "located", "one-line"),
    ("the same, of what is no simple replacement", "located by none", "one-line by none"),
    ("named or located (≥ 95 %)", "named or located", "one-line"),
    ("right when it speaks (≥ 97 %)", "located", "spoken"),
    ("right in the first line that it says", "first", "spoken"),
    ("spoken of two mistakes (0)", "spoken of two", "two"),
    ("spoken of another algorithm (0)", "spoken of other", "other"),
)


def _share(counts, part, whole):
    share = f" ({counts[part] / counts[whole]:.0%})" if counts[whole] else ""
    return f"{counts[part]} of {counts[whole]}{share}"


def _search(answer, text):
    """`Searched`: one answer, judged and its line looked for."""
    exercise = find_exercise(answer["exercise"])
    function = _load(text, answer["name"], exercise.function)
    verdict = judge_answer(exercise.id, function)
    before, began = pace(), time.process_time()
    found = find_repair(exercise, function, verdict, PATIENCE)
    seconds = time.process_time() - began
    starts = {line[4 : line.index("(")]: n for n, line in enumerate(text.splitlines()) if line[:4] == "def "}
    lines = [starts[r.function] + r.line for r in found]
    return Searched(answer, verdict.slips, lines, seconds, (before + pace()) / 2)


def _count(searched, in_time, counts):
    """Counts one answer; a search that was not in time has said nothing."""
    answer, lines = searched.answer, searched.lines if in_time else []
    kind = answer["kind"]
    counts[kind] += 1
    if kind != "one-line":
        counts[f"spoken of {kind}"] += bool(lines)
        return
    located = bool({*lines} & {*answer["lines"]})
    counts["located"] += located
    counts["first"] += lines[:1] != [] and lines[0] in answer["lines"]
    counts["spoken"] += bool(lines)
    counts["named or located"] += located or bool(searched.slips)
    if not answer["by_operator"]:
        counts["one-line by none"] += 1
        counts["located by none"] += located


def _text(answer, styles):
    if "text" in answer:
        return answer["text"]
    lines = styles[answer["style"]].split("\n")
    return "\n".join(lines[: answer["from"]] + answer["now"] + lines[answer["to"] :])


def _load(text, name, function):
    file = f"<{name}>"
    linecache.cache[file] = len(text), None, text.splitlines(True), file
    namespace = {"np": np, "activations": activations}
    exec(compile(text, file, "exec"), namespace)
    return namespace[function]
