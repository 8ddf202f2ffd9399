"""`example`: the arguments of the check, to try an answer on."""

import numpy as np
import pytest

from autograder import check, example
from autograder.exercises import all_exercises, find_exercise, sources
from autograder.exercises.instances import every_instance

FUNCTIONS = [e for e in all_exercises().values() if e.kind == "function"]


@pytest.mark.parametrize("exercise_id", ["05.rnn_backward", "05.rnn_forward", "10.lstm_backward"])
def test_it_gives_what_the_check_calls_with_in_fresh_copies(exercise_id, capsys):
    e, calls = find_exercise(exercise_id), []
    right = sources.solution_variant(e)

    def noting(*arguments):
        calls.append(arguments)
        return right(*arguments)

    check(exercise_id, noting)
    assert len(calls) == len(every_instance(exercise_id, 0))
    for n, given in enumerate(calls, start=1):
        found = example(exercise_id, n)
        assert len(found) == len(given)
        assert all(map(np.array_equal, _arrays(found), _arrays(given)))
    assert not np.array_equal(_arrays(example(exercise_id))[-1], _arrays(example(exercise_id, 2))[-1])
    _arrays(example(exercise_id))[-1][...] = 0
    assert np.any(_arrays(example(exercise_id))[-1])


def _arrays(arguments):
    return [value for value in arguments if isinstance(value, np.ndarray)]


def test_every_function_can_be_called_with_its_example():
    for e in FUNCTIONS:
        assert sources.solution_variant(e)(*example(e.id)) is not None


def test_what_there_is_no_example_of_is_told():
    with pytest.raises(TypeError, match="00.shapes is answered with a value; nothing is called"):
        example("00.shapes")
    with pytest.raises(ValueError, match="call is 9, expected 1 to 5, as 05.rnn_backward is checked"):
        example("05.rnn_backward", 9)
    with pytest.raises(ValueError, match="no exercise"):
        example("05.rnn")
