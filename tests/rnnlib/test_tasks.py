"""The toy tasks: each answer is worked out again from the input alone."""

import numpy as np
import pytest

from rnnlib import losses, numgrad, tasks


def test_adding_asks_for_the_sum_of_the_two_marked_numbers(rng):
    x, y = tasks.adding(9, 500, rng)
    numbers, marks = x[..., 0], x[..., 1]
    assert x.shape == (9, 500, 2) and y.shape == (500, 1)
    assert (marks[:4].sum(axis=0) == 1).all() and (marks[4:].sum(axis=0) == 1).all()
    assert np.allclose((numbers * marks).sum(axis=0), y[:, 0])
    assert np.mean((y - 1) ** 2) == pytest.approx(1 / 6, rel=0.2)


def test_copy_memory_repeats_the_message_after_the_delimiter(rng):
    x, y = tasks.copy_memory(7, 5, rng, symbols=4, length=3)
    assert x.shape == y.shape == (13, 5, 6)
    said, due = x.argmax(axis=-1), y.argmax(axis=-1)
    assert (x.sum(axis=-1) == 1).all() and (y.sum(axis=-1) == 1).all()
    assert (said[:3] < 4).all() and (due[-3:] == said[:3]).all() and (due[:-3] == 4).all()
    assert (said[9] == 5).all() and (np.delete(said[3:], 6, axis=0) == 4).all()


def test_reber_strings_follow_the_grammar(rng):
    for _ in range(200):
        string = tasks.reber_string(rng)
        assert string[0] == "B" and string[-1] == "E" and string[1] == string[-2] in "TP"
        legal = tasks.legal_successors(string)
        assert len(legal) == len(string) - 1
        assert all(symbol in may for symbol, may in zip(string[1:], legal))
    with pytest.raises(KeyError):  # and a string that is not of the grammar has no successors
        tasks.legal_successors("BTBTXXTTETE"[:4] + "B" + "VETE")


def test_embedded_reber_gives_probabilities_of_the_next_symbol(rng):
    x, y = tasks.embedded_reber(20, rng)
    running = x.any(axis=-1)
    assert x.shape == y.shape and x.shape[1:] == (20, 7)
    assert np.allclose(y.sum(axis=-1), running)
    assert (y[:-1][running[1:]] [x[1:][running[1:]] == 1] > 0).all()
    assert (np.diff(running.astype(int), axis=0) <= 0).all()  # no gaps
    loss, do = losses.softmax_cross_entropy(np.zeros_like(x), y)
    assert loss == pytest.approx(running.sum() * np.log(7)) and not do[~running].any()


def test_characters_are_consecutive_pieces_of_the_text(rng, capsys):
    x, y, alphabet = tasks.characters(20, 4, rng)
    text = tasks.zen()
    assert text.startswith("The Zen of Python") and capsys.readouterr().out == ""
    assert x.shape == y.shape == (20, 4, len(alphabet))
    for b in range(4):
        read = "".join(alphabet[k] for k in x[:, b].argmax(axis=-1))
        due = "".join(alphabet[k] for k in y[:, b].argmax(axis=-1))
        assert read in text and read[1:] == due[:-1] and read + due[-1] in text
    assert tasks.characters(3, 1, rng, text="abcd")[2] == "abcd"


def test_one_hot():
    assert tasks.one_hot([[0, 2], [1, 0]], 3).tolist() == [[[1, 0, 0], [0, 0, 1]], [[0, 1, 0], [1, 0, 0]]]
    assert tasks.one_hot(np.uint8(1), 2).tolist() == [0, 1]


def test_loss_at_the_last_step_only(rng):
    o, y = rng.normal(size=(4, 2, 3)), rng.normal(size=(2, 3))
    loss = tasks.at_last(losses.squared_error)
    value, do = loss(o, y)
    assert value == losses.squared_error(o[-1], y)[0]
    assert not do[:-1].any()
    assert np.abs(do - numgrad.complex_step(lambda z: loss(z, y)[0], o)).max() < 1e-13
    assert loss(o, y, reduction="mean")[0] == pytest.approx(value / 2)
    single = o.astype(np.float32)
    assert loss(single, y.astype(np.float32))[1].dtype == np.float32
    assert np.array_equal(loss(single, y)[1][-1], losses.squared_error(single[-1], y)[1])  # float64


def test_the_generator_decides_everything():
    for task in (lambda rng: tasks.adding(5, 3, rng), lambda rng: tasks.copy_memory(5, 3, rng),
                 lambda rng: tasks.embedded_reber(3, rng), lambda rng: tasks.characters(5, 3, rng)[:2]):
        one, same, other = (task(np.random.default_rng(seed)) for seed in (1, 1, 2))
        assert all(np.array_equal(a, b) for a, b in zip(one, same))
        assert not all(np.array_equal(a, b) for a, b in zip(one, other))


@pytest.mark.parametrize("call, error, words", [
    (lambda rng: tasks.adding(1, 3, rng), ValueError, "T is 1, expected an int at least 2"),
    (lambda rng: tasks.adding(5, 0, rng), ValueError, "B is 0"),
    (lambda rng: tasks.copy_memory(5, 2.0, rng), TypeError, "B is float"),
    (lambda rng: tasks.copy_memory(5, 2, rng, symbols=0), ValueError, "symbols is 0"),
    (lambda rng: tasks.embedded_reber(0, rng), ValueError, "B is 0"),
    (lambda rng: tasks.characters(4, 1, rng, text="abcd"), ValueError, "T is 4, expected an int from 1 to 3"),
    (lambda rng: tasks.characters(3, 1, rng, "a"), ValueError, "text has length 1, expected at least 2"),
    (lambda rng: tasks.characters(3, 1, rng, 5), TypeError, "text is int, expected a str"),
    (lambda rng: tasks.adding(5, 3, None), TypeError, "rng is NoneType, expected a numpy.random.Generator"),
    (lambda rng: tasks.copy_memory(5, 3, 0), TypeError, "rng is int"),
    (lambda rng: tasks.embedded_reber(3, None), TypeError, "rng is NoneType"),
    (lambda rng: tasks.characters(3, 1, None, "abcd"), TypeError, "rng is NoneType"),
    (lambda rng: tasks.at_last(losses.squared_error)([1.0], [1.0]), ValueError, "o has shape (1,), expected (T, B, K)"),
    (lambda rng: tasks.one_hot([-1], 3), ValueError, "classes contains -1, expected integers from 0 to 2"),
    (lambda rng: tasks.one_hot([0, 3], 3), ValueError, "classes contains 3"),
    (lambda rng: tasks.one_hot([True, False], 2), TypeError, "classes has dtype bool, expected integers"),
    (lambda rng: tasks.one_hot([0.0], 2), TypeError, "classes has dtype float64"),
    (lambda rng: tasks.one_hot([0], 0), ValueError, "K is 0"),
])
def test_bad_input_is_named(call, error, words, rng):
    with pytest.raises(error) as caught:
        call(rng)
    assert words in str(caught.value)
