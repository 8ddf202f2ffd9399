"""Text for people: lists in sentences, indices, and what a student wrote, fit for a screen."""

from unicodedata import bidirectional, category

CONTROL = "holds control characters"
TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # the order of what follows
MOST_CHARACTERS = 2000  # of a message or a note


def listed(names: list[str]) -> str:
    """Names in a sentence: a; a and b; a, b and c."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def index_text(index: tuple[int, ...]) -> str:
    """The index of an entry as it is written in code; "" for the only entry of a number."""
    return f"[{', '.join(map(str, index))}]" if index else ""


def plain(text: str, most: int = MOST_CHARACTERS) -> str:
    """What a student's code may have written, short and without what a screen cannot show."""
    text = text if len(text) <= most else text[:most] + " …"
    return "".join(c if c.isprintable() else " " if c.isspace() else "�" for c in text)


def literal(text: str) -> str:
    """A text that Markdown, HTML and formulas show as it is, whatever is in it."""
    return "".join(c if c.isalnum() or c in " .,:;-/" else f"&#{ord(c)};" for c in text)


def shortened(text: str, most: int) -> str:
    """The beginning of a text that is too long."""
    return text if len(text) <= most else text[:most] + " …"


def name_problem(name: str) -> str:
    """What keeps the name of a student's folder, which may be any bytes, from being a student's id; or ""."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return "is not UTF-8"
    if any(c in name for c in '<>"\\'):
        return "holds one of < > \" \\, which nbgrader's pages take for HTML"
    if holds_control_characters(name):
        return CONTROL
    return "holds [, which nbgrader takes for the beginning of a pattern" if "[" in name else ""


def holds_control_characters(name: str) -> bool:
    """Whether a name moves a terminal's cursor, begins a line, or turns the text after it around."""
    return any(category(c) in ("Cc", "Zl", "Zp") or bidirectional(c) in TURNING for c in name)
