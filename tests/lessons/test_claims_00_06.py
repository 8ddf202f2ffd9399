"""What lessons 00 to 06 claim holds, in numbers that their own cells compute; what was wrong is gone.

Each lesson's code cells run once, without checks; a claim is read off what they print or is
computed anew from what they define.
"""

import contextlib
import io
import re
from functools import cache
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from lesson_source import with_short_training

from autograder.exercises import sources
from rnnlib import losses, plots, rnn, truncated

LESSONS = ("00", "01", "02", "03", "04", "05", "06")


@cache
def lesson(number):
    """The prose of a lesson, on one line; what its code cells print; and the names they leave."""
    prose, names, printed = [], {}, io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setattr(plots, "show", lambda figure, alt: plt.close(figure))
        for head, body in sources.source_cells(number):
            if "[markdown]" in head:
                prose += [line.removeprefix("#").strip() for line in body.splitlines()]
            else:
                body = re.sub(r"^(check|recap)\(.*\)$", "", body, flags=re.M)
                body = with_short_training(body)
                exec(compile(body, f"lesson {number}", "exec"), names)
    return SimpleNamespace(prose=" ".join(prose), printed=printed.getvalue(), names=names)


NUMBER = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"


def numbers(number, before):
    """All numbers that a lesson prints after a phrase, up to the end of that line."""
    lines = [line.split(before, 1)[1] for line in lesson(number).printed.splitlines() if before in line]
    assert len(lines) == 1, f"{before!r} stands on {len(lines)} printed lines of lesson {number}"
    return [float(n) for n in re.findall(NUMBER, lines[0])]


def test_a_number_that_is_not_printed_is_an_error():
    with pytest.raises(AssertionError, match="stands on 0 printed lines"):
        numbers("02", "no cell prints this")


WRONG = [
    ("02", "That is one direction lost, so the rank is"),
    ("05", "Apart from the shift"),
    ("05", "its derivation and ours are the same"),
    ("06", "Beyond the window the gradient is exactly zero."),
    ("06", r"\frac{dL_t}{dh_t}"),
    ("06", r"with $k_1 \le k_2$ (Williams and Peng"),
    ("06", "The slides"),
    ("06", "may lie between a loss's state and the use it ends in"),
    ("04", "gets the state's adjoint right, and then prints the updates"),
    ("03", "The first version of this line on the slides has lost one of them"),
]


@pytest.mark.parametrize("number, sentence", WRONG)
def test_a_wrong_sentence_is_gone(number, sentence):
    assert sentence not in lesson(number).prose


# the errors: each with the number that makes the old sentence wrong


def test_the_articles_derivation_differs_in_three_places_and_the_shift_is_none():
    assert numbers("05", "and for L_t from t = 1: differ by")[0] < 1e-13
    for k in (6, 5):  # one term set equal to the gradient
        assert numbers("05", f"term k = {k} alone, as the last loss's gradient of W_h: off by")[0] > 0.3
    assert numbers("05", "without the first loss:")[0] > 0.1
    names = lesson("05").names
    W, slope = names["weights"]["W_h"], 1 - names["run"].h[1] ** 2
    right = np.einsum("bi,ij->bij", slope, W.T)  # the Jacobian's transpose, on the first step
    assert np.linalg.norm(np.einsum("bi,ij->bij", slope, W) - right) > 0.5 * np.linalg.norm(right)


def test_the_softmax_loses_the_constant_direction_and_no_other():
    assert numbers("02", "of 1000 random rows:") == [5, 5]
    direction = np.array(numbers("02", "the lost direction:"))
    assert len(direction) == 6 and np.ptp(direction) < 1e-3 < abs(direction).min()
    rng = np.random.default_rng(3)
    for _ in range(100):
        J = losses.softmax_jacobian(losses.softmax(rng.normal(size=6)))
        v = rng.normal(size=6)
        assert np.linalg.norm(J @ (v - v.mean())) > 1e-3 > 1e-14 > np.linalg.norm(J @ np.ones(6))
    assert r"$\hat y_i\,(v_i - \hat y \cdot v)$" in lesson("02").prose


def test_beyond_the_window_the_gradient_is_zero_for_a_single_loss_only():
    *inside, full = numbers("06", "first input, entries that are not zero:")
    assert inside == [0] * 5 and full > 0
    every = numbers("06", "with a loss at every step, its norm:")
    assert len(every) == 6 and min(every) > 0.1


def test_documents_are_described_and_scans_are_not_blamed():
    described = {
        "00": "a public article on recurrent networks, which has a list of references of its own",
        "01": "a set of lecture slides on the scalar RNN",
        "02": "a set of lecture slides on the network with row vectors",
        "03": "the slides of lesson 02, which write every vector as a row",
        "04": "A page of handwriting",
        "05": "a table of notes on the general network",
        "06": "come from scanned notes on the general network",
    }
    for number, words in described.items():
        assert words in lesson(number).prose, number
    assert "so nobody is blamed" in lesson("04").prose
    assert "usually credited to Sutskever, 2013" in lesson("06").prose
    assert "Sutskever, 2013" in truncated.__doc__


@pytest.mark.parametrize("number", LESSONS)
def test_a_lesson_ends_with_its_sources(number):
    text = re.search(r"### Sources (.*?) ### Your functions", lesson(number).prose)[1]
    entries = text.split("- ", 1)[1].split(" - ")
    assert 3 <= len(entries) <= 6
    for entry in entries:
        assert re.match(r"\w+, [A-Z]\..* \((19|20)\d\d\)\. ", entry) and "*For:*" in entry, entry
        for link in re.findall(r"\]\(https://(.*?)\)", entry):
            assert link.startswith(("doi.org/10.", "arxiv.org/abs/", "www.deeplearningbook.org")), link


# errata that had no number


def test_readings_of_the_unrolled_line():
    """E1.3, E1.4: one matrix lost, the output matrix inside, sigma for tanh."""
    assert numbers("03", "nested, as above: differs by")[0] < 1e-14
    for reading in ("one W_h lost", "sigma read as the logistic", "W_y inside"):
        assert numbers("03", f"nested, {reading}: differs by")[0] > 0.1


def test_one_term_is_exact_with_the_total_derivative():
    """E1.5."""
    assert numbers("03", "one term with the total derivative of h_5: off by")[0] < 1e-13
    assert numbers("03", "latest use first:")[0] > 0.1


def test_roles_exchanged_give_an_infinite_loss():
    """E1.7."""
    assert "with prediction and target exchanged: inf" in lesson("02").printed


def test_a_loss_without_sums_is_an_array_and_each_reduction_has_its_gradient():
    """E4.10, S4.10."""
    T, B, K = lesson("02").names["o"].shape
    assert numbers("02", "without sums:") == [T, B, K]
    for label, factor in (("sum", 1), ("divided by B", B), ("divided by B T", B * T)):
        line = f"{label}: loss"
        assert numbers("02", line)[1:] == [factor, factor]


def test_the_derivative_of_an_output_by_its_matrix_has_three_axes():
    """E4.11d."""
    H, K = lesson("02").names["head"]["W_y"].shape
    assert numbers("02", "derivative of one output with respect to W_y:") == [K, H, K, H * K, K * H * K]
    assert numbers("02", "off from the outer product by")[0] < 1e-14


def test_the_first_input_must_not_be_skipped():
    """E4.9."""
    assert numbers("05", "first input never read: gradient of W_x off by")[0] > 0.1


def test_a_loss_is_not_an_output():
    """E4.13."""
    B, K = lesson("05").names["o_2"].shape
    assert numbers("05", "step 2: its output")[:2] == [B, K] and K > 1


def test_one_letter_for_step_and_window_truncates_nothing():
    """E0.7."""
    kept = numbers("06", "max(1, L - L) for L = 1 to 99:")[0]
    off = numbers("06", "all hops are kept, not 2: off by")[0]
    assert kept == 1 and off > 0.1


def test_one_dot_for_two_products():
    """E2.11."""
    assert numbers("04", "a matrix product for mask and adjoint, b_h:")[0] > 0.5
    assert numbers("04", "W_h^T and the adjoint entry by entry:") == [5, 5]


def test_an_output_that_lags_never_sees_its_input():
    """E2.10."""
    own, later = numbers("04", "which y_t reads,")[0], numbers("04", "; of h_(t+1)")[0]
    assert own == 0 < later


# items of the checklist


def test_an_adjoint_is_one_derivative_for_each_entry():
    """S2.3."""
    rows = re.findall(rf"its adjoint .*last entry ({NUMBER}), measured ({NUMBER})", lesson("04").printed)
    assert len(rows) == 5
    for adjoint, measured in rows:
        assert float(adjoint) == pytest.approx(float(measured), abs=1e-6) and float(adjoint) != 0


def test_a_state_is_all_that_has_to_be_handed_on():
    """S4.1."""
    for cell in ("RNN, h", "GRU, h", "LSTM, c and h"):
        assert numbers("05", f"{cell} handed on: off from one run by")[0] < 1e-13
    assert numbers("05", "LSTM, h handed on: off from one run by")[0] > 0.01


def test_the_prices_in_the_table_are_counted():
    """S0.8."""
    n, counted = 8, lesson("06").names["counted"]
    assert counted["sum over paths"] == [n * (n - 1) // 2 * H**2 for H in (2, 5, 10)]
    assert counted["RTRL"] == [(n - 1) * H**4 for H in (2, 5, 10)]
    assert counted["sweep"] == [(n - 1) * H**2 for H in (2, 5, 10)]


# the insights


def test_the_adjoint_test_passes_the_sweep_and_no_fault():
    assert numbers("06", "the sweep: the two sides differ by")[0] < 1e-13
    for fault in ("W_h transposed", "window of 4 hops", "h0 forgotten", "b_h averaged over the batch"):
        assert numbers("06", f"{fault}: the two sides differ by")[0] > 1e-3


def test_checkpoints_keep_few_states_and_lose_nothing():
    line = next(line for line in lesson("06").printed.splitlines() if "states, or" in line)
    states, kept, at_a_time, again, gap = (float(n) for n in re.findall(NUMBER, line))
    assert (states, kept, at_a_time, again) == (401, 20, 20, 400) and gap < 1e-12


def deviations(estimates, truth):
    """Distance of the mean from the truth, in standard errors of the mean, root mean square."""
    error = estimates.std(axis=0, ddof=1) / np.sqrt(len(estimates))
    return np.sqrt(np.mean(((estimates.mean(axis=0) - truth) / error) ** 2))


def test_a_longer_window_is_often_worse():
    rising, networks = numbers("06", "networks in which some longer window is worse:")
    assert networks == 300 and 15 < rising < 285


def test_randomised_truncation_is_unbiased_and_a_window_is_not():
    names = lesson("06").names
    found, unweighted = [], []
    for seed in range(20):
        params, run, dh = names["system"](seed)
        truth = rnn.backward(params, run, dh)["W_h"]
        draws = names["random_truncation"](params, run, dh, 0.3, 4000, np.random.default_rng([1, seed]))
        found.append(deviations(draws, truth))
        # the control: kept paths without their weights, as if c W_h were the recurrent weight
        damped = {**params, "W_h": 0.7 * params["W_h"]}
        cut = names["random_truncation"](damped, run, dh, 0.3, 4000, np.random.default_rng([1, seed]))
        unweighted.append(deviations(cut, truth))
    # 1 is expected over all networks; within one, the entries of a draw hang together
    assert np.sqrt(np.mean(np.square(found))) < 1.3 and max(found) < 3
    assert min(unweighted) > 5
    curves = names["curves"]
    for c in (0.1, 0.3, 0.5):  # the mean of 2000 is better than one draw by about the root of 2000
        first, *_, last = curves[f"cut with c = {c}"]
        assert 30 < first / last < 65
    assert np.ptp(curves["window of one hop"]) == 0 < curves["window of one hop"][0]


def test_a_mask_gives_each_sequence_its_own_gradient():
    assert numbers("05", "last states off from the runs alone by")[0] < 1e-13
    assert numbers("05", "with the mask: gradient of W_h off by")[0] < 1e-13
    assert numbers("05", "zeros, no mask: gradient of W_h off by")[0] > 0.1
    sizes = lesson("05").names["sizes"]
    for row, last in zip(sizes, lesson("05").names["lengths"]):
        assert np.allclose(row[last:], row[-1], rtol=1e-12) and not np.isclose(row[last - 1], row[-1])
