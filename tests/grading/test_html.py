"""What a student wrote is inert in feedback, formgrader and report; formulas and code stay as they are."""

import copy
import csv
import io
import json
import re
import time

import pytest
from bs4 import BeautifulSoup
from chromium import chromium
from class_tools import MODE, NAME, copy_course, formgrader_server, solved
from html_vectors import NAMED, NEVER, PROVED, RAW, VECTORS, hostile, ran
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import strip_files_prefix
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from tests_root import ROOT

from autograder.grading import class_table, clean_html, report
from autograder.grading.clean_html import MOST_CHARACTERS, clean, highlight_code, markdown2html
from autograder.grading.course import Course
from autograder.grading.grade import Options, grade_class
from autograder.grading.nbgrader_log import silent_log
from autograder.results import Mark, Result, Status
from autograder.wording import literal


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    course = Course.load(copy_course(tmp_path_factory.mktemp("html")))
    named = f'<img src=x onerror="{ran(NAMED)}">'
    made = {
        "mallory": {f"{NAME}.ipynb": hostile()},
        "named": {f"{named}.ipynb": solved(), f"[click](javascript:{ran(NAMED)}).ipynb": solved()},
        f"{named}": {f"{NAME}.ipynb": solved()},
    }
    for student, notebooks in made.items():
        folder = course.root / "gradebook" / "submitted" / student / NAME
        folder.mkdir(parents=True)
        for name, nb in notebooks.items():
            (folder / name).write_text(json.dumps(nb), encoding="utf-8")
    return course, grade_class(course, NAME, Options(walls=MODE))


def feedback(course, cleaned=True):
    """The pages of feedback, as nbgrader makes them."""
    config = copy.deepcopy(course.config)
    config.CourseDirectory.assignment_id = NAME
    config.CourseDirectory.feedback_directory = str(course.home / f"feedback-{cleaned}")
    if not cleaned:
        del config.HTMLExporter.filters
    GenerateFeedback(coursedir=CourseDirectory(config=config), config=config, log=silent_log()).start()
    return sorted((course.home / f"feedback-{cleaned}").rglob("*.html"))


@pytest.fixture(scope="module")
def tab():
    with chromium() as browser:
        context = browser.new_context()
        context.add_init_script("window.ran = []")
        # nothing is loaded from elsewhere, as the pages would load MathJax
        context.route(re.compile("^https"), lambda route: route.abort())
        yield context.new_page()


def what_runs(tab, address):
    """The names of the vectors that run on a page, when everything there is clicked on."""
    tab.goto(address, wait_until="load")
    tab.wait_for_timeout(300)
    before = tab.evaluate("ran")
    tab.evaluate(
        """() => {
            for (const e of document.querySelectorAll("a, button, maction")) {
                const to = e.getAttribute("href") || e.getAttribute("xlink:href") || "javascript:";
                const click = new MouseEvent("click", {bubbles: true});
                if (/^\\s*j\\s*a\\s*v\\s*a/i.test(to)) e.dispatchEvent(click);
            }
        }"""
    )
    tab.wait_for_timeout(300)
    return set(before) | set(tab.evaluate("window.ran || []"))


def test_nothing_runs_in_the_feedback(graded, tab):
    for page in feedback(graded[0]):
        assert what_runs(tab, page.as_uri()) == set(), page
    assert page.stat().st_size > 10_000


def test_without_the_cleaning_they_do(graded, tab):
    found = set()
    for page in feedback(graded[0], cleaned=False):
        found |= what_runs(tab, page.as_uri())
    assert found == {*VECTORS, PROVED} - NEVER


def test_a_raw_cell_is_shown_as_it_was_written(graded):
    """nbconvert's own cleaning leaves it ids, which would take the place of formgrader's."""
    found = {}
    for cleaned in (True, False):
        page = next(page for page in feedback(graded[0], cleaned) if "mallory" in page.parts)
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        found[cleaned] = soup.find(id=RAW) is not None, f'<b id="{RAW}">$a<b$</b>' in soup.get_text()
    assert found == {True: (False, True), False: (True, False)}


def test_a_folder_whose_name_would_run_in_nbgrader_s_own_pages_is_told(graded):
    told = [result.reason for name, result in graded[1].items() if "onerror" in name]
    assert len(told) == 1 and told[0].endswith("which nbgrader's pages take for HTML; rename it")


def test_nothing_runs_in_the_report(graded, tab):
    page = report.write_report(class_table.report_rows(graded[1], {}), NAME, graded[0].home)
    assert what_runs(tab, page.as_uri()) == set()
    assert "onerror" in page.read_text(encoding="utf-8")  # as text


def test_escape_sequences_and_formulas_reach_neither_terminal_nor_spreadsheet():
    mark = Mark("01.x", 0.0, 2.0, Status.ERROR, False, (), "=1+1 \x1b[2J")
    names = ['=HYPERLINK("x","y")', "+1", "-1", "@SUM(A1)", " =1", "\t=1", "plain", "a\x1b[2J\u202eb"]
    results = {name: Result({"check_x": mark}, walls="none") for name in names}
    table = class_table.report_rows(results, {"=1": ("=2", "@3")})
    shown = class_table.render_text(table) + class_table.render_csv(table)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", shown)
    cells = [text for row in csv.reader(io.StringIO(class_table.render_csv(table))) for text in row]
    assert not [text for text in cells if text.lstrip()[:1] in ("=", "+", "-", "@")]
    assert '\'=HYPERLINK("x","y")' in cells and "plain" in cells and "'=2" in cells


def tree(html):
    """A page's text, and its tags with their attributes; ids have a prefix when they are cleaned."""
    soup = BeautifulSoup(html, "html.parser")
    tags = [
        (tag.name, {k: v for k, v in tag.attrs.items() if k not in ("id", "rel")} | without_prefix(tag))
        for tag in soup.find_all(True)
    ]
    return soup.get_text(), tags


def without_prefix(tag):
    return {"href": tag["href"].replace("#text-", "#")} if tag.get("href") else {}


def test_the_course_s_own_texts_are_unchanged():
    texts = [
        c
        for path in sorted((ROOT / "solutions").glob("*/*.ipynb"))
        for c in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if c["cell_type"] == "markdown"
    ]
    assert len(texts) > 250
    exporter = HTMLExporter()
    for c in texts:
        rendered = exporter.markdown2html({"cell": c}, "".join(c["source"]))
        assert tree(clean(rendered)) == tree(rendered), c["source"]


@pytest.mark.parametrize(
    "source, kept",
    [
        ("$a<b$ and $x<y>z$", "$a&lt;b$ and $x&lt;y&gt;z$"),
        ("`<script>`", "<code>&lt;script&gt;</code>"),
        ("| a | b |\n|---|:-:|\n| 1 | 2 |", "text-align:center"),
        ("![p](attachment:a.png)", 'src="data:image/png;base64,iVBORw0K"'),
        ("![p](plot.png)", 'src="plot.png"'),
        ("# A heading", 'href="#text-A-heading"'),
        ("```python\ndef f(): ...\n```", '<span class="k">def</span>'),
        ("![p](attachment:none.png)", "<pre>!&#91;p](attachment:none.png)</pre>"),
        ("<div>" * 6000, "<pre>&lt;div&gt;"),
    ],
)
def test_what_students_write_is_shown(source, kept):
    c = {"attachments": {"a.png": {"image/png": "iVBORw0K"}}}
    assert kept in re.sub(" *: *", ":", markdown2html({"cell": c}, source))


SLOW = [
    "![" * 20_000,
    "[a](b" * 20_000,
    "\\\\[" * 20_000,
    "<![CDATA[" * 10_000,
    "|a|\n|-|\n|" + " " * 100_000 + "x",
    "\\begin{a}" * 1000,  # short, and noticed
]


@pytest.mark.parametrize("source", SLOW, ids=[source[:9] for source in SLOW])
def test_no_text_keeps_everybody_waiting(source):
    start = time.monotonic()
    assert "<" in strip_files_prefix(markdown2html({"cell": {}}, source))  # as nbconvert's templates do
    assert time.monotonic() - start < 10


def test_a_text_is_long_by_its_words_and_not_by_its_pictures():
    picture = f"![p](data:image/png;base64,{'A' * 2 * MOST_CHARACTERS})"
    assert "<img" in markdown2html({"cell": {}}, picture)
    assert "<em>" in markdown2html({"cell": {}}, "*a*" + " word" * (MOST_CHARACTERS // 5 - 1))
    assert "<em>" not in markdown2html({"cell": {}}, "*a*" + " word" * (MOST_CHARACTERS // 5))


def test_a_text_of_few_characters_is_shown_as_written_where_it_takes_long(monkeypatch):
    source = "\\begin{a} $" * 900
    assert "<pre>" not in markdown2html({"cell": {}}, source)
    monkeypatch.setattr(clean_html, "SECONDS", 0.001)
    assert "<pre>" in markdown2html({"cell": {}}, source)


@pytest.mark.parametrize("source", ["a." * 50_000, "a." * 5000, "(" * 100_000])
def test_no_code_keeps_everybody_waiting(source):
    start = time.monotonic()
    assert source in BeautifulSoup(highlight_code({}, source), "html.parser").get_text()
    assert time.monotonic() - start < 10  # without a limit the first takes more than a minute


def test_code_has_its_colours():
    assert '<span class="k">def</span>' in highlight_code({}, "def f(): ...")
    assert "&lt;script&gt;" in highlight_code({}, "<script>" * 2000)


def test_a_page_of_slow_texts_is_shown_as_written_in_the_end(monkeypatch):
    page = {"cell": {}, "resources": {}}
    assert "<em>" in markdown2html(page, "*a*") and "<em>" in markdown2html(page, "*a*")
    monkeypatch.setattr(clean_html, "PAGE_SECONDS", 0.0)
    assert "<pre>" in markdown2html(page, "*a*")
    assert "<em>" in markdown2html({"cell": {}, "resources": {}}, "*a*")


@pytest.mark.parametrize(
    "source",
    [
        "![p](https://example.org/seen.png)",
        "![p](//example.org/seen.png)",
        "![p](/logout)",
        "![p](../../logout)",
        "![p](%2e%2e/logout)",
        "![p](data:image/svg+xml;base64,PHN2Zz4=)",
        "[x](data:text/html,x)",
        "[x](/formgrader/manage_students/x)",
        "[x](../manage_students/logout)",
        "[x](http://127.0.0.1:8888/%66ormgrader/manage_students/x)",
        '<div class="nbgrader_cell"><input class="score" id="proof"></div>',
        '<p id="proof" style="position:fixed;top:0">',
        "```mermaid\ngraph\n```",
    ],
)
def test_nothing_loads_from_elsewhere_or_looks_like_a_part_of_the_page(source):
    made = markdown2html({"cell": {}}, source)
    assert not re.search(
        'example.org|logout|manage_students|svg|data:|nbgrader|score|"proof"|position|class="mermaid', made
    ), made


def test_a_name_is_shown_as_it_is():
    name = "a_b*c*[d](e)<f>$g$`h`&amp;\\i"
    made = HTMLExporter().markdown2html({"cell": {}}, literal(name))
    assert BeautifulSoup(made, "html.parser").get_text().strip() == name
    assert BeautifulSoup(made, "html.parser").find(["em", "a", "f", "code"]) is None


@pytest.mark.slow
def test_nothing_runs_in_formgrader(graded, tab):
    """The live pages, which have the rights of the instructor's Jupyter."""
    course = graded[0]
    with formgrader_server(course.root) as call:
        submissions = json.loads(call(f"api/submissions/{NAME}"))
        assert len(submissions) == 3
        places = [
            "manage_submissions/" + NAME,
            f"gradebook/{NAME}",
            f"gradebook/{NAME}/{NAME}",
            "manage_students",
        ]
        # for a folder that is not taken nbgrader has a page all the same, and would show its name as HTML
        places += [f"manage_students/{student}" for student in ("mallory", "named")]
        for made in json.loads(call(f"api/submitted_notebooks/{NAME}/{NAME}")):
            places.append(f"submissions/{made['id']}")
        assert len(places) == 4 + 2 + 2
        for place in places:
            assert what_runs(tab, f"{call.address}/formgrader/{place}?token=t") == set(), place
