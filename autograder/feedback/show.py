"""Showing a card or a table: as HTML in a notebook, as plain text in a terminal or a script."""

import sys
from collections.abc import Callable
from typing import Any

from ..encodings import print_plain


def show_output(html: str, text: str, metadata: dict[str, Any] | None = None) -> Callable[..., None]:
    """Displays one of two forms of the same thing; `metadata` is stored with the output in a notebook.

    Returns a function that takes the same and shows it in the place of this; outside of a notebook, where
    nothing can be taken back, below it.
    """
    if not in_notebook():
        print_plain(text)
        return lambda html, text, metadata=None: print_plain(text)
    from IPython.display import display

    handle = display(_faces(html, text), metadata=metadata or {}, raw=True, display_id=True)

    def update(html: str, text: str, metadata: dict[str, Any] | None = None) -> None:
        handle.update(_faces(html, text), metadata=metadata or {}, raw=True)

    return update


def _faces(html: str, text: str) -> dict[str, str]:
    return {"text/html": html, "text/plain": text}


def in_notebook() -> bool:
    """Whether a kernel runs this code; asked without importing IPython, which a kernel has loaded."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)
    return hasattr(get_ipython(), "kernel")


def in_one_line(error: Exception) -> Exception:
    """The error, which a notebook then shows without the lines of the autograder that it passed through."""
    error.__dict__["_render_traceback_"] = lambda: [f"{type(error).__name__}: {error}"]
    return error
