"""Which candidates the search for a line makes: pairs of values at once, conditions, and whole numbers."""

import ast
import itertools
import types

import numpy as np
import pytest

from autograder.diagnosis.repair import pairs
from autograder.diagnosis.repair.candidates import Candidate, distinct
from autograder.diagnosis.repair.kinds import Kind
from autograder.diagnosis.repair.pool import Known, Pool
from autograder.diagnosis.repair.program import Program, parsed_definition
from autograder.diagnosis.repair.trace import Execution
from autograder.diagnosis.repair.trees import parsed
from autograder.diagnosis.repair.value_test import ValueTest


def known(rng, scopes):
    """Values of many shapes, of which some go together and some do not."""
    shapes = [(), (4,), (3, 1), (3, 4), (1, 4), (3, 3), (4, 4), (4, 3), (3,), (2, 2), (5,)]
    made = [[rng.normal(size=shape) for _ in range(scopes)] for shape in shapes]
    made[0] = [float(value) for value in made[0]]
    made.append([np.array([np.nan, 1.0, 2.0, 3.0])] * scopes)
    made.append([np.ones((3, 4), complex)] * scopes)
    return [Known(f"v{n}", values, True, True) for n, values in enumerate(made)]


@pytest.mark.parametrize("form", [(3, 4), (4,), (3, 3), (4, 3), ()], ids=str)
@pytest.mark.parametrize("scopes", [1, 2])
def test_the_sums_of_all_pairs_are_those_of_each_pair(form, scopes):
    rng = np.random.default_rng(3)
    values = known(rng, scopes)
    forms = [rng.normal(size=form) if form else 1.0] * scopes
    test = ValueTest([{}] * scopes, forms, [rng.normal(size=int(np.prod(form))) for _ in forms], 0.0, 1.0)
    fitting = 0
    for operation in pairs.OPERATIONS:
        with np.errstate(all="ignore"):
            sums = pairs._sums(operation, values, values, test)
        for (i, a), (j, b) in itertools.product(enumerate(values), enumerate(values)):
            alone = None
            if operation.sign is not ast.MatMult or all(np.ndim(v) == 2 for v in (*a.values, *b.values)):
                made = operation.values(a.values, b.values)
                alone = None if made is None else test.sum_of(made)
            if alone is None or not np.isfinite(alone) or "v12" in (a.text, b.text):
                continue
            if not form and not all(isinstance(v, float) for v in (*a.values, *b.values)):
                continue  # a scalar that came of arrays
            assert sums[i, j] == pytest.approx(alone), (operation, a.text, b.text)
            fitting += 1
    assert fitting >= 3


def test_what_has_another_form_has_no_sum():
    rng = np.random.default_rng(3)
    values, want = known(rng, 1), rng.normal(size=(3, 4))
    test = ValueTest([{}], [want], [np.ones(12)], 0.0, 1.0)
    sums = pairs._sums(pairs.PRODUCT, values, values, test)
    shapes = [np.shape(v.values[0]) for v in values]
    for (i, a), (j, b) in itertools.product(enumerate(shapes), enumerate(shapes)):
        try:
            fits = np.broadcast_shapes(a, b) == (3, 4)
        except ValueError:
            fits = False
        assert fits or np.isnan(sums[i, j])


def test_conditions_that_agree_on_one_instance_are_all_tried():
    """Beside them values that agree: of those one is enough."""
    trace = types.SimpleNamespace(namespace={})
    scopes = [Execution(False, {"t": t, "T": 3, "start": 1, "x": 2.0, "y": 2.0}) for t in (1, 2, 3)]

    def kept(*texts):
        made = [Candidate(None, parsed(text), parsed(text), Kind.CONDITION, 1.0) for text in texts]
        return [ast.unparse(candidate.new) for candidate in distinct(trace, iter(made), scopes)]

    assert kept("t == T", "t == start + 2", "t > 2") == ["t == T", "t == start + 2", "t > 2"]
    assert kept("x * t", "y * t") == ["x * t"]


def test_a_whole_number_that_something_is_divided_by_is_a_quantity():
    text = "def f(x, p, n):\n    y = x / p\n    return y[n] + n\n"
    tree = parsed_definition(text)
    program = Program("f", {"f": tree}, {"f": tree}, {"f": text.splitlines()}, {})
    scope = {"x": np.ones(3), "p": 2, "n": 1, "y": np.ones(3)}
    found = {one.text: one.values for one in Pool(program, "f").known([scope])}
    assert found["p"] == [2.0] and type(found["p"][0]) is float and "n" not in found
