"""The released lesson in JupyterLab, in a real browser: the card is seen, and in a dark theme too."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from itertools import product
from pathlib import Path

import pytest
from chromium import RUN_ALL, chromium
from tests_root import ROOT

from autograder.exercises import lesson_exercises
from autograder.grading import report, term
from autograder.grading.class_table import report_rows
from autograder.grading.grades import Grade
from autograder.grading.groups import Group
from autograder.lessons import START_PAGE
from autograder.results import Mark, Result, Status

NAME = "00_gradient_checking"


@pytest.mark.slow
def test_the_report_fits_into_windows_of_a_desk_and_a_phone(tmp_path):
    mark = Mark("01.x", 0.5, 2.0, Status.JUDGED, False, ("a_slip_with_a_long_name",), "s" * 200)
    marks = {f"check_an_exercise_with_a_long_name_{n}": mark for n in range(12)}
    result = Result(marks, ("r" * 200,), seconds=1.0, walls="none")
    results = {"x" * 80: result, "lost": Result({}, reason="y" * 200)}
    results |= {f"student{n:03d}": result for n in range(198)}
    grade = Grade(12.25, 24.0, 1.5, ("proof",))
    rows = report_rows(results, {"z": ("A", "B" * 80)}, dict.fromkeys(results, grade))
    code = "def f(x):\n    return " + "x + " * 60 + "1"
    groups = [Group("01.x", "check_x", "0a1b2c3d", tuple(results), (), (), (("a", code), ("b", code)))]
    path = report.write_report(rows, "x", tmp_path, groups)
    grades = {f"{n:02d}_lesson": dict.fromkeys(results, grade) for n in range(14)}
    pages = (path, term.write_term(grades, {}, tmp_path))
    with chromium() as browser:
        for path, width, scheme in product(pages, (1200, 390), ("light", "dark")):
            tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            tab.goto(path.as_uri())
            assert tab.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), (path, width, scheme)
            assert tab.evaluate("innerWidth") == width
            tab.evaluate("document.querySelector('.points tbody tr:nth-child(100)').scrollIntoView()")
            head = tab.evaluate("document.querySelector('.points thead th').getBoundingClientRect().top")
            assert width == 390 or head == 0  # it stays in sight


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """JupyterLab on loopback, as `lab` starts it, with the released lesson open; the browser's page."""
    folder = tmp_path_factory.mktemp("course")
    for name in (NAME, START_PAGE):
        shutil.copytree(ROOT / "notebooks" / name, folder / "notebooks" / name)
    lesson = folder / "notebooks" / NAME / f"{NAME}.ipynb"
    lesson.write_text(with_a_broken_line(lesson.read_text(encoding="utf-8")), encoding="utf-8")
    # all cells in the page at once, also those that are scrolled out of sight
    settings = folder / ".settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}', encoding="utf-8")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_CONFIG_DIR": str(folder / ".config"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / ".workspaces"),
    }
    arguments = [
        "--no-browser",
        "--allow-root",
        "--expose-app-in-browser",
        f"--port={port}",
        "--IdentityProvider.token=t",
    ]
    server = subprocess.Popen(
        [sys.executable, "-m", "autograder", "lab", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # the server is a process of its own, and so are its kernels
    )
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token=t", timeout=5).read()
                break
            except OSError:
                time.sleep(0.5)
        with chromium() as browser:
            tab = browser.new_page(viewport={"width": 1200, "height": 9000})
            tab.goto(f"http://127.0.0.1:{port}/lab/tree/{NAME}/{NAME}.ipynb?token=t&reset")
            tab.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
            tab.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status='idle']", timeout=120_000)
            run_all(tab, "CheckFailed: 00.refute_elementwise - 0 of 1 points")
            yield tab
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def with_a_broken_line(text):
    """The lesson's notebook with a last cell: its backward pass, one line of which is broken, and a check."""
    notebook = json.loads(text)
    given = next(c for c in notebook["cells"] if "".join(c["source"]).startswith("def leaky_backward"))
    source = "".join(given["source"])
    assert source.count("h[t].T @ da") == 1
    source = (
        source.replace("h[t].T @ da", "h[t + 1].T @ da") + '\n\ncheck("00.leaky_backward", leaky_backward)'
    )
    notebook["cells"].append({**given, "id": "broken", "metadata": {}, "source": source})
    return json.dumps(notebook)


def run_all(tab, last):
    """Runs all cells; `last` is what the last check says."""
    tab.evaluate(RUN_ALL)
    tab.wait_for_selector(f"text={last}", timeout=240_000)


def colours(page, selector):
    """(text colour, colour behind it) as the browser computes them."""
    return page.eval_on_selector(
        selector, "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
    )


def contrast(pair):
    """WCAG 2 contrast ratio of two CSS colours."""

    def luminance(css):
        channels = [int(float(v)) / 255 for v in re.findall(r"[\d.]+", css)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted(map(luminance, pair))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.slow
def test_the_cards_and_the_path_picture_are_shown(page):
    assert "correct" in page.text_content(".unrolled.right header")
    card = page.locator(".unrolled.wrong", has_text="each step's own loss only").first
    assert "differs by" in card.text_content()
    assert card.locator(".grid tr").count() == 5
    assert card.locator("details").count() == 2 and not card.locator(".grid").is_visible()
    card.locator("summary", has_text="The paths of").click()
    assert card.locator(".grid").is_visible() and not card.locator(".numbers").is_visible()
    assert page.locator("img[alt^='Training loss']").count() == 1


@pytest.mark.slow
def test_the_line_takes_the_place_of_the_search_for_it(page):
    card = page.locator(".unrolled", has_text="line 12")
    card.wait_for(timeout=30_000)
    assert "looking for" not in card.text_content()
    code = card.locator("details.line > p code")
    assert not code.is_visible()
    card.locator("summary", has_text="The line").click()
    assert code.is_visible() and code.text_content() == 'grads["W_h"] += h[t + 1].T @ da'
    narrower = card.locator("details.line details code")
    assert not narrower.is_visible()
    card.locator("summary", has_text="Narrower").click()
    assert narrower.is_visible() and narrower.text_content() in code.text_content()
    # the card of another algorithm says nothing, and no card is left waiting
    page.wait_for_function("() => !document.body.innerText.includes('looking for the line')", timeout=30_000)
    assert page.locator(".unrolled", has_text="is where to look").count() <= 1


@pytest.mark.slow
def test_run_all_gets_past_unanswered_cells(page):
    assert page.locator("text=not answered yet").count() >= 7
    assert page.locator("text=CheckFailed: 00.refute_elementwise - 0 of 1 points").count() == 1


@pytest.mark.slow
def test_the_start_page_opens_without_a_prompt_and_without_the_instructor_s_panels(page):
    asked, tab = [], page.context.browser.new_page(viewport={"width": 1200, "height": 1000})
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(re.sub(r"/lab.*", "/?token=t", page.url))
    tab.wait_for_selector(".jp-Notebook h2:has-text('What recurrent networks are for')", timeout=120_000)
    assert f"/lab/tree/{START_PAGE}/{START_PAGE}.ipynb" in tab.url
    run_all(tab, "exercises")  # the head of the table
    lesson = tab.locator("[aria-label=progress] tr", has_text=re.compile("^.? *00"))
    asked_for = len([e for e in lesson_exercises("00") if e.points])
    assert f"0 of {asked_for}" in lesson.text_content()  # the other tab has checked them, none is answered
    tab.wait_for_timeout(3000)  # the prompt about news comes late
    seen = tab.content()
    assert "Jupyter news" not in seen
    for name in ("Nbgrader", "Formgrader", "Create Assignment", "Validate"):
        assert name not in seen, name
    assert {re.match(r"\w+://[^/:]*", url)[0] for url in asked if not url.startswith(("data:", "blob:"))} == {
        re.match(r"\w+://[^/:]*", tab.url)[0]
    }
    tab.close()


@pytest.mark.slow
def test_the_card_is_readable_in_both_themes(page):
    figure = "e => getComputedStyle(e).filter"
    light, plain = colours(page, ".unrolled.wrong"), page.eval_on_selector("img.unrolled-figure", figure)
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.get_by_text("Theme", exact=True).hover()
    page.get_by_text("JupyterLab Dark", exact=True).click()
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'", timeout=60_000)
    dark, inverted = colours(page, ".unrolled.wrong"), page.eval_on_selector("img.unrolled-figure", figure)
    assert light != dark
    assert contrast(light) > 7 and contrast(dark) > 7
    assert plain == "none" and inverted.startswith("invert(")  # no white box in a dark page
    assert contrast(["rgb(119, 119, 119)", "rgb(255, 255, 255)"]) < 5  # the measure can fail
