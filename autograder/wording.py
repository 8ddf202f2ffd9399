"""Text for people: lists in sentences, indices, and what a student wrote, fit for a screen."""

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


def is_text(name: str) -> bool:
    """Whether the name of a file, which may be any bytes, can be written down."""
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False
