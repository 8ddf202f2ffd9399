"""Why an answer is wrong, in words: slips, laws, corruptions, two at once, and what is left unknown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .. import compare
from ..compare import Array
from ..exercises import Exercise
from ..results import Output
from ..wording import listed
from . import facts, laws, match_corruptions, match_pairs, match_slips, path_spectrum
from .match_but_one import match_slips_but_one
from .match_slips import Match
from .trial import Trial

ALTERNATIVES = 3  # a longer list of what might be meant would help nobody

TWO = "Your numbers fit two mistakes together."


class Reasons(NamedTuple):
    """What was found: ids of slips, a message, a question, the shares of the paths or None, laws in words."""

    slips: tuple[str, ...]
    message: str
    question: str
    spectrum: Array | None
    laws: tuple[str, ...]
    is_unknown: bool = False  #: whether nothing is known of it but which outputs differ


def find_reasons(trial: Trial, outputs: Mapping[str, Output]) -> Reasons:
    """The `Reasons` for a wrong answer.

    outputs: the judgements by name, not all of them right.
    """
    exercise, small = trial.exercise, trial.small
    shares = path_spectrum.trial_spectrum(trial) if exercise.spectrum else None
    wrong = [name for name, output in outputs.items() if not output.ok]
    found = match_slips.match_slips(small)
    if not any(match.outputs >= set(wrong) for match in found) and _is_one_law(trial, wrong):
        found = []
    rest = _unexplained(wrong, found)
    by_law, lawful = _by_law(trial, rest)
    if set(rest) > lawful or len({match.outputs for match in found}) > 2:
        seen = set(wrong) == set(_wrong_outputs(small))  # else two mistakes would not be all
        joint = (_slip_and_law(small, wrong) or _two_slips(small, wrong)) if seen else None
        if joint:  # two mistakes that explain all are fewer
            ids, message, question, with_law = joint
            return Reasons(ids, message, question, shares, with_law)
        nearly = match_slips_but_one(small)
        if nearly and len(nearly[0].outputs) >= len(wrong) - len(rest):
            found, rest = nearly, _unexplained(wrong, nearly)
            by_law, lawful = _by_law(trial, rest)
    rest = [name for name in rest if name not in lawful]
    if found and 2 * len(rest) > len(wrong):  # half a truth: of most that is wrong nothing would be said
        found, rest = [], [name for name in wrong if name not in lawful]
    said = [*_explanations(exercise, found), *by_law]
    further = match_slips.differing_from_slips(trial, found)
    if further:
        verb = "differs" if len(further) == 1 else "differ"
        said.append(f"{listed(further)} {verb} from that on {_extremes(exercise)}.")
    said += _remainder(outputs, rest, bool(said))
    if rest and not _wrong_outputs(small):
        said.append(f"Only on {_extremes(exercise)}: on three small instances all is right.")
    message = " ".join(said)
    unknown = not found and not by_law and all(not outputs[name].note for name in wrong)
    ids = tuple(m.slip.id if m.owner is exercise else f"{m.owner.id}:{m.slip.id}" for m in found)
    return Reasons(ids, message, _question(exercise, found, by_law, outputs), shares, tuple(by_law), unknown)


def _extremes(exercise: Exercise) -> str:
    """What the instances after the small ones are."""
    if exercise.sweep is None:
        return "large inputs"
    return "a long sequence or on large adjoints" if exercise.sweep.long else "large adjoints"


def _by_law(trial: Trial, names: Sequence[str]) -> tuple[list[str], set[str]]:
    """Sentences about outputs that a law or a corruption explains, and their names."""
    said, lawful = laws.find_laws(trial, names)
    more, corrupted = match_corruptions.find_corruptions(trial, [n for n in names if n not in lawful])
    return said + more, lawful | corrupted


def _wrong_outputs(trial: Trial) -> list[str]:
    """The outputs that differ from the right ones on one of a trial's instances."""
    return [
        name
        for name in trial.references[0]
        if not all(compare.same(a.get(name), r[name]) for a, r in zip(trial.answers, trial.references))
    ]


def _is_one_law(trial: Trial, wrong: Sequence[str]) -> bool:
    """Whether one law explains all that is wrong."""
    said, names = laws.find_laws(trial, wrong)
    return len(said) == 1 and names == set(wrong)


def _unexplained(wrong: Iterable[str], found: Iterable[Match]) -> list[str]:
    """The wrong outputs that no match explains."""
    explained: frozenset[str] = frozenset().union(*(match.outputs for match in found))
    return [name for name in wrong if name not in explained]


Joint = tuple[tuple[str, ...], str, str, tuple[str, ...]]  # ids of slips, message, question, laws in words


def _slip_and_law(trial: Trial, wrong: Sequence[str]) -> Joint | None:
    """A slip that explains the rest with a law; None without one."""
    found = match_pairs.find_slips_with_law(trial, wrong)
    if not 0 < len(found) <= ALTERNATIVES:
        return None
    said = [f"{slip.says} And measured against that: {' '.join(laws_)}" for slip, laws_ in found]
    asks = found[0][0].asks if len(found) == 1 else ""
    with_law = tuple(found[0][1]) if len(found) == 1 else ()  # else what it is measured against is open
    return tuple(slip.id for slip, _ in found), f"{TWO} {' Or: '.join(said)}", asks, with_law


def _two_slips(trial: Trial, wrong: Sequence[str]) -> Joint | None:
    """Two slips that give all the numbers; None without them."""
    found = match_pairs.find_pairs(trial, wrong)
    if not 0 < len(found) <= ALTERNATIVES:
        return None
    said = [f"{first.says} And: {second.says}" for first, second in found]
    asks = " ".join(slip.asks for slip in found[0]) if len(found) == 1 else ""
    ids = tuple(dict.fromkeys(slip.id for pair in found for slip in pair))
    return ids, f"{TWO} {' Or: '.join(said)}", asks, ()


def _question(
    exercise: Exercise, found: Sequence[Match], by_law: Sequence[str], outputs: Mapping[str, Output]
) -> str:
    """The question that leads on; "" where what is said already says what to do."""
    if found:
        alternatives = len({match.outputs for match in found}) < len(found)
        return "" if alternatives else found[0].slip.asks
    # a missing output or a shape says by itself what to do; numbers that are not finite do not
    by_fact = any(not o.ok and o.note not in ("", facts.NOT_FINITE) for o in outputs.values())
    beside = exercise.asks_of and outputs[exercise.asks_of].ok
    return "" if by_law or by_fact or beside else exercise.asks


def _explanations(exercise: Exercise, found: Iterable[Match]) -> list[str]:
    """One sentence per mistake; slips that the same numbers fit are alternatives."""
    by_outputs: dict[frozenset[str], list[str]] = {}
    for match in found:
        says = match.slip.says
        if match.owner is not exercise:
            name = match.owner.function
            says = f"A mistake in {name}, or in code that does its work, gives these numbers: {says}"
        by_outputs.setdefault(match.outputs, []).append(says)
    return [" Or: ".join(alternatives) for alternatives in by_outputs.values()]


def _remainder(outputs: Mapping[str, Output], rest: Iterable[str], some_named: bool) -> list[str]:
    """What to say of the wrong outputs that nothing explains."""
    said = [f"{name} {outputs[name].note}." for name in rest if outputs[name].note]
    values = [name for name in rest if not outputs[name].note]
    right = [name for name, output in outputs.items() if output.ok]
    if values:
        also = " as well" if some_named else ""
        said.append(
            f"{listed(values)} {'differs' if len(values) == 1 else 'differ'}{also}"
            + (f"; {listed(right)} {'is' if len(right) == 1 else 'are'} right." if right else ".")
        )
    return said
