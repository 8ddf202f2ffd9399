"""The parts of the edition for browsers: the release of Pyodide that is copied, and the wheels beside it."""

import hashlib
import importlib.metadata
import json
import zipfile

import pytest

pytest.importorskip("jupyterlite_pyodide_kernel", reason="the extra `lite` is not installed")

from autograder.authoring.lite import runtime, wheels  # noqa: E402
from autograder.errors import BuildError  # noqa: E402


@pytest.fixture
def release(tmp_path):
    """A folder like a release of Pyodide: what the lessons need, something these need, and something else."""
    folder = tmp_path / "release"
    folder.mkdir()
    for name in runtime.FILES:
        (folder / name).write_text(name)
    packages = {}
    for name in (*runtime.NEEDED, "contour-py", "pandas", "pytz"):
        file = folder / f"{name}.whl"
        file.write_text(name)
        depends = ["Contour_Py", "pytz"] if name == "matplotlib" else []
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        packages[name] = {"name": name, "file_name": file.name, "sha256": digest, "depends": depends}
    (folder / runtime.LOCK).write_text(json.dumps({"info": {"python": "3.14"}, "packages": packages}))
    return folder


def test_what_the_lessons_need_is_copied_and_nothing_else(release, tmp_path):
    name = f"pyodide-{hashlib.sha256(b'pyodide.asm.wasm').hexdigest()[:12]}"
    assert runtime.copy_runtime(release, tmp_path) == f"./{name}/"
    folder = tmp_path / name
    copied = {path.name for path in folder.iterdir()}
    names = {*runtime.NEEDED, "contour-py"}
    assert copied == {*runtime.FILES, *(f"{name}.whl" for name in names)}
    lock = json.loads((folder / runtime.LOCK).read_text())
    assert set(lock["packages"]) == names and lock["info"] == {"python": "3.14"}


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda folder: (folder / "pyodide.mjs").unlink(), "no unpacked release .* lacks pyodide.mjs; give"),
        (lambda folder: (folder / "contour-py.whl").unlink(), "contour-py.whl is missing or not the file"),
        (lambda folder: (folder / "numpy.whl").write_text("else"), "numpy.whl is missing or not the file"),
        (
            lambda folder: (folder / runtime.LOCK).write_text('{"packages": {}}'),
            "has no package .*; the lessons need it",
        ),
    ],
)
def test_a_release_that_is_not_whole_is_refused_in_a_sentence(release, tmp_path, change, words):
    change(release)
    with pytest.raises(BuildError, match=words):
        runtime.copy_runtime(release, tmp_path)


def test_an_installed_package_becomes_the_same_wheel_each_time(tmp_path):
    made = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        made.append(wheels.repack("traitlets", tmp_path / name))
    assert made[0].read_bytes() == made[1].read_bytes()
    assert made[0].name == f"traitlets-{importlib.metadata.version('traitlets')}-py3-none-any.whl"
    with zipfile.ZipFile(made[0]) as wheel:
        names = wheel.namelist()
        (record,) = [name for name in names if name.endswith("/RECORD")]
        assert wheel.read(record).decode().count("\n") == len(names)
    assert "traitlets/__init__.py" in names and not [name for name in names if name.endswith(".pyc")]
    digest = hashlib.sha256(made[0].read_bytes()).hexdigest()
    entry = wheels._entry(made[0], ("numpy",))
    assert entry["imports"] == ["traitlets"] and entry["depends"] == ["numpy"]
    assert entry["sha256"] == digest and not made[0].exists()
    assert entry["file_name"] == f"{digest[:12]}/{made[0].name}"  # what has changed has another address
    assert (tmp_path / "one" / entry["file_name"]).read_bytes() == made[1].read_bytes()


def test_what_is_compiled_is_refused_unless_it_runs_without(tmp_path):
    with pytest.raises(BuildError, match="numpy .* is not installed as pure Python"):
        wheels.repack("numpy", tmp_path)
    with zipfile.ZipFile(wheels.repack("wcwidth", tmp_path)) as wheel:
        assert not [name for name in wheel.namelist() if name.endswith(".so")]


def test_what_a_browser_s_python_does_not_need_is_left_out():
    needed = wheels._needed(("ipython",), set())
    assert {"traitlets", "prompt-toolkit", "wcwidth"} <= set(needed)
    assert not {"pexpect", "psutil", "ptyprocess"} & set(needed)  # IPython's own markers say so
    assert not {"jedi", "parso"} & set(needed) and "jedi" not in needed["ipython"]
    assert {"traitlets", "wcwidth"} & set(wheels._needed(("ipython",), {"traitlets"})) == {"wcwidth"}
