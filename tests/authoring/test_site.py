"""The whole website in a real browser that can reach this machine only: light, dark and on a phone.

Of the lessons one is executed, and of another the cell with its slider; the others come without outputs, as
tests/test_lessons.py runs them all.
"""

import functools
import html
import http.server
import re
import threading
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from chromium import ONLY_LOOPBACK, chromium
from kernels import execute
from tests_root import ROOT

import autograder.authoring.site.build as site_build
from autograder.authoring.site import execution
from autograder.authoring.site.texts import DOCS
from autograder.exercises import LESSONS
from autograder.lessons import START_PAGE, released_lessons

pytestmark = pytest.mark.slow
EXECUTED = ("00", START_PAGE)
CARDS = "notebooks/00_gradient_checking/00_gradient_checking.html"
SLIDER = "notebooks/11_gradient_flow_in_lstm/11_gradient_flow_in_lstm.html"
LOOKED_AT = ("index.html", CARDS, SLIDER, "docs/instructors.html", "docs/diagnosis.html", "glossary.html",
             "api/rnnlib.flow.html", "api/autograder.html",
             "cheat_sheet.html", "api/rnnlib.regularisers.html")  # fmt: skip
VIEWS = (("light", 1200), ("dark", 1200), ("light", 390), ("dark", 390))
# each page once, in one of the two views that differ most; the rest is long
IN_EVERY_RUN = {("light", 1200): LOOKED_AT[::2], ("dark", 390): LOOKED_AT[1::2]}


def some_executed(paths, kept, say=print):
    """As `executed_notebooks`, but most lessons have no outputs."""
    some = [p for p in paths if p.stem.startswith(EXECUTED)]
    rest = {p.stem: nbformat.read(p, as_version=4) for p in paths if p not in some}
    (cell,) = (c for c in rest[Path(SLIDER).stem].cells if "interact(" in c.source)
    cell.outputs = outputs_of_a_slider(cell.source[cell.source.index("try:") :])
    return execution.executed_notebooks(some, kept, say) | rest


@cache
def outputs_of_a_slider(source):
    """What a cell with a slider gives that moves nothing."""
    before = "VIEWS = ['joint']\ndef bars(view, lag): pass"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in (before, source)])
    execute(notebook)
    return notebook.cells[-1].outputs


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """(the site's folder, what Sphinx warned of); for a second build nothing would be executed."""
    to = tmp_path_factory.mktemp("site") / "site"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site_build, "executed_notebooks", some_executed)
        warnings = site_build.build_site(to, say=lambda _: None)
        patch.setattr(execution, "execute", lambda path: pytest.fail(f"{path} is executed again"))
        site_build.refuse_other_folder(to)
        assert site_build.site_sources(ROOT, ROOT / "build" / "site" / "outputs", False, print)
    return to, warnings


@pytest.fixture(scope="module")
def pages(built):
    """{place: HTML} of all pages."""
    to, _ = built
    files = [p for p in to.rglob("*.html") if "_static" not in p.parts]
    return {p.relative_to(to).as_posix(): p.read_text(encoding="utf-8") for p in files}


class Seen(HTMLParser):
    """What a check of a page's source asks: headings, pictures, and what it loads from elsewhere."""

    def __init__(self, page):
        super().__init__()
        self.levels, self.without_text, self.loads = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag == "img" and not given.get("alt"):
            self.without_text.append(given.get("src", "")[:60])
        source = given.get("src") or (
            tag == "link" and "stylesheet" in given.get("rel", "") and given["href"]
        )
        if source and re.match("(https?:)?//", source):
            self.loads.append(source)


def problems(page):
    """What is wrong with a page's source, in words."""
    article = re.search(r"<article.*?</article>", page, flags=re.S)
    if article is None:  # an empty page, as a redirect is one
        return ["no article"]
    seen, whole = Seen(article[0]), Seen(page)
    found = [f"loads {address}" for address in whole.loads]
    found += [f"no text for {image}" for image in seen.without_text]
    if seen.levels[:1] != [1] or any(b > a + 1 or b == 1 for a, b in zip(seen.levels, seen.levels[1:])):
        found.append(f"headings {seen.levels}")
    return found


def test_it_builds_without_a_warning_and_has_every_page(built, pages):
    to, warnings = built
    assert warnings == []
    lessons = [path.stem for path in released_lessons(ROOT)]
    assert [name[:2] for name in lessons] == list(LESSONS)
    for name in (*lessons, START_PAGE):
        assert f"notebooks/{name}/{name}.html" in pages
        place = f"notebooks/{name}/{name}.ipynb"
        assert (to / place).read_bytes() == (ROOT / place).read_bytes()  # what is downloaded has no answers
    documents = [f"docs/{name}" for name in DOCS]
    for name in ("index", "cheat_sheet", "glossary", "api/autograder", "api/rnnlib.lru", *documents):
        assert f"{name}.html" in pages
    assert not list(to.glob("_sources/**/*"))
    assert (to / ".nojekyll").exists()  # or GitHub serves no _static, which has all styles and scripts


def test_headings_are_in_order_pictures_have_texts_and_nothing_is_loaded_from_elsewhere(pages):
    for place, page in pages.items():
        if place not in ("search.html", "genindex.html", "py-modindex.html"):
            assert problems(page) == [], place
    wrong = "<script src='https://x.org/a.js'></script><article><h1>a</h1><h3>b</h3><img src='c'></article>"
    assert len(problems(wrong)) == 3


def test_no_solution_is_in_sight_and_no_stub_has_an_output(pages):
    page = pages[CARDS]
    in_sight = as_text(re.sub(r"<details.*?</details>", "", page, flags=re.S))
    assert "NotImplementedError" in in_sight and "With a right answer" in in_sight
    source = nbformat.read(ROOT / "solutions/00_gradient_checking/00_gradient_checking.ipynb", as_version=4)
    answers = [c.source.split("### BEGIN SOLUTION")[1] for c in source.cells if "BEGIN SOLUTION" in c.source]
    lines = [line.strip() for a in answers for line in a.split("### END SOLUTION")[0].splitlines()]
    lines = [line for line in lines if len(line) > 25]
    assert len(lines) > 5
    for line in lines:
        assert line in as_text(page) and line not in in_sight, line


def as_text(page):
    """A page's source without its markup."""
    return html.unescape(re.sub(r"<[^>]*>", "", page))


def test_the_reference_has_the_shapes_of_fields_and_plain_docstrings(pages):
    reference = {place: page for place, page in pages.items() if place.startswith("api/")}
    assert "(T + 1, B, H) states" in reference["api/rnnlib.rnn.html"]
    assert "|" in reference["api/rnnlib.flow.html"]
    for place, page in reference.items():
        assert "Alias for field number" not in page and "problematic" not in page, place


@pytest.fixture(scope="module")
def served(built):
    """The address under which the site is served on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(built[0]))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture(scope="module")
def browser():
    with chromium(ONLY_LOOPBACK) as browser:
        yield browser


@pytest.fixture
def open_page(browser, served):
    """open_page(place, scheme, width) -> the page; `.asked` of the function lists requests to other hosts."""
    opened, asked = [], []

    def open_it(place, scheme="light", width=1200):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.append(page)
        page.on("request", lambda r: r.url.startswith((served, "data:", "blob:")) or asked.append(r.url))
        page.goto(served + place)
        page.wait_for_load_state("networkidle")
        return page

    open_it.asked = asked
    yield open_it
    for page in opened:
        page.close()


def serious(page):
    """What axe finds that is serious or worse: [(rule, first element)]."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [(v["id"], v["nodes"][0]["html"][:150]) for v in found if v["impact"] in ("serious", "critical")]


@pytest.mark.parametrize(
    "scheme, width, place",
    [
        pytest.param(*view, place, marks=[] if place in IN_EVERY_RUN.get(view, ()) else [pytest.mark.long])
        for view in VIEWS
        for place in LOOKED_AT
    ],
)
def test_nothing_serious_is_found_nothing_overflows_and_no_request_leaves(open_page, scheme, width, place):
    page = open_page(place, scheme, width)
    assert serious(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert open_page.asked == []


def test_these_measures_can_fail(open_page):
    page = open_page(CARDS)
    page.evaluate(
        """() => document.querySelector("article").insertAdjacentHTML("afterbegin",
          "<img src='https://example.org/x.png'><p style='color:#aaa;background:#bbb'>too pale</p>"
          + "<p style='width:9999px'>too wide</p>")"""
    )
    page.wait_for_timeout(300)
    assert {"image-alt", "color-contrast"} <= {rule for rule, _ in serious(page)}
    assert page.evaluate("document.scrollingElement.scrollWidth") > 1200
    assert open_page.asked == ["https://example.org/x.png"]


def test_formulas_cards_figures_and_folds_are_shown(open_page):
    page = open_page(CARDS, "dark")
    assert page.locator("mjx-container").count() > 20 and page.locator(".unrolled.right").count() >= 3
    background = "e => getComputedStyle(e.closest('.output')).backgroundColor"
    assert page.locator(".unrolled").first.evaluate(background) == "rgba(0, 0, 0, 0)"  # no light panel
    assert page.locator("img.unrolled-figure").first.evaluate("e => getComputedStyle(e).filter") != "none"
    fold = page.locator("details", has_text="Solution").last
    code = fold.locator("pre")
    assert not code.is_visible()
    fold.locator("summary").focus()  # as with the Tab key
    page.keyboard.press("Enter")
    assert code.is_visible()
    assert open_page(SLIDER).locator("text=a slider moves this figure").count() == 1


def test_the_search_finds_a_term(open_page):
    page = open_page("search.html?q=carousel")
    page.wait_for_selector("#search-results li", timeout=20_000)
    assert page.locator("#search-results a", has_text="The constant error carousel").count() >= 1
