"""What the website makes of lessons, docstrings and links, before Sphinx sees it."""

import re
from argparse import Namespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from tests_root import ROOT

import autograder.authoring.site.build as site_build
from autograder.authoring.build import release_notebook
from autograder.authoring.site import execution, links, reference, settings, texts
from autograder.authoring.site.lesson_page import WIDGET, lesson_page
from autograder.errors import BuildError, UserError

CARD = "<section class='unrolled right'>correct</section>"
HINTS = "".join(f"<details><summary>Hint {n} · x</summary>\n\ntext\n\n</details>\n" for n in (1, 2, 3))


def graded(name, **flags):
    base = {"grade": False, "solution": False, "locked": False, "schema_version": 3, "task": False}
    return {"nbgrader": {**base, "grade_id": name, **flags}}


def solution():
    """A lesson of one exercise, executed: every cell has an output that tells where it is from."""
    shown = new_output("display_data", {"text/html": CARD})
    points = new_output("execute_result", {"text/plain": "2.0"}, execution_count=4)
    slider = new_output("display_data", {WIDGET: {}, "text/plain": "interactive(…)"})
    figure = new_output("display_data", {"text/html": "<img alt='a curve'>"})
    answer = "def f():\n    ### BEGIN SOLUTION\n    print('secret')\n    return 41\n    ### END SOLUTION"
    return new_notebook(
        metadata={"widgets": {"state": {}}},
        cells=[
            new_markdown_cell("# 90 · A lesson\n\nText.", id="title"),
            new_code_cell("import somewhere", id="90-on-colab"),
            new_code_cell(
                answer,
                id="stub",
                metadata=graded("f", solution=True),
                outputs=[new_output("stream", text="from the stub")],
            ),
            new_code_cell(
                "check('90.f', f)",
                id="check",
                metadata=graded("check_f", grade=True, locked=True, points=2),
                outputs=[shown, points],
            ),
            new_markdown_cell(f"{HINTS}\nWhat you saw.", id="hints"),
            new_code_cell("draw(f())", id="figure", outputs=[figure, slider]),
            new_markdown_cell(
                "The proof: because.",
                id="proof",
                metadata=graded("proof", grade=True, solution=True, points=1),
            ),
        ],
    )


@pytest.fixture(scope="module")
def released():
    """What nbgrader releases of it."""
    bare = solution()
    for cell in bare.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nbformat.reads(release_notebook("90_lesson", nbformat.writes(bare)), as_version=4)


@pytest.fixture
def page(released):
    return lesson_page(released, solution(), "<nav>ways</nav>")


def outside_folds(page):
    """All text and outputs that a reader sees without opening anything."""
    seen = "\n".join(c.source + nbformat.writes(new_notebook(cells=[c])) for c in page.cells)
    return re.sub(r"<details.*?</details>", "", seen.replace("\\n", "\n"), flags=re.S)


def test_a_page_has_the_released_text_and_the_solution_s_figures(page):
    stub, check, figure = (c for c in page.cells if c.cell_type == "code")
    assert "raise NotImplementedError()" in stub.source and "41" not in stub.source
    assert check.outputs[-1].data["text/html"] == CARD and len(check.outputs) == 2  # a caption, no points
    assert figure.outputs[0].data["text/html"] == "<img alt='a curve'>"
    assert page.cells[0].source.startswith("# 90 · A lesson\n\n<nav>ways</nav>")


def test_a_stub_has_no_output_and_a_slider_becomes_a_sentence(page):
    stub, _, figure = (c for c in page.cells if c.cell_type == "code")
    assert stub.outputs == [] and "from the stub" not in nbformat.writes(page)
    assert "slider" in figure.outputs[1].data["text/html"] and WIDGET not in nbformat.writes(page)
    assert "widgets" not in page.metadata


def test_a_cell_that_sets_up_a_notebook_is_not_on_the_page(page, released):
    assert "import somewhere" in nbformat.writes(released)
    assert "import somewhere" not in nbformat.writes(page) and len(page.cells) == len(released.cells) - 1


def test_solutions_are_folded_behind_the_last_hint(page):
    hints = next(c.source for c in page.cells if "Hint 3" in c.source)
    assert hints.index("Hint 3") < hints.index("<summary>Solution</summary>") < hints.index("What you saw.")
    assert "    print('secret')\n    return 41\n```" in hints and "SOLUTION" not in hints
    seen = outside_folds(page)
    assert "secret" not in seen and "because" not in seen and "What you saw." in seen
    assert "because" in page.cells[-1].source  # the proof is there, in its fold
    page.cells[-1].source += "because"
    assert "because" in outside_folds(page)  # the control: what is not folded is seen


def test_what_does_not_fit_together_is_refused(released):
    other = solution()
    other.cells[2].id = "elsewhere"
    with pytest.raises(BuildError, match="other cells than its solution"):
        lesson_page(released, other, "")
    without = nbformat.from_dict(released)
    without.cells[4].source = "No hints."
    with pytest.raises(BuildError, match="not followed by its third hint"):
        lesson_page(without, solution(), "")


def test_a_lesson_that_raises_or_warns_makes_no_page():
    clean = solution()
    execution.refuse_errors("90", clean)
    for bad in (
        new_output("error", ename="E", evalue="boom", traceback=[]),
        new_output("stream", name="stderr", text="boom"),
    ):
        broken = solution()
        broken.cells[5].outputs.append(bad)
        with pytest.raises(BuildError, match="90: .*boom"):
            execution.refuse_errors("90", broken)


def test_outputs_are_kept_until_something_that_made_them_changes(tmp_path, monkeypatch):
    path, ran = tmp_path / "90_lesson.ipynb", []
    nbformat.write(solution(), path)
    monkeypatch.setattr(execution, "execute", lambda p: ran.append(p) or solution())
    library = ["one"]
    monkeypatch.setattr(execution, "library_digest", lambda: library[0])
    said = []
    for changes, runs in ((None, 1), (None, 1), ("text", 1), ("code", 2), ("library", 3)):
        lesson = nbformat.read(path, as_version=4)
        if changes == "library":
            library[0] = "two"
        elif changes:
            lesson.cells[{"text": 0, "code": 5}[changes]].source += " more"
            nbformat.write(lesson, path)
        got = execution.executed_notebooks([path], tmp_path / "kept", said.append)
        assert len(ran) == runs, changes
        assert got["90_lesson"].cells[3].outputs
    assert len(list((tmp_path / "kept").iterdir())) == 1  # what nobody asks for any more is gone


def test_the_library_s_digest_knows_what_draws_and_no_more(tmp_path):
    for name in ("rnnlib/plots.py", "autograder/feedback/card.py", "autograder/grading/grade.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("")
    before = execution.library_digest(tmp_path)
    (tmp_path / "autograder/grading/grade.py").write_text("1")
    assert execution.library_digest(tmp_path) == before
    (tmp_path / "autograder/feedback/card.py").write_text("1")
    assert execution.library_digest(tmp_path) != before


def test_launch_links_lead_to_the_one_repository():
    html = links.launch_links("01_scalar_rnn", has_lite=True, repository="https://github.com/them/theirs")
    place = "notebooks/01_scalar_rnn/01_scalar_rnn.ipynb"
    assert f"/github/them/theirs/blob/main/{place}" in html
    assert "/gh/them/theirs/main?urlpath=lab%2Ftree%2Fnotebooks%2F01_scalar_rnn%2F" in html
    assert "../../lite/lab/index.html?path=01_scalar_rnn%2F01_scalar_rnn.ipynb" in html
    assert (ROOT / place).exists() and html.count("<a ") == 4
    elsewhere = links.launch_links("01_scalar_rnn", repository="https://example.org/them/theirs")
    assert elsewhere.count("<a ") == 1 and "download" in elsewhere  # those services do not know it


def test_the_one_setting_says_where_the_course_is_published(tmp_path):
    project, given = tmp_path / "pyproject.toml", '[project]\nname = "x"\n'
    both = given + '[project.urls]\nRepository = "{}"\nHomepage = "{}"\n'
    project.write_text(both.format("https://h.org/them/theirs/", "https://them.org/theirs"))
    assert settings.addresses(project) == ("https://h.org/them/theirs", "https://them.org/theirs/")
    for text in (given, both.format("", "https://x.org"), both.format("github.com/them", "https://x.org")):
        project.write_text(text)
        with pytest.raises(BuildError, match="Repository is .* expected https://HOST/OWNER/NAME"):
            settings.addresses(project)
    project.write_text(both.format("https://h.org/them/theirs", ""))
    with pytest.raises(BuildError, match="Homepage is '' .* expected the address of the website"):
        settings.addresses(project)


def test_links_to_what_is_no_page_lead_into_the_repository():
    text = "[a](grading.md#after) [b](../README.md) [c](https://x.org/y) [d](#here) [e](../CONTRIBUTING.md#z)"
    got = links.with_outside_links(text, "docs/x.md", {"docs/grading.md"}, "https://h/o/n")
    assert got == (
        "[a](grading.md#after) [b](https://h/o/n/blob/main/README.md) [c](https://x.org/y) [d](#here)"
        " [e](https://h/o/n/blob/main/CONTRIBUTING.md#z)"
    )


def test_every_document_is_a_page():
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} == {*texts.DOCS}


def test_docstrings_are_read_as_the_sentences_that_they_are():
    got = reference.as_rst(
        [
            "The norm |J_t| <= `gain` * 2 of W_.",
            "",
            "x: (T, B, D), the",
            "    inputs.  phi: its name.  Returns a float.",
        ]
    )
    assert got[0] == r"The norm \|J\_t\| <= ``gain`` \* 2 of W\_."
    assert [line for line in got if line.startswith("- ")] == [
        "- **x**: (T, B, D), the inputs.",
        "- **phi**: its name.",
        "- Returns a float.",
    ]
    assert reference.as_rst(["    h_t = |x|"])[:3] == ["::", "", "      h_t = |x|"]


def test_the_start_page_gives_its_sheet_and_its_glossary():
    notebook = nbformat.read(ROOT / "notebooks" / "start_here" / "start_here.ipynb", as_version=4)
    table = texts.lesson_table(notebook)
    assert table.count("](notebooks/") == 14
    pages = texts.cut_start_page(notebook, ["00_gradient_checking"])
    assert set(pages) == {"cheat_sheet.md", "glossary.md"}
    assert "[00](notebooks/00_gradient_checking/00_gradient_checking.ipynb) |" in pages["glossary.md"]
    left = "\n".join(c.source for c in notebook.cells)
    assert "| adjoint |" not in left and "| adjoint |" in pages["glossary.md"] and "### Sources" in left
    with pytest.raises(BuildError, match="no section"):
        texts.cut_start_page(new_notebook(cells=[new_markdown_cell("# x")]), [])


def test_a_folder_with_something_else_in_it_is_not_touched(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="holds other files"):
        site_build.refuse_other_folder(tmp_path)
    with pytest.raises(UserError, match="is a file"):
        site_build.refuse_other_folder(tmp_path / "thesis.txt")
    (tmp_path / site_build.MARK).touch()
    site_build.refuse_other_folder(tmp_path)
    site_build.refuse_other_folder(tmp_path / "new")


def test_the_command_says_where_the_site_is(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(site_build, "build_site", lambda to, **_: [])
    assert site_build.site(Namespace(to=tmp_path / "s", lite=False, pyodide=None)) == 0
    assert str(tmp_path / "s" / "index.html") in capsys.readouterr().out
