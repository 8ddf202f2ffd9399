"""How often the line of a mistake is found, on answers by somebody who has not read the search.

`repair_corpus.json` has correct answers in several styles to each of eight exercises, and the edits that make
a mistake of one line each, two mistakes, or another algorithm.  With `seen` and `unseen` the search was
written; `fresh` was looked at by nobody before it was finished.
"""

import json
import linecache
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from autograder.diagnosis.diagnose import judge_answer
from autograder.diagnosis.repair import find_repair
from autograder.exercises import find_exercise
from rnnlib import activations

from .measure import table

CORPUS = Path(__file__).with_name("repair_corpus.json")
SECONDS = 3.0  # of CPU time: what a search takes on an idle machine
PATIENCE = 60.0  # of the clock: a busy machine counts for nothing
PARTS = ("seen", "unseen", "fresh")


def repair():
    corpus = json.loads(CORPUS.read_text(encoding="utf-8"))
    counts, times = defaultdict(Counter), defaultdict(list)
    for answer in corpus["answers"]:
        seconds = _count(answer, _text(answer, corpus["styles"]), counts[answer["part"]])
        times[answer["exercise"]].append(seconds)
    return tables(counts, times, len(corpus["answers"]))


def tables(counts, times, whole):
    """The tables of what was counted in each part, and of the seconds by exercise.

    whole: how many answers there are, which may be more than were tried.
    """
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
    ("the same, where no operator makes them", "located by none", "one-line by none"),
    ("named or located (≥ 95 %)", "named or located", "one-line"),
    ("right when it speaks (≥ 97 %)", "located", "spoken"),
    ("right in the first line that it says", "first", "spoken"),
    ("spoken of two mistakes (0)", "spoken of two", "two"),
    ("spoken of another algorithm (0)", "spoken of other", "other"),
)


def _share(counts, part, whole):
    share = f" ({counts[part] / counts[whole]:.0%})" if counts[whole] else ""
    return f"{counts[part]} of {counts[whole]}{share}"


def _count(answer, text, counts):
    """Counts one answer; the seconds of CPU time that its search took."""
    exercise = find_exercise(answer["exercise"])
    function = _load(text, answer["name"], exercise.function)
    verdict = judge_answer(exercise.id, function)
    began = time.process_time()
    found = find_repair(exercise, function, verdict, PATIENCE)
    seconds = time.process_time() - began
    found = found if seconds <= SECONDS else ()
    kind = answer["kind"]
    counts[kind] += 1
    if kind != "one-line":
        counts[f"spoken of {kind}"] += bool(found)
        return seconds
    starts = {line[4 : line.index("(")]: n for n, line in enumerate(text.splitlines()) if line[:4] == "def "}
    lines = [starts[r.function] + r.line for r in found]
    located = bool({*lines} & {*answer["lines"]})
    counts["located"] += located
    counts["first"] += lines[:1] != [] and lines[0] in answer["lines"]
    counts["spoken"] += bool(found)
    counts["named or located"] += located or bool(verdict.slips)
    if not answer["by_operator"]:
        counts["one-line by none"] += 1
        counts["located by none"] += located
    return seconds


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
