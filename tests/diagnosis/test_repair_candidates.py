"""Which candidates the search for a line makes: pairs of values at once, conditions, and whole numbers."""

import ast
import itertools
import types

import numpy as np
import pytest

from autograder.diagnosis.repair import edits, entries, factors, pairs, rewrites, statements
from autograder.diagnosis.repair.candidates import Candidate, distinct
from autograder.diagnosis.repair.kinds import Kind
from autograder.diagnosis.repair.pool import Known, Pool
from autograder.diagnosis.repair.program import Program, parsed_definition
from autograder.diagnosis.repair.trace import Execution
from autograder.diagnosis.repair.trees import Parents, parsed
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
            sums = pairs._sums(operation, values, values, test, {})
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
    sums = pairs._sums(pairs.PRODUCT, values, values, test, {})
    shapes = [np.shape(v.values[0]) for v in values]
    for (i, a), (j, b) in itertools.product(enumerate(shapes), enumerate(shapes)):
        try:
            fits = np.broadcast_shapes(a, b) == (3, 4)
        except ValueError:
            fits = False
        assert fits or np.isnan(sums[i, j])


def test_conditions_that_agree_on_one_instance_are_all_tried():
    """Beside them values that agree: of those one is enough."""
    trace, site = types.SimpleNamespace(namespace={}), types.SimpleNamespace(expression=parsed("t"))
    scopes = [Execution(False, {"t": t, "T": 3, "start": 1, "x": 2.0, "y": 2.0}) for t in (1, 2, 3)]

    def kept(*texts):
        made = [Candidate(None, parsed(text), parsed(text), Kind.CONDITION, 1.0) for text in texts]
        return [ast.unparse(candidate.new) for candidate in distinct(trace, site, iter(made), scopes)]

    assert kept("t == T", "t == start + 2", "t > 2") == ["t == T", "t == start + 2", "t > 2"]
    assert kept("x * t", "y * t") == ["x * t"]
    assert kept("range(T)", "range(start + 2)") == ["range(T)", "range(start + 2)"]


def test_a_whole_number_that_something_is_divided_by_is_a_quantity():
    text = "def f(x, p, n):\n    y = x / p\n    return y[n] + n\n"
    tree = parsed_definition(text)
    program = Program("f", {"f": tree}, {"f": text.splitlines()}, {})
    scope = {"x": np.ones(3), "p": 2, "n": 1, "y": np.ones(3)}
    found = {one.text: one.values for one in Pool(program, "f").known([scope])}
    assert found["p"] == [2.0] and type(found["p"][0]) is float and "n" not in found


def test_an_argument_that_is_never_read_and_entries_that_others_have_are_known():
    text = "def f(x, y, window):\n    for t in range(2):\n        total = x[t, 0]\n    return total\n"
    tree = parsed_definition(text)
    pool = Pool(Program("f", {"f": tree}, {"f": text.splitlines()}, {}), "f")
    scope = {"x": np.ones((2, 3)), "y": np.arange(6.0).reshape(2, 3), "window": 2, "t": 1}
    assert "window" in pool.written and "y[t, 0]" in set(pool.texts(scope))
    assert "y[0, t]" not in set(pool.texts(scope))


def test_a_factor_may_be_elsewhere_and_two_variables_exchanged():
    def made(function, text):
        return {ast.unparse(small.new) for small in function(parsed(text))}

    moved = made(rewrites.moved_factors, "np.tanh(c[1:]) / p + a")
    assert "np.tanh(c[1:] / p) + a" in moved and "np.tanh(c[1:]) + a / p" in moved
    assert not made(rewrites.moved_factors, "np.tanh(c[1:]) + a")
    swapped = made(rewrites.exchanged_operands, "i @ W_f.T + f @ W_i.T")
    assert "i @ W_i.T + f @ W_f.T" in swapped and len(swapped) == 6
    assert not made(rewrites.exchanged_operands, "np.tanh(a)") | made(rewrites.exchanged_operands, "a * a")


def test_a_product_of_sums_for_a_sum_of_products():
    made = [ast.unparse(small.new) for small in rewrites.multiplied_out(parsed("x + (a + b) @ (c + d).T"))]
    assert made == ["x + (a @ c.T + b @ d.T)", "x + (a @ d.T + b @ c.T)"]
    assert not list(rewrites.multiplied_out(parsed("(a + b) @ c")))


def test_gates_in_another_order_and_other_keys():
    made = [
        small.new.value
        for small in edits.small_edits(parsed("'zrn'"), False, edits.Others([], [], ["W_h", "rn"]))
    ]
    assert {"rzn", "W_h", "rrn"} < {*made} and "zrn" not in made
    assert "W_h" not in [
        s.new.value for s in edits.small_edits(parsed("'ij->i'"), False, edits.Others([], [], ["W_h"]))
    ]


@pytest.mark.parametrize("sign", [1, -1])
def test_products_of_many_factors_by_their_logarithms(sign):
    rng = np.random.default_rng(3)
    scope = {
        "a": rng.normal(size=(2, 3)),
        "b": rng.uniform(-0.9, 0.9, (2, 3)),
        "c": rng.normal(size=3),
        "p": 2.0,
    }
    known = [Known(name, [value], True, True) for name, value in scope.items()]
    needed = sign * scope["a"] * (1 - scope["b"] ** 2) * scope["c"] / scope["p"]

    def found(needed):
        weights = np.random.default_rng(4).standard_normal((needed.size, 2))
        made = factors._products(needed, list(factors._factors(known, needed.shape, weights)), weights)
        return [value for n in made if np.allclose(value := eval(ast.unparse(n), dict(scope)), needed)]

    assert found(needed)
    assert not found(needed + 1e-3)


def test_entries_that_a_line_may_have_left_out():
    text = """
def f(x, H):
    da, total = np.zeros((2, 6)), np.zeros(3)
    grads = {name: np.zeros(3) for name in "ab"}
    grads["a"] += x[0]
    part = x[0]
    for t in range(2):
        da[t, 0:H] = x
        da[t, 2 * H:] = x
        total += x
    return da, total
"""
    scope = {"da": np.ones((2, 6)), "total": np.ones(3), "part": np.ones(3), "H": 2, "t": 1}
    scope["grads"] = {"a": np.ones(3), "b": np.ones(3)}
    found = entries.entries_to_store(parsed_definition(text.strip()), scope)
    assert "da[t, H:2 * H]" in found["da"] and found["total"] == ["total"] and "part" not in found
    assert found["grads"] == ["grads['b']"]


def test_which_variables_an_edit_of_statements_changes():
    text = "def f(x):\n    a = x.sum()\n    b.append(a)\n    c[0] = a\n    g(x)\n    return a\n"
    found = {}
    for edit in statements.statement_edits(parsed_definition(text)):
        found.setdefault(ast.unparse(edit.at), []).append(edit.variables)
    assert {"a"} in found["a = x.sum()"] and {"b"} in found["b.append(a)"] and {"c"} in found["c[0] = a"]
    assert set().union(*found["g(x)"]) == set()


def test_a_statement_is_moved_into_the_branches_beside_it_and_out_of_them():
    text = "def f(x):\n if x:\n  a = 1\n  b = a\n else:\n  a = 2\n c = a\n return c\n"
    tree = parsed_definition(text)
    made = [
        Parents(tree).substitute(e.edit) for e in statements.statement_edits(tree) if e.kind == Kind.PLACE
    ]
    texts = [ast.unparse(tree).replace("\n    ", "\n") for tree in made]
    assert any("b = a\n    c = a\nelse" in text for text in texts)
    assert any("a = 2\n    c = a\nreturn" in text for text in texts)
    assert any("a = 2\nb = a\n" in text for text in texts)
