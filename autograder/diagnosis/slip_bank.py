"""The bank: what every slip gives on the public instances, as arrays, for where no solutions are.

One .npz file an exercise, of few arrays, as each of them costs a reader time.  `index` is a JSON text
that says what the other two hold, in their order.  `counts` has the arrays that have the right shape,
each as whole multiples of a `units` of its own; what has another shape or is not finite follows the
units in `units`, as it is.  An output that a slip leaves as it is is not stored.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from math import prod
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from .. import compare
from ..compare import Array, Arrays, Reference

Key = tuple[str, str]  # (owner id, slip id)


def write_bank(
    folder: Path,
    exercise_id: str,
    made: Mapping[Key, Sequence[Arrays] | None],
    references: Sequence[Reference],
    made_of: str = "",
) -> None:
    """Saves one exercise.

    made: {(owner id, slip id): [{output: array}] over the instances, or None}; None is left out.
    references: [{output: array}].  made_of: the digest of their source.
    """
    known = {key: outputs for key, outputs in made.items() if outputs}
    stacks: list[tuple[int, str, list[int], list[int]]] = []  # (instance, output, shape, slips)
    odd: list[tuple[int, str, int, list[int] | None]] = []  # (instance, output, slip, shape or None)
    counts: list[NDArray[np.int16]] = []
    units: list[Array] = []
    values: list[Array] = []
    for i, reference in enumerate(references):
        for name, want in reference.items():
            stack, of = [], []
            for n, outputs in enumerate(known.values()):
                got = outputs[i].get(name)
                if compare.same(got, want):
                    continue
                if got is not None and got.shape == np.shape(want) and np.isfinite(got).all():
                    stack.append(got.ravel())
                    of.append(n)
                else:
                    odd.append((i, name, n, None if got is None else list(got.shape)))
                    values += [] if got is None else [got.ravel()]
            if stack:
                multiples, unit = _counted(np.array(stack))
                stacks.append((i, name, list(np.shape(want)), of))
                counts.append(multiples.ravel())
                units.append(unit)
    index = {"made_of": made_of, "labels": list(known), "stacks": stacks, "odd": odd}
    folder.mkdir(exist_ok=True)
    np.savez_compressed(
        folder / f"{exercise_id}.npz",
        index=np.frombuffer(json.dumps(index).encode(), np.uint8),
        counts=np.concatenate([np.zeros(0, np.int16), *counts]),
        units=np.concatenate([np.zeros(0), *units, *values]),
    )
    _load.cache_clear()


class Stack(NamedTuple):
    """What slips give for one output on one instance, as far as it has the right shape and is finite."""

    of: NDArray[np.intp]  #: the slips' positions in the bank
    arrays: Array  #: (slips, *shape)


class Bank(Mapping[Key, Sequence[Arrays]]):
    """{(owner id, slip id): [{output: array}] over the instances}.

    Only outputs that the slip changes are there; one that it does not return is None.
    """

    def __init__(
        self,
        labels: Sequence[Key] = (),
        stacks: Mapping[tuple[int, str], Stack] | None = None,
        odd: Mapping[tuple[int, str], Mapping[int, Array | None]] | None = None,
        made_of: str = "",
    ):
        self._positions = {key: n for n, key in enumerate(labels)}
        self._stacks, self._odd, self.made_of = stacks or {}, odd or {}, made_of

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._positions)

    def __getitem__(self, key: Key) -> list[dict[str, Array | None]]:
        return self._by_slip[self._positions[key]]

    @cached_property
    def _by_slip(self) -> list[list[dict[str, Array | None]]]:
        """What each slip gives, taken apart once for whoever asks for many."""
        made: list[list[dict[str, Array | None]]] = [[{}, {}, {}] for _ in self._positions]
        for (i, name), stack in self._stacks.items():
            for n, array in zip(stack.of.tolist(), stack.arrays):
                made[n][i][name] = array
        for (i, name), arrays in self._odd.items():
            for n, odd in arrays.items():
                made[n][i][name] = odd
        return made

    def __contains__(self, key: object) -> bool:
        return key in self._positions

    def possible(self, answers: Sequence[Arrays], order: Iterable[int]) -> set[Key]:
        """The slips that change no output but to what it is in the answers.

        answers: by instance.  order: the instances, those first that rule out most.
        """
        fits = np.ones(len(self), bool)
        for i in order:
            for (at, name), stack in self._stacks.items():
                if at == i:
                    left = np.flatnonzero(fits[stack.of])
                    fits[stack.of[left]] = compare.which_same(stack.arrays[left], answers[i].get(name))
            for (at, name), arrays in self._odd.items():
                for n, array in arrays.items() if at == i else ():
                    fits[n] &= compare.same(array, answers[i].get(name))
        return {key for key, n in self._positions.items() if fits[n]}


def read_bank(folder: Path, exercise_id: str, made_of: str | None = None) -> Bank:
    """The bank of an exercise, empty where nothing is stored.

    made_of: the digest of the source; a bank that was made of another one counts as none.
    """
    bank = _load(folder, exercise_id)
    return bank if made_of in (None, bank.made_of) else Bank()


@lru_cache(maxsize=64)
def _load(folder: Path, exercise_id: str) -> Bank:
    path = folder / f"{exercise_id}.npz"
    if not path.exists():
        return Bank()
    try:
        with np.load(path, allow_pickle=False) as arrays:
            index, counts, units = json.loads(arrays["index"].tobytes()), arrays["counts"], arrays["units"]
    except (KeyError, ValueError, OSError, EOFError, BadZipFile):  # of an earlier version, or damaged
        return Bank()
    stacks = {}
    for i, name, shape, of in index["stacks"]:
        unit, units = units[: len(of)], units[len(of) :]
        size = len(of) * prod(shape)
        stack, counts = counts[:size].reshape(len(of), *shape), counts[size:]
        stacks[i, name] = Stack(np.array(of, np.intp), stack * unit.reshape(-1, *[1] * len(shape)))
    odd: dict[tuple[int, str], dict[int, Array | None]] = {}
    for i, name, n, shape in index["odd"]:
        size = 0 if shape is None else prod(shape)
        odd.setdefault((i, name), {})[n] = None if shape is None else units[:size].reshape(shape)
        units = units[size:]
    labels = [(owner, slip) for owner, slip in index["labels"]]
    return Bank(labels, stacks, odd, index["made_of"])


def _counted(stack: Array) -> tuple[NDArray[np.int16], Array]:
    """(counts, unit): each row of a stack in 16 bits; half a unit is 1.5e-5 of its largest entry."""
    unit = np.abs(stack).max(axis=1, initial=0.0) / 32767
    unit[unit == 0] = 1.0
    return np.rint(stack / unit[:, None]).astype(np.int16), unit
