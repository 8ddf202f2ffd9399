"""What a card says of a wrong backward pass on less than its instances, tried on all of them."""

import pytest

from autograder.diagnosis.experiments import try_on_less
from autograder.exercises import find_exercise, sources

RNN = find_exercise("05.rnn_backward")
RIGHT = sources.solution_variant(RNN)
BATCHES = [arguments[1].shape[1] for arguments in RNN.instances()]


def wrong_if(condition):
    """The right backward pass, but for W_h where a condition holds of x."""

    def rnn_backward(params, x, h, dh):
        found = RIGHT(params, x, h, dh)
        return found | {"W_h": 3 * found["W_h"] + 1} if condition(x) else found

    return rnn_backward


@pytest.mark.parametrize(
    "condition, said",
    [
        (lambda x: True, "It differs already with T = 1."),
        (lambda x: len(x) > 1, "W_h differs from T = 2 on, and not with T = 1."),
        (
            lambda x: len(x) > 2,
            "On the first step of each sequence alone, and on the first two, all is right.",
        ),
        # on one instance of three: what the others give must not be said of all
        *((lambda x, B=B: x.shape[1] == B, "It differs already with T = 1.") for B in set(BATCHES)),
    ],
)
def test_what_is_said_holds_of_every_instance(condition, said):
    assert try_on_less(RNN, wrong_if(condition), ["W_h"]).startswith(said)


def test_the_instances_have_batches_of_several_sizes():
    assert len(set(BATCHES)) > 1
