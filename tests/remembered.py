"""A diagnosis that several tests of a file ask for is made once."""

from functools import cache

import autograder


def diagnose(exercise_id, function, seed=None):
    """As `autograder.diagnose`; for tests that change nothing of the diagnosis."""
    return _diagnose(exercise_id, function, seed)


_diagnose = cache(autograder.diagnose)
