"""A diagnosis that several tests of a file ask for is made once."""

from functools import cache

from autograder.diagnosis.diagnose import judge_answer


def diagnose(exercise_id, function, seed=None):
    """As `autograder.diagnose`, but no line is looked for; for tests that change nothing of the diagnosis."""
    return _judged(exercise_id, function, seed)


_judged = cache(judge_answer)
