"""What a lesson names under "Sources" stands in the bibliography, with the same link."""

import re

import pytest
from lesson_source import text_cells
from tests_root import ROOT

from autograder.exercises import LESSONS
from autograder.lessons import START_PAGE

BIBLIOGRAPHY = ROOT / "docs" / "bibliography.md"
REQUIRED = {"10", "11", "12", "13"}


def entries(text):
    """[(first author's surname, year, links)] of the items of a list."""
    found = []
    for item in re.findall(r"^- (.+(?:\n(?!- |#|\n).+)*)", text, flags=re.M):
        plain = " ".join(item.replace("*", "").split())
        year = re.search(r"\b(?:19|20)\d\d\b", plain)
        first = re.split(r",| and | & | et al|\(|:", plain)[0].split()
        if year is None or not first:
            raise ValueError(f"no author and year in {plain!r}; expected 'Author (1990): Title …'")
        links = re.findall(r"\]\((https://[^\s]+?)\)(?=[.,; ]|$)", plain)
        found.append((first[-1], year[0], frozenset(links)))
    return found


def sources(lesson):
    """The list under the heading "Sources" of a lesson's source, or None."""
    for cell in text_cells(lesson):
        section = re.search(r"^##+ Sources\s*\n(.*?)(?=^#|\Z)", cell, flags=re.M | re.S)
        if section:
            return section[1]
    return None


def missing(found, known):
    """Entries that the bibliography lacks, or has with another link."""
    links = {}
    for author, year, its in known:
        links.setdefault((author, year), set()).update(its)
    return [e for e in found if e[:2] not in links or not e[2] <= links[e[:2]]]


def lessons_of(text):
    """{(first author's surname, year): the lessons that the bibliography names for this author's works}."""
    found = {}
    for item in re.findall(r"^- .+(?:\n  .+)*", text, flags=re.M):
        ((author, year, _),) = entries(item)
        listed = re.search(r"Lessons? (\d\d(?:,\s+\d\d)*)", item)
        found.setdefault((author, year), set()).update(re.findall(r"\d\d", listed[1]) if listed else ())
    return found


@pytest.fixture(scope="module")
def papers():
    return BIBLIOGRAPHY.read_text(encoding="utf-8").split("## The documents")[0]


@pytest.fixture(scope="module")
def known(papers):
    return entries(papers)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_sources_of_a_lesson_stand_in_the_bibliography_with_its_number(lesson, papers, known):
    section = sources(lesson)
    if section is None:
        assert lesson not in REQUIRED
        return
    found = entries(section)
    assert 3 <= len(found) <= 6
    assert missing(found, known) == []
    numbers = lessons_of(papers)
    assert [e[:2] for e in found if lesson not in numbers[e[:2]]] == []


def test_the_lessons_of_a_work_are_read_also_where_the_line_ends():
    item = "- **Werbos (1990)**: Title. *Journal*.\n  What for. Lessons 01,\n  03, `rnnlib.flow`.\n"
    assert lessons_of(item) == {("Werbos", "1990"): {"01", "03"}}
    assert lessons_of(item.replace("Lessons 01,\n  03, ", "")) == {("Werbos", "1990"): set()}


def test_the_sources_of_the_start_page_do_as_well(known):
    page = (ROOT / "solutions" / f"{START_PAGE}.py").read_text(encoding="utf-8")
    found = entries(re.sub(r"^# ?", "", page, flags=re.M).split("### Sources")[1])
    assert len(found) == 6 and missing(found, known) == []


def test_a_source_that_is_not_there_is_noticed(known):
    right = "- Werbos (1990): Backpropagation through time. [doi](https://doi.org/10.1109/5.58337).\n"
    assert entries(right) == [("Werbos", "1990", {"https://doi.org/10.1109/5.58337"})]
    assert missing(entries(right), known) == []
    for wrong in (
        right.replace("Werbos", "Nobody"),
        right.replace("1990", "1991"),
        right.replace("5.58337", "5.58338"),
    ):
        assert len(missing(entries(wrong), known)) == 1
    with pytest.raises(ValueError, match="no author and year"):
        entries("- A paper without a year.\n")


def test_authors_are_read_in_the_usual_spellings():
    for authors in ("P. J. Werbos", "Werbos, P. J.", "**Werbos", "Werbos and Other", "Werbos et al."):
        assert entries(f"- {authors} (1990): Title.\n")[0][:2] == ("Werbos", "1990")


def test_the_bibliography_names_each_work_once_and_says_what_for(known):
    text = BIBLIOGRAPHY.read_text(encoding="utf-8").split("## The documents")[0]
    items = re.findall(r"^- (.+(?:\n  .+)*)", text, flags=re.M)
    heads = [re.match(r"\*\*(.+? \(\d{4}\))\*\*: ", item)[1] for item in items]
    assert len(heads) == len(set(heads)) == len(known)
    for item in items:
        assert re.search(r"(Lessons? \d\d|`rnnlib\.\w+`|Start page)[^.]*(`rnnlib\.\w+`)?\.$", item), item


def test_the_five_documents_are_described():
    described = BIBLIOGRAPHY.read_text(encoding="utf-8").split("## The documents")[1]
    names = re.findall(r"^- \*\*the (.+?)\*\*", described, flags=re.M)
    assert names == [
        "slides with row vectors",
        "page of handwriting",
        "slides on the scalar network",
        "article",
        "table of notes",
    ]
