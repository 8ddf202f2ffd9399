"""What lessons 05, 10 and 12 say about networks that write: measured, and skipped while grading."""

import json
import sys

import numpy as np
import pytest
from class_tools import graded
from lesson_source import prose
from own_network import network_with
from tests_root import ROOT

from autograder.exercises import find_exercise, sources
from benchmarks import characters
from rnnlib import language

SETTINGS = dict((name, rest) for name, *rest in characters.SETTINGS[:3])


@pytest.fixture(scope="module")
def text():
    return language.python_text()


def test_what_is_said_of_the_text_and_of_simple_models(text):
    said = prose("05")
    assert "about 330,000 characters" in said
    assert len(text.train) + len(text.held_out) == pytest.approx(330_000, rel=0.05)
    for words, bits in (
        ("needs about 6.1 bits", np.log2(len(text.alphabet))),
        ("It needs about 3.6.", language.ngram_bits(text, 2)),
        ("needs about 2.7.", language.ngram_bits(text, 3)),
    ):
        assert words in said
        assert float(words.strip(".").split("about ")[1].split()[0]) == pytest.approx(bits, abs=0.1), words


def test_the_benchmark_s_settings_are_the_lessons(text):
    for lesson, name, call in (
        ("05", "tanh RNN", "language.fit(MyRNN, corpus, {}, steps=STEPS, lr={})"),
        ("10", "LSTM", "language.fit(MyLSTM, corpus, {}, steps=STEPS, lr={})"),
        ("10", "tanh RNN", "language.fit(rnn, corpus, {}, steps=STEPS, lr={})"),
        ("12", "GRU", "language.fit(MyGRU, corpus, {}, steps=STEPS, lr={})"),
        ("12", "LSTM", "language.fit(lstm, corpus, {}, steps=STEPS, lr={})"),
    ):
        cell, H, lr = SETTINGS[name]
        assert call.format(H, lr) in "\n".join(sources.code_cells(lesson)), (lesson, name)
        params = language.init(cell, text, H, np.random.default_rng(0))
        size = sum(value.size for value in params.values())
        K = len(text.alphabet)
        if K == 68:  # of this version of Python's text
            assert lesson == "05" or f"{size:,}" in prose(lesson)
    assert characters.STEPS == 1500 and len(characters.SEEDS) == 5


@pytest.fixture(scope="module")
def bits():
    """{name: bits per character on held-out text, one for each of five seeds}."""
    return {name: characters.measured(*rest)[0] for name, rest in SETTINGS.items()}


@pytest.mark.long
def test_the_networks_are_better_than_counting_and_the_gated_ones_better_than_the_rnn(bits, text):
    assert all(max(of_cell) < language.ngram_bits(text, 3) for of_cell in bits.values())
    assert max(bits["LSTM"]) < min(bits["tanh RNN"])
    assert "the worst LSTM is better than the best RNN" in prose("10")
    assert max(bits["GRU"]) < min(bits["tanh RNN"])
    gains = np.subtract(bits["tanh RNN"], bits["LSTM"])
    assert "between 0.1 and 0.3 bits" in prose("10") and min(gains) > 0.1 and max(gains) < 0.3


@pytest.mark.long
@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="the help pages of another Python are another text"
)
def test_the_bits_that_are_said(bits):
    def within(of_cell, low, high):
        return low - 0.005 <= min(of_cell) and max(of_cell) <= high + 0.005

    assert "needs 2.2 to 2.4 bits" in prose("05") and within(bits["tanh RNN"], 2.2, 2.4)
    assert "the LSTM needs 2.1 to 2.2 bits and the RNN 2.2 to 2.4" in prose("10")
    assert within(bits["LSTM"], 2.05, 2.2)
    assert "the GRU needs 2.05 to 2.08 bits and the LSTM 2.09 to 2.15" in prose("12")
    assert within(bits["GRU"], 2.05, 2.08) and within(bits["LSTM"], 2.09, 2.15)


@pytest.mark.long
@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="the help pages of another Python are another text"
)
def test_what_other_learning_rates_do(bits, text):
    (_, *fast), (_, *slow), (_, *other) = characters.SETTINGS[3:]
    fast, slow, other = (characters.measured(*rest)[0] for rest in (fast, slow, other))
    assert "With 0.02 the RNN needs about as many bits as the trigram model" in prose("10")
    assert abs(np.mean(fast) - language.ngram_bits(text, 3)) < 0.1
    lead = np.mean(bits["tanh RNN"]) - np.mean(bits["LSTM"])
    assert "With 0.01 the LSTM keeps less than half of its lead" in prose("10")
    assert 0 < np.mean(bits["tanh RNN"]) - np.mean(slow) < lead / 2
    assert "With 0.02 the GRU needs about as many bits as the LSTM" in prose("12")
    assert abs(np.mean(other) - np.mean(bits["LSTM"])) < 0.05


@pytest.mark.long
@pytest.mark.parametrize(
    "right, wrong, ends, off",
    [
        (
            "future = da @ W_h.T",
            "future = da @ W_h",
            "ends at about {:.1f} bits, worse than the trigram",
            "by {:.0f} % and by",
        ),
        (
            "dh[t - 1] + future",
            "dh[t - 1]",
            "ends at about {:.1f} bits, and it still writes",
            "and by {:.0f} %.",
        ),
    ],
)
def test_a_wrong_gradient_is_told_and_learns_less(text, bits, right, wrong, ends, off):
    source = sources.solution_source(find_exercise("05.rnn_backward"))
    assert source.count(right) == 1
    namespace = {"np": np}
    exec(source.replace(right, wrong), namespace)
    broken = network_with(namespace["rnn_backward"])
    error = language.slope_error(broken, text, np.random.default_rng(0))
    fitted = language.fit(broken, text, 128, characters.STEPS, 0.01, progress=False)
    assert fitted.bits > max(bits["tanh RNN"]) and fitted.curve[-1] < fitted.curve[0]
    assert ("worse" in ends) == (fitted.bits > language.ngram_bits(text, 3))
    if sys.version_info[:2] == (3, 11):  # of whose text these are
        assert ends.format(fitted.bits) in prose("05") and off.format(100 * error) in prose("05")


@pytest.mark.parametrize("lesson", ["05", *(pytest.param(n, marks=pytest.mark.slow) for n in ("10", "12"))])
def test_while_grading_no_network_is_trained_not_even_by_a_changed_cell(lesson):
    name = sources.FOLDER.glob(f"{lesson}_*.py").__next__().stem
    submission = json.loads((ROOT / "solutions" / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    changed = 0
    for cell in submission["cells"]:
        source = "".join(cell["source"])
        if "language.fit(" in source:
            cell["source"], changed = source.replace("steps=STEPS", "steps=10**9"), changed + 1
    assert changed == 1
    outputs, marks = graded(submission, name, seed=20)
    assert all(mark.points == mark.max for mark in marks.values()), marks
    assert "bits per character" not in str(outputs)
    assert "Timeout" not in str(outputs)
