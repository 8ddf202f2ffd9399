"""One array against many at once is judged as each against it alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import compare
from autograder.diagnosis import facts
from autograder.results import Output

ENTRIES = st.sampled_from([0.0, 1.0, 1.0 + 5e-5, 1.0 + 2e-4, -1.0, 1e-300, 1.7e308, np.nan, np.inf, -np.inf])
SHAPES = st.sampled_from([(), (1,), (2,), (1, 2), (0,)])


@st.composite
def arrays(draw):
    shape = draw(SHAPES)
    size = int(np.prod(shape))
    return np.reshape(draw(st.lists(ENTRIES, min_size=size, max_size=size)), shape).astype(float)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.none() | arrays(), max_size=6), st.none() | arrays())
def test_many_at_once_are_judged_as_one_by_one(candidates, want):
    alone = [compare.same(candidate, want) for candidate in candidates]
    assert compare.which_same(candidates, want).tolist() == alone


@pytest.mark.parametrize("factor, same", [(1 + 0.9e-4, True), (1 + 1.2e-4, False)])
def test_the_tolerance_is_the_same(factor, same):
    want = np.array([[1.0, -2.0], [0.5, 0.0]])
    assert compare.which_same([want * factor, want, want.T], want).tolist() == [same, True, False]


def outputs(**errors):
    """Judgements by output name; an error above the tolerance is wrong."""
    return {name: Output(e <= compare.TOLERANCE, e, "") for name, e in errors.items()}


def test_an_output_is_right_only_if_it_is_on_every_instance():
    worst, other = outputs(a=0.5, b=0.1, c=0.0), outputs(a=0.0, b=0.0, c=0.2)
    for instances in ([worst, other], [other, worst]):
        combined = facts.combine_outputs(instances)
        assert {name: output.ok for name, output in combined.items()} == dict.fromkeys("abc", False)
        # the numbers shown are those of the instance where most is wrong
        assert [combined[name].error for name in "abc"] == [0.5, 0.1, 0.2]
    assert all(output.ok for output in facts.combine_outputs([outputs(a=0.0), outputs(a=1e-6)]).values())


def test_errors_are_shown_from_the_instance_where_most_is_wrong():
    combined = facts.combine_outputs([outputs(a=0.9, b=0.0), outputs(a=0.3, b=0.4)])
    assert [combined[name].error for name in "ab"] == [0.3, 0.4]


@pytest.mark.parametrize("a, b", [(np.nan, np.inf), (np.inf, -np.inf), (np.nan, 1.0)])
def test_what_is_not_finite_agrees_with_its_like_only(a, b):
    assert compare.same([a, 1.0], [a, 1.0])
    assert not compare.same([a, 1.0], [b, 1.0]) and not compare.same([a, 1.0], [a, 2.0])


def test_without_its_gate_nothing_counts():
    assert facts.score_outputs(outputs(a=0.0, b=1.0, c=0.0), gate="a") == 0.5
    assert facts.score_outputs(outputs(a=1.0, b=0.0, c=0.0), gate="a") == 0.0
    assert facts.score_outputs(outputs(a=1.0, b=0.0)) == 0.5
