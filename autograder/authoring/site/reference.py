"""The pages of the API reference: one for each public module, from docstrings.

The project's docstrings are plain sentences, not reStructuredText: `x` is code, |x| and x* are what they
look like, an indented block is a formula or code, and a paragraph that begins with `x: …` lists arguments.
"""

import pkgutil
import re
from typing import Any

import rnnlib

# (heading, names): what a notebook imports, and what it gets back
AUTOGRADER = (
    ("Checking", ("check", "CheckFailed", "diagnose", "example", "exercise", "progress", "recap")),
    ("What `diagnose` returns", ("results.Verdict", "results.Output", "results.Number", "results.Repair")),
    ("Exercises", ("exercises.Exercise", "exercises.Slip")),
)
CODE = re.compile(r"(``.+?``|`[^`\n]+`)", re.S)
MARKUP = re.compile(r"([\\*|_])")
NAMES = r"[A-Za-z_]\w*(?:, [A-Za-z_]\w*)*"
ENTRY = re.compile(rf"(?:^|(?<=[.)\]]) {{2,}})({NAMES}): |(?<=[.)\]]) {{2,}}(?=Returns |Raises )")


def reference_pages() -> dict[str, str]:
    """{place: text} of the reference's pages, as reStructuredText."""
    names = sorted(m.name for m in pkgutil.iter_modules(rnnlib.__path__) if not m.name.startswith("_"))
    pages = {f"api/rnnlib.{name}.rst": _module_page(f"rnnlib.{name}") for name in names}
    pages["api/rnnlib.rst"] = _titled("rnnlib") + (
        ".. automodule:: rnnlib\n   :no-members:\n\n.. toctree::\n   :maxdepth: 1\n\n"
        + "".join(f"   rnnlib.{name}\n" for name in names)
    )
    pages["api/autograder.rst"] = _titled("autograder") + ".. automodule:: autograder\n   :no-members:\n\n"
    for heading, members in AUTOGRADER:
        pages["api/autograder.rst"] += _titled(heading.replace("`", "``"), "-")
        pages["api/autograder.rst"] += "".join(_member(name) for name in members)
    return pages


def _titled(title: str, line: str = "=") -> str:
    return f"{title}\n{line * len(title)}\n\n"


def _module_page(name: str) -> str:
    return _titled(name) + f".. automodule:: {name}\n   :members:\n"


def _member(name: str) -> str:
    last = name.rsplit(".", 1)[-1]
    kind = "autofunction" if last[0].islower() else "autoexception" if "Failed" in last else "autoclass"
    options = "   :members:\n" if kind == "autoclass" else ""
    return f".. {kind}:: autograder.{name}\n{options}\n"


def as_rst(lines: list[str]) -> list[str]:
    """A docstring's lines as reStructuredText."""
    paragraphs = re.split(r"\n[ \t]*\n", "\n".join(lines).strip("\n"))
    written: list[str] = []
    for paragraph in paragraphs:
        rows = paragraph.split("\n")
        if all(row.startswith("  ") for row in rows):
            written += ["::", "", *(f"  {row}" for row in rows), ""]
        elif re.match(rf"{NAMES}: ", paragraph):
            written += [*_entries(paragraph), ""]
        else:
            written += [*escaped(paragraph).split("\n"), ""]
    return written


def _entries(paragraph: str) -> list[str]:
    """A paragraph of arguments as a list, an item each; what is returned or raised is an item, too."""
    line = paragraph.replace("\n", "  ")  # a new line begins an entry as two spaces do
    starts = [*ENTRY.finditer(line)]
    ends = [start.start() for start in starts[1:]] + [len(line)]
    items = []
    for start, end in zip(starts, ends):
        names = f"**{escaped(start[1])}**: " if start[1] else ""
        items.append(f"- {names}{escaped(' '.join(line[start.end() : end].split()))}")
    return items


def escaped(text: str) -> str:
    """Text in which nothing but `code` is markup."""
    parts = CODE.split(text)
    return "".join(
        f"``{part.strip('`')}``" if part.startswith("`") else MARKUP.sub(r"\\\1", part) for part in parts
    )


def process_docstring(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Sphinx's hook: the docstring of `name` is in `lines`, and is replaced there."""
    lines[:] = as_rst(lines)
