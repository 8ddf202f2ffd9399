"""The feedback card: HTML in Jupyter's theme colours, and the same as plain text."""

import html as _html
import textwrap

import numpy as np

STYLE = """<style>
.unrolled{font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:14px;line-height:1.5;
color:var(--jp-ui-font-color1,inherit);background:var(--jp-layout-color1,transparent);
border:1px solid var(--jp-border-color1,#8886);border-left:4px solid var(--unrolled-tone);
border-radius:4px;padding:8px 14px;max-width:46em;margin:2px 0}
.unrolled.right{--unrolled-tone:var(--jp-success-color1,#2a7fbf)}
.unrolled.part{--unrolled-tone:var(--jp-warn-color1,#e08a00)}
.unrolled.wrong{--unrolled-tone:var(--jp-error-color1,#b0418e)}
.unrolled header{display:flex;justify-content:space-between;gap:1em;font-weight:600}
.unrolled header span+span{white-space:nowrap}.unrolled tr{background:none!important}
.unrolled p{margin:.4em 0}.unrolled table{border-collapse:collapse;margin:.3em 0;font-size:13px}
.unrolled td,.unrolled th{padding:1px 12px 1px 0;text-align:left!important;background:none;border:0}
.unrolled code{font-family:var(--jp-code-font-family,monospace);color:inherit;background:none}
.unrolled .asks{font-style:italic}.unrolled .small{color:var(--jp-ui-font-color2,inherit);font-size:13px}
.unrolled .grid td{width:3.2em;height:1.7em;padding:0 4px;text-align:center!important;
border:1px solid var(--jp-border-color2,#8884)}
</style>"""


def record(exercise, verdict):
    """The verdict as plain data, kept in the output's metadata for the class report."""
    return {
        "exercise": exercise.id,
        "points": round(exercise.points * verdict.score, 2),
        "max": exercise.points,
        "status": verdict.status,
        "correct": verdict.correct,
        "slips": list(verdict.slips),
        "summary": verdict.message,
    }


def text(exercise, verdict, width=60):
    """The card as plain text: for terminals, editors without HTML, and screen readers."""
    lines = [f"{exercise.id}  {exercise.title}", _headline(exercise, verdict), ""]
    for name, output in verdict.outputs.items():
        lines += _wrap(f"{_mark(output)} {name}  {_detail(exercise, name, output)}", width, indent="    ")
    if not verdict.correct:
        lines += ["", *_wrap(verdict.message, width)]
        lines += _wrap(verdict.question, width)
        lines += _wrap(f"Read again: {exercise.section}", width)
    if verdict.spectrum is not None:
        lines += [
            "",
            "Share of each path (loss at step t, use at step s):",
            *_spectrum_text(verdict.spectrum),
        ]
    lines += [line for note in verdict.notes for line in _wrap(f"Note: {note}.", width)]
    return "\n".join(lines)


def html(exercise, verdict):
    """The card as HTML; text and signs carry the meaning, colour only repeats it."""
    tone = "right" if verdict.correct else "part" if verdict.score > 0 else "wrong"
    rows = "".join(
        f"<tr><td>{_mark(output)} <code>{_escape(name)}</code></td>"
        f"<td>{_escape(_detail(exercise, name, output))}</td></tr>"
        for name, output in verdict.outputs.items()
    )
    parts = [
        f"<header><span>{_escape(exercise.id)} &nbsp;{_escape(exercise.title)}</span>"
        f"<span>{_escape(_headline(exercise, verdict))}</span></header>",
        f"<table aria-label='outputs'>{rows}</table>" if rows else "",
    ]
    if not verdict.correct:
        parts.append(f"<p><b>{_escape(verdict.message)}</b></p>")
        if verdict.question:
            parts.append(f"<p class='asks'>{_escape(verdict.question)}</p>")
        parts.append(f"<p class='small'>Read again: {_escape(exercise.section)}</p>")
    if verdict.spectrum is not None:
        parts.append(_spectrum_html(verdict.spectrum))
    parts += [f"<p class='small'>Note: {_escape(note)}.</p>" for note in verdict.notes]
    return f"{STYLE}<div class='unrolled {tone}' role='status'>{''.join(parts)}</div>"


def _wrap(text, width, indent=""):
    """Lines of at most `width` characters, never broken inside a name such as pre-activation."""
    return textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False)


def _headline(exercise, verdict):
    word = {
        "unanswered": "not answered yet",
        "error": "raised an error",
        "timeout": "took too long",
        "missing": "not defined",
        "died": "ended its process",
        "notrun": "not run",
        "unreadable": "not readable",
    }.get(verdict.status) or (
        "correct" if verdict.correct else "partly right" if verdict.score else "differs"
    )
    if exercise.points == 0:
        return word
    return f"{word} · {round(exercise.points * verdict.score, 2):g} of {exercise.points:g} points"


def _mark(output):
    return "✓" if output.ok else "✗"


def _detail(exercise, name, output):
    if exercise.phrase:
        return exercise.phrase(name, output.ok)
    if output.ok:
        return "agrees" if exercise.kind == "function" else "holds"
    if output.note:
        return output.note
    percent = 100 * output.error
    size = (
        f"{output.error:.1f} times"
        if percent >= 99.5
        else f"{percent:.0f} % of"
        if percent >= 9.5
        else f"{percent:.2g} % of"
    )
    return f"differs by {size} its largest entry{_where(exercise, name, output)}"


def _where(exercise, name, output):
    late = exercise.backward and name in ("x", "a")  # the adjoints along time
    index = output.last if late else output.where
    if index is None:
        return ""
    order = "last" if late else "first"
    if exercise.step and len(index) == 1 and (late or not exercise.backward):
        return f", {order} at {exercise.step} = {index[0] + 1}"
    return f", {order} at {_index(index)}"


def _index(where):
    return f"[{', '.join(map(str, where))}]"


def _spectrum_text(coefficients):
    T = len(coefficients)
    head = "      " + "".join(f"  s={s + 1}" for s in range(T))
    body = [
        f"  t={t + 1} " + "".join("    ·" if np.isnan(c) else f" {c:4.1f}" for c in row)
        for t, row in enumerate(np.round(coefficients, 1) + 0.0)
    ]
    return [head, *body]


def _spectrum_html(coefficients):
    def cell(t, s, c):
        if np.isnan(c):
            return "<td aria-label='no path'></td>"
        c = round(float(c), 1) + 0.0
        shade = int(100 * min(abs(c), 1.0) * 0.55)
        tone = f"color-mix(in srgb, var(--jp-brand-color1,#2a7fbf) {shade}%, transparent)"
        return f"<td style='background:{tone}' title='loss at t={t}, use at s={s}'>{c:g}</td>"

    T = len(coefficients)
    head = "<tr><th></th>" + "".join(f"<th>s={s + 1}</th>" for s in range(T)) + "</tr>"
    rows = "".join(
        f"<tr><th>t={t + 1}</th>" + "".join(cell(t + 1, s + 1, c) for s, c in enumerate(row)) + "</tr>"
        for t, row in enumerate(coefficients)
    )
    return (
        "<p class='small'>Share of each path in <code>W_h</code>: from the loss at step t "
        "back to the use of the matrix at step s. A full gradient has 1 everywhere.</p>"
        f"<table class='grid' aria-label='share of each path'>{head}{rows}</table>"
    )


def _escape(value):
    return _html.escape(str(value), quote=True)
