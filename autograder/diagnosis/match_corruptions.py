"""Whether a right gradient was corrupted on the way: clipped, cut, faded, detached, or of one instance only.

A corruption is named for an output if the output has its numbers on every instance, the long one and
the loud one included.  Ranges, norms and rates are read off the answer.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from .. import compare
from ..compare import Array, Arrays
from ..exercises.corruptions import Probe, from_last_instance
from ..exercises.sweep_paths import INITIAL, Outputs, Paths
from ..wording import listed
from .trial import SMALL, Trial


class Found(NamedTuple):
    """A corruption that explains some outputs, in words."""

    names: list[str]
    says: str


class Way(NamedTuple):
    """A way in which a sweep can go wrong: what it gives, and its words for one output and for several."""

    make: Callable[[Paths], Outputs]
    one: str
    several: str


def find_corruptions(trial: Trial, names: Sequence[str]) -> tuple[list[str], set[str]]:
    """Sentences about those of the wrong outputs `names` that a corruption explains, and their names."""
    found: list[Found] = []
    for find in (_clipped, _shortened, _from_last_instance, _swept):
        left = [name for name in names if not any(name in f.names for f in found)]
        if left:
            found += find(trial, left)
    return [f.says for f in found], {name for f in found for name in f.names}


def _pairs(trial: Trial, name: str) -> list[tuple[Array, Array]]:
    """What came and what is right on each instance; [] where they cannot be compared."""
    found = []
    for answer, reference in zip(trial.answers, trial.references):
        got, want = answer.get(name), np.asarray(reference[name], float)
        if got is None or got.shape != want.shape or not np.isfinite(got).all():
            return []
        found.append((got, want))
    return found


def _clipped(trial: Trial, names: Sequence[str]) -> list[Found]:
    """The range that entries are cut to, by the outputs that share it.

    That a single entry is smaller than it should be could have any reason, unless it is a round number.
    """
    by_range: dict[float, list[str]] = {}
    entries: dict[float, int] = {}
    for name in names:
        pairs = _pairs(trial, name)
        most = _limit([float(np.abs(g).max(initial=0)) for g, w in pairs if not compare.same(g, w)])
        if most is None or not all(compare.same(g, np.clip(w, -most, most)) for g, w in pairs):
            continue
        most = next((known for known in by_range if _alike(known, most)), most)
        by_range.setdefault(most, []).append(name)
        cut = sum(int(np.sum(np.abs(w) > most * (1 + compare.TOLERANCE))) for _, w in pairs)
        entries[most] = entries.get(most, 0) + cut
    return [
        Found(those, f"{listed(those)} {_be(those)} clipped to the range from {-most:.4g} to {most:.4g}.")
        for most, those in by_range.items()
        if entries[most] > 1 or _is_round(most)
    ]


def _shortened(trial: Trial, names: Sequence[str]) -> list[Found]:
    """The norm that all these outputs have together where theirs is too large, or each of them alone."""
    together = _norm_limit(trial, names)
    if together is not None:
        norm = "its norm" if len(names) == 1 else "their joint norm"
        return [_scaled(names, norm, together)]
    alone = [(name, _norm_limit(trial, [name])) for name in names]
    return [_scaled([name], "its norm", most) for name, most in alone if most is not None]


def _scaled(names: Sequence[str], norm: str, most: float) -> Found:
    said = f"{listed(list(names))} {_be(names)} scaled down to {most:.4g} where {norm} is larger."
    return Found(list(names), said)


def _norm_limit(trial: Trial, names: Sequence[str]) -> float | None:
    """The largest joint norm of these outputs, if they are right but for a factor that keeps it."""
    by_name = [_pairs(trial, name) for name in names]
    if not all(by_name):
        return None
    norms = []
    for pairs in zip(*by_name):
        got, want = (np.concatenate([np.ravel(p[n]) for p in pairs]) for n in (0, 1))
        size = float(np.linalg.norm(want))
        share = float(np.linalg.norm(got)) / size if size else 1.0
        if share > 1 + compare.TOLERANCE or not all(compare.same(g, share * w) for g, w in pairs):
            return None
        norms.append((float(np.linalg.norm(got)), share < 1 - compare.TOLERANCE))
    cut = [norm for norm, is_cut in norms if is_cut]
    most = _limit(cut)
    if most is None or any(norm > most * (1 + compare.TOLERANCE) for norm, _ in norms):
        return None
    return most if len(cut) > 1 or _is_round(most) else None


def _limit(found: Sequence[float]) -> float | None:
    """The number that all of these are; None where there is none, or zero."""
    if not found or min(found) <= 0 or not all(_alike(found[0], other) for other in found):
        return None
    return found[0]


def _alike(one: float, other: float) -> bool:
    return abs(one - other) <= compare.TOLERANCE * max(one, other)


def _is_round(number: float) -> bool:
    """Whether it has two digits, such as 5 or 7.3: what a person writes, and chance does not give."""
    return abs(number - float(f"{number:.2g}")) <= 1e-5 * number  # clip_grad_norm_ adds 1e-6 to the norm


def _from_last_instance(trial: Trial, names: Sequence[str]) -> list[Found]:
    if trial.exercise.sweep is None:
        return []
    made = []
    for arguments in trial.instances:
        outputs = from_last_instance(Probe.of(trial.exercise, arguments))
        if isinstance(outputs, str):
            return []
        made.append(outputs)
    those = [name for name in names if all(map(_fits(name), trial.answers, made))]
    verb = "holds" if len(those) == 1 else "hold"
    return [Found(those, f"{listed(those)} {verb} the last instance of the batch only.")] if those else []


def _fits(name: str) -> Callable[[Arrays, Mapping[str, Array]], bool]:
    return lambda answer, outputs: name in outputs and compare.same(answer.get(name), outputs[name])


def _swept(trial: Trial, names: Sequence[str]) -> list[Found]:
    """The way of going wrong that explains most of the outputs."""
    sweep = trial.exercise.sweep
    if sweep is None or sweep.long is None or len(trial.instances) <= SMALL:
        return []
    known: dict[int, Paths] = {}

    def paths(i: int) -> Paths:
        return known.setdefault(i, Paths(trial.exercise, trial.instances[i]))

    # a short sequence has few paths, and shows that most answers are nothing of the kind
    short = trial.small.order[0]
    names = _may_be_swept(trial, short, paths(short), names)
    best: Found | None = None
    for way in _ways(paths(SMALL), trial.answers[SMALL], names) if names else ():
        left = list(names)
        for i in (SMALL, *range(SMALL), *range(SMALL + 1, len(trial.instances))):
            outputs = way.make(paths(i))
            left = [name for name in left if _fits(name)(trial.answers[i], outputs)]
            if not left:
                break
        told = [name for name in left if any(np.any(answer[name]) for answer in trial.answers)]
        if told and (best is None or len(left) > len(best.names)):
            words = way.one if len(left) == 1 else way.several
            best = Found(left, f"{listed(left)} {words}.")
    return [best] if best else []


def _may_be_swept(trial: Trial, i: int, paths: Paths, names: Sequence[str]) -> list[str]:
    """The outputs that are on an instance what one of the ways gives, or right, as of a late cut."""
    answer, right = trial.answers[i], trial.references[i]
    made = [way.make(paths) for way in _ways(paths, answer, names)]
    return [
        name
        for name in names
        if compare.same(answer.get(name), right[name])
        or any(_fits(name)(answer, outputs) for outputs in made)
    ]


def _ways(paths: Paths, answer: Arrays, names: Sequence[str]) -> Iterator[Way]:
    """All ways in which a sweep can go wrong that change something on an instance."""
    for k in range(1, paths.steps):
        steps = "no step" if k == 1 else f"at most {k - 1} step{'s' * (k > 2)}"
        yield Way(
            lambda p, k=k: p.short(min(k, p.steps)),  # type: ignore[misc]
            f"is the sum over the paths that go {steps} back, and holds no longer ones",
            f"are the sums over the paths that go {steps} back, and hold no longer ones",
        )
    for rate in _rates(paths, answer, names):
        faded = f"every path, but each step back is multiplied by {rate:.3g} on the way"
        yield Way(lambda p, rate=rate: p.fading(rate), f"holds {faded}", f"hold {faded}")  # type: ignore[misc]
    for k in range(1, paths.steps):
        last = "the last step" if k == 1 else f"the last {k} steps"
        for hands_back in (False, True):
            yield Way(
                lambda p, k=k, h=hands_back: p.last(min(k, p.steps), h),  # type: ignore[misc]
                f"holds what a sweep over {last} gives: it ends there",
                f"hold what a sweep over {last} gives: it ends there",
            )
    for period in range(2, paths.steps):
        for end in (False, True):
            cut = f"no path from one stretch of {period} steps into another, as if it were detached there"
            yield Way(
                lambda p, n=period, end=end: p.detached(min(n, p.steps), end),  # type: ignore[misc]
                f"holds {cut}",
                f"hold {cut}",
            )


def _rates(paths: Paths, answer: Arrays, names: Sequence[str]) -> Iterator[float]:
    """The rate, between 0 and 3, at which the paths may fade with each step back."""
    for name in names:
        got, full = answer.get(name), paths.by_lag[0].get(name)
        if got is None or full is None or name in INITIAL or got.shape != full.shape or got.size < 2:
            continue
        parts = np.array([part[name].ravel() for part in paths.by_lag])
        lags, rates = np.arange(len(parts)), np.linspace(0.01, 2.99, 299)
        for finer in (1, 10, 100, 1000):
            shares = rates[:, None] ** lags
            best = float(rates[np.linalg.norm(shares @ parts - got.ravel(), axis=1).argmin()])
            rates = best + np.linspace(-0.01, 0.01, 41) / finer
        if abs(best - 1) > 1e-3:
            yield best
            return


def _be(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
