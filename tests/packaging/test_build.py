"""Sdist and wheel: what they hold, and that neither is built without every bank of slips."""

import ast
import re
import shutil
import sys
import tarfile
import tomllib
import zipfile

import pytest
from package_tools import must, run, said
from tests_root import ROOT

from autograder.diagnosis.bank_contents import CONTENTS, bank_problem, write_contents
from autograder.exercises import LESSONS, all_exercises, sources

BANK = "autograder/diagnosis/bank"
BANKS = {f"{BANK}/{e.id}.npz" for e in all_exercises().values() if e.kind == "function" and e.slips}


def names_in(archive):
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as file:
            return set(file.namelist())
    with tarfile.open(archive) as file:
        return {name.partition("/")[2] for name in file.getnames()}


@pytest.mark.slow
def test_both_hold_every_bank_and_every_module(built):
    modules = {
        p.relative_to(ROOT).as_posix()
        for room in ("autograder", "rnnlib")
        for p in (ROOT / room).rglob("*.py")
    }
    authoring = {name for name in modules if name.startswith("autograder/authoring/")}
    assert len(BANKS) > 50 and authoring
    for archive in built:
        names = names_in(archive)
        assert {name for name in names if name.endswith(".npz")} == BANKS and f"{BANK}/{CONTENTS}" in names
        assert modules - authoring <= names
        assert not [name for name in names if name.startswith(("solutions/", "notebooks/", "tests/"))]
    sdist, wheel = map(names_in, built)
    assert not [name for name in wheel if name.startswith("autograder/authoring")]
    assert "autograder/authoring/build_backend.py" in sdist


@pytest.mark.slow
def test_a_wheel_is_not_built_from_an_sdist_that_lacks_a_bank(built, tmp_path):
    pytest.importorskip("setuptools")
    with tarfile.open(built[0]) as file:
        file.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    lost = source / BANK / "05.rnn_backward.npz"
    kept = lost.read_bytes()
    pip = (sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps")
    pip = (*pip, "-w", tmp_path / "wheels", source)
    for change in (lost.unlink, lambda: lost.write_bytes(kept[:-1]), lambda: shutil.rmtree(source / BANK)):
        change()
        done = run(*pip, cwd=tmp_path)
        assert done.returncode and not list(tmp_path.glob("wheels/*.whl"))
        assert "without solutions/ they cannot be made" in said(done) and "Traceback" not in said(done)
        assert lost.name in said(done) or not lost.parent.exists()


@pytest.mark.slow
def test_it_is_built_from_a_whole_one_without_numpy(built, tmp_path):
    """The control of the test above; the wheel is the one that `build` made."""
    must(sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", tmp_path, built[0], cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(built[1]) as other:
        assert {i.filename: i.CRC for i in one.infolist()} == {i.filename: i.CRC for i in other.infolist()}


def test_a_missing_and_a_changed_bank_are_named(tmp_path):
    names = {"01.a.npz", "01.b.npz"}
    assert CONTENTS in bank_problem(tmp_path)
    for name in names:
        (tmp_path / name).write_text(name)
    write_contents(tmp_path, names)
    assert bank_problem(tmp_path) == ""
    (tmp_path / "01.a.npz").write_text("else")
    assert bank_problem(tmp_path) == "of the banks of slips these are not as built: 01.a.npz"
    (tmp_path / "01.b.npz").unlink()
    assert bank_problem(tmp_path) == "of the banks of slips these are missing: 01.b.npz"


def test_what_lessons_import_is_installed_with_the_extra_notebook():
    wishes = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [*wishes["dependencies"], *wishes["optional-dependencies"]["notebook"]]
    installed = {re.match(r"[\w-]+", name)[0] for name in names} | {"autograder", "rnnlib"}
    imported = {name for lesson in LESSONS for cell in sources.code_cells(lesson) for name in imports(cell)}
    extras = {re.match(r"[\w-]+", name)[0] for name in wishes["optional-dependencies"]["extras"]}
    assert extras and imported - set(sys.stdlib_module_names) - installed == extras  # not needed


def imports(cell):
    """The top-level names of the modules that a cell imports."""
    for node in ast.walk(ast.parse(cell)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]


def test_the_backend_asks_for_numpy_only_where_banks_are_made(tmp_path, monkeypatch):
    pytest.importorskip("setuptools")
    from autograder.authoring import build_backend

    monkeypatch.chdir(tmp_path)
    assert build_backend._needed_for_banks() == []
    with pytest.raises(SystemExit, match="banks of slips are missing.*build from a clone"):
        build_backend._provide_banks()
    (tmp_path / "solutions").mkdir()
    assert build_backend._needed_for_banks() == []
    (tmp_path / "solutions" / "01_scalar_rnn.py").touch()
    assert build_backend._needed_for_banks() == ["numpy>=1.26"]


def test_banks_are_not_made_where_a_lesson_has_no_source(tmp_path, monkeypatch):
    from autograder.authoring import banks
    from autograder.errors import BuildError
    from autograder.exercises import sources

    found = sources.code_cells
    monkeypatch.setattr(sources, "code_cells", lambda lesson: None if lesson == "07" else found(lesson))
    with pytest.raises(BuildError, match="no source of lesson 07"):
        banks.build_bank(tmp_path)
    assert not list(tmp_path.iterdir())
