"""The course's figures.  The only module that imports Matplotlib.

Colours are those of Okabe and Ito (2008), told apart by colour-blind readers; every figure is
shown with an alternative text, which is also what a terminal sees.  In a dark theme the page turns a
figure's lightness round and keeps its hues.
"""

from __future__ import annotations  # types of Matplotlib, which may be missing

import base64
import html
import io
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

try:
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyArrowPatch, Rectangle
except ModuleNotFoundError as error:
    if error.name != "matplotlib":
        raise

    class _NoMatplotlib:
        """Stands for Matplotlib, so that a lesson works without its figures."""

        def __getattr__(self, name: str) -> NoReturn:
            raise ImportError("figures need Matplotlib, which is not installed here: pip install matplotlib")

    plt = _NoMatplotlib()  # type: ignore[assignment]

from ._types import Arrays
from .language import Fitted

BLUE, ORANGE, GREEN, PINK, SKY, RED, GREY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#8A8A8A",
)
COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, RED)
# inverted, white becomes the background of JupyterLab's and of VS Code's dark themes, and black nearly white
DARK_THEME = (
    "<style>[data-jp-theme-light=false] .unrolled-figure, .vscode-dark .unrolled-figure "
    "{ filter: invert(.93) hue-rotate(180deg) }</style>"
)


def show(figure: Figure, alt: str) -> None:
    """Displays `figure` with the alternative text `alt`, then closes it.

    Without IPython, as in a script, there is nothing to display it in: the text is printed.
    """
    if getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)() is None:
        plt.close(figure)
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        print(f"[figure: {alt}]".encode(encoding, "replace").decode(encoding))
        return
    from IPython.display import display

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120, bbox_inches="tight", facecolor="white")
    plt.close(figure)
    data = base64.b64encode(buffer.getvalue()).decode()
    source = f"data:image/png;base64,{data}"
    label = html.escape(alt, quote=True)
    image = f'<img alt="{label}" class="unrolled-figure" src="{source}" style="max-width:100%">'
    display({"text/html": DARK_THEME + image, "text/plain": f"[figure: {alt}]"}, raw=True)


def lines(x: np.ndarray, curves: Arrays, xlabel: str, ylabel: str, title: str = "", log: str = "",
          marker: str | None = None) -> Figure:
    """One panel of labelled curves.  curves: {label: y}; log: "", "x", "y" or "xy"."""
    figure, axes = _panel(xlabel, ylabel, title)
    for (label, y), colour in zip(curves.items(), COLOURS):
        axes.plot(x, y, color=colour, label=label, marker=marker, linewidth=2, markersize=4)
    if "x" in log:
        axes.set_xscale("log")
    if "y" in log:
        axes.set_yscale("log")
    axes.legend(frameon=False)
    return figure


def paired_bars(values: Arrays, xlabel: str, ylabel: str, title: str = "") -> Figure:
    """Groups of bars over steps 1, 2, …  values: {label: (T,) numbers}."""
    figure, axes = _panel(xlabel, ylabel, title)
    width = 0.8 / len(values)
    for n, ((label, y), colour) in enumerate(zip(values.items(), COLOURS)):
        steps = np.arange(1, len(y) + 1)
        axes.bar(steps + (n - (len(values) - 1) / 2) * width, y, width, color=colour, label=label)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_xticks(range(1, len(y) + 1))
    axes.legend(frameon=False)
    return figure


def repeated_lines(runs: dict[str, list[tuple[np.ndarray, np.ndarray]]], xlabel: str, ylabel: str,
                   title: str = "", log: str = "y") -> Figure:
    """One panel of repeated runs.  runs: {label: [(x, y) of each run]}, one colour for each label."""
    figure = lines(np.array([]), {label: np.array([]) for label in runs}, xlabel, ylabel, title, log)
    for several, colour in zip(runs.values(), COLOURS):
        for x, y in several:
            figure.axes[0].plot(x, y, color=colour, linewidth=1)
    return figure


def medians(x: np.ndarray, samples: Arrays, xlabel: str, ylabel: str) -> Figure:
    """Median and range of samples over x.  samples: {label: (len(x), n)}; n = 1 is a plain curve."""
    middle = {label: np.median(several, axis=1) for label, several in samples.items()}
    figure = lines(x, middle, xlabel, ylabel, marker="o")
    for several, colour in zip(samples.values(), COLOURS):
        figure.axes[0].fill_between(x, several.min(axis=1), several.max(axis=1), color=colour, alpha=0.2)
    figure.axes[0].axhline(0, color=GREY, linewidth=0.8)
    return figure


def stacked_paths(terms: list[np.ndarray], totals: np.ndarray, ylabel: str) -> Figure:
    """For each step k its path terms, stacked, and the total as a dot.

    terms: list over k = 1..T of (k,) arrays; totals: (T,).
    """
    T = len(terms)
    shades = plt.get_cmap("viridis")(np.linspace(0.1, 0.9, T))
    figure, axes = _panel("step k", ylabel, "")
    _stack(axes, range(1, T + 1), terms, [f"use at step {i}" for i in range(1, T + 1)], shades)
    axes.plot(range(1, T + 1), totals, "o", color="black", markersize=5, label="total derivative")
    axes.legend(frameon=False, bbox_to_anchor=(1.01, 1), loc="upper left")
    return figure


def stacked_parts(steps: Sequence[int], parts: np.ndarray, true: np.ndarray, names: Sequence[str],
                  ylabel: str, title: str) -> Figure:
    """For each step its parts, stacked up or down by their sign, and the true value as a dot.

    parts: (len(steps), len(names)); true: (len(steps),).
    """
    figure, axes = _panel("step t", ylabel, title)
    figure.set_size_inches(6.4, 2.4)
    _stack(axes, steps, parts, names, COLOURS)
    axes.plot(steps, true, "o", color="black", markersize=5, label="true")
    axes.set_ylim(-0.7, 1.2)
    axes.legend(frameon=False, loc=(1.01, 0.1))
    return figure


def landscape(values: np.ndarray, x: np.ndarray, y: np.ndarray, xlabel: str, ylabel: str, title: str,
              moves: Sequence[tuple[np.ndarray, np.ndarray]]) -> Figure:
    """A function of two numbers as colours, and straight moves over it.

    values: (len(y), len(x)), over rising x and falling y; moves: pairs (start, end) of points (x, y), the
    first in red, the others in white.  A move that leaves the panel is cut at its edge.
    """
    figure, axes = plt.subplots(figsize=(6.4, 4.4))
    bounds = (float(x[0]), float(x[-1]), float(y[-1]), float(y[0]))
    figure.colorbar(axes.imshow(values, extent=bounds, aspect="auto"))
    for (start, end), colour in zip(moves, (RED, *["white"] * len(moves))):
        axes.plot(*zip(start, end), color=colour, linewidth=3)
        axes.plot(*start, "o", color="white", markersize=7)
    axes.set(xlim=bounds[:2], ylim=bounds[2:], xlabel=xlabel, ylabel=ylabel)
    axes.set_title(title, fontsize=11)
    return figure


def unrolled(T: int, lit: tuple[int, int] | None = None, names: Sequence[str] = ("x", "s", "o"),
             weights: Sequence[str] = ("U", "W", "V")) -> Figure:
    """The network unrolled over T steps; `lit=(i, k)` lights the path from the use of the recurrent
    weight at step i to the state of step k.

    names: letters of input, state and output; weights: those of the three weights.
    """
    x, s, o = names
    U, W, V = weights
    figure, axes = plt.subplots(figsize=(1.7 * (T + 1), 2.9))
    axes.set_xlim(-0.5, T + 0.6)
    axes.set_ylim(-1.3, 1.35)
    axes.axis("off")
    first, last = lit or (0, -1)
    for t in range(T + 1):
        on_path = lit is not None and first <= t <= last
        _node(axes, t, 0, f"${s}_{t}$", BLUE if on_path else GREY)
        if t == 0:
            continue
        used = lit is not None and t == first
        carried = lit is not None and first < t <= last
        colour = RED if used else BLUE if carried else GREY
        _arrow(axes, (t - 1, 0), (t, 0), colour)
        label = rf"$\partial^{{+}}{W}$" if used else f"$J_{t}$" if carried else f"${W}$"
        axes.text(t - 0.5, 0.13, label, ha="center", color=colour, fontsize=12)
        _node(axes, t, -1, f"${x}_{t}$", GREY)
        _arrow(axes, (t, -1), (t, 0), GREY)
        axes.text(t + 0.07, -0.55, f"${U}$", color=GREY, fontsize=11)
        _node(axes, t, 1, f"${o}_{t}$", GREY)
        _arrow(axes, (t, 0), (t, 1), GREY)
        axes.text(t + 0.07, 0.45, f"${V}$", color=GREY, fontsize=11)
    return figure


def carousel(T: int) -> Figure:
    """The LSTM cell of 1997 over T steps; dashed are the paths that its truncated gradient cuts."""
    figure = unrolled(T, names=("x", "c", "h"), weights=("i,g", "1", "o"))
    for t in range(2, T + 1):
        for end in ((t, 0), (t, 1)):  # h_{t-1} enters c_t through i and g, and h_t through o
            _arrow(figure.axes[0], (t - 1, 1), end, RED, style="--")
    return figure


def lstm_paths(T: int) -> Figure:
    """Every path from step to step of an LSTM over T steps: cells in the middle row, states above."""
    figure = unrolled(T, names=("x", "c", "h"), weights=("i, f, g", "f", "o"))
    figure.set_size_inches(9, 4)
    axes = figure.axes[0]
    _node(axes, 0, 1, "$h_0$", GREY)
    for t in range(1, T + 1):
        _arrow(axes, (t - 1, 1), (t, 0), RED)
        axes.text(t - 0.44, 0.5, "through\n$i, f, g$", color=RED)
        _arrow(axes, (t - 1, 1), (t, 1), BLUE)
        axes.text(t - 0.5, 1.08, "through $o$", ha="center", color=BLUE)
        _arrow(axes, (t, -1), (t, 1), GREY, bend=-0.35)  # x_t enters h_t through the output gate
        axes.text(t - 0.3, -0.6, "$o$", color=GREY, fontsize=11)
    return figure


def lstm_cell() -> Figure:
    """One step of an LSTM with a forget gate, as it is usually drawn.

    The line at the bottom carries x_t and h_{t-1} to all four units, the line at the top the cell.
    """
    figure, axes = plt.subplots(figsize=(8.4, 4.6))
    axes.set(xlim=(-1.3, 10.5), ylim=(-1.2, 5.1))
    axes.axis("off")
    axes.add_patch(Rectangle((0.1, -0.25), 8.9, 4.85, facecolor="#F4F4F4", edgecolor=GREY, zorder=0))
    gates = {"f": (1.2, "σ"), "i": (2.8, "σ"), "g": (4.2, "tanh"), "o": (5.8, "σ")}
    cell, states, top, low = BLUE, RED, 4.0, 0.4

    _line(axes, [(-0.6, top), (9.6, top)], cell, arrow=True)  # the cell, from step to step
    axes.text(-0.7, top, "$c_{t-1}$", ha="right", va="center", fontsize=14, color=cell)
    axes.text(9.7, top, "$c_t$", va="center", fontsize=14, color=cell)
    _line(axes, [(-0.6, low), (5.8, low)], states)  # what all four units read
    axes.text(-0.7, low, "$h_{t-1}$", ha="right", va="center", fontsize=14, color=states)
    _line(axes, [(0.5, -0.8), (0.5, low)], "black")
    axes.plot(0.5, low, "o", color="black", markersize=6)
    axes.text(0.5, -1.1, "$x_t$", ha="center", fontsize=14)
    for name, (x, unit) in gates.items():
        _line(axes, [(x, low), (x, 1.2)], states, arrow=True)
        axes.text(x, 1.45, unit, ha="center", va="center", fontsize=12,
                  bbox={"boxstyle": "square,pad=.35", "facecolor": "#FBE3B3", "edgecolor": "black"})
        axes.text(x - 0.12, 1.92, f"${name}_t$", ha="right", fontsize=13)
    _line(axes, [(1.2, 1.75), (1.2, top - 0.2)], "black", arrow=True)
    _line(axes, [(2.8, 1.75), (2.8, 2.6), (3.3, 2.6)], "black", arrow=True)
    _line(axes, [(4.2, 1.75), (4.2, 2.6), (3.7, 2.6)], "black", arrow=True)
    _line(axes, [(3.5, 2.8), (3.5, top - 0.2)], "black", arrow=True)
    _line(axes, [(7.4, top), (7.4, 3.3)], cell, arrow=True)
    axes.text(7.4, 3.05, "tanh", ha="center", va="center", fontsize=11,
              bbox={"boxstyle": "round,pad=.3", "facecolor": "white", "edgecolor": "black"})
    _line(axes, [(7.4, 2.8), (7.4, 2.2)], "black", arrow=True)
    _line(axes, [(5.8, 1.75), (5.8, 2.0), (7.2, 2.0)], "black", arrow=True)
    _line(axes, [(7.4, 1.8), (7.4, low), (9.6, low)], states, arrow=True)
    axes.text(9.7, low, "$h_t$", va="center", fontsize=14, color=states)
    for x, y, sign in ((1.2, top, "×"), (3.5, top, "+"), (3.5, 2.6, "×"), (7.4, 2.0, "×")):
        axes.plot(x, y, "o", markersize=15, markerfacecolor="white", markeredgecolor="black")
        axes.text(x, y, sign, ha="center", va="center", fontsize=13)
    return figure


def heatmap(values: np.ndarray, xlabel: str, ylabel: str, title: str = "",
            first: tuple[int, int] = (1, 1), numbers: str = "", cmap: str = "viridis") -> Figure:
    """A matrix as colours: rows downward along `ylabel`, columns along `xlabel`; NaN stays blank.

    first: the numbers of the first column and row.  numbers: format of the figures printed into
    the fields, such as ".2f"; none if empty.
    """
    values = np.asarray(values, float)
    rows, columns = values.shape
    figure, axes = plt.subplots(figsize=(min(8, 0.6 * columns + 2.2), min(6, 0.45 * rows + 1.4)))
    image = axes.imshow(values, cmap=cmap, aspect="auto")
    figure.colorbar(image)
    middle = np.nanmin(values) + np.nanmax(values)
    for (i, j), value in np.ndenumerate(values):
        if numbers and not np.isnan(value):
            colour = "white" if 2 * value < middle else "black"
            axes.text(j, i, format(value, numbers), ha="center", va="center", color=colour, fontsize=9)
    axes.set_xticks(range(columns), [str(first[0] + j) for j in range(columns)])
    axes.set_yticks(range(rows), [str(first[1] + i) for i in range(rows)])
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.set_title(title, fontsize=11)
    return figure


def paths_heatmap(coefficients: np.ndarray, title: str) -> Figure:
    """Share of each path (loss at step t, use at step s) in a gradient; NaN where there is none."""
    T = len(coefficients)
    figure, axes = plt.subplots(figsize=(0.75 * T + 1.6, 0.75 * T + 0.8))
    axes.imshow(np.abs(coefficients), cmap="Blues", vmin=0, vmax=1.6)
    for t in range(T):
        for s in range(t + 1):
            axes.text(s, t, f"{coefficients[t, s] + 0.0:.1f}", ha="center", va="center")
    axes.set_xticks(range(T), [f"s={s + 1}" for s in range(T)])
    axes.set_yticks(range(T), [f"t={t + 1}" for t in range(T)])
    axes.set_xlabel("use of the matrix at step s")
    axes.set_ylabel("loss at step t")
    axes.set_title(title, fontsize=11)
    return figure


def combination_tree(rounds: Sequence[Sequence[tuple[int, int]]], T: int) -> Figure:
    """Which steps are combined in which round of a parallel scan over T steps.

    rounds: for each round its pairs (i, j), counted from 0; what stands at j then holds i as well.
    Time runs to the right, the rounds downward.
    """
    figure, axes = plt.subplots(figsize=(0.75 * T + 1, 0.62 * len(rounds) + 1.2))
    for j in range(T):
        axes.plot([j + 1, j + 1], [0, len(rounds)], color=GREY, linewidth=1, zorder=0)
    for r, pairs in enumerate(rounds):
        for i, j in pairs:
            axes.plot([i + 1, j + 1], [r, r + 1], color=BLUE, linewidth=2)
            axes.plot(j + 1, r + 1, "o", color=BLUE, markersize=9)
    axes.set_xticks(range(1, T + 1))
    axes.set_yticks(range(1, len(rounds) + 1))
    axes.invert_yaxis()
    axes.set_xlabel("step t")
    axes.set_ylabel("round")
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)
    return figure


def show_learning(fitted: Mapping[str, Fitted], levels: Mapping[str, float]) -> None:
    """Prints the bits per character on held-out text and shows the learning curves, beside the levels.

    fitted: {label: what `language.fit` returned}.  levels: {label: bits}, such as those of n-grams.
    """
    bits = {**{label: one.bits for label, one in fitted.items()}, **levels}
    print("bits per character, held out: " + _listed(bits))
    curves = {label: one.curve for label, one in fitted.items()}
    ends = {label: curve[-50:].mean() for label, curve in curves.items()}
    show(
        learning_curves(curves, levels, "bits per character"),
        f"Bits per character against training step; at the end: {_listed(ends)}. Levels: {_listed(levels)}.",
    )


def _listed(numbers: Mapping[str, float]) -> str:
    return "; ".join(f"{label} {number:.2f}" for label, number in numbers.items())


def learning_curves(curves: Arrays, levels: Mapping[str, float], ylabel: str, window: int = 50) -> Figure:
    """Curves over training steps, averaged over `window` steps, and dashed levels to compare with.

    curves: {label: (steps,)}, of any lengths.  levels: {label: number}.
    """
    figure, axes = _panel("training step", ylabel, "")
    for (label, curve), colour in zip(curves.items(), COLOURS):
        n = max(min(window, len(curve)), 1)
        means = np.asarray(curve)[: len(curve) // n * n].reshape(-1, n).mean(axis=1)
        axes.plot(n * np.arange(1, len(means) + 1), means, color=colour, label=label, linewidth=2)
    for (label, level), style in zip(levels.items(), ("--", ":", "-.")):
        axes.axhline(level, color=GREY, linestyle=style, label=f"{label}, {level:.2f}")
    axes.legend(frameon=False)
    return figure


def _panel(xlabel: str, ylabel: str, title: str) -> tuple[Figure, Axes]:
    figure, axes = plt.subplots(figsize=(6.4, 3.4))
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.set_title(title, fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _node(axes: Axes, x: float, y: float, label: str, colour: str) -> None:
    axes.plot(x, y, "o", markersize=25, markerfacecolor="white", markeredgecolor=colour, markeredgewidth=2)
    axes.text(x, y, label, ha="center", va="center", fontsize=13)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str,
           style: str = "-", bend: float = 0.0) -> None:
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            connectionstyle=f"arc3,rad={bend}",
            linestyle=style,
            mutation_scale=14,
            shrinkA=15,
            shrinkB=15,
            color=colour,
            linewidth=2 if colour != GREY else 1.3,
        )
    )


def _line(axes: Axes, corners: Sequence[tuple[float, float]], colour: str, arrow: bool = False) -> None:
    """A line with square corners; with `arrow` it ends in a head."""
    axes.plot(*zip(*corners), color=colour, linewidth=1.8, zorder=1)
    if arrow:
        head = {"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", corners[-1], corners[-2], arrowprops=head)


def _stack(axes: Axes, steps: Sequence[int], rows: Sequence[np.ndarray] | np.ndarray,
           names: Sequence[str], colours: Sequence[Any] | np.ndarray) -> None:
    """Bars at `steps`, the positive parts stacked upward and the negative ones downward."""
    for t, row in zip(steps, rows):
        up = down = 0.0
        for term, name, colour in zip(row, names, colours):
            label = name if t == steps[-1] else None
            axes.bar(t, term, 0.6, bottom=up if term >= 0 else down, color=colour, label=label)
            up, down = (up + term, down) if term >= 0 else (up, down + term)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_xticks(list(steps))
