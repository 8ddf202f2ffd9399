"""The edition for browsers in Chromium, from files on loopback, with every other host out of reach."""

import json
import os
import re
import shutil

import pytest
from chromium import RUN_ALL, RUN_TO_THE_END
from lite_tools import answer, expose, is_trouble, open_lesson, run_code, served
from test_lab import newer

from autograder.authoring.site.links import in_browser
from autograder.exercises import find_exercise, sources
from autograder.lessons import START_PAGE

pytestmark = pytest.mark.long

NAME = "01_scalar_rnn"
NEVER = "01.total_by_paths"  # the exercise whose answer does not return
NO_END = "def {}(*arguments):\n    n = 0\n    while True:\n        n += 1"
LOOP = """\
import contextlib, time
from autograder import diagnose
from autograder.diagnosis import time_limit

def loop(*arguments):
    while time.monotonic() < ends:
        pass
"""
JUDGE = """\
start = time.monotonic()
ends = start + 15
print(diagnose("01.immediate", loop).status, time.monotonic() - start)
"""
WITHOUT = "time_limit._choose_limit = lambda: lambda seconds: contextlib.nullcontext()"
KEPT = """async () => {
    const cache = await caches.open("unrolled-bytecode");
    return (await cache.keys()).length == 2;
}"""
BYTECODE = """\
import os, sys, zipfile, numpy
standard = "/lib/python{}{}.zip".format(*sys.version_info)
print("inspect.pyc" in zipfile.ZipFile(standard).namelist(), os.path.exists(numpy.__cached__))
"""
READY = "async () => { await jupyterapp.shell.currentWidget.context.ready; }"
OPEN = "(path) => window.jupyterapp?.shell.currentWidget?.context?.path === path"
COMPLETE = """async (code) => {
    const { session } = jupyterapp.shell.currentWidget.sessionContext;
    const answer = await session.kernel.requestComplete({ code, cursor_pos: code.length });
    return answer.content.matches;
}"""


def with_slip(exercise_id, number=0):
    """(the slip, the solution with it)"""
    exercise = find_exercise(exercise_id)
    return exercise.slips[number], sources.with_slip(exercise, exercise.slips[number])


@pytest.fixture(scope="module")
def asked():
    """The addresses of all requests, the workers' too."""
    return []


@pytest.fixture(scope="module")
def context(browser, asked):
    context = browser.new_context(viewport={"width": 1200, "height": 9000})
    context.on("request", lambda request: asked.append(request.url))
    yield context
    context.close()


@pytest.fixture(scope="module")
def page(context, address):
    """Lesson 01 with one answer that is right, one with a slip and one without an end; all cells were run."""
    tab = context.new_page()
    open_lesson(tab, address, NAME)
    answer(tab, "immediate", sources.solution_source(find_exercise("01.immediate")))
    answer(tab, "scalar_bptt", with_slip("01.scalar_bptt")[1])
    name = find_exercise(NEVER).function
    answer(tab, name, NO_END.format(name))
    tab.evaluate(RUN_ALL)
    tab.wait_for_selector(".unrolled[aria-label=recap]", timeout=300_000)  # the last cell's
    return tab


def test_a_right_answer_gets_its_card(page):
    card = page.locator(".unrolled.right", has_text="01.immediate").first
    assert "correct" in card.locator("header").text_content()


def test_a_slip_is_named(page):
    slip = with_slip("01.scalar_bptt")[0]
    card = page.locator(".unrolled", has_text="01.scalar_bptt").first
    assert slip.says in " ".join(card.text_content().split())


def test_a_loop_without_an_end_is_ended(page):
    card = page.locator(".unrolled.wrong", has_text=NEVER).first
    assert "took too long" in card.text_content()


def test_figures_are_drawn(page):
    assert page.locator("img.unrolled-figure").count() >= 2


def test_sympy_is_loaded_where_it_is_imported(page):
    said = page.locator(".jp-OutputArea-output", has_text="k = 1: path sum minus derivative = 0")
    assert said.count() == 1


def test_names_are_completed(page):
    """By IPython alone: a name that the notebook has, and an attribute of what is there."""
    for code, name in (("scalar_bp", "scalar_bptt"), ("np.logadd", ".logaddexp")):
        matches = page.evaluate(COMPLETE, code)
        assert name in matches and len(matches) < 20, matches


def test_nothing_left_this_machine(page, asked, address):
    outside = {url for url in asked if not url.startswith((address, "data:", "blob:"))}
    assert not outside and len([url for url in asked if url.endswith(".whl")]) > 10


def test_what_the_first_cells_need_is_imported_while_a_student_reads(browser, address):
    tab = browser.new_context().new_page()
    open_lesson(tab, address, START_PAGE)
    loaded = "import sys; print(*(name in sys.modules for name in ('rnnlib.plots', 'sympy')))"
    for _ in range(60):
        if (found := run_code(tab, loaded).split()) == ["True", "False"]:
            break
        tab.wait_for_timeout(1000)
    tab.context.close()
    assert found == ["True", "False"]  # what only some lessons need is not


def text(notebook):
    return "\n".join("".join(cell["source"]) for cell in notebook["cells"])


def test_a_lesson_that_is_published_anew_is_brought_with_the_answers(browser, lite, tmp_path):
    """What a student has begun stays; the start page names it, and brings the new one when asked to."""
    shutil.copytree(lite, tmp_path / "lite", copy_function=os.link)
    published = tmp_path / "lite" / "files" / NAME / f"{NAME}.ipynb"
    own = sources.solution_source(find_exercise("01.immediate"))
    with served(tmp_path / "lite") as address:
        tab = browser.new_context().new_page()

        def shown(path):
            tab.wait_for_function(OPEN, arg=path, timeout=120_000)
            tab.evaluate(READY)
            return text(tab.evaluate("() => jupyterapp.shell.currentWidget.context.model.toJSON()"))

        def reopened(name):
            tab.goto(f"{address}/{in_browser(name).removeprefix('lite/')}")
            return shown(f"{name}/{name}.ipynb")

        open_lesson(tab, address, NAME)
        answer(tab, "immediate", own)
        tab.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty", timeout=60_000)
        made = newer(json.loads(published.read_text(encoding="utf-8")))
        published.unlink()  # a link to the edition that other tests have
        published.write_text(json.dumps(made), encoding="utf-8")
        assert own in (seen := reopened(NAME)) and "RNN, newer" not in seen

        reopened(START_PAGE)
        tab.evaluate(RUN_TO_THE_END)
        tab.wait_for_selector(f"text=The site has another {NAME} than you", timeout=60_000)
        said = run_code(tab, "browser.newer_lessons(update=True)")
        assert f"{NAME} is the newer release now: answers carried over: 1" in said
        assert own in (seen := reopened(NAME)) and "RNN, newer" in seen
        before = f"{NAME}/{NAME}-before.ipynb"  # a student opens it like any other
        tab.evaluate("(path) => jupyterapp.commands.execute('docmanager:open', { path })", before)
        assert own in (seen := shown(before)) and "RNN, newer" not in seen
        tab.context.close()


def test_a_progress_is_noted_and_an_edit_kept_over_a_reload(page, context, address):
    """Nobody saves: JupyterLab does by itself, into the browser's storage."""
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\n# typed by a student")
    page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty", timeout=60_000)
    page.reload()
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
    assert page.locator("text=# typed by a student").count() == 1
    assert page.locator(".unrolled.right", has_text="01.immediate").count()  # its output, too
    other = context.new_page()
    open_lesson(other, address, START_PAGE)
    other.evaluate(RUN_ALL)
    other.wait_for_selector("[aria-label=progress] tr", timeout=120_000)
    row = other.locator("[aria-label=progress] tr", has_text=re.compile("^.? *01"))
    assert "1 of" in row.text_content()
    other.close()


def test_another_browser_has_the_released_lesson(browser, address):
    """The control: what was kept is in the first one's storage, and the lesson on the host is as it was."""
    tab = browser.new_context().new_page()
    open_lesson(tab, address, NAME)
    assert tab.locator("text=# typed by a student").count() == 0
    tab.context.close()


def test_without_the_limit_of_time_the_loop_goes_on(page):
    """The control: nothing else in the browser ends a loop, which here has an end of its own."""
    run_code(page, LOOP)
    status, seconds = run_code(page, JUDGE).split()
    assert status == "timeout" and 5 <= float(seconds) < 12
    assert run_code(page, WITHOUT) == ""
    status, seconds = run_code(page, JUDGE).split()
    assert status != "timeout" and float(seconds) >= 15


def test_it_is_loaded_from_an_address_as_well(lite, context, browser, asked, tmp_path):
    """As from a host of Pyodide's own: the edition there has no Pyodide in it."""
    from autograder.authoring import lite as edition

    (kept,) = (lite / "course").glob("pyodide-*")
    with served(kept) as runtime:
        edition.build(tmp_path / "lite", runtime)
        assert not list((tmp_path / "lite").rglob("*.wasm"))
        expose(tmp_path / "lite")
        with served(tmp_path / "lite") as address:
            tab = browser.new_context().new_page()
            open_lesson(tab, address, START_PAGE)
            tab.evaluate(RUN_ALL)
            tab.wait_for_selector("[aria-label=progress] tr", timeout=240_000)
            tab.context.close()


def test_a_link_of_the_site_opens_its_lesson(browser, lite):
    """In a browser that knows nothing of the course, and in one in which another lesson is open."""
    with served(lite.parent) as site:
        tab = browser.new_context().new_page()
        for name in (START_PAGE, NAME):
            tab.goto(f"{site}/{in_browser(name)}")
            tab.wait_for_function(OPEN, arg=f"{name}/{name}.ipynb", timeout=120_000)
        tab.context.close()


def test_trouble_is_seen(page):
    """The control: the lesson that was not solved has some."""
    outputs = page.evaluate("() => jupyterapp.shell.currentWidget.context.model.toJSON()")["cells"]
    assert [o for cell in outputs for o in cell.get("outputs", []) if is_trouble(o)]


def test_a_later_start_finds_its_bytecode(browser, address):
    """It is kept while nothing else runs; the first start is the control."""
    context = browser.new_context()
    for found in ("False False", "True True"):
        tab = context.new_page()
        open_lesson(tab, address, START_PAGE)
        tab.evaluate(RUN_TO_THE_END)
        assert run_code(tab, BYTECODE).strip() == found
        for _ in range(120):
            if tab.evaluate(KEPT):
                break
            tab.wait_for_timeout(1000)
        tab.close()
    context.close()
