"""What a card folds away: the first numbers that differ, and the picture of the paths."""

import html as _html

import numpy as np

from ..compare import Array
from ..results import Number, Verdict
from ..wording import index_text


def render_text(verdict: Verdict) -> list[str]:
    """The lines of both for the card as text: one entry for each output."""
    lines: list[str] = []
    rows = {n.output: n for n in reversed(verdict.numbers)}
    if rows:
        cells = [("", "yours", "expected")]
        cells += [(f"{n} {_entry(rows[n])}", *_pair(rows[n])) for n in verdict.outputs if n in rows]
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


def render_html(verdict: Verdict) -> str:
    """Both for the card as HTML, folded."""
    parts = []
    if verdict.numbers:
        rows = "".join(
            f"<tr><th scope='row'><code>{_html.escape(n.output)}{_entry(n)}</code></th>"
            f"<td>{_pair(n)[0]}</td><td>{_pair(n)[1]}</td></tr>"
            for n in verdict.numbers
        )
        head = "<tr><th scope='col'>entry</th><th scope='col'>yours</th><th scope='col'>expected</th></tr>"
        parts.append(_fold("Numbers that differ", f"<table class='numbers'>{head}{rows}</table>"))
    if verdict.spectrum is not None:
        parts.append(_fold("The paths of <code>W_h</code>", _picture(verdict.spectrum)))
    return "".join(parts)


def _entry(number: Number) -> str:
    return index_text(number.entry) + (f" at {number.call}" if number.call else "")


def _fold(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary>{content}</details>"


def _picture(coefficients: Array) -> str:
    def cell(t: int, s: int, c: float) -> str:
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


def _share(c: float) -> str:
    return "·" if np.isnan(c) else f"{round(float(c), 2) + 0.0:.3g}"


def _pair(number: Number) -> tuple[str, str]:
    """Both numbers, with enough digits to see the difference."""
    for digits in range(4, 17):
        got, expected = (f"{value + 0.0:.{digits}g}" for value in (number.got, number.expected))
        if got != expected:
            break
    return got, expected
