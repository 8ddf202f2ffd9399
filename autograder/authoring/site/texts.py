"""The pages that are Markdown: the start, what is cut from the start page, and the files of docs/."""

import re
from html import escape
from pathlib import Path

from nbformat import NotebookNode

from ...errors import BuildError
from ...exercises import find_exercise, sources
from ...feedback import card
from ...lessons import START_PAGE
from .links import in_browser, with_outside_links
from .settings import REPOSITORY

SAMPLE = "05.rnn_backward"
SAMPLE_SLIP = "no_carry"
DOCS = ("instructors", "lms", "grading", "rubrics", "diagnosis", "coverage", "bibliography")
# sections of the start page that are looked up again and again: (heading, page, title)
CUT = (("5 Formulas and shapes", "cheat_sheet", "Cheat sheet"), ("6 Glossary", "glossary", "Glossary"))
HOME = Path(__file__).with_name("pages") / "index.md"


def cut_start_page(notebook: NotebookNode, lessons: list[str]) -> dict[str, str]:
    """{place: Markdown} of the pages that `CUT` names; in the notebook a link takes their place.

    Raises BuildError where the start page has no such section.
    """
    pages = {}
    for heading, page, title in CUT:
        for cell in notebook.cells:
            found = re.search(rf"^## {heading}\n(.*?)(?=^##|\Z)", cell.source, flags=re.M | re.S)
            if found:
                break
        else:
            raise BuildError(f"the start page has no section '## {heading}'; the site makes a page of it")
        link = f"## {heading}\n\nSee the [{title.lower()}](../../{page}.md).\n\n"
        cell.source = cell.source.replace(found[0], link)
        pages[f"{page}.md"] = f"# {title}\n\n{with_lesson_links(found[1].strip(), lessons)}\n"
    return pages


def with_lesson_links(text: str, lessons: list[str]) -> str:
    """A table whose last column, the number of a lesson, leads to that lesson."""
    places = {name[:2]: f"notebooks/{name}/{name}.ipynb" for name in lessons}
    return re.sub(
        r"\| (\d\d) \|$",
        lambda found: f"| [{found[1]}]({places[found[1]]}) |" if found[1] in places else found[0],
        text,
        flags=re.M,
    )


def documents(root: Path, pages: set[str]) -> dict[str, str]:
    """{place: Markdown} of the project's documents, with links that lead somewhere.

    pages: the files of the repository that the site shows.
    """
    return {
        f"docs/{name}.md": with_outside_links(
            (root / "docs" / f"{name}.md").read_text(encoding="utf-8"), f"docs/{name}.md", pages
        )
        for name in DOCS
    }


def home_page(start_page: NotebookNode, lessons: list[str], has_lite: bool) -> str:
    """The first page; `@name@` in its text is filled in."""
    start = f"notebooks/{START_PAGE}/{START_PAGE}"
    in_lite = escape(in_browser(START_PAGE))
    browser = f'<a href="{in_lite}">Try it in the browser</a>' if has_lite else ""
    at_home = "`python3 course.py lab` in a clone (Windows: `py course.py lab`)"
    filled = {
        "browser": browser,
        "card": sample_card(),
        "lessons": "\n".join([start, *(f"notebooks/{name}/{name}" for name in lessons)]),
        "repository": REPOSITORY,
        "start": start,
        "student": f'<a href="{in_lite}">the browser</a>, or {at_home}' if has_lite else at_home,
        "table": lesson_table(start_page),
    }
    return re.sub(r"@(\w+)@", lambda found: filled[found[1]], HOME.read_text(encoding="utf-8"))


def lesson_table(start_page: NotebookNode) -> str:
    """The start page's table of lessons, for a page at the top of the site."""
    for cell in start_page.cells:
        found = re.search(r"^\| \| lesson \|.*?(?=\n\n)", cell.source, flags=re.M | re.S)
        if found:
            return found[0].replace("](../", "](notebooks/")
    raise BuildError("the start page has no table of lessons, '| | lesson | …'")


def sample_card() -> str:
    """The card, as HTML, that a student gets for a common mistake; computed, not kept."""
    from ...diagnosis.diagnose import judge_answer

    exercise = find_exercise(SAMPLE)
    slip = next(slip for slip in exercise.slips if slip.id == SAMPLE_SLIP)
    answer = sources.compile_anew(exercise, slip)
    return card.render_html(exercise, judge_answer(exercise.id, answer)).replace("\n", " ")
