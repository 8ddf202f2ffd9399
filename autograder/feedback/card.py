"""The feedback card: HTML in Jupyter's theme colours, and the same as plain text."""

import html as _html
import re
import textwrap

from ..exercises import Exercise
from ..results import Mark, Output, Verdict
from ..wording import index_text, listed, plain
from . import folds, located

STYLE = """<style>
.unrolled{font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:14px;line-height:1.5;
color:var(--jp-ui-font-color1,inherit);background:var(--jp-layout-color1,transparent);
border:1px solid var(--jp-border-color1,#8886);border-left:4px solid var(--unrolled-tone);
border-radius:4px;padding:8px 14px;max-width:46em;margin:2px 0;overflow-wrap:anywhere}
.unrolled.right{--unrolled-tone:var(--jp-success-color1,#2a7fbf)}
.unrolled.part{--unrolled-tone:var(--jp-warn-color1,#e08a00)}
.unrolled.wrong{--unrolled-tone:var(--jp-error-color1,#b0418e)}
.unrolled header{display:flex;flex-wrap:wrap;justify-content:space-between;column-gap:1em;font-weight:600}
.unrolled tr{background:none!important}.unrolled p{margin:.4em 0}
.unrolled table{border-collapse:collapse;margin:.3em 0;font-size:13px}
.unrolled td,.unrolled th{padding:1px 12px 1px 0;text-align:left!important;vertical-align:baseline;
background:none;border:0;font-weight:400}
.unrolled th{white-space:nowrap}.unrolled [scope=col]{font-weight:600}
.unrolled code{font-family:var(--jp-code-font-family,monospace);color:inherit;
background:none!important;padding:0!important}
.unrolled .says{font-weight:600}.unrolled .asks{font-style:italic}
.unrolled .small,.unrolled details{font-size:13px}
.unrolled summary{cursor:pointer;width:max-content}
.unrolled .numbers td{font-variant-numeric:tabular-nums;text-align:right!important}
.unrolled .numbers [scope=col]+[scope=col]{text-align:right!important}
.unrolled .grid [scope=col]{text-align:center!important;padding:0}
.unrolled .grid td[title]{width:3.2em;height:1.7em;padding:0 4px;text-align:center!important;
vertical-align:middle;border:1px solid var(--jp-border-color1,#8888);
background:color-mix(in srgb,var(--jp-brand-color1,#2a7fbf) var(--share,0%),transparent)}
.unrolled .grid .none[title]{border:0;background:none}.unrolled .grid [scope=row]{vertical-align:middle}
</style>"""


def mark_of(exercise: Exercise, verdict: Verdict, follow_through: float = 1.0) -> Mark:
    """What a verdict earns: the `Mark` that is kept in the output's metadata, for the class report.

    follow_through: the share of its points that an output earns which is right given right earlier answers.
    """
    return Mark(
        exercise.id,
        _points(exercise, verdict, follow_through),
        exercise.points,
        verdict.status,
        verdict.correct,
        verdict.slips,
        plain(verdict.message),
        tuple(map(plain, verdict.laws)),
        verdict.repair,
        located.sentence(exercise, verdict),
        verdict.given,
        bool(verdict.given) and all(output.ok or output.given for output in verdict.outputs.values()),
        verdict.fingerprint,
        plain(verdict.named),
        plain(verdict.question),
    )


def _points(exercise: Exercise, verdict: Verdict, follow_through: float) -> float:
    return float(round(exercise.points * (verdict.score + follow_through * verdict.followed), 2))


def render_text(
    exercise: Exercise,
    verdict: Verdict,
    width: int = 60,
    is_searching: bool = False,
    follow_through: float = 1.0,
) -> str:
    """The card as plain text: for terminals, editors without HTML, and screen readers.

    is_searching: whether the line to look at is still looked for.  follow_through: as for `mark_of`.
    """
    lines = [f"{exercise.id}  {exercise.title}", _headline(exercise, verdict, follow_through), ""]
    pad = max(map(len, verdict.outputs), default=0)
    for name, output in verdict.outputs.items():
        lines += _wrap(
            f"{_sign(output)} {name:<{pad}}  {_detail(exercise, verdict, name)}", width, indent="    "
        )
    if not verdict.correct:
        lines += ["", *(line for says in _sentences(verdict) for line in _wrap(says, width))]
        lines += _wrap(located.SEARCHING if is_searching else located.sentence(exercise, verdict), width)
        lines += located.render_text(exercise, verdict)
        lines += _wrap(verdict.question, width)
        lines += _wrap(f"Read again: {exercise.section}", width)
    lines += [line for note in verdict.notes for line in _wrap(f"Note: {plain(note)}.", width)]
    return "\n".join([*lines, *folds.render_text(verdict)])


def render_html(
    exercise: Exercise, verdict: Verdict, is_searching: bool = False, follow_through: float = 1.0
) -> str:
    """The card as HTML; text and signs carry the meaning, colour only repeats it.

    is_searching: whether the line to look at is still looked for.  follow_through: as for `mark_of`.
    """
    tone = "right" if verdict.correct else "part" if verdict.score + verdict.followed > 0 else "wrong"
    rows = "".join(
        f"<tr><th scope='row'>{_sign(output)} <code>{_escape(name)}</code></th>"
        f"<td>{_escape(_detail(exercise, verdict, name))}</td></tr>"
        for name, output in verdict.outputs.items()
    )
    parts = [
        f"<header><span>{_escape(exercise.id)} &nbsp;{_escape(exercise.title)}</span>"
        f"<span role='status'>{_escape(_headline(exercise, verdict, follow_through))}"
        "</span></header>",
        f"<table aria-label='outputs'>{rows}</table>" if rows else "",
    ]
    if not verdict.correct:
        parts += [f"<p class='says'>{_escape(says)}</p>" for says in _sentences(verdict)]
        looking = located.SEARCHING if is_searching else located.sentence(exercise, verdict)
        parts += [f"<p class='where' role='status'>{_escape(looking)}</p>"] if looking else []
        parts.append(located.render_html(exercise, verdict))
        parts += [f"<p class='asks'>{_escape(verdict.question)}</p>"] if verdict.question else []
        parts.append(f"<p class='small'>Read again: {_escape(exercise.section)}</p>")
    parts += [f"<p class='small'>Note: {_escape(plain(note))}.</p>" for note in verdict.notes]
    parts.append(folds.render_html(verdict))
    group = f"<section class='unrolled {tone}' role='group' aria-label='feedback on {_escape(exercise.id)}'>"
    return f"{STYLE}{group}{''.join(parts)}</section>"


def _sentences(verdict: Verdict) -> list[str]:
    """The diagnosis; each alternative begins a line."""
    first, *others = plain(verdict.message).split(" Or: ")
    return [first, *(f"Or: {other}" for other in others)]


def _wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Lines of at most `width` characters, never broken inside a name, an index or a shape."""
    tied = re.sub(r"(?<=\d), (?=\d)| = (?=\d)", lambda m: m[0].replace(" ", "\xa0"), text)
    lines = textwrap.wrap(tied, width, subsequent_indent=indent, break_on_hyphens=False)
    return [line.replace("\xa0", " ") for line in lines]


def _headline(exercise: Exercise, verdict: Verdict, follow_through: float) -> str:
    word = {
        "unanswered": "not answered yet",
        "error": "raised an error",
        "form": "not of the form asked for",
        "timeout": "took too long",
        "missing": "not defined",
        "died": "ended its process",
        "notrun": "not run",
        "unreadable": "not readable",
    }.get(verdict.status) or (
        "correct" if verdict.correct else "partly right" if verdict.score + verdict.followed else "differs"
    )
    if exercise.points == 0:
        return word
    return f"{word} · {_points(exercise, verdict, follow_through):g} of {exercise.points:g} points"


def _sign(output: Output) -> str:
    return "✓" if output.ok or output.given else "✗"


def _detail(exercise: Exercise, verdict: Verdict, name: str) -> str:
    output = verdict.outputs[name]
    if output.given:
        return f"right, given a right {listed(list(verdict.given))}"
    if exercise.phrase:
        return exercise.phrase(name, output.ok)
    if exercise.kind == "value":  # what is wrong with it is the diagnosis below
        return "holds" if output.ok else "does not hold"
    if output.ok:
        return "agrees"
    if output.note:
        return plain(output.note) + _where(exercise, name, output)
    percent = 100 * output.error
    size = (
        f"{output.error:.1f} times"
        if percent >= 99.5
        else f"{percent:.0f} % of"
        if percent >= 9.5
        else f"{percent:.2g} % of"
    )
    return f"differs by {size} its largest entry{_where(exercise, name, output)}"


def _where(exercise: Exercise, name: str, output: Output) -> str:
    late = exercise.counts_from_the_end(name)
    index = output.last if late else output.where
    if not index:
        return ""
    if output.call:
        return f", first at {output.call}" + (f", entry {index_text(index[1:])}" if index[1:] else "")
    order, entry = "last" if late else "first", index_text(index)
    # single letters are quantities of the steps; the states begin with the initial one
    if exercise.step and len(name) == 1 and (late or not exercise.backward):
        step = f"{exercise.step} = {index[0] + (name not in ('h', 'c'))}"
        return f", {order} at {step}" + (f", entry {entry}" if len(index) > 1 else "")
    return f", {order} at {entry}"


def _escape(value: object) -> str:
    return _html.escape(str(value), quote=True)
