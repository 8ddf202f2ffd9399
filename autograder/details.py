"""What a card folds away: the first numbers that differ, and the picture of the paths."""

import html as _html
from typing import NamedTuple

import numpy as np

from . import judge

MOST = 3  # entries shown of each output


class Number(NamedTuple):
    """One entry of an output: what came and what was expected."""

    output: str
    index: tuple
    got: float
    expected: float


def numbers(trial, outputs):
    """The first entries that differ in each wrong output, for instances that everybody may see.

    trial: a `diagnosis.Trial`; outputs: the judgements.  They are taken from the instance that the
    judgement is about, so that they begin where it says; for adjoints along time from the end.
    """
    if trial.exercise.phrase:  # the outputs are yes or no, and the card has them in words
        return ()
    found = []
    for name, output in outputs.items():
        late = from_the_end(trial.exercise, name)
        for answer, reference in zip(trial.answers, trial.references):
            got, want = answer.get(name), np.asarray(reference[name], float)
            if output.ok or got is None or got.shape != want.shape:
                continue
            scale = max(np.abs(got).max(initial=0), np.abs(want).max(initial=0))
            differs = ~(np.abs(got - want) <= judge.TOLERANCE * scale) if np.isfinite(scale) else got != want
            places = [tuple(int(i) for i in place) for place in np.argwhere(differs)]
            begins = output.last if late and output.last else output.where or ()
            if places and begins in (places[-1 if late else 0], ()):
                chosen = places[: -MOST - 1 : -1] if late else places[:MOST]
                found += [Number(name, place, float(got[place]), float(want[place])) for place in chosen]
                break
    return tuple(found)


def from_the_end(exercise, name):
    """Adjoints along time are made from the last step on, so their last wrong entry is the first."""
    return exercise.backward and name in ("x", "a")


def where(index):
    return f"[{', '.join(map(str, index))}]" if index else ""


def text(verdict):
    """The lines of both for the card as text: one entry for each output."""
    lines = []
    rows = {n.output: n for n in reversed(verdict.numbers)}
    if rows:
        cells = [("", "yours", "expected")]
        cells += [(f"{n} {where(rows[n].index)}", *_pair(rows[n])) for n in verdict.outputs if n in rows]
        widths = [max(len(row[column]) for row in cells) for column in range(3)]
        lines += ["", "Numbers that differ:"]
        lines += [f"  {a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in cells]
    if verdict.spectrum is not None:
        shares = [[_share(c) for c in row] for row in verdict.spectrum]
        width = max(4, *(len(share) for row in shares for share in row)) + 1
        lines += ["", "Paths of W_h: loss at step t, use at step s."]
        lines += ["The full gradient has 1 everywhere, a truncated one only", "near the diagonal."]
        lines += ["      " + "".join(f"s={s + 1}".rjust(width) for s in range(len(shares)))]
        lines += [
            f"  t={t + 1} " + "".join(share.rjust(width) for share in row) for t, row in enumerate(shares)
        ]
    return lines


def html(verdict):
    """Both for the card as HTML, folded."""
    parts = []
    if verdict.numbers:
        rows = "".join(
            f"<tr><th scope='row'><code>{_html.escape(n.output)}{where(n.index)}</code></th>"
            f"<td>{_pair(n)[0]}</td><td>{_pair(n)[1]}</td></tr>"
            for n in verdict.numbers
        )
        head = "<tr><th scope='col'>entry</th><th scope='col'>yours</th><th scope='col'>expected</th></tr>"
        parts.append(_fold("Numbers that differ", f"<table class='numbers'>{head}{rows}</table>"))
    if verdict.spectrum is not None:
        parts.append(_fold("The paths of <code>W_h</code>", _picture(verdict.spectrum)))
    return "".join(parts)


def _fold(title, content):
    return f"<details><summary>{title}</summary>{content}</details>"


def _picture(coefficients):
    def cell(t, s, c):
        shade = 0 if np.isnan(c) else int(55 * min(abs(c), 1.0))
        kind = " class='none'" if np.isnan(c) else f" style='--share:{shade}%'" if shade else ""
        return f"<td{kind} title='loss at step {t}, use at step {s}'>{_share(c)}</td>"

    T = len(coefficients)
    head = "<td></td>" + "".join(f"<th scope='col'>s={s + 1}</th>" for s in range(T))
    rows = "".join(
        f"<tr><th scope='row'>t={t + 1}</th>"
        + "".join(cell(t + 1, s + 1, c) for s, c in enumerate(row))
        + "</tr>"
        for t, row in enumerate(coefficients)
    )
    return (
        "<p>How much of each path is in it: from the loss at step t back to the use of the matrix "
        "at step s. The full gradient has 1 everywhere, a truncated one only near the diagonal.</p>"
        f"<table class='grid' aria-label='share of each path'><tr>{head}</tr>{rows}</table>"
    )


def _share(c):
    return "·" if np.isnan(c) else f"{round(float(c), 2) + 0.0:.3g}"


def _pair(number):
    """Both numbers, with digits enough to see the difference."""
    for digits in range(4, 17):
        got, expected = (f"{value + 0.0:.{digits}g}" for value in number[2:])
        if got != expected:
            break
    return got, expected
