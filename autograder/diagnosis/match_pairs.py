"""Two mistakes at once: two slips of the exercise in one source, or a slip and a law.

Looked for only where no single slip and no law fits.  A pair is run like a slip, as a variant of
the solution with both passages replaced, and named only if it gives the student's arrays in every
output on every instance.  Which pairs to run is guessed from what each slip gives alone.
"""

from itertools import combinations

import numpy as np

from .. import compare
from ..errors import PassageError
from ..exercises import sources
from . import laws, match_slips

BUDGET = 150_000  # characters of source compiled for pairs: what fits into the time a student waits


def find_pairs(trial, wrong):
    """The pairs of slips, [(first, second)], that give all answers of a `Trial`; [] if none does.

    wrong: names of the outputs that are wrong.
    """
    exercise, order = trial.exercise, trial.order
    if exercise.gate is not None or not match_slips.has_sources(exercise):
        return []
    found, left = [], BUDGET // len(sources.solution_source(exercise))
    for pair in _promising(trial, _suspects(trial, wrong, order[0]), wrong, order[0]):
        function = _both(exercise, pair)
        if function is None:
            continue
        made = []
        for i in order:
            outputs = match_slips.run_variant(exercise, function, trial.instances[i])
            if outputs is None or not _same(outputs, trial.answers[i], trial.references[i]):
                break
            made.append(outputs)
        if len(made) == len(order) and _telling(made, wrong):
            found.append(pair)
        left -= 1
        if not left:
            break
    return found


def find_slips_with_law(trial, wrong):
    """Slips that explain every wrong output together with a law: [(slip, its sentences)].

    The law holds between the student's array and the slip's, or, where the slip changes nothing,
    the right one.
    """
    exercise, order = trial.exercise, trial.order
    if exercise.gate is not None:
        return []
    found = []
    for slip in _combinable(exercise):
        made = {}
        for i in order:
            made[i] = match_slips.slip_variant(exercise, slip, trial.seed, i)
            if made[i] is None or not all(_near(trial.answers[i].get(n), made[i].get(n)) for n in wrong):
                break
        else:
            changed = frozenset().union(
                *(match_slips.changed_outputs(made[i], trial.references[i]) for i in order)
            )
            explained = changed <= set(wrong) and _by_law(trial, wrong, [made[i] for i in sorted(made)])
            if explained and _telling(made.values(), changed):
                found.append((slip, explained))
    # a slip that needs two laws to fit says less than one that needs one
    fewest = min((len(said) for _, said in found), default=0)
    return [(slip, said) for slip, said in found if len(said) == fewest]


def _combinable(exercise):
    """The slips whose words stay true where something else is wrong as well."""
    return [slip for slip in exercise.slips if not slip.alone]


def _by_law(trial, wrong, made):
    by_law = {}
    for name in wrong:
        if not all(compare.same(answer.get(name), m.get(name)) for answer, m in zip(trial.answers, made)):
            law = laws.find_law(trial, name, made, named=True)
            if law is None:
                return []
            by_law.setdefault(law, []).append(name)
    return laws.law_sentences(by_law)


def _near(got, want):
    """Whether a law could lie between two arrays: all of them keep the sizes of the entries."""
    if compare.same(got, want):
        return True
    if got is None or want is None or got.size != want.size or not got.size:
        return False
    a, b = np.sort(np.abs(got), axis=None), np.sort(np.abs(want), axis=None)
    return 0 < a[-1] < np.inf and 0 < b[-1] < np.inf and compare.same(a / a[-1], b / b[-1])


def _suspects(trial, wrong, i):
    """[(slip, outputs)] on instance `i` of the slips that leave the right outputs alone."""
    exercise = trial.exercise
    found = []
    for slip in _combinable(exercise):
        made = match_slips.slip_variant(exercise, slip, trial.seed, i)
        if made is not None and match_slips.changed_outputs(made, trial.references[i]) <= set(wrong):
            found.append((slip, made))
    return found


def _promising(trial, suspects, wrong, i):
    """Pairs that may give the student's arrays on instance `i`, the likeliest first.

    Where one slip leaves an output as it is, the pair gives what the other gives alone: pairs that
    do not are out.  So it is for most single entries too: pairs for which it is come first.  Then,
    the more entries differ by the sum of both differences - as they do wherever the two mistakes
    stand in different terms - the likelier a pair is.
    """
    answer, reference = trial.answers[i], trial.references[i]
    given = [n for n in wrong if answer.get(n) is not None]
    names = [n for n in given if answer[n].shape == np.shape(reference[n])]
    if not names:
        return list(combinations([slip for slip, _ in suspects], 2))
    if len(suspects) < 2 or not all(np.isfinite(answer[n]).all() for n in names):
        return []
    scale = {n: max(np.abs(answer[n]).max(initial=0), np.abs(reference[n]).max(initial=0)) for n in names}

    def flat(outputs):
        """The entries one after another in units of the output's largest; NaN where shapes differ."""
        rows = []
        for name in names:
            array = np.asarray(outputs.get(name, np.nan), float)
            fits = array.shape == answer[name].shape
            rows.append(array.ravel() / (scale[name] or 1.0) if fits else np.full(answer[name].size, np.nan))
        return np.concatenate(rows)

    right, got = flat(reference), flat(answer)
    alone = np.array([flat(made) for _, made in suspects])
    with np.errstate(all="ignore"):
        untouched = np.abs(alone - right) <= 1e-9
        differs = ~(np.abs(alone - got) <= compare.TOLERANCE)
    starts = np.cumsum([0, *(answer[n].size for n in names[:-1])])
    clashes = _count(
        np.minimum.reduceat(untouched, starts, axis=1), np.maximum.reduceat(differs, starts, axis=1)
    )
    first, second = np.nonzero(np.triu(clashes == 0, 1))
    with np.errstate(all="ignore"):
        sums = np.abs(alone[first] + (alone[second] - right) - got) <= compare.TOLERANCE
    likely = (sums & ~(untouched[first] & untouched[second])).sum(axis=1)
    by_entry = _count(untouched, differs)[first, second]
    ranking = np.lexsort((-likely, by_entry > 0))
    return [(suspects[first[n]][0], suspects[second[n]][0]) for n in ranking]


def _count(untouched, differs):
    """For every two slips: where one leaves things alone, and the other alone is not the student's."""
    clashes = untouched.astype(float) @ differs.T.astype(float)
    return clashes + clashes.T


def _both(exercise, pair):
    """The function with both slips made, or None where one replaces what the other needs."""
    for order in (pair, pair[::-1]):
        try:
            return sources.solution_variant(exercise, order)
        except PassageError:
            continue
        except SyntaxError:
            return None
    return None


def _telling(made, names):
    """False for one and the same number everywhere, which shows no particular misunderstanding."""
    values = [np.ravel(outputs[name]) for outputs in made for name in names if outputs.get(name) is not None]
    return len(np.unique(np.concatenate(values))) > 1 if values else False


def _same(outputs, answer, reference):
    return all(compare.same(outputs.get(name), answer.get(name)) for name in reference)
