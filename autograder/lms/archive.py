"""A download, which is a zip or a folder: the files in it, read within limits, and what is refused of it.

Names and sizes come from students, so nothing of what a zip says of itself is relied on.
"""

import os
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from unicodedata import normalize

from ..errors import GradingError
from ..grading.submission_files import MOST_BYTES, beginning, kind_of
from ..wording import CONTROL, holds_control_characters, plain

MOST_ENTRIES = 50_000
LONGEST_PATH, LONGEST_NAME = 1000, 255  # bytes
UTF8, ENCRYPTED = 0x800, 0x1  # of a zip entry's flags
DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.I)  # on Windows, whatever follows the dot
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)


class Refused(Exception):
    """A file cannot be taken; the message continues its name in a sentence."""


class Entry(NamedTuple):
    """One file of a download."""

    path: str  #: with slashes, NFC
    read: Callable[[], bytes]  #: raises Refused


@contextmanager
def open_download(path: Path) -> Iterator[tuple[list[Entry], list[str]]]:
    """(the files of a download in the order of their names, sentences on what is refused of it).

    Hidden files, and what macOS puts beside files, are left out in silence.  Raises GradingError where the
    whole is no download.
    """
    if path.is_dir():
        yield _of_folder(path)
        return
    if not path.exists():
        raise GradingError(f"there is no {path}; expected a download, a zip file or a folder")
    try:
        with zipfile.ZipFile(path) as archive:
            yield _of_zip(archive)
    except zipfile.BadZipFile as error:
        raise GradingError(f"{path} is neither a folder nor a zip file ({error})") from None


def path_problem(path: str) -> str:
    """What keeps a file's path from being taken, as the end of a sentence; or ""."""
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or "\\" in path or re.match(r"[A-Za-z]:", path):
        return "leads out of the download"
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return "has a name that is not UTF-8"
    if size > LONGEST_PATH or any(len(part.encode()) > LONGEST_NAME for part in parts):
        return f"has a name of more than {LONGEST_NAME} bytes"
    if holds_control_characters(path):
        return CONTROL
    device = next((part for part in parts if DEVICE.match(part)), "")
    return f"has the name of a device on Windows, {device}" if device else ""


def _of_zip(archive: zipfile.ZipFile) -> tuple[list[Entry], list[str]]:
    listed = [info for info in archive.infolist() if not info.is_dir()]
    if len(listed) > MOST_ENTRIES:
        raise GradingError(f"the zip file has {len(listed)} files, expected at most {MOST_ENTRIES}")
    found: list[Entry] = []
    refused: list[str] = []
    for info in listed:
        path = normalize("NFC", _name_of(info))
        if _is_passed_over(path):
            continue
        kind = stat.S_IFMT(info.external_attr >> 16)
        problem = path_problem(path)
        if not problem and kind not in (0, stat.S_IFREG):
            problem = "is a link" if kind == stat.S_IFLNK else "is no file"
        if not problem and info.flag_bits & ENCRYPTED:
            problem = "is encrypted"
        if problem:
            refused.append(f"{plain(path, 200)} {problem}")
        else:
            found.append(Entry(path, _unpacking(archive, info)))
    return _without_doubles(found, refused)


def _unpacking(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with archive.open(info) as file:
                data = file.read(MOST_BYTES + 1)
        except UNREADABLE as error:
            raise Refused(f"is damaged ({plain(str(error), 100)})") from None
        return _within_limits(data)

    return read


def _without_doubles(found: list[Entry], refused: list[str]) -> tuple[list[Entry], list[str]]:
    """The entries whose names no other has, in order, and the refusals with those of the others."""
    times = Counter(entry.path for entry in found)
    doubled = [f"{path} is there more than once" for path in sorted(times) if times[path] > 1]
    once = [entry for entry in found if times[entry.path] == 1]
    return sorted(once, key=lambda entry: entry.path), [*refused, *doubled]


def _name_of(info: zipfile.ZipInfo) -> str:
    """The name of an entry, which macOS writes as UTF-8 without saying so."""
    if info.flag_bits & UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except ValueError:
        return info.filename


def _of_folder(folder: Path) -> tuple[list[Entry], list[str]]:
    entries: list[Entry] = []
    refused: list[str] = []
    for parent, folders, names in os.walk(folder):  # follows no link
        folders.sort()
        for name in sorted([*folders, *names]):
            file = Path(parent, name)
            path = normalize("NFC", file.relative_to(folder).as_posix())
            kind = kind_of(file)
            if kind == "a folder" or _is_passed_over(path):
                continue
            problem = path_problem(path) or (f"is {kind}" if kind else "")
            if problem:
                refused.append(f"{plain(path, 200)} {problem}")
            else:
                entries.append(Entry(path, _reading(file)))
            if len(entries) > MOST_ENTRIES:
                raise GradingError(f"{folder} has more than {MOST_ENTRIES} files")
    return _without_doubles(entries, refused)


def _reading(file: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return _within_limits(beginning(file))
        except OSError as error:
            raise Refused(f"cannot be opened ({error.strerror})") from None

    return read


def _within_limits(data: bytes) -> bytes:
    if len(data) > MOST_BYTES:
        raise Refused(f"is larger than {MOST_BYTES // 2**20} MB")
    return data


def _is_passed_over(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return ".." not in parts and any(
        part.startswith(".") or part in ("__MACOSX", "Thumbs.db") for part in parts
    )
