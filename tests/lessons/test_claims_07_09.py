"""What lessons 07 to 09 claim: each claim computed here, and the wrong sentence it replaced gone.

Where a lesson computes the number itself, its own cells are run; seeds other than the lesson's are
added where its draw could have been a lucky one.
"""

import re
from functools import cache

import numpy as np
import pytest
from tests_root import ROOT

from autograder import diagnose
from autograder.exercises import sources
from rnnlib import activations, flow, lstm97, paths, plots, rnn


@cache
def prose(number):
    """The text of a lesson's markdown cells, every run of white space as one blank."""
    (path,) = (ROOT / "solutions").glob(f"{number}_*.py")
    cells = re.split(r"^# %%", path.read_text(encoding="utf-8"), flags=re.M)
    lines = [
        re.sub(r"^# ?", "", line)
        for cell in cells
        if cell.startswith(" [markdown]")
        for line in cell.splitlines()[1:]
    ]
    return " ".join(" ".join(lines).split())


@cache
def cells(number, *passages):
    """The names that are defined by a lesson's first cell and by those with a passage."""
    namespace, (first, *others) = {}, sources.code_cells(number)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plots, "show", lambda figure, alt: plots.plt.close(figure))
        exec(first, namespace)
        for passage in passages:
            (cell,) = [source for source in others if passage in source]
            exec(cell, namespace)
    return namespace


def test_a_sentence_is_found_across_a_line_break_and_one_that_is_not_there_is_not():
    source = (ROOT / "solutions" / "07_vanishing_exploding.py").read_text(encoding="utf-8")
    sentence = "and then a positive factor stays on one side"
    assert sentence not in source and sentence in prose("07")
    assert sentence.replace("positive", "negative") not in prose("07")
    assert "log_sizes" in source and "log_sizes" not in prose("07")  # code is no prose


# --- 07: factors that end on one side ------------------------------------------------------------


def factors(w, x, h):
    found = []
    for x_t in x:
        h = np.tanh(w * h + x_t)
        found.append(w * (1 - h**2))
    return np.array(found)


def test_the_article_says_eventually_and_a_run_that_settles_bears_it_out():
    assert "will *eventually* be either always above 1" in prose("07")
    assert "In a plain RNN the factors are either always above 1" not in prose("07")
    kept = {"vanishes": (5.0, [0.0] * 50, 0.5), "negative": (-1.8, [0.0] * 100, 0.1)}
    settling = [
        (1.8, [0.0, 0.0, 1.0, -1.8, 0.0], 0.1),
        (1.8, [0.0] * 100, 0.01),
        (1.8, [0.0, 0.0, 1.0, -1.8] + [0.0] * 96, 0.1),
    ]
    for w, x, h in settling:
        end = factors(w, [*x, *[0.0] * 200], h)[-50:]
        assert (end > 0.2).all() and (end < 0.25).all()  # all on one side in the end
        verdict = diagnose("07.refute_one_unit", kept | {"mixed": (w, x, h)})
        assert not verdict.correct and "mixed" in verdict.message


def test_the_reference_answer_keeps_both_kinds_for_ever():
    units = cells("07", "units = None")["units"]
    assert diagnose("07.refute_one_unit", units).correct
    w, x, h = units["mixed"]
    assert len(x) >= 100
    for n in (1, 10, 100):  # the same inputs, repeated: both kinds stay as frequent
        last = factors(w, list(x) * n, h)[-len(x) // 2 :]
        assert np.mean(last > 1) > 0.2 and np.mean((last >= 0) & (last <= 1)) > 0.2


def test_random_inputs_keep_both_kinds_too():
    """200 seeds: a counterexample is no rare find."""
    shares = [
        np.mean(factors(1.8, np.random.default_rng(seed).normal(size=400), 0.0)[200:] > 1)
        for seed in range(200)
    ]
    assert min(shares) > 0.1 and max(shares) < 0.6


# --- 07: the growth rate and its limit -----------------------------------------------------------


def test_a_finite_rate_is_no_verdict_and_its_limit_has_a_name():
    assert "below zero the gradient vanishes, above zero it explodes" not in prose("07")
    assert "**top Lyapunov exponent**" in prose("07") and "Furstenberg and Kesten, 1960" in prose("07")
    found = cells("07", "200 random networks of 8 units")
    rates, tops = np.array(found["rates"]), found["tops"]
    assert rates.shape[1] >= 200
    assert np.mean(rates[0] > 0) > 0.7 and np.mean(rates[-1] > 0) < 0.01 and (tops < 0).all()
    assert (np.diff(np.median(rates, axis=1)) < 0).all()


def test_the_sign_after_few_steps_misleads_for_other_networks_too():
    rng, early, late = np.random.default_rng(1907), [], []
    for _ in range(100):
        W = rng.normal(size=(8, 8))
        params = {"W_x": np.eye(8), "W_h": 1.5 / flow.spectral_radius(W) * W}
        run = rnn.forward(params, 0.5 * rng.normal(size=(300, 1, 8)))
        J = paths.step_jacobians(params, run)[:, 0]
        early.append(flow.growth_rate(J[:5]))
        late.append(flow.lyapunov_spectrum(J)[0])
    assert np.mean(np.array(early) > 0) > 0.7 and np.mean(np.array(late) > 0) < 0.05


def test_orthogonal_factors_have_the_exponent_zero():
    Q = np.linalg.qr(np.random.default_rng(3).normal(size=(1000, 6, 6)))[0]
    assert abs(flow.growth_rate(Q)) < 1e-12 and np.abs(flow.lyapunov_spectrum(Q)).max() < 1e-12


def test_the_exponents_add_up_to_weights_and_slopes():
    found = cells("07", "the whole spectrum of the driven networks")
    assert found["spectrum"].mean() == pytest.approx(found["weights"] + found["slopes"], rel=1e-9)
    assert found["slopes"] < 0 < found["weights"]  # of the largest scale, the last of the loop


def test_multiples_of_the_identity_do_not_vanish_faster_throughout():
    """Over 200 seeds: nearest to zero between 0.9 and 1.5, and from 1.5 on the larger the faster."""
    assert "never does: the larger it is, the faster its gradient vanishes" not in prose("07")
    assert "from about 1.5 on, the larger the scale, the faster its gradient vanishes" in prose("07")
    scales, rates = (0.3, 0.5, 0.9, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0), []
    for scale in scales:
        params = {"W_x": np.eye(1), "W_h": np.full((1, 1), scale)}
        x = 0.5 * np.random.default_rng(77).normal(size=(100, 200, 30))
        run = rnn.forward(params, x.reshape(100, 6000, 1))
        logs = np.log(scale * (1 - run.h[1:, :, 0] ** 2)).mean(axis=0).reshape(200, 30)
        rates.append(logs.max(axis=1))  # of 30 independent units the largest decides
    rates = np.array(rates)  # (scales, seeds)
    nearest = np.array(scales)[rates.argmax(axis=0)]
    assert ((nearest >= 0.9) & (nearest <= 1.5)).all()
    assert (np.diff(rates[4:], axis=0) < 0).all()  # falling from 1.5 on
    assert (rates[1] < rates[2]).all()  # but rising before


# --- 07: the theorem's corollary, eigenvalues, attribution ---------------------------------------


def test_a_contribution_decays_only_up_to_a_constant():
    assert "contributions from $n$ steps back then decay at least as fast" not in prose("07")
    assert "Where these are bounded, it is at most a constant times that power" in prose("07")
    params, T = {"W_x": np.eye(3), "W_h": 0.5 * np.eye(3)}, 6
    run = rnn.forward(params, np.zeros((T, 1, 3)), np.full((1, 3), 1e6), "identity")
    dh = np.zeros((T, 1, 3))
    dh[-1] = 1.0
    sizes = np.linalg.norm(paths.path_terms(params, run, dh, T)["W_h"][::-1], axis=(1, 2))
    assert sizes[-1] == pytest.approx(sizes[0])  # lag 5 is as large as lag 0: the states are not bounded
    assert flow.norm_bound(params["W_h"], "identity", 5) == pytest.approx(1 / 32)


def test_a_linear_network_has_one_jacobian_whatever_its_inputs():
    assert "linear and has no inputs" not in prose("07")
    rng = np.random.default_rng(4)
    params = {"W_x": rng.normal(size=(2, 3)), "W_h": rng.normal(size=(3, 3))}
    run = rnn.forward(params, rng.normal(size=(8, 1, 2)), phi="identity")
    assert np.array_equal(paths.step_jacobians(params, run)[:, 0], np.stack([params["W_h"].T] * 8))


def test_the_eigenvalue_reading_fails_and_the_singular_value_never_does():
    assert "is said to have had" not in prose("07")
    found = cells("07", "both readings of the bound")
    assert found["over"]["singular"] == 0 and found["over"]["eigen"] > 0.1 * found["cases"]
    assert found["cases"] == 3200 and found["above"] > 0.5


def test_slopes_and_weights_are_measured_apart():
    found = cells("07", "the two parts of a Jacobian")
    assert np.linalg.norm(found["J"] - found["measured"]) < 1e-14 * np.linalg.norm(found["J"])
    assert np.linalg.norm(found["wrong"] - found["measured"]) > np.linalg.norm(found["J"])
    assert (found["sizes"] <= found["weights"] * found["slopes"].max(axis=1)).all()


# --- 07: latching, and the cliff -----------------------------------------------------------------


@pytest.mark.parametrize("seed", [10, 11, 12])
def test_no_weight_keeps_the_bit_and_the_gradient(seed):
    """2,000 noisy runs for each weight, for the lesson's seed and two others."""
    kept, rate = [], []
    for w in (0.9, 1.0, 1.1, 1.3, 1.5, 1.6, 1.8, 2.0, 3.0):
        h, logs = np.full(2000, 0.9), 0.0
        for noise in np.random.default_rng(seed).uniform(-0.5, 0.5, (100, 2000)):
            h = np.tanh(w * h + noise)
            logs = logs + np.log(w * (1 - h**2))
            if w == 2.0:
                assert h.min() >= 0.8 and (2 * (1 - h**2)).max() <= 0.72
        kept.append(np.mean(h > 0))
        rate.append(np.exp(np.mean(logs) / 100))
        if w == 2.0:
            assert np.max(logs) < 100 * np.log(0.72)
    kept, rate = np.array(kept), np.array(rate)
    assert (abs(kept[rate > 0.7] - 0.5) < 0.05).all()  # there it is tossing a coin
    assert (kept[-3:] == 1).all() and (rate[-3:] < 1 / 3).all()
    assert not ((kept > 0.9) & (rate > 0.5)).any()


def test_the_interval_holds_whatever_the_noise_and_a_weaker_unit_has_none():
    h = np.linspace(0.8, 1, 1001)
    assert np.tanh(2 * h - 0.5).min() > 0.8 and (2 * (1 - h**2)).max() == pytest.approx(0.72)
    m = np.linspace(0.01, 0.99, 9801)
    assert (np.tanh(1.1 * m - 0.5) < m).all()  # with w = 1.1 the noise gets through everywhere


def test_the_lesson_counts_what_it_says_of_latching():
    found = cells("07", "def noisy")
    kept, factor, weights = found["kept"], found["factor"], found["weights"]
    assert (kept[weights >= 1.8] == 1).all() and (factor[weights >= 1.8] < 1 / 3).all()
    assert abs(kept[factor.argmax()] - 0.5) < 0.05


@pytest.mark.parametrize("shift", [0.0, 0.004, 0.011])
def test_steps_from_the_cliff_are_thrown_off_unless_shortened(shift):
    """On the lesson's grid and on two that lie between its points."""
    found = cells("07", "def cliff")
    w, b = np.meshgrid(np.linspace(1, 5, 161) + shift, np.linspace(1, -2, 121) + shift)
    _, dw, db = found["cliff"](w, b)
    sizes = np.hypot(dw, db)
    assert sizes.max() > 1000 * np.median(sizes)
    edge, learned, farthest = sizes >= np.quantile(sizes, 0.99), {}, {}
    for longest in (np.inf, 1.0):
        now, away = (w[edge], b[edge]), 0.0
        for _ in range(300):
            now = found["descend"](*now, longest)
            away = np.maximum(away, np.hypot(now[0] - w[edge], now[1] - b[edge]))
        learned[longest] = np.mean(found["cliff"](*now)[0] < 0.01)
        farthest[longest] = away.max()
    assert learned[1.0] == 1 and learned[np.inf] < 0.99
    assert farthest[1.0] < 1.5 and farthest[np.inf] > 5


def test_the_gradient_of_the_cliff_is_the_gradient():
    cliff = cells("07", "def cliff")["cliff"]
    w, b = np.array([1.2, 2.0, 3.0]), np.array([-0.05, 0.3, -1.4])
    loss, dw, db = cliff(w, b)
    step = 1e-30j
    h_w, h_b = np.full(3, 0.5 + 0j), np.full(3, 0.5 + 0j)
    for _ in range(50):
        h_w, h_b = np.tanh((w + step) * h_w + b), np.tanh(w * h_b + b + step)
    assert ((h_w - 0.7) ** 2 / 2).imag / 1e-30 == pytest.approx(dw, rel=1e-10)
    assert ((h_b - 0.7) ** 2 / 2).imag / 1e-30 == pytest.approx(db, rel=1e-10)
    assert ((h_w - 0.7) ** 2 / 2).real == pytest.approx(loss)


# --- 08 ------------------------------------------------------------------------------------------


def test_tied_and_untied_layers_differ_in_spread():
    assert "large and small factors can balance" not in prose("08")
    assert "what differs is the *spread*" in prose("08")
    found = cells("08", "def log_gains")["found"]
    tied, untied = found["tied"], found["untied"]  # rows: linear, tanh
    assert tied.shape == untied.shape == (2, 200)
    assert tied[0].std() > 3 * untied[0].std() and tied[1].std() > 1.8 * untied[1].std()
    per_layer = 10 ** ((np.median(tied, axis=1) - np.median(untied, axis=1)) / 100)
    assert (per_layer < 1.06).all() and (per_layer > 1).all()
    low, high = np.quantile(untied, [0.05, 0.95], axis=1)
    assert (high - low < 2).all()


def test_the_variance_argument_needs_weights_that_are_independent_of_the_states():
    assert "are independent of each other **and of $h$**" in prose("08")
    assert "from the second step on the argument no longer holds" in prose("08")
    found = cells("08", "def log_gains")["found"]
    assert 0.3 < np.mean(100 ** found["untied"][0]) < 3  # v = 1/n keeps the mean square
    assert np.mean(100 ** found["tied"][0]) > 1e6 and np.median(found["tied"][0]) > 0.5


def test_one_layer_and_two_steps_show_where_the_argument_breaks():
    """E‖h W‖² = ‖h‖² for one matrix and for two; for the same one twice it is 1 + 2/n² times as much."""
    rng, n = np.random.default_rng(8), 4
    W = rng.normal(size=(400_000, n, n)) / np.sqrt(n)
    once = W[:, 0]  # h is the first unit vector
    twice = np.einsum("ki,kij->kj", once, W)
    other = np.einsum("ki,kij->kj", once, W[::-1])
    assert np.mean((once**2).sum(1)) == pytest.approx(1, abs=0.01)
    assert np.mean((other**2).sum(1)) == pytest.approx(1, abs=0.03)
    assert np.mean((twice**2).sum(1)) == pytest.approx(1 + 2 / n**2, abs=0.03)


def test_omega_keeps_the_gradient_and_l2_loses_it():
    kept = cells("08", "def adjoints")["kept"]
    for name in kept:
        assert kept[name].shape[0] == 10
    assert (kept["L2"][:, -1] < 1e-15 * kept["L2"][:, 0]).all()
    assert (kept["omega"][:, -1] > 1e6 * kept["omega"][:, 0]).all() and kept["omega"][:, -1].min() > 0.05
    assert (kept["orthogonality"][:, -1] > kept["orthogonality"][:, 0]).all()
    assert (kept["orthogonality"][:, -1] < kept["omega"][:, -1]).all()


def test_large_recurrent_weights_make_lstm_gradients_grow_in_most_draws():
    found = cells("08", 'f"scale {scale:g}: median"')
    ends = found["grown"][:, -1]  # of the last scale, 8
    assert len(ends) == 40 and np.mean(ends > 10) > 0.8
    assert "Not every draw of this size does that" not in prose("08")


# --- 09 ------------------------------------------------------------------------------------------


def test_with_random_signs_the_old_cell_is_a_random_walk_that_saturates():
    assert "the cell wanders about zero" not in prose("09")
    assert "with random signs the contributions cancel" not in prose("09")
    found = cells("09", "n, one =", "farthest = ")
    walks, size = found["walks"].c[1:, :, 0], abs(found["drive"].i * found["drive"].g).max()
    assert walks.shape[1] >= 200
    t = np.arange(1, len(walks) + 1)
    assert size == pytest.approx(0.557, abs=1e-3)
    assert np.abs(np.sqrt((walks**2).mean(axis=1)) / (size * np.sqrt(t)) - 1).max() < 0.1
    farthest = abs(walks[:100]).max(axis=0)
    assert np.median(farthest) == pytest.approx(6.1, abs=0.5) and np.mean(farthest > 3) > 0.93
    assert found["slopes"]["random signs: median"][-1] < 1e-4


def test_one_sequence_can_show_anything():
    """What the spread of 2,000 seeds is for: some end at zero, some at four times the typical size."""
    signs = np.random.default_rng(0).choice([-1, 1], (100, 2000))
    ends = 0.557 * abs(signs.sum(axis=0))
    assert (ends == 0).any() and ends.max() > 3 * np.sqrt((ends**2).mean())


def test_one_step_back_is_the_identity_at_the_first_step_only():
    assert "as always, and for $t \\ge 2$" in prose("09")
    rng = np.random.default_rng(5)
    params = {"W_x": rng.normal(size=(2, 12)), "W_h": rng.normal(size=(4, 12)), "b": rng.normal(size=12)}
    run = lstm97.forward(params, rng.normal(size=(5, 1, 2)), rng.normal(size=(1, 4)), rng.normal(size=(1, 4)))
    assert np.array_equal(flow.cell_derivative(params, run, 1, 0)[0], np.eye(4))
    for t in range(2, 6):
        W_hi, W_hg, _ = np.split(params["W_h"], 3, axis=1)
        i, g, before = run.i[t - 1, 0], run.g[t - 1, 0], run.o[t - 2, 0] * (1 - np.tanh(run.c[t - 1, 0]) ** 2)
        bracket = np.diag(g * i * (1 - i)) @ W_hi.T + np.diag(i * (1 - g**2)) @ W_hg.T
        formula = np.eye(4) + bracket @ np.diag(before)
        assert flow.cell_derivative(params, run, t, t - 1)[0] == pytest.approx(formula, rel=1e-12)
        assert np.abs(formula - np.eye(4)).max() > 1e-3


def test_weights_of_one_squashing_are_no_use_in_the_other():
    gaps = cells("09", "by_tanh = ")["gaps"][1:]
    assert gaps.min() > 0.1


# --- sources -------------------------------------------------------------------------------------

CITED = {
    "07": (
        "Hochreiter (1991)",
        "Bengio, P. Simard and P. Frasconi (1994)",
        "Pascanu, T. Mikolov and Y. Bengio (2013)",
        "Furstenberg and H. Kesten (1960)",
        "Strelcyn (1980)",
    ),
    "08": (
        "Glorot and Y. Bengio (2010)",
        "Pascanu, T. Mikolov and Y. Bengio (2013)",
        "Ganguli (2014)",
        "J. Sun (2015)",
        "G. E. Hinton (2015)",
    ),
    "09": (
        "Hochreiter (1991)",
        "Bengio, P. Simard and P. Frasconi (1994)",
        "J. Schmidhuber (1997)",
        "F. Cummins (2000)",
    ),
}


@pytest.mark.parametrize("number", CITED)
def test_a_lesson_ends_with_its_sources(number):
    body, sources = prose(number).split("## Sources")
    entries = sources.split(" - ")[1:]
    assert 3 <= len(entries) <= 6 and len(entries) == len(CITED[number])
    for author, entry in zip(CITED[number], entries, strict=True):
        assert author in entry
        year = re.search(r"\d{4}", author)[0]
        assert year in body, (author, "is nowhere used in the lesson")
        for link in re.findall(r"https?://[^)]+", entry):
            assert link.startswith(
                ("https://doi.org/", "https://arxiv.org/abs/", "https://proceedings.mlr.press/")
            )


@pytest.mark.parametrize("number", CITED)
def test_the_article_is_described_once(number):
    assert len(re.findall(r"\*[Tt]he article\*", prose(number))) == 1
    assert len(re.findall(r"public article on back-propagation through time", prose(number))) == 1


def test_the_initialisers_are_attributed():
    for name in ("He et al. (2015)", "Glorot and Bengio (2010)", "Saxe et al. (2014)", "Le et al. (2015)"):
        assert name in prose("08")
    assert activations.get("relu").sup == 1  # the slope that the 2 of `he` makes up for
