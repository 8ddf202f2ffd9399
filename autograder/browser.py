"""Work in the course's edition for browsers: lessons that the site has anew, with the answers that are there.

The browser stores a lesson from its first change on, and then shows that, whatever the site publishes.
"""

import os
import tempfile
from importlib import import_module
from pathlib import Path

from .carry_over import lacks_something, read_notebook
from .errors import UserError
from .feedback import progress
from .lab import update_lesson
from .lessons import IN_BROWSER


def newer_lessons(update: bool = False) -> None:
    """In the browser: says which lessons the site has in another form than you; elsewhere nothing is done.

    update: whether these are brought, with your answers; the notebook before stays beside the new one.
    Raises UserError where the site does not answer.
    """
    if IN_BROWSER not in os.environ:
        return
    work = progress.place().parent
    with tempfile.TemporaryDirectory() as folder:
        names = [path.parent.name for path in sorted(work.glob("*/*.ipynb")) if path.stem == path.parent.name]
        newer = [name for name in names if _is_newer(work, Path(folder), name)]
        for name in newer:
            if update:
                print(update_lesson(Path(folder), work, name))
            else:
                print(f"The site has another {name} than you.")
    if not newer:
        print("Your lessons are those of the site.")
    elif not update:
        print("To bring them with your answers, close them and run newer_lessons(update=True).")


def _is_newer(work: Path, folder: Path, name: str) -> bool:
    """Whether the site's lesson differs from the one in `work`; puts the former into `folder`."""
    released = _fetch(name)
    if released is None:
        return False
    path = folder / name / f"{name}.ipynb"
    path.parent.mkdir()
    path.write_bytes(released)
    try:
        own = read_notebook((work / name / path.name).read_bytes())
    except UserError:
        return True  # and `update_lesson` says why it stays
    return lacks_something(own, read_notebook(released))


def _fetch(name: str) -> bytes | None:
    """The notebook of a lesson as the site has it now, None where it has none.

    Raises UserError where the site does not answer.
    """
    address = f"{os.environ[IN_BROWSER]}{name}/{name}.ipynb"
    request = import_module("js").XMLHttpRequest.new()
    request.open("GET", address, False)
    request.setRequestHeader("Cache-Control", "no-cache")
    try:
        request.send()
    except Exception:  # what JavaScript throws where there is no network
        raise UserError(f"{address} does not answer; is there a network?") from None
    if request.status == 404:
        return None
    if request.status != 200:
        raise UserError(f"{address} answers {request.status} instead of the lesson")
    return str(request.responseText).encode("utf-8")
