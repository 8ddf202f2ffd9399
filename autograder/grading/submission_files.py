"""What lies in a student's folder: the notebook, the files beside it, and what is at a wrong place."""

import os
import shutil
import stat
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from ..wording import CONTROL, holds_control_characters, name_problem, plain

MOST_BYTES = 20 * 2**20  # of a notebook, and of all files beside it together
MOST_FILES = 1000
MOST_LOOKED_AT = 2000  # files, folders, and what is left out
LONGEST_NAME = 1000  # bytes of a file's path; the system's limit of 4096 holds for where it is copied to
LONGEST_REMARK = 300
NOT_PASSED_ON = {"timestamp.txt", "feedback", "__pycache__", "__MACOSX", ".ipynb_checkpoints"}


def list_files(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """({relative name: path} of the files below `folder`, remarks on what is left out)."""
    files: dict[str, Path] = {}
    remarks: list[str] = []
    looked_at = 0
    for parent, folders, names in os.walk(folder):  # passes over what cannot be opened, follows no link
        folders[:] = sorted(name for name in folders if _is_passed_on(name))
        for name in [*folders, *sorted(filter(_is_passed_on, names))]:
            looked_at += 1
            if len(files) > MOST_FILES or looked_at > MOST_LOOKED_AT:
                return files, [*remarks, f"there are more than {MOST_FILES} files; not all were looked at"]
            path = Path(parent, name)
            relative = str(path.relative_to(folder))
            if len(os.fsencode(relative)) > LONGEST_NAME:
                remarks.append(f"{relative[:60]}… has a path of more than {LONGEST_NAME} bytes; left out")
                if name in folders:
                    folders.remove(name)
            elif holds_control_characters(name):
                remarks.append(f"{relative} {CONTROL}; left out")
                if name in folders:
                    folders.remove(name)
            elif (kind := kind_of(path)) not in ("", "a folder"):
                remarks.append(f"{relative} is {kind}; left out")
            elif not kind and not os.access(path, os.R_OK):
                remarks.append(f"{relative} cannot be opened; left out")
            elif not kind:
                files[relative] = path
    return files, remarks


def _is_passed_on(name: str) -> bool:
    return name not in NOT_PASSED_ON and not name.startswith(".")


def kind_of(path: Path) -> str:
    """What there is in place of a file: "a link", "a folder", "a FIFO"; "" for a file or nothing."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return ""
    kinds: dict[str, Callable[[int], bool]] = {
        "a link": stat.S_ISLNK,
        "a folder": stat.S_ISDIR,
        "a FIFO": stat.S_ISFIFO,
        "a socket": stat.S_ISSOCK,
        "a device": lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode),
    }
    return next((kind for kind, is_kind in kinds.items() if is_kind(mode)), "")


def is_closed(path: Path) -> bool:
    """Whether there is a folder that this process may not look into; one that is not there is not closed."""
    return os.path.isdir(path) and not os.access(path, os.R_OK | os.X_OK)


def beginning(path: Path, most: int = MOST_BYTES + 1) -> bytes:
    """What a file holds, up to a number of bytes; raises OSError.

    What has meanwhile become a link is not opened, and a FIFO has nothing to read.
    """
    with open(path, "rb", opener=_open_at_once) as file:
        return file.read(most)


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))


def find_notebook(folder: Path, assignment: str, files: Mapping[str, Path]) -> tuple[Path | None, list[str]]:
    """(path of the notebook, remarks); (None, [the reason]) when there is none to take."""
    for place in (folder.parent, folder):
        if place.is_symlink():
            return None, [f"{place.name} is a link, not a folder; links are not followed"]
    if is_closed(folder):
        return None, [f"the folder {folder.name} cannot be read: Permission denied"]
    expected = folder / f"{assignment}.ipynb"
    kind = kind_of(expected)
    if kind and kind != "a folder":
        return None, [f"{expected.name} is {kind}, not a file"]
    if os.path.isfile(expected):
        return expected, []
    notebooks = [name for name in files if name.endswith(".ipynb")]
    # an unpacked archive may have put a folder around everything
    found = [name for name in notebooks if os.sep not in name] or notebooks
    if len(found) == 1:
        said = f"the notebook is called {found[0]}, expected {expected.name}; graded as that"
        return files[found[0]], [said]
    return None, [f"expected {expected.name}, found {', '.join(found) or 'no notebook'}"]


def other_notebooks(files: Mapping[str, Path], graded: Path) -> list[str]:
    """Says which notebooks are not looked at; the one that was meant may be among them."""
    others = [
        f"{name} (newer)" if path.stat().st_mtime > graded.stat().st_mtime else name
        for name, path in files.items()
        if name.endswith(".ipynb") and path != graded
    ]
    return [f"{graded.name} was graded; not looked at: {', '.join(others)}"] if others else []


def files_beside(
    found: Mapping[str, Path], notebook: Path, expected: str
) -> tuple[dict[str, Path], list[str]]:
    """({name: path} of the files beside the notebook, by names relative to it; remarks)."""
    files: dict[str, Path] = {}
    remarks: list[str] = []
    outside = 0
    for path in found.values():
        if not path.is_relative_to(notebook.parent):
            outside += 1
        elif path != notebook:
            files[str(path.relative_to(notebook.parent))] = path
    if outside:
        remarks.append(f"files that are not beside the notebook are left out: {outside}")
    for name in [name for name in files if Path(name).parts[0] == expected]:
        remarks.append(f"{name} lies in a folder called like the notebook; left out")
        del files[name]
    if len(files) > MOST_FILES:
        return {}, [*remarks, f"the files beside the notebook are more than {MOST_FILES}; left out"]
    if sum(path.stat().st_size for path in files.values()) > MOST_BYTES:
        return {}, [*remarks, f"the files beside the notebook exceed {MOST_BYTES // 2**20} MB; left out"]
    for name in sorted({Path(name).parts[0] for name in files}):
        if _shadows(name, name in files):
            remarks.append(f"{name} has the name of a module; it comes last on the path and shadows nothing")
    return files, remarks


def _shadows(name: str, is_file: bool) -> bool:
    """Whether a file or folder has the name of a module that lessons may import."""
    module = name.removesuffix(".py") if name.endswith(".py") or not is_file else ""
    return module in sys.stdlib_module_names or module in ("numpy", "rnnlib", "autograder", "matplotlib")


def misplaced_notebooks(submitted: Path, assignment: str, assignments: Collection[str]) -> dict[str, str]:
    """{student: what is wrong} where no folder for `assignment` can be read, but something is there.

    Where no student can be told it is {what is there: what is wrong}.  assignments: the names of all, as a
    notebook of another one is where it should be.
    """
    found: dict[str, str] = {}
    others = set(assignments) - {assignment}
    for place in sorted(Path(submitted).iterdir()) if os.path.isdir(submitted) else []:
        name, problem = place.name, name_problem(place.name)
        kind = kind_of(place)
        if name.startswith(".") and os.path.lexists(place / assignment):
            found[ascii(name)] = (
                f"the name of the folder {plain(name)} begins with a dot, so it is passed over; rename it"
            )
        elif kind == "a folder" and problem:
            found[ascii(name)] = f"the name of the folder {plain(name)} {problem}; rename it"
        elif name.startswith(".") or problem:
            continue
        elif kind == "a folder" and name == assignment and not is_closed(place):
            for inner in sorted(place.iterdir()):
                swapped = f"{name}/{plain(inner.name)}"
                found[swapped] = (
                    f"found {swapped}, expected STUDENT/{assignment}: the two are the wrong way round"
                )
        elif kind == "a folder":
            says = _misplaced_in(place, assignment, assignments)
            found |= {name: plain(says, LONGEST_REMARK)} if says else {}
        elif kind and not os.path.isdir(place):
            found[name] = f"{name} is {kind}, expected a folder with {assignment} in it"
        elif place.suffix in (".ipynb", ".zip") and not any(other in place.stem for other in others):
            found[name] = f"{plain(name)} lies by itself, expected STUDENT/{assignment}/{assignment}.ipynb"
    return found


def _misplaced_in(student: Path, assignment: str, assignments: Collection[str]) -> str:
    """What is wrong in the folder of a student who has none of `assignment`, or ""."""
    own = student / assignment
    if os.path.isdir(own):
        return ""
    if is_closed(student):
        return f"the folder {student.name} cannot be read: Permission denied"
    expected = f"{student.name}/{assignment}/{assignment}.ipynb"
    if os.path.lexists(own):
        return f"{student.name}/{assignment} is {kind_of(own) or 'a file'}, expected a folder"
    notebooks = [
        f"{student.name}/{name}"
        for name in list_files(student)[0]
        if name.endswith(".ipynb")
        and Path(name).parts[0] not in assignments
        and Path(name).stem not in set(assignments) - {assignment}
    ]
    return f"notebooks found at {', '.join(notebooks)}, expected {expected}" if notebooks else ""


def copy_files(files: Mapping[str, Path], target: str | Path) -> None:
    """Puts the files beside a notebook into `target`, readable for everybody."""
    for name, path in files.items():
        copy = Path(target) / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    for path in [Path(target), *Path(target).rglob("*")]:
        os.chmod(path, 0o755 if path.is_dir() else 0o644)
