"""Wrong answers made from the right ones: slips alone and together, laws, and what bears out a name.

A name is false if the numbers do not bear it out: neither does the answer agree with the named
slip on every output that the slip changes, nor with two named slips made together.  That is
computed here from the solutions alone and not asked of the diagnosis under test.
"""

import zlib
from functools import lru_cache
from itertools import combinations, permutations
from typing import Any

import numpy as np

from .. import compare
from ..exercises import Slip, all_exercises, find_exercise, sources
from ..exercises.instances import copied, instances_and_references
from ..outputs import read_outputs


def function_exercises():
    """The exercises answered with a function that returns arrays, not yes or no."""
    return [e for e in all_exercises().values() if e.kind == "function" and e.gate is None]


def exercise_generator(exercise, salt=0):
    """Random numbers that are the same for an exercise on every machine."""
    return np.random.default_rng([zlib.crc32(exercise.id.encode()), salt])


def outputs_on_instances(exercise, function, seed=None):
    """What a function returns on the instances of a seed; None if it raises."""
    found = []
    for instance in instances_and_references(exercise.id, int(seed or 0))[0]:
        arguments = copied(instance)
        try:
            with np.errstate(all="ignore"):
                returned = exercise.call(function, arguments) if exercise.call else function(*arguments)
                outputs, _ = read_outputs(returned, exercise.outputs)
        except Exception:  # two slips together may give what no array operation takes
            return None
        found.append({name: compare.to_array(value) for name, value in outputs.items()})
    return found


def slips_together(exercise, *several):
    """Several slips as one, if they can be made together in any order; else None."""
    text = sources.solution_source(exercise)
    if any(text.count(slip.right) != 1 for slip in several):
        return None
    forth, back = text, text
    for one, other in zip(several, reversed(several)):
        if forth.count(one.right) != 1 or back.count(other.right) != 1:
            return None
        forth, back = forth.replace(one.right, one.wrong), back.replace(other.right, other.wrong)
    ids = " and ".join(slip.id for slip in several)
    return Slip(ids, text, forth, "", "") if forth == back else None


def _in_turn(exercise, *several):
    """Several slips as one, made one after the other; None where one takes away what a later one replaces."""
    text = made = sources.solution_source(exercise)
    for slip in several:
        if made.count(slip.right) != 1:
            return None
        made = made.replace(slip.right, slip.wrong)
    return Slip(" and ".join(slip.id for slip in several), text, made, "", "")


def sample_slip_sets(exercise, size, number):
    """At most `number` sets of `size` slips that can be made together and change the numbers."""
    sets = list(combinations(exercise.slips, size)) if size == 2 else _threes(exercise, 10 * number)
    picked: list[Any] = []
    right = _right(exercise, None)
    for n in exercise_generator(exercise, size).permutation(len(sets)):
        if len(picked) == number:
            break
        made = slips_together(exercise, *sets[n])
        got = made and outputs_on_instances(exercise, sources.solution_variant(exercise, made))
        if got and not all(outputs_agree(a, b, a) for a, b in zip(got, right)):
            picked.append((sets[n], made))
    return picked


def _threes(exercise, number):
    if len(exercise.slips) < 3:
        return []
    pick = exercise_generator(exercise, 3).choice
    return [tuple(exercise.slips[n] for n in pick(len(exercise.slips), 3, False)) for _ in range(number)]


def outputs_agree(a, b, names):
    """Whether two dicts of outputs hold the same numbers under these names."""
    return all(output_distance(a.get(name), b.get(name)) <= compare.TOLERANCE for name in names)


def output_distance(a, b):
    """The relative difference of two outputs; infinite if they cannot be compared."""
    if a is None or b is None or np.shape(a) != np.shape(b):
        return np.inf
    a, b = np.asarray(a, float), np.asarray(b, float)
    finite = np.isfinite(a) & np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return np.inf
    return compare.relative_error(a[finite], b[finite])


@lru_cache(maxsize=256)
def _right(exercise, seed):
    """What the solution returns on the instances of a seed."""
    return outputs_on_instances(exercise, sources.solution_variant(exercise), seed)


@lru_cache(maxsize=2048)
def slip_effect(exercise, slip, seed=None, owner=None):
    """(what a slip makes, the outputs that it changes); (None, ()) where it cannot run."""
    made = outputs_on_instances(exercise, sources.solution_variant(exercise, slip, owner), seed)
    right = _right(exercise, seed)
    names = [n for n in right[0] if made and not all(outputs_agree(a, b, [n]) for a, b in zip(made, right))]
    return made, tuple(names)


def is_borne_out(exercise, named, got, seed=None):
    """Whether the numbers `got` are those of every slip in `named`, alone, with a law, or two together."""
    found = [_slip(exercise, name) for name in named]
    right = _right(exercise, seed)

    def fits(slip, owner=None):
        made, names = slip_effect(exercise, slip, seed, owner)
        if not names or all(outputs_agree(a, b, names) for a, b in zip(got, made)):
            return bool(names)
        between = {law_between(got, made, name) for name in names}
        at_once = any(not law_between(got, right, name) for name in names)  # else it is only a law
        return len(between - {"the same"}) == 1 and None not in between and at_once

    alone = {slip.id for slip, owner in found if fits(slip, owner)}
    own = [slip for slip, owner in found if owner is None]
    pairs = [pair for pair in permutations(own, 2) if (made := _in_turn(exercise, *pair)) and fits(made)]
    return len(alone | {slip.id for pair in pairs for slip in pair}) == len(found)


def law_between(got, made, name):
    """What lies between two arrays of the same entries in size: "the same", a factor, or None."""
    pairs = [(a.get(name), b.get(name)) for a, b in zip(got, made)]
    if all(output_distance(a, b) <= compare.TOLERANCE for a, b in pairs):
        return "the same"
    if any(a is None or b is None or not np.any(a) or not np.any(b) for a, b in pairs):
        return None
    sizes = [(np.sort(np.abs(a), axis=None), np.sort(np.abs(b), axis=None)) for a, b in pairs]
    if any(output_distance(a / a[-1], b / b[-1]) > compare.TOLERANCE for a, b in sizes):
        return None
    factors = [a[-1] / b[-1] for a, b in sizes]
    # between two numbers there always is a factor; only one that all instances share says something
    if all(a.size == 1 for a, _ in sizes) and not np.allclose(factors, factors[0], rtol=compare.TOLERANCE):
        return None
    signs = [output_distance(-a, f * b) <= compare.TOLERANCE for (a, b), f in zip(pairs, factors)]
    return "turned" * all(signs), *np.round(factors, 3)


def _slip(of, name):
    owner = find_exercise(name.split(":")[0]) if ":" in name else of
    slip = next(slip for slip in owner.slips if slip.id == name.split(":")[-1])
    return slip, None if owner is of else owner


def with_changed_outputs(function, change, only=None):
    """`function` with `change(array, arguments)` applied to its outputs, or to the one named `only`."""

    def answer(*arguments):
        result = function(*arguments)
        if isinstance(result, dict):
            return {
                name: change(np.asarray(value, float), arguments) if only in (None, name) else value
                for name, value in result.items()
            }
        if isinstance(result, (tuple, list)):
            return tuple(change(np.asarray(value, float), arguments) for value in result)
        return change(np.asarray(result, float), arguments)

    return answer


def answers_under_laws(exercise):
    """{(law, output or "all"): the right function under that law}, where that changes anything."""
    right, reference = sources.solution_variant(exercise), _right(exercise, None)
    several = exercise.call is None and len(exercise.outputs) > 1
    found = {}
    for law, change in LAWS.items():
        for only in (None, *exercise.outputs) if several else (None,):
            answer = with_changed_outputs(right, change, only)
            got = outputs_on_instances(exercise, answer)
            if not all(outputs_agree(a, b, a) for a, b in zip(got, reference)):
                found[law, only or "all"] = answer
    return found


def instance_sizes(arguments):
    """(T, B) of an instance: of its arrays by step, instance and unit, else 1."""
    shapes = [np.shape(a) for a in arguments if isinstance(a, np.ndarray) and np.ndim(a) == 3]
    return shapes[0][:2] if shapes else (1, 1)


LAWS = {
    "factor 2": lambda g, arguments: 2 * g,
    "sign": lambda g, arguments: -g,
    "1/T": lambda g, arguments: g / instance_sizes(arguments)[0],
    "1/B": lambda g, arguments: g / instance_sizes(arguments)[1],
    "transpose": lambda g, arguments: g.T if g.ndim == 2 else g,
}
