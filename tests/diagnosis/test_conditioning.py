"""Instances on which a right answer in single precision is refused are not drawn."""

from dataclasses import replace

import numpy as np
import pytest

from autograder import diagnose
from autograder.authoring import sample_class
from autograder.compare import TOLERANCE, relative_error
from autograder.exercises import all_exercises, find_exercise
from autograder.exercises.conditioning import in_single_precision, is_well_conditioned
from autograder.exercises.instances import every_instance

FUNCTIONS = [e for e in all_exercises().values() if e.kind == "function"]
SCALAR = find_exercise("01.scalar_bptt")
# {seed: what the error of the sample class's answer exceeds on its first draw}
CANCELS = {1001087: TOLERANCE, 1000542: TOLERANCE, 1000720: TOLERANCE, 1000301: TOLERANCE / 3}


def single_precision():
    made = {"np": np}
    exec(sample_class.SINGLE_PRECISION["scalar_bptt"], made)
    return made["scalar_bptt"]


@pytest.mark.parametrize("e", FUNCTIONS, ids=lambda e: e.id)
def test_every_instance_that_is_asked_for_is_well_conditioned(e, seeds):
    for seed in seeds:
        for arguments in every_instance(e.id, seed or 0):
            assert is_well_conditioned(e.right_outputs, arguments), seed


@pytest.mark.parametrize("seed", CANCELS)
def test_where_a_sum_nearly_cancels_another_instance_is_drawn(seed):
    first = SCALAR.first_number(seed)
    refused = [SCALAR.instance(first + n) for n in range(3)]
    errors = [
        relative_error(single_precision()(*arguments)[name], want)
        for arguments in refused
        for name, want in SCALAR.right_outputs(arguments).items()
    ]
    assert max(errors) > CANCELS[seed]  # of the first draw
    verdict = diagnose(SCALAR.id, single_precision(), seed)
    assert verdict.correct and max(output.error for output in verdict.outputs.values()) < TOLERANCE / 10
    sizes = [len(run.x) for _, run, _ in SCALAR.instances(seed)]
    assert sizes == [len(run.x) for _, run, _ in refused]


@pytest.mark.parametrize("exercise_id, seed", [("04.relu_backward", 1000290), ("05.rnn_backward", 1000258)])
def test_a_long_sequence_is_well_conditioned_as_well(exercise_id, seed):
    e = find_exercise(exercise_id)
    assert all(is_well_conditioned(e.right_outputs, arguments) for arguments in every_instance(e.id, seed))


def test_of_what_is_never_well_conditioned_a_sentence_says_so():
    hopeless = replace(SCALAR, instance=lambda n: (1 + 1e-9,), reference=lambda a: {"rest": a - 1})
    with pytest.raises(RuntimeError, match="01.scalar_bptt: none of 20 draws of instance .* conditioned"):
        hopeless.instances(1)
    assert len(hopeless.instances()) == 3  # the public ones are looked at by the test above


def test_one_rounding_that_happens_to_change_nothing_does_not_count():
    exact = float(np.float32(1 / 3))  # three times this number is rounded
    assert in_single_precision(exact) == exact != in_single_precision(exact, 3.0)
    assert not is_well_conditioned(lambda arguments: {"rest": arguments[0] - exact * (1 - 1e-7)}, (exact,))
    assert is_well_conditioned(lambda arguments: {"same": arguments[0]}, (exact,))


def test_only_numbers_that_can_be_rounded_are():
    run = SCALAR.instance(0)[1]
    given = ({"W": 0.1, "k": 3}, run, [np.array([0.1]), np.array([1]), np.array([0.1 + 0.2j])], "tanh", True)
    params, ran, (real, whole, made_complex), name, flag = in_single_precision(given)
    assert params == {"W": float(np.float32(0.1)), "k": 3} and name == "tanh" and flag is True
    assert type(ran) is type(run) and np.array_equal(ran.x, run.x.astype(np.float32))
    assert real == np.float32(0.1) and whole.dtype == int and made_complex == np.complex64(0.1 + 0.2j)
    assert real.dtype == float and given[2][0] == 0.1  # a copy


def test_a_function_that_is_given_may_be_hard_to_differentiate():
    assert is_well_conditioned(lambda arguments: {"x": arguments[1] - 1.0}, (np.sin, 1.0 + 1e-9))
    assert not is_well_conditioned(lambda arguments: {"x": arguments[0] - 1.0}, (1.0 + 1e-9,))
