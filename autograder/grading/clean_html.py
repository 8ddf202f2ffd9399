"""Text cells as HTML in which nothing runs: nbconvert's own rendering, cleaned.

What a student wrote stands in formgrader's pages, which have the rights of the instructor's Jupyter, and in
the feedback.  The rendered page is cleaned and not the source: there `$a<b$` would be taken for a tag.
"""

import html
import re
import time
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import unquote

import nh3
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.highlight import Highlight2HTML

from ..diagnosis.time_limit import time_limit
from ..errors import TimeLimitExceeded

PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*")
BESIDE = re.compile(r"(?!/)(?!.*\.\.)[\w\-. /]*")  # a path to no other site, and to no page of this one
CLASS = re.compile(r"highlight|anchor-link|[a-z][a-z0-9]{0,2}")  # of code, and of the mark at a heading
PREFIX = "text-"  # of every id, as formgrader finds its own fields by theirs
ATTRIBUTES = {
    "*": {"class", "id", "title", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan", "style"},
    "th": {"colspan", "rowspan", "scope", "style"},
    "details": {"open"},
}
# of one cell: the patterns of Markdown, and of Python's colours, take minutes for some texts, in C, where no
# limit of time is noticed
MOST_CHARACTERS = 10_000
IN_PLACE = re.compile(r"data:image/\w+;base64,[A-Za-z0-9+/=]*")  # pictures, which are not counted
SECONDS, PAGE_SECONDS = 2.0, 30.0  # for a cell, and for all cells of a page
SPENT = "unrolled_seconds"
# the templates then look for links in Markdown, which takes a time that grows with the square of these
BRACKET = "&#91;"
MOST_TAGS = 5000  # of one cell: nested ones take a time that grows with the square of their number
# formgrader shows whatever stands in the address of some of its pages as HTML, so no link leads there
ELSEWHERE = re.compile(r"(https?://|mailto:)")
SCHEMES = {"http", "https", "mailto", "data"}


@pass_context
def markdown2html(context: Any, source: str) -> str:
    """In place of nbconvert's filter of this name, see `c.HTMLExporter.filters`.

    A text that cannot be rendered, such as one that shows an attachment which is not there, or that would
    keep everybody waiting, is shown as it was written.
    """
    rendered = _within_limits(context, source, lambda: str(_exporter().markdown2html(context, source)))
    is_short = rendered is not None and rendered.count("<") <= MOST_TAGS
    return (clean(rendered) if rendered and is_short else as_written(source)).replace("[", BRACKET)


@pass_context
def highlight_code(context: Any, source: str, language: str | None = None, metadata: Any = None) -> str:
    """In place of nbconvert's filter of this name: code in colours, or as written where that takes long."""
    coloured = _within_limits(context, source, lambda: str(_highlighter()(source, language, metadata)))
    return as_written(source) if coloured is None else coloured


def _within_limits(context: Any, source: str, render: Callable[[], str]) -> str | None:
    """What `render` makes of a cell; None where it fails, or where the cell or its page takes too long."""
    page = context.get("resources", {})  # of which nbconvert makes one for a page
    if len(IN_PLACE.sub("", source)) > MOST_CHARACTERS or page.get(SPENT, 0.0) > PAGE_SECONDS:
        return None
    began = time.monotonic()
    try:
        with time_limit(SECONDS):
            return render()
    except (TimeLimitExceeded, Exception):  # of many kinds, as the text may be anything
        return None
    finally:
        page[SPENT] = page.get(SPENT, 0.0) + time.monotonic() - began


def as_written(source: str) -> str:
    """The source of a text cell, or of a raw one, as HTML.

    nbconvert's own cleaning of raw cells keeps ids, pictures from elsewhere, and links into formgrader.
    """
    return f"<pre>{html.escape(source)}</pre>"


def clean(rendered: str) -> str:
    """HTML without anything that runs, submits, looks like a part of the page, or loads from elsewhere."""
    return nh3.clean(
        rendered,
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes=SCHEMES,
        filter_style_properties={"text-align"},
    )


@cache
def _exporter() -> HTMLExporter:
    return HTMLExporter()


@cache
def _highlighter() -> Highlight2HTML:
    return Highlight2HTML()


def _attribute(tag: str, name: str, value: str) -> str | None:
    """The value that an attribute may have; None where it may not be."""
    if name == "class":
        return " ".join(filter(CLASS.fullmatch, value.split())) or None
    if name == "id":
        return PREFIX + value
    if name == "href" and value.startswith("#"):
        return f"#{PREFIX}{value[1:]}"
    if name == "href":
        return value if ELSEWHERE.match(value) and "formgrader" not in unquote(value).lower() else None
    if name == "src":
        return value if PICTURE.fullmatch(value) or BESIDE.fullmatch(value) else None
    return value
