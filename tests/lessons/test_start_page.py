"""The start page: its map, routes, formulas and glossary say what the lessons and the library say."""

import json
import re

import numpy as np
import pytest
from lesson_source import prose, text_cells
from tests_root import ROOT

from autograder.errors import GradingError
from autograder.exercises import LESSONS
from autograder.grading.course import Course
from autograder.lessons import START_PAGE, released_lessons
from rnnlib import gru, losses, lstm, numgrad, paths, readout, rnn

PAGE = (ROOT / "solutions" / f"{START_PAGE}.py").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEXT = re.sub(r"^# ?", "", PAGE, flags=re.M)
FLAT = " ".join(TEXT.split())
ROWS = re.findall(r"^\| (\d\d) \| \[([^]]+)\]\((\S+?)\)( \(optional\))? \| (\d+):(\d\d) \|", TEXT, flags=re.M)


def minutes(lesson):
    """What a lesson says of itself."""
    return int(re.search(r"about (\d+) minutes · difficulty", prose(lesson))[1])


def hours(lessons):
    return round(sum(map(minutes, lessons)) / 60)


def test_the_map_has_every_lesson_with_its_own_minutes_and_a_link_to_it():
    assert [row[0] for row in ROWS] == LESSONS
    for lesson, title, link, optional, h, m in ROWS:
        assert 60 * int(h) + int(m) == minutes(lesson), lesson
        target = (ROOT / "notebooks" / START_PAGE / link).resolve()
        assert target in released_lessons(ROOT) and target.stem.startswith(lesson) and title
        assert bool(optional) == bool(re.search(rf"^\| {lesson} \| \S.*\(optional\) \|", README, flags=re.M))


def test_the_hours_of_the_routes_are_the_sums():
    core = [row[0] for row in ROWS if not row[3]]
    assert core == ["00", "01", "02", "03", "04", "05", "07", "10", "11"]
    assert f"*The core, {hours(core)} hours.*" in FLAT and f"*Everything, {hours(LESSONS)} hours.*" in FLAT
    assert "00–05, 07, 10 and 11" in FLAT
    assert f"{hours(core)} hours for the core, {hours(LESSONS)} for everything" in " ".join(README.split())


def words(lesson):
    """How many words a reader who solves nothing meets: no hints and no sources; a formula is one."""
    text = "\n".join(text_cells(lesson)).split("# Sources")[0]
    text = re.sub(r"<details>.*?</details>", "", text, flags=re.S)
    return len(re.sub(r"\$\$?[^$]+\$\$?", " M ", text).split())


def test_an_afternoon_is_enough_to_read_what_it_names():
    named = re.search(r"Read (\d\d(?:, \d\d)+) and (\d\d) without the exercises", FLAT)
    total = sum(map(words, [*named[1].split(", "), named[2]]))
    said = int(re.search(r"about ([\d,]+) words, or four and a half hours", FLAT)[1].replace(",", ""))
    assert abs(total / said - 1) < 0.05, total
    assert 55 <= said / (4.5 * 60) <= 65  # a word a second: half the pace of plain text


def test_the_glossary_names_the_lesson_that_explains_a_term():
    found = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \| (\d\d) \|$", TEXT.split("## 6 Glossary")[1], flags=re.M)
    assert len(found) >= 25 and [row[0].lower() for row in found] == sorted(row[0].lower() for row in found)
    spelled = {"BPTT": "back-propagation through time", "adjoint from outside": "from outside"}
    spelled |= {"truncated BPTT": "truncated back-propagation"}
    for term, meaning, lesson in found:
        assert spelled.get(term, term).lower() in prose(lesson).lower(), (term, lesson)
        assert len(meaning) > 20


def test_it_is_no_assignment():
    notebook = json.loads(
        (ROOT / "notebooks" / START_PAGE / f"{START_PAGE}.ipynb").read_text(encoding="utf-8")
    )
    assert not any("nbgrader" in cell["metadata"] for cell in notebook["cells"])
    assert not (ROOT / "solutions" / START_PAGE).exists()  # nbgrader takes such folders for assignments
    assert START_PAGE not in [path.stem for path in released_lessons(ROOT)]
    assert len(released_lessons(ROOT)) == len(LESSONS)
    course = Course.load(ROOT)
    assert course.assignment("05") == "05_matrix_bptt"
    with pytest.raises(GradingError, match=f"no assignment '{START_PAGE}'; there are 00_"):
        course.assignment(START_PAGE)


# The formulas, each as the page prints it, beside what it says in code.  T = 3, B = 2, sizes all distinct.
T, B, D, H, K = 3, 2, 4, 5, 6


def _case():
    rng = np.random.default_rng(3)
    p = {"W_x": rng.normal(size=(D, H)), "W_h": rng.normal(size=(H, H)) * 0.6, "b_h": rng.normal(size=H)}
    top = {"W_y": rng.normal(size=(H, K)), "b_y": rng.normal(size=K)}
    run = rnn.forward(p, rng.normal(size=(T, B, D)), rng.normal(size=(B, H)))
    y = np.eye(K)[rng.integers(K, size=(T, B))]
    return p, top, run, y


P, TOP, RUN, Y = _case()
O = readout.forward(TOP, RUN.h[1:])  # noqa: E741 - the course's name
LOSS, DO = losses.softmax_cross_entropy(O, Y)
HEAD = readout.backward(TOP, RUN.h[1:], DO)
GRADS = rnn.backward(P, RUN, HEAD["h"])


def _adjoints():
    """a-bar of the RNN by the page's recursion, at 1 … T + 1."""
    da = [np.zeros((B, H)) for _ in range(T + 2)]
    for t in range(T, 0, -1):
        da[t] = (HEAD["h"][t - 1] + da[t + 1] @ P["W_h"].T) * (1 - RUN.h[t] ** 2)
    return da


A = _adjoints()
J = paths.step_jacobians(P, RUN)


def _lstm():
    rng = np.random.default_rng(4)
    p = {
        "W_x": rng.normal(size=(D, 4 * H)),
        "W_h": rng.normal(size=(H, 4 * H)) * 0.5,
        "b": rng.normal(size=4 * H),
    }
    run = lstm.forward(p, rng.normal(size=(T, B, D)), rng.normal(size=(B, H)), rng.normal(size=(B, H)))
    dh = rng.normal(size=(T, B, H))
    return p, run, dh, lstm.backward(p, run, dh)


def _lstm_by_the_page():
    """(c_t and h_t of the page less the run's, the gradient of b by the page)."""
    p, run, dh, _ = _lstm()
    dc_next, f_next, future, db, gap = np.zeros((B, H)), np.zeros((B, H)), np.zeros((B, H)), 0, 0
    for t in range(T, 0, -1):
        i, f, g, o = (getattr(run, name)[t - 1] for name in "ifgo")
        gap = max(
            gap, abs(f * run.c[t - 1] + i * g - run.c[t]).max(), abs(o * np.tanh(run.c[t]) - run.h[t]).max()
        )
        dh_total = dh[t - 1] + future
        dc = dh_total * o * (1 - np.tanh(run.c[t]) ** 2) + dc_next * f_next
        gates = [dc * g * i * (1 - i), dc * run.c[t - 1] * f * (1 - f), dc * i * (1 - g**2)]
        a = np.hstack([*gates, dh_total * np.tanh(run.c[t]) * o * (1 - o)])
        db, future, dc_next, f_next = db + a.sum(axis=0), a @ p["W_h"].T, dc, f
    return gap, db


def _gru_gap():
    rng = np.random.default_rng(5)
    p = {"W_x": rng.normal(size=(D, 3 * H)), "W_h": rng.normal(size=(H, 3 * H)), "b": rng.normal(size=3 * H)}
    run = gru.forward(p, rng.normal(size=(T, B, D)), reset="before")
    x_n = run.x @ p["W_x"][:, 2 * H :] + p["b"][2 * H :]
    n = np.tanh(x_n + (run.r * run.h[:-1]) @ p["W_h"][:, 2 * H :])
    return abs((1 - run.z) * n + run.z * run.h[:-1] - run.h[1:]).max()


def _slope_gap():
    v = np.random.default_rng(6).normal(size=(H, H))

    def loss(W_h):
        run = rnn.forward({**P, "W_h": W_h}, RUN.x, RUN.h[0])
        return losses.softmax_cross_entropy(readout.forward(TOP, run.h[1:]), Y)[0]

    e = 1e-5
    quotient = (loss(P["W_h"] + e * v) - loss(P["W_h"] - e * v)) / (2 * e)
    return abs((GRADS["W_h"] * v).sum() - quotient)


FORMULAS = {
    r"L = -\sum_{t} \sum_k y_{t,k} \log \hat y_{t,k}": lambda: LOSS + (Y * np.log(losses.softmax(O))).sum(),
    r"\bar o_t = \hat y_t - y_t": lambda: DO - (losses.softmax(O) - Y),
    r"\bar W_y = \sum_t h_t^\top \bar o_t": lambda: (
        HEAD["W_y"] - sum(RUN.h[t + 1].T @ DO[t] for t in range(T))
    ),
    r"\bar b_y = \sum_t \bar o_t": lambda: HEAD["b_y"] - DO.sum(axis=(0, 1)),
    r"\bar h_t^{\text{out}} = \bar o_t W_y^\top": lambda: HEAD["h"] - DO @ TOP["W_y"].T,
    r"\bar h_t = \bar h_t^{\text{out}} + \bar a_{t+1} W_h^\top, \qquad \bar a_t = \bar h_t \odot (1 - h_t^2)"
    r", \qquad \bar a_{T+1} = 0": lambda: GRADS["b_h"] - sum(a.sum(axis=0) for a in A[1:]),
    r"\bar W_x = \sum_t x_t^\top \bar a_t": lambda: (
        GRADS["W_x"] - sum(RUN.x[t - 1].T @ A[t] for t in range(1, T + 1))
    ),
    r"\bar W_h = \sum_t h_{t-1}^\top \bar a_t": lambda: (
        GRADS["W_h"] - sum(RUN.h[t - 1].T @ A[t] for t in range(1, T + 1))
    ),
    r"\bar x_t = \bar a_t W_x^\top": lambda: GRADS["x"][1] - A[2] @ P["W_x"].T,
    r"\bar h_0 = \bar a_1 W_h^\top": lambda: GRADS["h0"] - A[1] @ P["W_h"].T,
    r"J_t = \mathrm{diag}(1 - h_t^2)\, W_h^\top": lambda: (
        J[1, 0] - np.diag(1 - RUN.h[2, 0] ** 2) @ P["W_h"].T
    ),
    r"\frac{\partial h_t}{\partial h_k} = J_t J_{t-1} \cdots J_{k+1}": lambda: (
        paths.transition(J, 3, 0)[0] - J[2, 0] @ J[1, 0] @ J[0, 0]
    ),
    r"\Big\| \frac{\partial h_t}{\partial h_k} \Big\| \le \| W_h \|^{\,t-k}": lambda: max(
        np.linalg.norm(paths.transition(J, 3, 0)[0], 2) - np.linalg.norm(P["W_h"], 2) ** 3, 0
    ),
    r"c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh c_t": lambda: _lstm_by_the_page()[
        0
    ],
    r"\bar c_t = \bar h_t \odot o_t \odot (1 - \tanh^2 c_t) + \bar c_{t+1} \odot f_{t+1},": lambda: (
        _lstm()[3]["b"] - _lstm_by_the_page()[1]
    ),
    r"\bar a_i = \bar c \odot g \odot i (1 - i), "
    r"\quad \bar a_f = \bar c \odot c_{t-1} \odot f (1 - f)": lambda: (
        _lstm()[3]["b"] - _lstm_by_the_page()[1]
    )[: 2 * H],
    r"\bar a_g = \bar c \odot i \odot (1 - g^2), "
    r"\quad \bar a_o = \bar h \odot \tanh c \odot o (1 - o)": lambda: (
        _lstm()[3]["b"] - _lstm_by_the_page()[1]
    )[2 * H :],
    r"h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}, \qquad n_t = \tanh\big(x_t W_{xn} + (r_t \odot h_{t-1}) "
    r"W_{hn} + b_n\big)": _gru_gap,
    r"\sum \bar\theta \odot v \approx \frac{L(\theta + \varepsilon v) - L(\theta - \varepsilon v)}"
    r"{2 \varepsilon}": lambda: _slope_gap() * 1e-4,
}


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f[:24])
def test_a_formula_of_the_sheet_stands_there_and_holds(formula):
    assert formula in TEXT
    assert np.abs(FORMULAS[formula]()).max() < 1e-9


def test_every_displayed_formula_of_the_sheet_is_compared():
    sheet = TEXT.split("## 5 Formulas")[1].split("## 6")[0]
    for line in re.findall(r"^\$\$(.+?)\$\$", sheet, flags=re.M):
        rest = line
        for formula in sorted(FORMULAS, key=len, reverse=True):
            rest = rest.replace(formula, "")
        known = {r"i, f, o = \sigma(\cdot)", r"g = \tanh(\cdot)", r"\bar b_h = \sum_t \bar a_t", ""}
        left = {part.strip(" .,") for part in re.split(r"\\qquad|\\quad", rest)}
        assert left <= known, left - known


def test_the_page_s_gradient_is_the_measured_one():
    """The library that the formulas are compared with is itself right here."""

    def loss(W_h):
        run = rnn.forward({**P, "W_h": W_h}, RUN.x, RUN.h[0])
        return losses.softmax_cross_entropy(readout.forward(TOP, run.h[1:]), Y)[0]

    assert np.allclose(GRADS["W_h"], numgrad.complex_step(loss, P["W_h"]), rtol=1e-9)


def test_the_numbers_in_the_openings_of_06_and_09():
    megabytes = 300_000 * 128 * np.float64().nbytes / 1e6
    assert f"For 300,000 characters and 128 units these states take {megabytes:.0f} MB in double" in prose(
        "06"
    )
    assert f"0.9, then {0.9**100:.5f} of it arrives" in prose("09")
    assert "almost 14,000 times as large" in prose("09") and 13_500 < 1.1**100 < 14_000
    assert "In lesson 05 your own gradient will train a network that writes text" in prose("00")
