"""Linear recurrences: states and gradients, one step after the other and as a tree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlib import linear, numgrad

BOTH = pytest.mark.parametrize("tree", [False, True], ids=["sequential", "tree"])


def recurrence(seed, T=7, B=3, H=4, kind=float):
    """(a, b, h0, dh): nothing zero, |a| around 1."""
    rng = np.random.default_rng(seed)
    shapes = (T, B, H), (T, B, H), (B, H), (T, B, H)
    if kind is complex:
        return [rng.normal(size=shape) + 1j * rng.normal(size=shape) for shape in shapes]
    return [rng.normal(size=shape) for shape in shapes]


def real_states(a, b, h0):
    """The states of a complex recurrence in real numbers: pairs (real part, imaginary part)."""
    states = [h0]
    for (a_re, a_im), (b_re, b_im) in zip(a, b):
        re, im = states[-1]
        states.append((a_re * re - a_im * im + b_re, a_re * im + a_im * re + b_im))
    return states


@BOTH
def test_states_are_those_of_the_formula(tree, close):
    a, b, h0, _ = recurrence(0)
    run = linear.forward(a, b, h0, tree)
    h = [h0]
    for t in range(len(a)):
        h.append(a[t] * h[-1] + b[t])
    close(run.h, h)
    products = [np.prod(a[k + 1 : t + 1], axis=0) * b[k] for t in (6,) for k in range(7)]
    close(run.h[7], np.prod(a, axis=0) * h0 + sum(products))


@BOTH
def test_real_gradient_equals_complex_step(tree, close):
    a, b, h0, dh = recurrence(1)
    gradient = linear.backward(linear.forward(a, b, h0, tree), dh, tree)
    point = {"a": a, "b": b, "h0": h0}
    for name, value in point.items():
        def loss(moved, name=name):
            return (linear.forward(**{**point, name: moved}, tree=tree).h[1:] * dh).sum()

        close(gradient[name], numgrad.complex_step(loss, value))
    # a control: the recurrence one step off is another number
    shifted = linear.backward(linear.forward(np.roll(a, 1, axis=0), b, h0), dh)
    assert np.abs(shifted["h0"] - gradient["h0"]).max() > 1e-3


@BOTH
def test_complex_gradient_equals_complex_step_on_real_and_imaginary_parts(tree, close):
    a, b, h0, dh = recurrence(2, kind=complex)
    run = linear.forward(a, b, h0, tree)
    gradient = linear.backward(run, dh, tree)
    point = {name: np.stack([v.real, v.imag]) for name, v in (("a", a), ("b", b), ("h0", h0))}

    def loss(p):
        pairs = (p["a"].swapaxes(0, 1), p["b"].swapaxes(0, 1), p["h0"])
        return sum(
            (re * d.real + im * d.imag).sum() for (re, im), d in zip(real_states(*pairs)[1:], dh)
        )

    close([pair[0] + 1j * pair[1] for pair in real_states(*(
        point[n].swapaxes(0, 1) if n != "h0" else point[n] for n in ("a", "b", "h0")))], run.h)
    for name, value in point.items():
        measured = numgrad.complex_step(lambda moved, name=name: loss({**point, name: moved}), value)
        close(gradient[name], measured[0] + 1j * measured[1])
        # a control: neither without the conjugate nor with the parts exchanged
        for wrong in (gradient[name].conj(), 1j * gradient[name].conj()):
            assert np.abs(wrong - (measured[0] + 1j * measured[1])).max() > 1e-2


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 40), st.integers(1, 3), st.integers(1, 3), st.booleans(), st.integers(0, 99))
def test_the_tree_gives_the_same_numbers_for_every_length(T, B, H, complex_, seed):
    a, b, h0, dh = recurrence(seed, T, B, H, complex if complex_ else float)
    a = a / (np.abs(a) + 0.5)
    one, other = (linear.forward(a, b, h0, tree) for tree in (False, True))
    assert np.allclose(one.h, other.h, rtol=1e-11, atol=1e-11)
    back, again = (linear.backward(one, dh, tree) for tree in (False, True))
    assert all(np.allclose(back[name], again[name], rtol=1e-11, atol=1e-11) for name in back)
    dot = sum(np.vdot(again[name], value).real for name, value in (("b", b), ("h0", h0)))
    # h is linear in (b, h0) together: the adjoint identity
    assert np.isclose(dot, np.vdot(dh, one.h[1:]).real, rtol=1e-9, atol=1e-9)


def test_combining_two_steps_is_associative_and_not_commutative():
    first, second, third = (tuple(np.random.default_rng(n).normal(size=(2, 1, 1, 3))) for n in range(3))

    def then(one, other):
        A, S = linear.prefixes(*(np.concatenate(pair) for pair in zip(one, other)))
        return A[1:], S[1:]

    left, right = then(then(first, second), third), then(first, then(second, third))
    assert np.allclose(left, right, rtol=1e-14) and not np.allclose(then(first, second), then(second, first))


@BOTH
def test_one_step_of_one_instance(tree, close):
    run = linear.forward(np.full((1, 1, 1), 3.0), np.full((1, 1, 1), 2.0), np.full((1, 1), 5.0), tree)
    close(run.h[:, 0, 0], [5, 17])
    gradient = linear.backward(run, np.full((1, 1, 1), 7.0), tree)
    assert {name: value.item() for name, value in gradient.items()} == {"a": 35, "b": 7, "h0": 21}


def test_the_initial_state_is_zero_where_none_is_given(close):
    a, b, h0, dh = recurrence(3)
    without = linear.forward(a, b)
    close(without.h, linear.forward(a, b, 0 * h0).h)
    assert np.abs(linear.backward(without, dh)["h0"]).max() > 0


@BOTH
def test_dtypes(tree):
    single = [value.astype("f4") for value in recurrence(4)]
    run = linear.forward(*single[:3], tree)
    gradient = linear.backward(run, single[3], tree)
    assert {v.dtype for v in (*run, *gradient.values())} == {np.dtype("f4")}
    mixed = linear.backward(run, single[3].astype(float), tree)
    assert {v.dtype for v in mixed.values()} == {np.dtype(float)}
    turned = linear.forward(single[0] * 1j, single[1], None, tree)
    assert turned.h.dtype == complex


@BOTH
def test_nothing_is_modified_and_nothing_is_shared(tree):
    given = recurrence(5)
    before = [value.copy() for value in given]
    run = linear.forward(*given[:3], tree)
    states = run.h.copy()
    first = linear.backward(run, given[3], tree)
    kept = {name: value.copy() for name, value in first.items()}
    for value in linear.backward(run, given[3], tree).values():
        value[...] = 0
    assert all(np.array_equal(value, old) for value, old in zip(given, before))
    assert np.array_equal(run.h, states) and all(np.array_equal(first[name], kept[name]) for name in first)


@pytest.mark.parametrize("call, error, words", [
    (lambda a, b, h0, dh: linear.forward(a[0], b), ValueError, "a has shape (3, 4), expected (T, B, H)"),
    (lambda a, b, h0, dh: linear.forward(a, b[1:]), ValueError, "b has shape (6, 3, 4)"),
    (lambda a, b, h0, dh: linear.forward(a, b, h0[:2]), ValueError, "h0 has shape (2, 4)"),
    (lambda a, b, h0, dh: linear.forward(a[:0], b[:0]), ValueError, "expected no axis of length 0"),
    (lambda a, b, h0, dh: linear.forward(a * np.nan, b), ValueError, "a contains NaN"),
    (lambda a, b, h0, dh: linear.forward("a", b), TypeError, "a is str"),
    (lambda a, b, h0, dh: linear.backward((a, b, h0), dh), TypeError, "run is tuple"),
    (lambda a, b, h0, dh: linear.backward(linear.forward(a, b), dh[1:]), ValueError, "dh has shape (6, 3, 4)"),
    (lambda a, b, h0, dh: linear.backward(linear.forward(a, b), dh * 1j), TypeError, "dh has dtype complex128"),
])
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error) as caught:
        call(*recurrence(6))
    assert words in str(caught.value)
