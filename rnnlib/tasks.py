"""Toy tasks that need memory over many steps.  Each makes a batch from a numpy Generator `rng`.

Inputs are x (T, B, D); targets y have the shape of the outputs that a loss compares them with.
"""

import contextlib
import functools
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from ._arguments import Reader, count, generator
from ._types import Loss, Rng

REBER = "BTPSXVE"
# state of the grammar: (symbol, next state); the two symbols of a state are equally likely
GRAMMAR = {
    0: (("B", 1),),
    1: (("T", 2), ("P", 3)),
    2: (("S", 2), ("X", 4)),
    3: (("T", 3), ("V", 5)),
    4: (("X", 3), ("S", 6)),
    5: (("P", 4), ("V", 6)),
    6: (("E", 7),),
}


def adding(T: int, B: int, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """The adding problem (Hochreiter and Schmidhuber, 1997): the sum of the two marked numbers.

    x (T, B, 2): numbers uniform in [0, 1], and a mark 1 at one step of each half of the sequence.
    y (B, 1): the sum, due at the last step; see `at_last`.  Always answering 1 has a mean squared
    error of 1/6.  Returns (x, y).
    """
    count("T", T, 2)
    count("B", B, 1)
    generator(rng)
    x = np.zeros((T, B, 2))
    x[:, :, 0] = rng.uniform(size=(T, B))
    batch = np.arange(B)
    first, second = rng.integers(0, T // 2, B), rng.integers(T // 2, T, B)
    x[first, batch, 1] = x[second, batch, 1] = 1
    return x, (x[first, batch, 0] + x[second, batch, 0])[:, None]


def at_last(loss: Loss) -> Loss:
    """The loss (o, y) -> (loss, do) that asks `loss` about the last step only, y being (B, K)."""

    @functools.wraps(loss)
    def last(o: np.ndarray, y: np.ndarray, **options: Any) -> tuple[float, np.ndarray]:
        o = Reader().array("o", o, "T B K")
        value, do_T = loss(o[-1], y, **options)
        do = np.zeros(o.shape, do_T.dtype)
        do[-1] = do_T
        return value, do

    return last


def copy_memory(T: int, B: int, rng: Rng, symbols: int = 8,
                length: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Copying after a delay (Hochreiter and Schmidhuber, 1997; Arjovsky, Shah and Bengio, 2016).

    `length` random symbols, T blanks, a delimiter, then blanks while the symbols are due in order;
    blanks are due until then.  One-hot classes: the symbols, blank, delimiter.  Remembering
    nothing costs length · ln(symbols) nats an instance.  Returns x and y, each
    (T + 2 length, B, symbols + 2).
    """
    for name, value in (("T", T), ("B", B), ("symbols", symbols), ("length", length)):
        count(name, value, 1)
    blank, delimiter = symbols, symbols + 1
    message = generator(rng).integers(0, symbols, (length, B))
    x = np.full((T + 2 * length, B), blank)
    y = x.copy()
    x[:length], y[-length:] = message, message
    x[T + length - 1] = delimiter
    return one_hot(x, symbols + 2), one_hot(y, symbols + 2)


def reber_string(rng: Rng, embedded: bool = True) -> str:
    """A string of Reber's grammar; embedded, its last but one symbol repeats the second."""
    generator(rng)
    if embedded:
        branch = "TP"[rng.integers(2)]
        return f"B{branch}{reber_string(rng, embedded=False)}{branch}E"
    string, state = "", 0
    while state in GRAMMAR:
        symbol, state = GRAMMAR[state][rng.integers(len(GRAMMAR[state]))]
        string += symbol
    return string


def embedded_reber(B: int, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """The embedded Reber grammar (Cleeremans et al., 1989): the next symbol, with its probability.

    x (T, B, 7): one-hot symbols in the order "BTPSXVE".  y (T, B, 7): the probabilities of the
    next symbol, so y > 0 marks what is legal; rows of zeros after an instance's end, where x is
    zero too.  T is the longest string's length - 1.  Returns (x, y).
    """
    strings = [reber_string(rng) for _ in range(count("B", B, 1))]
    x = np.zeros((max(map(len, strings)) - 1, B, len(REBER)))
    y = np.zeros_like(x)
    for b, string in enumerate(strings):
        for t, (symbol, legal) in enumerate(zip(string, legal_successors(string))):
            x[t, b, REBER.index(symbol)] = 1
            y[t, b, [REBER.index(s) for s in legal]] = 1 / len(legal)
    return x, y


def legal_successors(string: str) -> list[Sequence[str]]:
    """For each symbol of an embedded Reber string but the last, the symbols that may follow."""
    legal: list[Sequence[str]] = ["TP", "B"]
    state = 0
    for symbol in string[2:-2]:
        state = dict(GRAMMAR[state])[symbol]
        legal.append([s for s, _ in GRAMMAR[state]] if state in GRAMMAR else string[1])
    return [*legal, "E"]


def characters(T: int, B: int, rng: Rng,
               text: str | None = None) -> tuple[np.ndarray, np.ndarray, str]:
    """Predict the next character: B random pieces of T steps of a text, `zen()` if None.

    x, y: (T, B, K) one-hot over the sorted characters of the text, y one step ahead of x.
    Returns (x, y, alphabet).
    """
    text = zen() if text is None else text
    if not isinstance(text, str):
        raise TypeError(f"text is {type(text).__name__}, expected a str")
    if len(text) < 2:
        raise ValueError(f"text has length {len(text)}, expected at least 2 characters")
    alphabet = "".join(sorted(set(text)))
    codes = np.array([alphabet.index(character) for character in text])
    count("T", T, 1, len(codes) - 1)
    start = generator(rng).integers(0, len(codes) - T, count("B", B, 1))
    pieces = one_hot(codes[start + np.arange(T + 1)[:, None]], len(alphabet))
    return pieces[:-1], pieces[1:], alphabet


def zen() -> str:
    """The Zen of Python, which every Python carries (enciphered, in its module `this`)."""
    with contextlib.redirect_stdout(io.StringIO()):  # importing it prints it
        import this
    return "".join(this.d.get(character, character) for character in this.s)


def one_hot(classes: np.ndarray, K: int) -> np.ndarray:
    """Integers 0..K-1 of any shape (...) as rows of zeros with one 1: (..., K)."""
    classes = np.asarray(classes)
    if classes.dtype.kind not in "iu":
        raise TypeError(f"classes has dtype {classes.dtype}, expected integers")
    wrong = classes[(classes < 0) | (classes >= count("K", K, 1))]
    if wrong.size:
        raise ValueError(f"classes contains {wrong[0]}, expected integers from 0 to {K - 1}")
    return np.eye(K)[classes]
