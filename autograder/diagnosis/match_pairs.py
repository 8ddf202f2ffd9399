"""Two mistakes at once: two slips of the exercise in one source, or a slip and a law.

They are looked for only where no single slip and no law explains the numbers.  A pair is run as a
single slip is, as a variant of the solution in which both passages are replaced.  It is named only if
it gives the student's arrays in every output on every instance.  There are too many pairs to run them
all; which ones to run first is guessed from what each slip gives alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import compare
from ..compare import Array, Arrays, Reference
from ..errors import PassageError
from ..exercises import Exercise, Slip, sources
from . import laws, match_slips
from .match_slips import Suspect
from .trial import Trial

BUDGET = 125_000  # characters of source compiled for pairs: what fits into the time a student waits


def find_pairs(trial: Trial, wrong: Sequence[str]) -> list[tuple[Slip, Slip]]:
    """The pairs of slips that give all answers of a trial; [] if none does.

    wrong: names of the outputs that are wrong.
    """
    exercise = trial.exercise
    if exercise.gate is not None or not match_slips.has_sources(exercise):
        return []
    found: list[tuple[Slip, Slip]] = []
    left = BUDGET // len(sources.solution_source(exercise))
    for pair, function in _functions_of_pairs(trial, wrong):
        made = _outputs_like_the_student_s(trial, function)
        if made is not None and _is_telling(made, wrong):
            found.append(pair)
        left -= 1
        if not left:
            break
    return found


def _functions_of_pairs(
    trial: Trial, wrong: Sequence[str]
) -> Iterator[tuple[tuple[Slip, Slip], Callable[..., Any]]]:
    """The pairs that can be made, each with its function; the likeliest first."""
    first = trial.order[0]
    for pair in _promising_pairs(trial, _suspects(trial, wrong, first), wrong, first):
        function = _function_with_both(trial.exercise, pair)
        if function is not None:
            yield pair, function


def _outputs_like_the_student_s(trial: Trial, function: Callable[..., Any]) -> list[Arrays] | None:
    """What a function returns on each instance; None as soon as it differs from the student's answer."""
    made = []
    for i in trial.order:
        outputs = match_slips.run_variant(trial.exercise, function, trial.instances[i])
        if outputs is None or not _same_outputs(outputs, trial.answers[i], trial.references[i]):
            return None
        made.append(outputs)
    return made


def find_slips_with_law(trial: Trial, wrong: Sequence[str]) -> list[tuple[Slip, list[str]]]:
    """Slips that explain every wrong output together with a law: [(slip, the law's sentences)].

    The law holds between the student's array and the array that the slip gives; where the slip does not
    change an output, that is the right array.
    """
    exercise = trial.exercise
    if exercise.gate is not None:
        return []
    found = []
    for _, slip, made in _near_the_student_s(trial, wrong):
        changed = match_slips.outputs_changed_anywhere(made, trial)
        explained = changed <= set(wrong) and _laws_against(trial, wrong, [made[i] for i in sorted(made)])
        if explained and _is_telling(made.values(), changed):
            found.append((slip, explained))
    # a slip that needs two laws to fit says less than one that needs one
    fewest = min((len(said) for _, said in found), default=0)
    return [(slip, said) for slip, said in found if len(said) == fewest]


def _near_the_student_s(trial: Trial, wrong: Sequence[str]) -> list[Suspect]:
    """The slips between whose numbers and the student's a law could lie, on every instance."""
    left = _combinable(trial.exercise)
    for i in trial.order:
        left = match_slips.with_instance(left, trial, i)
        for name in wrong:
            near = _which_near([suspect.made[i].get(name) for suspect in left], trial.answers[i].get(name))
            left = [suspect for suspect, is_near in zip(left, near) if is_near]
    return left


def _combinable(exercise: Exercise) -> list[Suspect]:
    """The slips whose words stay true where something else is wrong as well."""
    return [Suspect(exercise, slip, {}) for slip in exercise.slips if not slip.alone]


def _laws_against(trial: Trial, wrong: Sequence[str], made: Sequence[Arrays]) -> list[str]:
    """The laws, in sentences, by which the wrong outputs differ from `made`; [] if one has no law.

    made: outputs on each instance.
    """
    by_law: dict[str, list[str]] = {}
    for name in wrong:
        if not all(compare.same(answer.get(name), m.get(name)) for answer, m in zip(trial.answers, made)):
            law = laws.find_law(trial, name, made, named=True)
            if law is None:
                return []
            by_law.setdefault(law, []).append(name)
    return laws.law_sentences(by_law)


def _which_near(arrays: Sequence[Array | None], got: Array | None) -> NDArray[np.bool_]:
    """Between which of the arrays and the student's a law could lie.

    Every law preserves the sizes of the entries, up to one factor and to their order.
    """
    same = compare.which_same(arrays, got)
    return same | compare.which_same([_sizes(array) for array in arrays], _sizes(got))


def _sizes(array: Array | None) -> Array | None:
    """The sizes of an array's entries in order, in units of the largest; None where that is no number."""
    if array is None or not array.size:
        return None
    sizes = np.sort(np.abs(array), axis=None)
    return sizes / sizes[-1] if 0 < sizes[-1] < np.inf else None


def _suspects(trial: Trial, wrong: Sequence[str], i: int) -> list[tuple[Slip, Arrays]]:
    """[(slip, outputs)] on instance `i` of the slips that change none of the right outputs."""
    left = match_slips.with_instance(_combinable(trial.exercise), trial, i)
    for name, want in trial.references[i].items():
        if name not in wrong:
            right = compare.which_same([suspect.made[i].get(name) for suspect in left], want)
            left = [suspect for suspect, is_right in zip(left, right) if is_right]
    return [(suspect.slip, suspect.made[i]) for suspect in left]


def _promising_pairs(
    trial: Trial, suspects: Sequence[tuple[Slip, Arrays]], wrong: Sequence[str], i: int
) -> Iterator[tuple[Slip, Slip]]:
    """Pairs that may give the student's arrays on instance `i`, the likeliest first."""
    slips, answer, reference = [slip for slip, _ in suspects], trial.answers[i], trial.references[i]
    given = {name: array for name in wrong if (array := answer.get(name)) is not None}
    given = {name: array for name, array in given.items() if array.shape == np.shape(reference[name])}
    if not given:
        yield from combinations(slips, 2)
    elif len(slips) > 1 and all(np.isfinite(array).all() for array in given.values()):
        first, second = _rank_pairs(_entries_of(given, reference, [made for _, made in suspects]))
        yield from ((slips[m], slips[n]) for m, n in zip(first, second))


class Entries(NamedTuple):
    """The entries of several outputs, one after another, in units of the largest entry of each output."""

    right: Array  #: (entries,)
    got: Array  #: (entries,), the student's
    alone: Array  #: (slips, entries), what each slip gives alone; NaN where its shapes differ
    starts: NDArray[np.intp]  #: (outputs,), where each output begins


def _entries_of(answer: dict[str, Array], reference: Reference, made: Sequence[Arrays]) -> Entries:
    """The entries of the outputs in `answer`, of the reference, and of what each slip has made."""
    scale = {
        name: max(np.abs(array).max(initial=0), np.abs(reference[name]).max(initial=0)) or 1.0
        for name, array in answer.items()
    }

    def flat(outputs: Arrays | Reference) -> Array:
        rows = []
        for name, own in answer.items():
            array = np.asarray(outputs.get(name, np.nan), float)
            fits = array.shape == own.shape
            rows.append(array.ravel() / scale[name] if fits else np.full(own.size, np.nan))
        return np.concatenate(rows)

    starts = np.cumsum([0, *(array.size for array in answer.values())])[:-1]
    return Entries(flat(reference), flat(answer), np.array([flat(outputs) for outputs in made]), starts)


def _rank_pairs(entries: Entries) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(first, second): the slips of each pair that may give the student's entries, the likeliest first.

    Where one slip does not change an output, the pair gives what the other slip gives alone; a pair is
    left out if that is not the student's array.  Pairs for which the same holds of every single entry
    come first.  After that, a pair is the likelier, the more entries differ by the sum of the two
    differences: they do so wherever the two mistakes stand in different terms.
    """
    right, got, alone, starts = entries
    with np.errstate(all="ignore"):
        unchanged = np.abs(alone - right) <= 1e-9
        differs = ~(np.abs(alone - got) <= compare.TOLERANCE)
    by_output = _count_clashes(
        np.minimum.reduceat(unchanged, starts, axis=1), np.maximum.reduceat(differs, starts, axis=1)
    )
    first, second = np.nonzero(np.triu(by_output == 0, 1))
    with np.errstate(all="ignore"):
        sums = np.abs(alone[first] + (alone[second] - right) - got) <= compare.TOLERANCE
    likely = (sums & ~(unchanged[first] & unchanged[second])).sum(axis=1)
    by_entry = _count_clashes(unchanged, differs)[first, second]
    order = np.lexsort((-likely, by_entry > 0))
    return first[order], second[order]


def _count_clashes(unchanged: NDArray[np.bool_], differs: NDArray[np.bool_]) -> Array:
    """How often, for every two slips, one changes nothing while the other alone is not the student's.

    unchanged, differs: (slips, places).  Returns (slips, slips).
    """
    clashes: Array = unchanged.astype(float) @ differs.T.astype(float)
    return clashes + clashes.T


def _function_with_both(exercise: Exercise, pair: tuple[Slip, Slip]) -> Callable[..., Any] | None:
    """The function with both slips; None where one of them replaces a passage that the other needs."""
    for order in (pair, pair[::-1]):
        try:
            return sources.solution_variant(exercise, order)
        except PassageError:
            continue
        except SyntaxError:
            return None
    return None


def _is_telling(made: Iterable[Arrays], names: Iterable[str]) -> bool:
    """False for one and the same number everywhere, which shows no particular misunderstanding."""
    names = list(names)
    arrays = [array for outputs in made for name in names if (array := outputs.get(name)) is not None]
    return len(np.unique(np.concatenate([np.ravel(array) for array in arrays]))) > 1 if arrays else False


def _same_outputs(outputs: Arrays, answer: Arrays, reference: Reference) -> bool:
    """Whether two functions have returned the same, in every output that the reference has."""
    return all(compare.same(outputs.get(name), answer.get(name)) for name in reference)
