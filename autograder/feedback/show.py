"""Showing a card or a table: as HTML in a notebook, as plain text in a terminal or a script."""

import sys

from ..encodings import print_plain


def show(html, text, metadata=None):
    """Displays both forms of one thing; `metadata` is kept with the output."""
    if not in_notebook():
        print_plain(text)
        return
    from IPython.display import display

    display({"text/html": html, "text/plain": text}, metadata=metadata or {}, raw=True)


def in_notebook():
    """Whether a kernel runs this code; asked without importing IPython, which a kernel has loaded."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)
    return hasattr(get_ipython(), "kernel")


def in_one_line(error):
    """The error, which a notebook shows without the lines of the autograder it came through."""
    error._render_traceback_ = lambda: [f"{type(error).__name__}: {error}"]
    return error
