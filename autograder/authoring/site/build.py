"""`autograder site`: the whole website, in a folder that any web server can serve."""

import shutil
from argparse import Namespace
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ...errors import UserError
from ...lessons import START_PAGE, released_lessons
from .execution import executed_notebooks
from .lesson_page import SETS_UP, below_the_title, lesson_page
from .links import launch_links
from .reference import reference_pages
from .settings import ROOT, notebook_path
from .texts import DOCS, cut_start_page, documents, home_page

MARK = ".unrolled-site"  # a folder with this file in it was made here, and may be written again


def site(options: Namespace) -> int:
    """Builds the site into `options.to`; with `options.lite` the browser edition under lite/ as well."""
    build_site(options.to, has_lite=options.lite, pyodide=options.pyodide)
    print(f"open {options.to / 'index.html'}, or serve it: python3 -m http.server --directory {options.to}")
    return 0


def build_site(
    to: Path,
    root: Path = ROOT,
    has_lite: bool = False,
    pyodide: str | None = None,
    say: Callable[[str], None] = print,
) -> list[str]:
    """Builds the site of the course in `root`; returns Sphinx's warnings, which are said as well.

    Raises UserError where `to` holds something else, and BuildError where a page cannot be made.
    """
    from .sphinx_build import build_pages

    refuse_other_folder(to)
    kept = root / "build" / "site"
    write_sources(kept / "source", site_sources(root, kept / "outputs", has_lite, say))
    to.mkdir(parents=True, exist_ok=True)
    (to / MARK).touch()
    warnings = build_pages(kept / "source", to, kept / "doctrees")
    for warning in warnings:
        say(warning)
    shutil.copyfile(root / "docs" / "card.png", to / "_static" / "card.png")  # for pages that link here
    for path in [*released_lessons(root), root / notebook_path(START_PAGE)]:
        shutil.copyfile(path, to / path.relative_to(root))
    if has_lite:
        from .. import lite

        lite.build(to / "lite", pyodide=pyodide)
    return warnings


def refuse_other_folder(to: Path) -> None:
    """Raises UserError for what is no folder, or holds what was not built here."""
    if to.exists() and not to.is_dir():
        raise UserError(f"{to} is a file; --to wants a folder")
    if to.is_dir() and any(to.iterdir()) and not (to / MARK).exists():
        raise UserError(f"{to} holds other files; --to wants a new folder, or one that this command made")


def site_sources(root: Path, outputs: Path, has_lite: bool, say: Callable[[str], None]) -> dict[str, str]:
    """{place: text} of all that Sphinx reads."""
    names = [path.stem for path in released_lessons(root)]
    start = root / notebook_path(START_PAGE)
    solutions = [root / "solutions" / name / f"{name}.ipynb" for name in names]
    executed = executed_notebooks([*solutions, start], outputs, say)
    pages = {}
    for name in names:
        released = nbformat.read(root / notebook_path(name), as_version=4)
        page = lesson_page(released, executed[name], launch_links(name, has_lite))
        pages[notebook_path(name)] = _as_text(page)
    first = executed[START_PAGE]
    first.cells = [cell for cell in first.cells if not cell.id.endswith(SETS_UP)]
    cut = cut_start_page(first, names)
    links = launch_links(START_PAGE, has_lite)
    first.cells[0].source = below_the_title(first.cells[0].source, links)
    pages[notebook_path(START_PAGE)] = _as_text(first)
    home = home_page(first, names, has_lite)
    places = {*pages, *cut, *(f"docs/{name}.md" for name in DOCS)}
    pages |= cut | documents(root, places) | reference_pages()
    return pages | {"index.md": home}


def _as_text(notebook: NotebookNode) -> str:
    return str(nbformat.writes(notebook)) + "\n"


def write_sources(folder: Path, pages: dict[str, str]) -> None:
    """Writes what has changed, as Sphinx reads those files anew, and removes what is no page any more."""
    for place, text in pages.items():
        path = folder / place
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    for path in _files(folder):
        if path.relative_to(folder).as_posix() not in pages:
            path.unlink()


def _files(folder: Path) -> Iterable[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
