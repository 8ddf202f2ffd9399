"""Right answers in many styles on many seeds; `python -m tests.long styles` takes fifty for each."""

import pytest
from answers import BACKWARD, STYLES, UNGRADED

from autograder import diagnose


@pytest.mark.slow
@pytest.mark.parametrize("exercise", BACKWARD, ids=lambda e: e.id)
def test_every_correct_style_of_a_backward_pass_is_accepted_on_eight_seeds(exercise):
    for n, function in enumerate((STYLES | UNGRADED)[exercise.id]):
        for seed in range(100, 108):
            assert diagnose(exercise.id, function, seed).correct, (n, seed)
