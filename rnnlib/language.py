"""Character language models: a text to learn, how well n-grams predict it, training and writing.

A cell is a module of this library, or an object with the same `init`, `forward` and `backward`; so
the functions that a reader has written can be trained as well.  Losses are in bits per character,
-log2 of the probability of the next character (Shannon, 1951); less is better.
"""

import inspect
import math
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from . import losses, readout, sequence, training
from ._arguments import count, generator, positive
from ._types import Arrays, Rng

#: read for their docstrings where Python comes without its help pages
MODULES = """
    abc argparse ast asyncio bisect calendar cmath codecs collections configparser contextlib copy csv
    ctypes dataclasses datetime decimal difflib dis email enum fileinput fnmatch fractions ftplib
    functools gettext glob gzip hashlib heapq hmac html http imaplib importlib inspect io ipaddress
    itertools json keyword linecache locale logging mailbox math mimetypes numbers operator optparse os
    pathlib pickle pkgutil platform pprint queue random re reprlib sched selectors shelve shlex shutil
    smtplib socket sqlite3 ssl stat statistics string struct subprocess sys tarfile tempfile textwrap
    threading time timeit tokenize trace traceback types typing unittest urllib uuid warnings wave
    weakref xml zipfile
"""
SHARE = 10  # one paragraph of so many is held out
TOO_SHORT = 50_000  # characters; a shorter text is learned by heart


class Text(NamedTuple):
    """A text in two parts, as codes: positions in `alphabet`."""

    alphabet: str  #: its K characters, sorted
    train: np.ndarray  #: (n,) codes of the part to learn from
    held_out: np.ndarray  #: (m,) codes of the part that is only predicted
    source: str  #: where it comes from, in words


class Fitted(NamedTuple):
    """What `fit` returns."""

    params: Arrays  #: of the cell and the readout, float32
    curve: np.ndarray  #: (steps,) bits per character on each batch, before the step
    bits: float  #: bits per character on the held-out part, after the last step


def python_text() -> Text:
    """The help pages that Python carries, or the docstrings of its standard library without them.

    Lower case, ASCII, one line a paragraph, no paragraph twice; every tenth is held out.
    Raises RuntimeError where this Python has neither.
    """
    try:
        pages, source = import_module("pydoc_data.topics").topics, "Python's help pages"
        paragraphs = _paragraphs(pages[name] for name in sorted(pages))
    except ImportError:  # such as in a browser
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of modules that are on their way out
            paragraphs, source = _paragraphs(_docstrings()), "docstrings of the standard library"
    if sum(map(len, paragraphs)) < TOO_SHORT:
        raise RuntimeError("this Python comes without its help pages and without docstrings")
    return split_text(paragraphs, source)


def split_text(paragraphs: Sequence[str], source: str = "") -> Text:
    """A `Text` of these paragraphs, one a line, of which every tenth is held out."""
    if len(paragraphs) < SHARE:
        raise ValueError(f"{len(paragraphs)} paragraphs came, expected at least {SHARE}")
    held_out = [p + "\n" for p in paragraphs[SHARE - 1 :: SHARE]]
    train = [p + "\n" for n, p in enumerate(paragraphs) if (n + 1) % SHARE]
    alphabet = "".join(sorted(set().union(*train, *held_out)))
    return Text(alphabet, encode("".join(train), alphabet), encode("".join(held_out), alphabet), source)


def encode(text: str, alphabet: str) -> np.ndarray:
    """The positions of the characters in the alphabet, (n,) integers.

    Raises ValueError for a character that the alphabet lacks.
    """
    place = {character: n for n, character in enumerate(alphabet)}
    foreign = sorted(set(text) - set(place))
    if foreign:
        raise ValueError(f"text contains {foreign[0]!r}, which the alphabet lacks")
    return np.array([place[character] for character in text], int)


def _paragraphs(pages: Iterable[str]) -> list[str]:
    """The paragraphs of the pages, each once, without ruled lines and what is not ASCII."""
    found: dict[str, None] = {}
    for page in pages:
        for paragraph in re.split(r"\n\s*\n", page):
            plain = re.sub(r"([^\w\s])\1{2,}", " ", paragraph.lower())
            plain = " ".join(re.sub(r"[^ -~\n]", "", plain).split())
            if plain:
                found[plain] = None
    return list(found)


def _docstrings() -> Iterator[str]:
    """The docstrings of the modules in `MODULES`, of their functions, classes and methods."""
    for name in MODULES.split():
        try:
            module = import_module(name)
        except ImportError:  # such as ssl in a browser
            continue
        yield inspect.getdoc(module) or ""
        for _, thing in sorted(vars(module).items()):
            if getattr(thing, "__module__", None) == name:
                parts = vars(thing).values() if inspect.isclass(thing) else ()
                for part in (thing, *parts):
                    text = getattr(part, "__doc__", None)
                    yield inspect.cleandoc(text) if isinstance(text, str) else ""


def ngram_bits(text: Text, n: int = 2, prior: float = 0.1) -> float:
    """Bits per character on the held-out part where the next character depends on n - 1 before it.

    Frequencies in the part to learn from, to each of which `prior` is added.
    """
    count("n", n, 1, 3)
    positive("prior", prior)
    K = len(text.alphabet)
    seen = np.full((K,) * n, prior)
    np.add.at(seen, tuple(text.train[i : len(text.train) - n + 1 + i] for i in range(n)), 1)
    p = seen / seen.sum(axis=-1, keepdims=True)
    chosen = p[tuple(text.held_out[i : len(text.held_out) - n + 1 + i] for i in range(n))]
    return float(-np.log2(chosen).mean())


def init(cell: Any, text: Text, H: int, rng: Rng) -> Arrays:
    """Parameters of the cell, with H units, and of the readout on top of it, float32."""
    K = len(text.alphabet)
    params = {**cell.init(K, count("H", H, 1), generator(rng)), **readout.init(H, K, rng)}
    return {name: value.astype(np.float32) for name, value in params.items()}


def loss_and_grads(cell: Any, params: Arrays, codes: np.ndarray,
                   states: Arrays | None = None) -> tuple[float, Arrays]:
    """Bits per character of pieces of text, and the gradient.

    codes: (T + 1, B); step t reads codes[t] and predicts codes[t + 1].  states: the initial ones by
    name, such as h0 (B, H); zeros if None.
    """
    states = _zeros(cell, params, codes) if states is None else states
    K, dtype = len(params["b_y"]), params["b_y"].dtype
    pieces = np.eye(K, dtype=dtype)[codes]
    value, grads = sequence.loss_and_grads(
        cell, params, pieces[:-1], pieces[1:], losses.softmax_cross_entropy, **states
    )
    scale = 1 / (math.log(2) * codes[1:].size)
    return value * scale, {name: scale * grads[name] for name in params}


def slope_error(cell: Any, text: Text, rng: Rng, H: int = 16) -> float:
    """How far a cell's gradient is from measured slopes: ‖difference‖ / ‖measured‖, in five directions.

    The directions in parameter space are random, the slopes are difference quotients of the loss of a
    small network with H units and random initial states.  Below 1e-3 where forward and backward pass
    fit each other, in float32 too.
    """
    params = {name: value.astype(float) for name, value in init(cell, text, H, rng).items()}
    params = {name: value + 0.3 * rng.standard_normal(value.shape) for name, value in params.items()}
    codes, step = _batch(text.train, 12, 4, rng), 1e-3
    states = {name: rng.uniform(-1, 1, s.shape) for name, s in _zeros(cell, params, codes).items()}
    grads = loss_and_grads(cell, params, codes, states)[1]
    claimed, measured = [], []
    for _ in range(5):
        way = {name: rng.standard_normal(value.shape) for name, value in params.items()}
        size = training.global_norm(way)
        ends = [
            loss_and_grads(cell, {n: p + e / size * way[n] for n, p in params.items()}, codes, states)[0]
            for e in (step, -step)
        ]
        claimed.append(sum(float((grads[name] * way[name]).sum()) for name in params) / size)
        measured.append((ends[0] - ends[1]) / (2 * step))
    return float(np.linalg.norm(np.subtract(claimed, measured)) / np.linalg.norm(measured))


def fit(cell: Any, text: Text, H: int, steps: int, lr: float = 0.005, seed: int = 0, T: int = 30,
        B: int = 32, progress: bool = True) -> Fitted:
    """Trains cell and readout by Adam to predict the next character, on random pieces of the text.

    H: hidden units.  Every step takes B pieces of T characters, each from a state of zeros.  The
    progress bar shows bits per character; Ctrl-C ends early and keeps what was learned.
    """
    rng = np.random.default_rng(seed)
    trained = training.train(
        lambda params: loss_and_grads(cell, params, _batch(text.train, T, B, rng)),
        init(cell, text, H, rng), steps, training.Adam(lr), clip=1.0, progress=progress,
    )
    return Fitted(trained.params, np.array(trained.losses), held_out_bits(cell, trained.params, text))


def held_out_bits(cell: Any, params: Arrays, text: Text) -> float:
    """Bits per character on the held-out part, read as 32 long pieces, each from a state of zeros."""
    T = len(text.held_out) // 32
    codes = text.held_out[: 32 * T].reshape(32, T).T
    K = len(text.alphabet)
    x = np.eye(K, dtype=params["b_y"].dtype)[codes[:-1]]
    o = sequence.forward(cell, params, x, **_zeros(cell, params, codes))[2]
    p = np.take_along_axis(losses.softmax(o), codes[1:, :, None], axis=2)
    return float(-np.log2(p).mean())


def write(cell: Any, params: Arrays, text: Text, n: int, start: str = "the ", temperature: float = 0.7,
          seed: int = 0) -> str:
    """`start`, and n characters that the network draws, one after the other.

    temperature: the logits are divided by it; below 1, likely characters become likelier.
    """
    if not start:
        raise ValueError("start is empty, expected at least one character")
    temperature, rng, written = positive("temperature", temperature), np.random.default_rng(seed), start
    codes, eye = encode(start, text.alphabet)[:, None], np.eye(len(text.alphabet), dtype=params["b_y"].dtype)
    states = _zeros(cell, params, codes)
    for _ in range(count("n", n, 0)):
        run, _, o = sequence.forward(cell, params, eye[codes], **states)
        states = {name: np.asarray(getattr(run, name[0])[-1], eye.dtype) for name in states}
        p = losses.softmax(np.asarray(o[-1, 0], float) / temperature)
        codes = np.array([[rng.choice(len(p), p=p / p.sum())]])
        written += text.alphabet[codes[0, 0]]
    return written


def _batch(codes: np.ndarray, T: int, B: int, rng: Rng) -> np.ndarray:
    """B random pieces of T + 1 codes, (T + 1, B)."""
    start = rng.integers(0, len(codes) - T, B)
    return codes[start + np.arange(T + 1)[:, None]]


def _zeros(cell: Any, params: Arrays, codes: np.ndarray) -> Arrays:
    """The initial states that the cell's forward pass takes: h0, and c0 if it has one."""
    zeros = np.zeros((codes.shape[1], len(params["W_y"])), params["W_y"].dtype)
    return {name: zeros for name in inspect.signature(cell.forward).parameters if name in ("h0", "c0")}
