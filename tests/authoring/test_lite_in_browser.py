"""The edition for browsers in Chromium, from files on loopback, with every other host out of reach."""

import re

import pytest
from chromium import ONLY_LOOPBACK, RUN_ALL, chromium
from lite_tools import expose, served, whole_pyodide

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
SET_CELL = """async ([name, source]) => {
    const { context } = jupyterapp.shell.currentWidget;
    await context.ready;
    const of = (cell) => cell.sharedModel.getMetadata()?.nbgrader?.grade_id;
    for (const cell of context.model.cells) {
        if (of(cell) === name) { cell.sharedModel.setSource(source); return true; }
    }
    return false;
}"""


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return whole_pyodide(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def lite(release, tmp_path_factory):
    """The folder of the edition."""
    pytest.importorskip("jupyterlite_core", reason="the extra `lite` is not installed")
    from autograder.authoring import lite

    folder = tmp_path_factory.mktemp("site") / "lite"
    lite.build(folder, release)
    expose(folder)
    return folder


@pytest.fixture(scope="module")
def browser():
    with chromium(ONLY_LOOPBACK) as started:
        yield started


@pytest.fixture(scope="module")
def address(lite):
    with served(lite) as address:
        yield address


def open_lesson(tab, address, name=NAME):
    tab.goto(f"{address}/lab/index.html?path={name}/{name}.ipynb")
    tab.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)


def answer(tab, exercise_id, source):
    """Writes an answer into its cell of the open lesson."""
    assert tab.evaluate(SET_CELL, [find_exercise(exercise_id).function, source])


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
    open_lesson(tab, address)
    answer(tab, "01.immediate", sources.solution_source(find_exercise("01.immediate")))
    answer(tab, "01.scalar_bptt", with_slip("01.scalar_bptt")[1])
    answer(tab, NEVER, NO_END.format(find_exercise(NEVER).function))
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


def test_nothing_left_this_machine(page, asked, address):
    outside = {url for url in asked if not url.startswith((address, "data:", "blob:"))}
    assert not outside and len([url for url in asked if url.endswith(".whl")]) > 10


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
    open_lesson(tab, address)
    assert tab.locator("text=# typed by a student").count() == 0
    tab.context.close()


def run_code(tab, code):
    """What a program prints in the kernel of the open notebook."""
    return tab.evaluate(
        """async (code) => {
            const { session } = jupyterapp.shell.currentWidget.sessionContext;
            const future = session.kernel.requestExecute({ code });
            let printed = "";
            future.onIOPub = ({ content }) => { printed += content.text ?? content.evalue ?? ""; };
            await future.done;
            return printed;
        }""",
        code,
    )


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

    with served(lite / "course" / "pyodide") as runtime:
        edition.build(tmp_path / "lite", runtime)
        assert not list((tmp_path / "lite").rglob("*.wasm"))
        expose(tmp_path / "lite")
        with served(tmp_path / "lite") as address:
            tab = browser.new_context().new_page()
            open_lesson(tab, address, START_PAGE)
            tab.evaluate(RUN_ALL)
            tab.wait_for_selector("[aria-label=progress] tr", timeout=240_000)
            tab.context.close()
