"""`autograder handout`: a folder with the course for students, without the answers to it."""

import json
import re
import shutil
import tempfile
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

from ...errors import BuildError, UserError
from ...exercises import sources
from ...lessons import START_PAGE, released_lessons
from ..banks import build_bank
from .passages import Passages, slip_makers, without_passages

ROOT = sources.FOLDER.parent
MARK = ".unrolled-handout"  # a folder with this file in it was made here, and may be written again
PACKAGES = ("rnnlib", "autograder")
FILES = (".gitattributes", "LICENSE", "constraints.txt", "course.py", "pyproject.toml")
IGNORED = ".venv/\n*.egg-info/\nbuild/\n__pycache__/\nwork/\n"  # the clone's own would leave the banks out
# of what makes the course, students' installations need this alone
BACKEND = ("autograder/authoring/__init__.py", "autograder/authoring/build_backend.py")
BANK = "autograder/diagnosis/bank"
EXERCISES = "autograder/exercises"
MODEL_ANSWER = re.compile(r"\s*\(If\s+you\s+learn\s+alone:\s+a\s+model\s+answer\s+is\s+in\s+`solutions/`\.\)")
LINK = re.compile(r"\[([^]]+)\]\(\.\./(\w+)/\w+\.ipynb\)")


def handout(options: Namespace) -> int:
    """Writes the folder, and says what lies in it."""
    wanted = re.split(r"[,\s]+", options.lessons.strip()) if options.lessons is not None else None
    names = write_handout(options.to, wanted)
    print(f"{options.to} holds {', '.join(names)}, the start page and the package, and no solutions.")
    print(f"{options.to / 'README.md'} says what a determined student can still find there.")
    return 0


def write_handout(to: Path, lessons: Iterable[str] | None = None, root: Path = ROOT) -> list[str]:
    """Writes a handout of the course in `root`; returns the names of its lessons.

    lessons: their numbers or names, by default all.  A handout that is in `to` already is replaced; whatever
    else lies there, such as work/, stays.  Raises UserError where `to` holds something else or there is no
    such lesson, and BuildError where a passage of a solution would be handed out.
    """
    to = Path(to)
    chosen = _chosen(root, lessons)
    _refuse_other_folder(to)
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{to.name}-", dir=to.parent) as made:
        folder = Path(made) / to.name
        _write_texts(folder, _texts(root, chosen))
        build_bank(folder / BANK)
        _take_over(folder, to)
    return [path.stem for path in chosen]


def _chosen(root: Path, lessons: Iterable[str] | None) -> list[Path]:
    """The released notebooks of these lessons, in order."""
    released = {path.stem: path for path in released_lessons(root)}
    if lessons is None:
        return list(released.values())
    known = {name.split("_")[0]: name for name in released} | {name: name for name in released}
    wanted = list(lessons)
    unknown = [lesson for lesson in wanted if lesson not in known]
    if unknown or not wanted:
        raise UserError(
            f"no lesson {', '.join(map(repr, unknown)) or 'is named'}; --lessons takes numbers like 01,05 of"
            f" {', '.join(released) or 'which there are none here'}"
        )
    names = {known[lesson] for lesson in wanted}
    return [path for name, path in released.items() if name in names]


def _refuse_other_folder(to: Path) -> None:
    if to.exists() and not to.is_dir():
        raise UserError(f"{to} is a file; --to takes a folder, which is made where there is none")
    if to.is_dir() and any(to.iterdir()) and not (to / MARK).is_file():
        raise UserError(
            f"{to} holds something that is no handout, which would be mixed up; name another folder"
        )


def _texts(root: Path, chosen: list[Path]) -> dict[str, str]:
    """{path in the handout: text} of all but the banks; raises BuildError where one holds a passage."""
    made = {name: (root / name).read_text(encoding="utf-8") for name in (*FILES, *BACKEND)}
    makers = slip_makers(root / EXERCISES)
    left_out = (f"{BANK}/", "autograder/authoring/", *(f"{EXERCISES}/{maker}.py" for maker in makers))
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix in (".py", ".html", ".typed") and not name.startswith(left_out):
                text = path.read_text(encoding="utf-8")
                is_lesson = re.fullmatch(rf"{EXERCISES}/lesson\d\d\.py", name)
                made[name] = without_passages(text, makers) if is_lesson else text
    made |= {"README.md": _readme(chosen), ".gitignore": IGNORED}
    passages = Passages(root)
    for name, text in made.items():
        if not name.startswith("rnnlib/") and (left := passages.left_in(text)):
            raise BuildError(
                f"{name} would hand out {left[0]!r}, a passage of a solution or of a slip; write that line in"
                " another way, or move it into rnnlib"
            )
    names = {path.stem for path in chosen}
    for path in [*chosen, root / "notebooks" / START_PAGE / f"{START_PAGE}.ipynb"]:
        made[path.relative_to(root).as_posix()] = _notebook(path, names)
    return made | {MARK: ""}


def _notebook(path: Path, names: set[str]) -> str:
    """A released notebook that speaks of no solutions and links to no lesson that is not handed out."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text = MODEL_ANSWER.sub("", "".join(cell["source"]))
            text = LINK.sub(lambda link: link[0] if link[2] in names else link[1], text)
            cell["source"] = text.splitlines(keepends=True)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _readme(chosen: list[Path]) -> str:
    template = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
    lines = [f"- `{path.parent.name}`" for path in chosen]
    return template.replace("LESSONS", "\n".join(lines))


def _write_texts(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _take_over(made: Path, to: Path) -> None:
    """Puts a finished folder in its place, entry by entry; what else lies there stays."""
    to.mkdir(exist_ok=True)
    (to / MARK).touch()  # before all else: should this be interrupted, the next handout may go on
    for entry in sorted(made.iterdir()):
        old = to / entry.name
        if old.is_dir():
            shutil.rmtree(old)
        shutil.move(entry, old)  # also onto another file system, as a volume is
