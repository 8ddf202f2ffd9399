"""The drawings of networks show the arrows that the equations have, and no others."""

import numpy as np
import pytest

from rnnlib import plots
from rnnlib.language import Fitted


@pytest.fixture(autouse=True)
def closed():
    yield
    plots.plt.close("all")


def routes(axes):
    """[(first corner, last corner)] of all lines."""
    ends = [np.column_stack(line.get_data()) for line in axes.lines if len(line.get_xdata()) > 1]
    return [(tuple(points[0]), tuple(points[-1])) for points in ends]


def fed(axes):
    """The horizontal places of the units that a line from below reaches, and where x_t joins that line."""
    boxes = {t.get_position()[0]: t for t in axes.texts if t.get_text() in ("σ", "tanh") and t.get_bbox_patch()}
    below = {start[0] for start, end in routes(axes) if start[0] == end[0] and start[1] < end[1]}
    (x_t,) = (t for t in axes.texts if t.get_text() == "$x_t$")
    return {place for place in boxes if place in below}, x_t.get_position()[0]


def test_x_reaches_all_four_units_of_the_lstm_cell():
    axes = plots.lstm_cell().axes[0]
    units, joins = fed(axes)
    shared = [(start, end) for start, end in routes(axes) if start[1] == end[1] and start[0] < joins < end[0]]
    low = min(start[1] for start, _ in shared)
    ((_, (last, _)),) = [line for line in shared if line[0][1] == low]
    assert len(units) == 4 and joins < min(units) and max(units) <= last


def test_a_missing_arrow_is_noticed():
    axes = plots.lstm_cell().axes[0]
    next(line for line in axes.lines if list(line.get_xdata()) == [5.8, 5.8]).remove()
    assert len(fed(axes)[0]) == 3


def test_the_paths_from_step_to_step_are_those_of_the_equations():
    """Per step: c to c, c to h, h to c, h to h, x to c and x to h."""
    for T in (1, 3):
        assert len(plots.lstm_paths(T).axes[0].patches) == 6 * T
    dashed = [patch for patch in plots.carousel(4).axes[0].patches if patch.get_linestyle() == "--"]
    assert len(dashed) == 2 * 3  # h_1 to h_3, each to the next cell and to the next state


def test_parts_are_stacked_by_their_sign_and_repeated_runs_share_a_colour():
    figure = plots.stacked_parts([2, 3], np.array([[0.5, -0.2], [0.1, 0.3]]), np.ones(2), "ab", "y", "t")
    bars = [(round(bar.get_y(), 9), round(bar.get_height(), 9)) for bar in figure.axes[0].patches]
    assert bars == [(0, 0.5), (0, -0.2), (0, 0.1), (0.1, 0.3)]
    runs = {"a": [(np.arange(2), np.ones(2))] * 2, "b": [(np.arange(2), np.ones(2))]}
    first, *drawn = [line.get_color() for line in plots.repeated_lines(runs, "x", "y").axes[0].lines]
    assert drawn == [plots.ORANGE, plots.BLUE, plots.BLUE, plots.ORANGE] and first == plots.BLUE


def test_a_move_over_a_landscape_is_cut_at_its_edge():
    x, y = np.linspace(1, 5, 9), np.linspace(1, -2, 7)
    axes = plots.landscape(np.zeros((7, 9)), x, y, "w", "b", "", [((2, 0), (400, 3))]).axes[0]
    assert axes.get_xlim() == (1, 5) and axes.get_ylim() == (-2, 1)


def test_medians_have_their_range():
    axes = plots.medians(np.arange(2), {"a": np.array([[1.0, 2.0, 9.0], [0.0, 4.0, 5.0]])}, "x", "y").axes[0]
    assert list(axes.lines[0].get_ydata()) == [2, 4] and len(axes.collections) == 1


def test_a_training_is_told_by_what_it_reached_and_where_its_curve_ends(capsys):
    curve = np.linspace(5, 3, 200)  # bits
    plots.show_learning({"mine": Fitted({}, curve, 2.345)}, {"bigram": 3.6})
    printed, shown = capsys.readouterr().out.splitlines()
    assert printed == "bits per character, held out: mine 2.35; bigram 3.60"
    assert f"at the end: mine {curve[-50:].mean():.2f}. Levels: bigram 3.60." in shown
