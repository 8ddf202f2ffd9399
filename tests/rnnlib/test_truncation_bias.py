"""S0.9, E0.4, E0.5, E0.8: what truncation costs on the oracle's column network, in numbers.

The error of the windowed dh_6/dW_h is not monotone in the window.
"""

import numpy as np
import pytest

from rnnlib import paths, rnn

ERRORS = (0.896, 0.929, 0.859, 0.557, 0.239, 0.0)  # tau = 0..5


@pytest.fixture
def column(oracle):
    """(J (6,5,5), immediate and total derivative of every state by W_h (6,5,5,5)) of the oracle."""
    data = oracle("general_col_tanh_softmax_ce")
    return data["J"], data["imm_W_h"], data["dh_dW_h"]


def windowed(J, immediate, tau):
    """The path sum for the last state, stopped after tau hops."""
    T = len(J)
    return sum(
        np.tensordot(paths.transition(J[:, None], T, k)[0], immediate[k - 1], 1)
        for k in range(max(1, T - tau), T + 1)
    )


def error(got, want):
    return np.linalg.norm(got - want) / np.linalg.norm(want)


@pytest.mark.item("S0.9", "E0.5", "E0.8")
def test_the_error_of_a_window_on_the_oracle(column):
    J, immediate, total = column
    errors = [error(windowed(J, immediate, tau), total[-1]) for tau in range(6)]
    assert np.round(errors, 3) == pytest.approx(ERRORS, abs=1e-12)
    assert errors[-1] < 1e-13
    assert errors[1] > errors[0]  # not monotone: E0.8
    assert round(errors[1], 2) == 0.93  # an expansion of two terms: E0.5


def test_the_library_gives_the_same_errors(oracle, column):
    """The row form with transposed weights: windows from differences of its own total derivatives."""
    data = oracle("general_col_tanh_softmax_ce")
    params = {"W_x": data["p_W_x"].T, "W_h": data["p_W_h"].T, "b_h": data["p_b_h"]}
    run = rnn.forward(params, data["x"][:, None], data["h0"][None])
    total = paths.rtrl(params, run)["W_h"][:, 0]
    J = paths.step_jacobians(params, run)[:, 0]
    immediate = total.copy()
    immediate[1:] -= np.einsum("tij,tjmn->timn", J[1:], total[:-1])
    errors = [error(windowed(J, immediate, tau), total[-1]) for tau in range(6)]
    assert np.round(errors, 3) == pytest.approx(ERRORS, abs=1e-12)


@pytest.mark.item("E0.7")
def test_one_letter_for_the_last_step_and_for_the_window(column):
    """E0.7: with L for both, the sum begins at max(1, L - L) = 1, and nothing is truncated."""
    J, immediate, total = column
    L = len(J)
    assert error(windowed(J, immediate, L - max(1, L - L)), total[-1]) < 1e-13
    assert round(error(windowed(J, immediate, 2), total[-1]), 3) == 0.859  # a window of two hops does


@pytest.mark.item("E0.4")
def test_the_recursion_with_its_index_lost(column):
    """E0.4: dh_t on both sides is an equation; its solution is not the derivative."""
    J, immediate, total = column
    H = len(J[-1])
    literal = np.linalg.solve(np.eye(H) - J[-1], immediate[-1].reshape(H, -1)).reshape(total[-1].shape)
    assert round(float(np.linalg.norm(literal)), 3) == 0.473
    assert round(float(np.linalg.norm(total[-1])), 3) == 1.175
    assert round(float(error(literal, total[-1])), 2) == 0.89


@pytest.mark.item("S0.6")
def test_the_immediate_tensor_is_sparse(column):
    _, immediate, total = column
    H = immediate.shape[-1]
    assert all(np.count_nonzero(tensor) == H**2 for tensor in immediate)
    assert np.count_nonzero(total[-1]) == H**3
