"""The bank: what every slip gives on the public instances, as arrays, for where no solutions are.

One .npz file an exercise.  `labels` names the slips, "owner/slip".  An output that a slip leaves
as it is is not stored.  "i/name" stacks the arrays that have the right shape, as whole multiples of
"i/name/unit"; "i/name/of" says which slips they belong to.  "i/name/n" is slip n's array where it
has another shape or is not finite; an empty "i/name/n/missing" stands for one that is not returned.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

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
) -> None:
    """Saves one exercise.

    made: {(owner id, slip id): [{output: array}] over the instances, or None}; None is left out.
    references: [{output: array}].
    """
    known = {key: outputs for key, outputs in made.items() if outputs}
    arrays: dict[str, Any] = {"labels": np.array(["/".join(key) for key in known])}
    for i, reference in enumerate(references):
        for name, want in reference.items():
            stack, of = [], []
            for n, outputs in enumerate(known.values()):
                got = outputs[i].get(name)
                if compare.same(got, want):
                    continue
                if got is None:
                    arrays[f"{i}/{name}/{n}/missing"] = np.zeros(0)
                elif got.shape == np.shape(want) and np.isfinite(got).all():
                    stack.append(got)
                    of.append(n)
                else:
                    arrays[f"{i}/{name}/{n}"] = got
            if stack:
                key = f"{i}/{name}"
                arrays[key], arrays[f"{key}/unit"] = _counted(np.array(stack))
                arrays[f"{key}/of"] = np.array(of, np.uint16)
    folder.mkdir(exist_ok=True)
    np.savez_compressed(folder / f"{exercise_id}.npz", **arrays)
    _load.cache_clear()


def read_bank(folder: Path, exercise_id: str) -> dict[Key, list[dict[str, Array | None]]]:
    """{(owner id, slip id): [{output: array}] over the instances}, empty where nothing is stored.

    Only outputs that the slip changes are there; one that it does not return is None.
    """
    return _load(folder / f"{exercise_id}.npz")


@lru_cache(maxsize=64)
def _load(path: Path) -> dict[Key, list[dict[str, Array | None]]]:
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as arrays:
        stored = {key: arrays[key] for key in arrays.files}
    labels = [str(label).split("/") for label in stored.pop("labels")]
    made: list[list[dict[str, Array | None]]] = [[{}, {}, {}] for _ in labels]
    for key, array in stored.items():
        i, name, *rest = key.split("/")
        if not rest:
            for n, one, unit in zip(stored[f"{key}/of"], array, stored[f"{key}/unit"]):
                made[n][int(i)][name] = one * unit
        elif rest[0].isdigit():
            made[int(rest[0])][int(i)][name] = None if rest[-1] == "missing" else array
    return {(owner, slip): outputs for (owner, slip), outputs in zip(labels, made)}


def _counted(stack: Array) -> tuple[NDArray[np.int16], Array]:
    """(counts, unit): each array of a stack in 16 bits; half a unit is 1.5e-5 of its largest entry."""
    unit = np.abs(stack).reshape(len(stack), -1).max(axis=1) / 32767
    unit[unit == 0] = 1.0
    return np.rint(stack / unit.reshape(-1, *[1] * (stack.ndim - 1))).astype(np.int16), unit
