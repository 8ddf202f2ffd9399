"""The wheels that a browser gets besides Pyodide's own: the course, and what its kernel needs.

They are made of what is installed here, so nothing is fetched, and their versions are those that the course
is tested with.
"""

import csv
import hashlib
import io
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from ...errors import BuildError

COURSE = "unrolled"
AT_START = ("piplite", "ipykernel", "pyodide-kernel", "comm", "ipython", COURSE)
FROM_HERE = ("comm", "ipython", "ipywidgets")  # and what they need
# a start would unpack their many files and import none: without Jedi IPython completes from the objects that
# are there, and pytz, which Pyodide's Matplotlib names, was needed by older versions
LEFT_OUT = {"jedi", "pytz"}
OF_THE_KERNEL = ("piplite", "ipykernel", "pyodide-kernel", "widgetsnbextension")  # in its extension
DEPENDS = {
    COURSE: ("ipython", "numpy", "matplotlib"),
    "piplite": ("micropip",),
    "pyodide-kernel": ("comm", "ipython"),
    "ipykernel": (),
    "widgetsnbextension": (),
}
IMPORTS = {COURSE: ("autograder", "rnnlib")}
# what decides which dependencies there are, as Pyodide's Python answers
THERE = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "wasm32",
    "platform_python_implementation": "CPython",
    "platform_system": "Emscripten",
    "python_full_version": "3.14.0",
    "python_version": "3.14",
    "sys_platform": "emscripten",
    "extra": "",
}
EARLIEST = (1980, 1, 1, 0, 0, 0)  # that an archive can hold: the same files make the same wheel
WITHOUT_C = {"wcwidth"}  # compiled for speed alone: it has the same in Python
COMPILED = {".so", ".pyd"}
MADE_HERE = {"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"}  # by installing


def write_wheels(root: Path, kernel_extension: Path, folder: Path) -> list[dict[str, Any]]:
    """Writes the wheels into a new folder; returns their entries for pyodide-lock.json.

    root: a clone of the course.  kernel_extension: the folder of jupyterlite-pyodide-kernel's extension.
    """
    folder.mkdir()
    of_the_kernel = _kernel_wheels(kernel_extension, folder)
    needed = _needed(FROM_HERE, {*of_the_kernel, "numpy", "matplotlib"})
    entries = [_entry(_course_wheel(root, folder), DEPENDS[COURSE], IMPORTS[COURSE])]
    entries += [_entry(path, DEPENDS[name]) for name, path in of_the_kernel.items()]
    entries += [_entry(repack(name, folder), depends) for name, depends in needed.items()]
    return entries


def repack(name: str, folder: Path) -> Path:
    """Makes a wheel of an installed package.  Raises BuildError where it is not pure Python."""
    found = metadata.distribution(name)
    is_pure = "Root-Is-Purelib: true" in (found.read_text("WHEEL") or "") or name in WITHOUT_C
    if not is_pure or not found.files:
        raise BuildError(f"{name} {found.version} is not installed as pure Python, so no browser can load it")
    kept = {
        file.as_posix(): Path(str(file.locate())).read_bytes()
        for file in found.files
        if not ({"..", "__pycache__"} & {*file.parts} or file.name in MADE_HERE or file.suffix in COMPILED)
    }
    (info,) = {path.partition("/")[0] for path in kept if path.partition("/")[0].endswith(".dist-info")}
    record = io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    rows.writerows([path, "", ""] for path in [*sorted(kept), f"{info}/RECORD"])
    path = folder / f"{info.removesuffix('.dist-info')}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for inside, content in sorted(kept.items()):
            wheel.writestr(zipfile.ZipInfo(inside, EARLIEST), content, zipfile.ZIP_DEFLATED)
        wheel.writestr(zipfile.ZipInfo(f"{info}/RECORD", EARLIEST), record.getvalue(), zipfile.ZIP_DEFLATED)
    return path


def _needed(roots: tuple[str, ...], there: set[str]) -> dict[str, tuple[str, ...]]:
    """Packages that are installed here and what each depends on there, `roots` and all that they need."""
    found: dict[str, tuple[str, ...]] = {}
    waiting = list(roots)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found or name in there:
            continue
        wishes = map(Requirement, metadata.requires(name) or ())
        names = [canonicalize_name(w.name) for w in wishes if w.marker is None or w.marker.evaluate(THERE)]
        found[name] = tuple(wish for wish in names if wish not in LEFT_OUT)
        waiting += found[name]
    return found


def _kernel_wheels(extension: Path, folder: Path) -> dict[str, Path]:
    """Copies the wheels that the kernel's extension carries, the newest of each."""
    found = {}
    for name in OF_THE_KERNEL:
        stem = name.replace("-", "_")
        wheels = (extension / "static" / "pypi").glob(f"{stem}-*-none-any.whl")
        newest = max(wheels, key=lambda path: parse_wheel_filename(path.name)[1])
        found[name] = folder / newest.name
        found[name].write_bytes(newest.read_bytes())
    return found


def _course_wheel(root: Path, folder: Path) -> Path:
    """Builds the course's own wheel, with the banks of slips in it."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()[-5:]
        raise BuildError(f"the course's wheel could not be built: {' / '.join(said)}")
    (path,) = folder.glob(f"{COURSE}-*.whl")
    return path


def _entry(path: Path, depends: tuple[str, ...], imports: tuple[str, ...] = ()) -> dict[str, Any]:
    """What pyodide-lock.json says of a package, whose wheel is moved into a folder that its content names.

    So a browser that has kept the wheel of an earlier edition does not take it for this one.
    """
    name, version, _, _ = parse_wheel_filename(path.name)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path = _moved(path, path.parent / digest[:12])
    return {
        "name": name,
        "version": str(version),
        "file_name": f"{path.parent.name}/{path.name}",
        "install_dir": "site",
        "sha256": digest,
        "package_type": "package",
        "imports": [*(imports or _imported(path))],
        "depends": [*depends],
        "unvendored_tests": False,
    }


def _moved(path: Path, folder: Path) -> Path:
    folder.mkdir()
    return path.rename(folder / path.name)


def _imported(path: Path) -> list[str]:
    """The names that a wheel's modules are imported by."""
    with zipfile.ZipFile(path) as wheel:
        first = {name.split("/")[0] for name in wheel.namelist() if name.endswith(".py")}
    return sorted({name.removesuffix(".py") for name in first})
