"""A truncated or fading sum of paths is read off in words, only where it is exactly that."""

import numpy as np
import pytest

from autograder import diagnose
from autograder.diagnosis.path_spectrum import path_contributions
from autograder.exercises import all_exercises, find_exercise, sources
from autograder.exercises.instances import every_instance

DRAWN = [e.id for e in all_exercises().values() if e.spectrum and e.id != "05.one_by_one"]


def with_shares(exercise_id, share, seed, but=lambda array: array):
    """The right backward pass, but its W_h is the sum of share(t - s) of every path."""
    e = find_exercise(exercise_id)
    right = sources.solution_variant(e)
    instances = every_instance(e.id, seed)

    def function(*arguments):
        found = dict(right(*arguments))
        i = next(i for i, known in enumerate(instances) if np.array_equal(known[2], arguments[2]))
        contributions, name = path_contributions(e.id, seed, i)
        t, s = np.tril_indices(len(contributions))
        return found | {name: but(np.tensordot(share(t - s), contributions[t, s], 1))}

    return function


CASES = [
    (lambda lag: (lag <= 2) * 1.0, "at most 2 steps back"),
    (lambda lag: (lag <= 1) * 1.0, "at most 1 step back"),
    (lambda lag: 0.3**lag, "each step back is multiplied by 0.3"),
    (lambda lag: 2.0**lag, "each step back is multiplied by 2"),
]


@pytest.mark.parametrize("share, words", CASES, ids=[words for _, words in CASES])
def test_a_cut_or_a_decay_is_told(share, words):
    for seed in (0, 7):
        verdict = diagnose("05.rnn_backward", with_shares("05.rnn_backward", share, seed), seed)
        assert verdict.slips == () and words in verdict.message and "differs" not in verdict.message
        assert verdict.spectrum is not None


def test_a_cut_is_told_where_only_the_longest_sequence_shows_it():
    steps = [len(run.x) for _, run, *_ in every_instance("10.lstm_backward", 0)]
    assert sorted(steps)[-2] <= 5 < max(steps)
    answer = with_shares("10.lstm_backward", lambda lag: (lag <= 6) * 1.0, 0)
    assert "at most 6 steps back" in diagnose("10.lstm_backward", answer, 0).message


@pytest.mark.parametrize(
    "share, but",
    [
        (lambda lag: 0.3**lag + 0.01 * (lag == 3), np.asarray),
        (lambda lag: (lag <= 2) * 1.0, lambda array: array * 1.001),
        (lambda lag: (lag <= 1) * 1.0, lambda array: array + 1e-2),
        (lambda lag: 1.0 / (1 + lag), np.asarray),
    ],
)
def test_anything_near_it_is_not(share, but):
    verdict = diagnose("05.rnn_backward", with_shares("05.rnn_backward", share, 0, but), 0)
    assert "step back" not in verdict.message and "steps back" not in verdict.message
    assert "W_h differs" in verdict.message


def test_only_a_sum_of_paths_is_drawn(rng):
    share = CASES[0][0]
    drawn = diagnose("05.rnn_backward", with_shares("05.rnn_backward", share, 0), 0)
    no_sum = with_shares("05.rnn_backward", share, 0, but=lambda a: a + rng.normal(size=a.shape))
    assert drawn.spectrum is not None
    assert diagnose("05.rnn_backward", no_sum, 0).spectrum is None
