"""The course's figures.  The only module that imports Matplotlib.

Colours are those of Okabe and Ito (2008), told apart by colour-blind readers; every figure is
shown with an alternative text, which is also what a terminal sees.
"""

from __future__ import annotations  # types of Matplotlib, which may be missing

import base64
import html
import io
import sys
from collections.abc import Sequence
from typing import NoReturn

import numpy as np

try:
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyArrowPatch
except ModuleNotFoundError as error:
    if error.name != "matplotlib":
        raise

    class _NoMatplotlib:
        """Stands for Matplotlib, so that a lesson works without its figures."""

        def __getattr__(self, name: str) -> NoReturn:
            raise ImportError("figures need Matplotlib, which is not installed here: pip install matplotlib")

    plt = _NoMatplotlib()  # type: ignore[assignment]

from ._types import Arrays

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
    image = f'<img alt="{html.escape(alt, quote=True)}" src="{source}" style="max-width:100%">'
    display({"text/html": image, "text/plain": f"[figure: {alt}]"}, raw=True)


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


def stacked_paths(terms: list[np.ndarray], totals: np.ndarray, ylabel: str) -> Figure:
    """For each step k its path terms, stacked, and the total as a dot.

    terms: list over k = 1..T of (k,) arrays; totals: (T,).
    """
    figure, axes = _panel("step k", ylabel, "")
    T = len(terms)
    shades = plt.get_cmap("viridis")(np.linspace(0.1, 0.9, T))
    for k, row in enumerate(terms, start=1):
        up = down = 0.0
        for i, term in enumerate(row):
            base = up if term >= 0 else down
            axes.bar(
                k, term, 0.6, bottom=base, color=shades[i], label=f"use at step {i + 1}" if k == T else None
            )
            up, down = (up + term, down) if term >= 0 else (up, down + term)
    axes.plot(range(1, T + 1), totals, "o", color="black", markersize=5, label="total derivative")
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_xticks(range(1, T + 1))
    axes.legend(frameon=False, bbox_to_anchor=(1.01, 1), loc="upper left")
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


def learning_curves(curves: Arrays, levels: dict[str, float], ylabel: str, window: int = 50) -> Figure:
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


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=14,
            shrinkA=15,
            shrinkB=15,
            color=colour,
            linewidth=2 if colour != GREY else 1.3,
        )
    )
