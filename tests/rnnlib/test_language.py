"""Character models: the text, what n-grams reach, and that training learns what a text holds."""

import re

import numpy as np
import pytest
from own_network import network_with

from autograder import diagnose
from autograder.exercises import find_exercise, sources
from rnnlib import gru, language, losses, lstm, numgrad, rnn, sequence

RNN = find_exercise("05.rnn_backward")


@pytest.fixture(scope="module")
def text():
    return language.python_text()


def decoded(text, codes):
    return "".join(text.alphabet[code] for code in codes)


def test_the_text_is_long_plain_and_no_paragraph_is_in_both_parts(text):
    train, held_out = (decoded(text, codes).splitlines() for codes in (text.train, text.held_out))
    assert text.source == "Python's help pages"
    assert len(text.train) > 200_000 and 0.05 < len(text.held_out) / len(text.train) < 0.2
    assert not set(train) & set(held_out) and len(set(train)) == len(train)
    assert text.alphabet == "".join(sorted(text.alphabet)) and re.fullmatch(r"[\n -@\[-~]+", text.alphabet)


def test_without_the_help_pages_docstrings_take_their_place(text, monkeypatch):
    def missing(name, *arguments):
        if name.startswith("pydoc_data"):
            raise ModuleNotFoundError(name)
        return real(name, *arguments)

    real = language.import_module
    monkeypatch.setattr(language, "import_module", missing)
    other = language.python_text()
    assert other.source == "docstrings of the standard library" and len(other.train) > 100_000
    assert not re.search(r" at 0x[0-9a-f]{6,}", decoded(other, other.train))  # the same in every process
    assert language.ngram_bits(other) < 4.5
    monkeypatch.setattr(language, "_docstrings", lambda: iter([]))
    with pytest.raises(RuntimeError, match="without its help pages and without docstrings"):
        language.python_text()


def test_nothing_is_fetched(monkeypatch):
    def refuse(*_):
        raise AssertionError("a connection is opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.create_connection", refuse)
    language.python_text()


def toy(line="abcb", lines=40, copies=20):
    """a, b, c, b again and again: after b one has to know what was before it."""
    return language.split_text([f"{line * copies}"] * lines)


def test_n_grams_of_a_text_that_can_be_counted_by_hand():
    text = language.Text("ab", np.array([0, 1, 0, 1, 0, 1, 0, 0]), np.array([0, 1, 0, 0]), "")
    # after a: b three times, a once; after b: a three times
    bits = -np.log2([3 / 4, 3 / 3, 1 / 4]).mean()
    assert language.ngram_bits(text, 2, 1e-12) == pytest.approx(bits, abs=1e-9)
    assert language.ngram_bits(text, 1, 1e-12) == pytest.approx(-np.log2([5 / 8, 3 / 8, 5 / 8, 5 / 8]).mean())


@pytest.mark.parametrize("cell, lr", [(rnn, 0.01), (lstm, 0.02), (gru, 0.02)], ids=["rnn", "lstm", "gru"])
def test_training_learns_what_a_bigram_cannot_know(cell, lr):
    text = toy()
    bigram, trigram = language.ngram_bits(text, 2), language.ngram_bits(text, 3)
    fitted = language.fit(cell, text, 12, 150, lr, T=12, B=8, progress=False)
    assert trigram < 0.1 < 0.45 < bigram
    assert fitted.bits < 0.5 * bigram
    assert len(fitted.curve) == 150 and fitted.curve[-1] < fitted.curve[0]
    written = language.write(cell, fitted.params, text, 40, "abcb", temperature=0.3)
    assert written.startswith("abcb") and len(written) == 44 and "abcbabcb" in written[4:]
    assert written == language.write(cell, fitted.params, text, 40, "abcb", temperature=0.3)
    untrained = language.init(cell, text, 12, np.random.default_rng(0))
    assert language.held_out_bits(cell, untrained, text) > bigram


def test_the_gradient_is_that_of_the_bits(text):
    rng = np.random.default_rng(1)
    params = {name: value.astype(float) for name, value in language.init(rnn, text, 5, rng).items()}
    codes = rng.integers(0, len(text.alphabet), (7, 3))
    bits, grads = language.loss_and_grads(rnn, params, codes)
    one_hot = np.eye(len(text.alphabet))[codes]
    o = sequence.forward(rnn, params, one_hot[:-1])[2]
    p = np.take_along_axis(losses.softmax(o), codes[1:, :, None], 2)
    assert bits == pytest.approx(-np.log2(p).mean())
    report = numgrad.check_gradient(lambda p: language.loss_and_grads(rnn, p, codes)[0], grads, params)
    assert report.ok, str(report)


def test_every_wrong_gradient_of_a_parameter_shows_before_training(text):
    wrong = [sources.solution_variant(RNN, slip) for slip in RNN.slips]
    seen = {}
    for slip, function in zip(RNN.slips, wrong):
        outputs = diagnose(RNN.id, function).outputs
        if not outputs or any(outputs[name].note for name in ("W_x", "W_h", "b_h")):
            continue  # it raises, or returns arrays of other shapes
        right = all(outputs[name].ok for name in ("W_x", "W_h", "b_h"))
        with np.errstate(all="ignore"):
            error = language.slope_error(network_with(function), text, np.random.default_rng(0))
        seen[slip.id] = right, error
    assert len(seen) > 40 and sum(right for right, _ in seen.values()) < 20
    assert {slip for slip, (right, error) in seen.items() if (error < 0.01) != right} == set()


def test_the_student_s_own_functions_fit(text):
    own = network_with(sources.solution_variant(RNN))
    assert language.slope_error(own, text, np.random.default_rng(0)) < 1e-4
    mine = language.fit(own, text, 16, 5, progress=False)
    library = language.fit(rnn, text, 16, 5, progress=False)
    assert mine.bits == pytest.approx(library.bits, abs=1e-3)


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: language.split_text(["a"]), ValueError, "1 paragraphs came, expected at least 10"),
        (lambda: language.encode("ab", "a"), ValueError, "text contains 'b', which the alphabet lacks"),
        (lambda: language.ngram_bits(toy(), 4), ValueError, "n is 4"),
        (lambda: language.write(rnn, language.init(rnn, toy(), 3, np.random.default_rng(0)), toy(), 1, ""),
         ValueError, "start is empty"),
        (lambda: language.fit("rnn", toy(), 3, 1), AttributeError, "init"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
