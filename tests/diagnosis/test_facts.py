"""One array against many at once is judged as each against it alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import compare

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
