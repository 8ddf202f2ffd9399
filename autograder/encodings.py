"""Output where the encoding lacks signs of the cards, as cp1252 and ASCII do."""

import codecs
import sys

PLAIN = "autograder.plain"  # the name of the error handler, as in text.encode("ascii", PLAIN)
SIGNS = {"✓": "+", "✗": "x", "·": "-", "…": "...", "–": "-", "×": "x"}


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Replaces what cannot be encoded: signs of the cards by similar ones, everything else by "?"."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(SIGNS.get(sign, "?") for sign in lacking), error.end


codecs.register_error(PLAIN, _plain)


def replace_in_output() -> None:
    """From now on the standard streams of this process replace what their encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # other programs put streams of their own there
            stream.reconfigure(errors=PLAIN)


def print_plain(text: str) -> None:
    """Prints with what the encoding lacks replaced; the stream, which is the user's, stays as it is."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, PLAIN).decode(encoding))
