"""Text for people: lists in sentences, indices, and what a student wrote, fit for a screen."""

from unicodedata import category

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


def shortened(text: str, most: int) -> str:
    """The beginning of a text that is too long."""
    return text if len(text) <= most else text[:most] + " …"


def name_problem(name: str) -> str:
    """What keeps a file's name, which may be any bytes, from being written down and matched; "" for none."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return "is not UTF-8"
    return "holds control characters" if any(category(c) in ("Cc", "Zl", "Zp") for c in name) else ""
