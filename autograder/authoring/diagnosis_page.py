"""What the diagnosis names and what it confuses: docs/diagnosis.md, counted from a run over everything.

Made by `python -m autograder.authoring.diagnosis_page`, which takes some minutes; a test holds the
page to what a run gives.  Only counts are written, so the page is the same on every machine.
"""

import re
from collections import Counter

from ..diagnosis.diagnose import judge_answer
from ..exercises import find_exercise, sources
from . import corruptions_table, edits_table, wrong_answers

BIG = ("05.rnn_backward", "10.lstm_backward")
SEEDS = (None, 1)  # the public instances, and some that no bank has seen
GROUP = 10
LAW_WORDS = re.compile(r"\btimes\b|\bsign\b|divided|multiplied|transpose")

HEAD = """# Diagnosis

What a wrong answer is told, and how often that is right. Made by
`python -m autograder.authoring.diagnosis_page`; `tests/diagnosis/test_mutation_gate.py` refuses every false
name and holds this page to a run.

## What is named, and how

1. *Facts:* an output that is missing, of the wrong shape, or not finite is said to be so.
2. *Right:* max|a − b| ≤ 1e-4 · max(|a|, |b|) for every output, on three small instances, for gradients on
   a long sequence and on large adjoints (below), and for forward passes on large inputs. Single precision
   passes.
3. *One slip:* a misunderstanding from the bank, if the answer has its numbers on every output that the slip
   changes, on every small instance. A slip that explains fewer outputs than another is left out; slips that
   the numbers cannot tell apart are all listed. Slips of earlier exercises are tried only if none here fits.
4. *A law:* a constant factor, a sign, a size such as 1/B, a transpose, zeros, a share of the parameter
   itself; on every instance. One law for all goes before a slip for each.
5. *A corruption* of the right gradient, on every instance: clipped to a range or to a norm, cut after k
   steps, fading with each step back, detached every n steps, of the last instance only.
6. *Two at once,* where nothing simpler fits: a slip and a law, or two slips that together give every number;
   else one slip that gives all outputs but one, of which it is said that it differs as well.
7. *What is left:* the outputs that are wrong, beside those that are right; of a backward pass in a notebook
   also which of them differ with one step, with two, and with one instance of the batch.

In a notebook, by `diagnose`, and while grading where no slip has been named, the line is looked for as well
(below).

Never named as a misunderstanding: zeros (of which a law tells), ones, noise, a single entry with the wrong
sign, an output that is off by 1e-3, and whatever else no slip and no law gives. Two slips are never closer
than 0.05 of the largest entry unless they agree exactly on all that one of them changes; the test names the
exceptions, such as integer counts.

## Which line

The student's own code is asked (`autograder/diagnosis/repair/`): which single edit of it makes every output
right on every public instance and on three more? Helpers that the answer calls are searched too. The card
says the line and the kind of change, never the change; after a slip it only adds the line. Nothing is said
where no single edit is found, or where it could be more than three lines.

1. *Trace:* around every right-hand side, added value, returned value, condition and loop's range stands a
   hook, through which its values are recorded, imposed, or computed in another way.
2. *Needed values:* a gradient is affine in what one statement gives, so that a run for each of its numbers
   and least squares tell which values it would have to give. Where none would do, it alone is not at fault.
3. *Candidates:* other indices, signs, names, transposes, axes, slopes, parentheses, a factor or a term more,
   fewer or elsewhere, two variables exchanged, a product of up to four factors; loops, conditions, branches,
   what is stored where, the order of lines; a line that is absent, also one that fills an entry. Most are
   judged by their values, and all that is claimed is confirmed by running it. An edit of statements is not
   tried where a wrong output does not depend on the variables that it changes.
4. *Ranking:* the smallest edit first; of several lines the card says "either … or".

Left alone are functions without text, with decorators or closures, objects that can be called, and code that
writes files or calls what is not known to leave no trace, classes of the notebook among them. It takes three
seconds at most; an interrupt keeps the card. Not found are mistakes of two lines, and lines that no edit of
these makes. While grading, the search has a sandbox of its own ([grading.md](grading.md)); exercises that are
called in a way of their own, or with functions of the grader's, are left out there.

How often the line is found, by `python -m benchmarks repair`, in answers by somebody who has not read the
search. They are *fresh*: run once, when it was finished, with nothing changed after them. A line counts at
which their author put the mistake, or has proved beforehand that one edit mends it too. For the times each
search runs to its end; one that takes more than three seconds counts as silent:

{line}

## How often it is right

Every slip is made on the public instances and on unseen ones, every law on each output and on all of
them, and a sample of pairs of slips on the public instances. *Same numbers*: another slip, or two, whose
numbers the answer has wherever they change anything; with a pair that happens where one of
the two hides the other. *Falsely*: a name that the numbers do not bear out.

| exercise | slips | named right | among several | not named | laws | told | as a slip | not told \
| pairs | both | one of them | same numbers | not named | falsely |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
"""


def slips_named(exercise):
    """What each slip of an exercise is called, on every seed: (slip, names, borne out) each."""
    found = []
    for seed in SEEDS:
        for slip in exercise.slips:
            function = sources.solution_variant(exercise, slip)
            names = judge_answer(exercise.id, function, seed).slips
            true = names == (slip.id,) or _true(exercise, names, function, seed)
            found.append((slip.id, names, true))
    return found


def table_row(exercise):
    """One line of the table: the exercise's id and its counts."""
    one: Counter[str] = Counter()
    law: Counter[str] = Counter()
    two: Counter[str] = Counter()
    for slip, names, true in slips_named(exercise):
        one[_kind(names, {slip}) if true else "false"] += 1
    for answer in wrong_answers.answers_under_laws(exercise).values():
        verdict = judge_answer(exercise.id, answer)
        if verdict.slips:
            law["slip" if _true(exercise, verdict.slips, answer) else "false"] += 1
        else:
            law["told" if LAW_WORDS.search(verdict.message) else "none"] += 1
    for pair, made in wrong_answers.sample_slip_sets(exercise, 2, 40 if exercise.id in BIG else 12):
        function = sources.solution_variant(exercise, made)
        names, both = judge_answer(exercise.id, function).slips, {s.id for s in pair}
        # one of the two, with the other told as a law, is what was done
        true = set(names) <= both or _true(exercise, names, function)
        two[_kind(names, both) if true else "false"] += 1
    counts = [
        one.total(), one["all"], one["more"] + one["other"], one["none"],
        law.total(), law["told"], law["slip"], law["none"],
        two.total(), two["all"], two["some"], two["more"] + two["other"], two["none"],
        one["false"] + law["false"] + two["false"],
    ]  # fmt: skip
    return exercise.id, *counts


def confusion_matrix(exercise):
    """A confusion matrix as text, in groups of slips; and what stands off the diagonal."""
    order = {slip.id: n for n, slip in enumerate(exercise.slips)}
    groups = range((len(order) + GROUP - 1) // GROUP)
    counts: Counter[tuple[int, int | str]] = Counter()
    off: Counter[tuple[str, str]] = Counter()
    for slip, names, _ in slips_named(exercise):
        for name in names or ("nothing",):
            counts[order[slip] // GROUP, order[name] // GROUP if name in order else "-"] += 1
            off[slip, name] += name != slip
    heads = [f"{GROUP * g + 1}–{min(GROUP * g + GROUP, len(order))}" for g in groups]
    lines = ["made \\ named".ljust(12) + "".join(f"{head:>8}" for head in (*heads, "other"))]
    for g, head in zip(groups, heads):
        cells = (counts[g, column] or "·" for column in (*groups, "-"))
        lines.append(head.ljust(12) + "".join(f"{cell:>8}" for cell in cells))
    said = [f"- `{slip}` was called `{name}` {n} times" for (slip, name), n in sorted(off.items()) if n]
    return "\n".join(["```", *lines, "```", "", *(said or ["Nothing stands off the diagonal."])])


def diagnosis_page():
    """docs/diagnosis.md."""
    rows = [table_row(e) for e in wrong_answers.function_exercises()]
    total = ("**all**", *(sum(column) for column in list(zip(*rows))[1:]))
    table = "\n".join(f"| {' | '.join(map(str, line))} |" for line in (*rows, total))
    shown = [
        f"\n\n## `{name}`\n\nEvery slip, made once on each of {len(SEEDS)} seeds, by its place in the bank; "
        f"rows are what was made and columns what was named.\n\n{confusion_matrix(find_exercise(name))}"
        for name in BIG
    ]
    head = HEAD.replace("{line}", lines_found())
    return f"{head}{table}\n\n{edits_table.table()}\n{corruptions_table.table()}{''.join(shown)[1:]}\n"


def lines_found():
    """The table of `python -m benchmarks repair`, as it was kept last."""
    kept = (sources.FOLDER.parent / "benchmarks" / "README.md").read_text(encoding="utf-8")
    return kept.split("<!-- repair -->\n")[1].split("<!-- /repair -->")[0].strip()


def _true(exercise, names, function, seed=None):
    return not names or wrong_answers.is_borne_out(
        exercise, names, wrong_answers.outputs_on_instances(exercise, function, seed), seed
    )


def _kind(names, made):
    names = set(names)
    if not names:
        return "none"
    return "all" if names == made else "some" if names < made else "more" if made < names else "other"


if __name__ == "__main__":
    path = sources.FOLDER.parent / "docs" / "diagnosis.md"
    path.write_text(diagnosis_page(), encoding="utf-8", newline="\n")
