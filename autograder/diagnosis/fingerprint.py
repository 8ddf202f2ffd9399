"""A short name for the numbers of a wrong answer, which does not depend on how it is written.

Of each wrong output a few sums with fixed weights are rounded to a thousandth of its size: another order of
summation, single precision or another processor change far later digits.  A sum on the edge between two
roundings can still fall to either side, in single precision more often, and then there are two names.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

import numpy as np

from ..compare import Array, Arrays
from ..results import Output
from .trial import SMALL

SUMS, DIGITS = 8, 3
LENGTH = 8  # characters of a fingerprint


def fingerprint(exercise_id: str, answers: Sequence[Arrays], judged: Sequence[Mapping[str, Output]]) -> str:
    """The fingerprint of an answer that is wrong.

    answers, judged: what it returned on each public instance, by output, and the judgement on it.  The
    small instances are enough where something is wrong on them: on the others rounding can grow.
    """
    small = any(map(_wrong, judged[:SMALL]))
    last = SMALL if small else len(judged)
    told = [_told(answer, _wrong(outputs)) for answer, outputs in zip(answers[:last], judged[:last])]
    return hashlib.sha256(json.dumps([exercise_id, told]).encode()).hexdigest()[:LENGTH]


def _wrong(outputs: Mapping[str, Output]) -> list[str]:
    return sorted(name for name, output in outputs.items() if not output.ok)


def _told(answer: Arrays, names: Collection[str]) -> list[list[object]]:
    return [[name, *_rounded(answer.get(name))] for name in names]


def _rounded(array: Array | None) -> list[object]:
    """[shape, how many entries are not finite, rounded sums] of an output; [] where it is no array."""
    if array is None:
        return []
    flat = np.where(np.isfinite(array), array, 0.0).ravel()
    size = float(np.abs(flat).max(initial=0.0))
    sums = _weights(flat.size) @ (flat / size) / np.sqrt(flat.size) if size else np.zeros(SUMS)
    magnitude = f"{size:.{DIGITS - 1}e}" if size else "0"
    shape, strange = list(array.shape), int(np.sum(~np.isfinite(array)))
    return [shape, strange, magnitude, *(float(round(s, DIGITS)) + 0.0 for s in sums)]


def _weights(count: int) -> Array:
    """(SUMS, count) numbers from -1/2 to 1/2, the same with every version of NumPy."""
    return _table(max(1024, 1 << (count - 1).bit_length()))[:, :count]


@lru_cache(maxsize=8)
def _table(count: int) -> Array:
    index = np.arange(1, count + 1, dtype=np.uint64)
    factors = np.array([[2654435761 + 2 * 40503 * n] for n in range(SUMS)], dtype=np.uint64)
    mixed = (index * factors) % np.uint64(2**32)
    mixed = (mixed ^ (mixed >> np.uint64(13))) * np.uint64(1274126177) % np.uint64(2**32)
    return np.asarray(mixed / 2.0**32 - 0.5)
