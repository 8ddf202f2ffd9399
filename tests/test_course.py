"""course.py: what it says when it cannot set up, and that an interrupted set-up is repaired."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests_root import ROOT


@pytest.fixture
def folder(tmp_path):
    """course.py with a package that installs in no time and needs no network."""
    (tmp_path / "course.py").write_bytes((ROOT / "course.py").read_bytes())
    (tmp_path / "constraints.txt").write_text("")
    (tmp_path / "pyproject.toml").write_text("")
    return tmp_path


def run(folder, *arguments, python=sys.executable, **environment):
    return subprocess.run(
        [python, "course.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
    )


def fake_venv(folder, pip="exit 0", marker="ran"):
    """A .venv whose python is a script: `-c` succeeds, `-m pip` does `pip`, the rest is printed."""
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(
        f'#!/bin/sh\nif [ "$2" = pip ]; then echo "pip $*" >> {folder}/log; {pip}; fi\n'
        f'if [ "$1" = -c ]; then exit 0; fi\necho {marker} "$@"\n'
    )
    python.chmod(0o755)
    return python


posix = pytest.mark.skipif(os.name == "nt", reason="the stand-in for Python is a shell script")


def test_it_is_short_and_needs_the_standard_library_only():
    import ast

    text = (ROOT / "course.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    names = {a.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import) for a in n.names}
    assert names <= sys.stdlib_module_names


def test_without_a_verb_it_explains(folder):
    done = run(folder)
    assert done.returncode == 2 and "course.py demo" in done.stdout
    assert run(folder, "--help").returncode == 0


@posix
def test_the_first_start_installs_and_the_second_does_not(folder):
    fake_venv(folder)
    first, second = run(folder, "demo"), run(folder, "grade", "x")
    assert "Setting up .venv (course)" in first.stdout and "ran -m autograder demo" in first.stdout
    assert second.stdout == "ran -m autograder grade x\n"
    assert (folder / "log").read_text().count("pip") >= 1


@posix
def test_other_verbs_of_setting_up(folder):
    fake_venv(folder)
    done = run(folder, "test", "-k", "x")
    assert "course and lite and site and test" in done.stdout and "ran -m pytest -k x" in done.stdout
    done = run(folder, "site", "--to", "x")  # what it needs is installed for it alone, and by now there
    assert "course and extras and lite and site" in done.stdout
    assert "ran -m autograder site --to x" in done.stdout
    (folder / "constraints.txt").write_text("numpy==2\n")
    assert "Setting up" in run(folder, "demo").stdout  # other wishes, another installation


@posix
def test_no_network_says_so_and_the_next_start_continues(folder):
    python = fake_venv(folder, pip="exit 1")
    done = run(folder, "demo")
    assert done.returncode == 1 and "without a network it cannot work" in done.stderr
    assert "ran" not in done.stdout and "Traceback" not in done.stderr
    python.write_text(python.read_text().replace("exit 1", "exit 0"))
    assert "ran -m autograder demo" in run(folder, "demo").stdout


@posix
def test_an_interrupted_installation_is_taken_up_again(folder):
    fake_venv(folder)
    run(folder, "demo")
    (folder / ".venv" / "installed").unlink()  # as after an interruption
    assert "Setting up" in run(folder, "demo").stdout


@posix
def test_an_environment_whose_python_does_not_start_is_cleared(folder):
    python = fake_venv(folder)
    whole, maker = folder / "whole", folder / "maker"
    python.rename(whole)
    python.write_text("not a program")
    maker.write_text(f'#!/bin/sh\necho "$*" >> {folder}/log\nmv {whole} {python}\n')
    maker.chmod(0o755)
    done = patched(folder, f"sys.executable = {str(maker)!r}")
    assert "ran -m autograder demo" in done.stdout, done.stderr
    assert (folder / "log").read_text().startswith(f"-m venv --clear {folder / '.venv'}\n")


@pytest.mark.slow  # a real environment
def test_a_broken_environment_is_made_anew(folder):
    broken = folder / ".venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    broken.parent.mkdir(parents=True)
    broken.write_text("not a program")
    done = run(folder, "demo", PIP_NO_INDEX="1")
    assert done.returncode == 1 and "could not be installed" in done.stderr
    assert Path(broken).resolve() != broken or broken.read_bytes() != b"not a program"


def patched(folder, change):
    """Runs `course.py demo` with something changed in `sys`."""
    script = (
        f"import sys, runpy; {change}; sys.argv = ['course.py', 'demo']\n"
        "runpy.run_path('course.py', run_name='__main__')"
    )
    return subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True)


@posix
@pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap makes the folder read-only, for root too"
)
def test_a_clone_that_cannot_be_written_says_so(folder):
    read_only = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", folder, folder, sys.executable]
    done = subprocess.run([*read_only, "course.py", "demo"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 1 and "python3-venv" not in done.stderr
    assert ".venv cannot be written (Read-only file system); copy the course to" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@posix
def test_missing_ensurepip_says_what_to_install(folder):
    without = folder / "python-without-ensurepip"
    without.write_text("#!/bin/sh\nexit 1\n")  # what `python -m venv` does there, after a long message
    without.chmod(0o755)
    done = patched(folder, f"sys.executable = {str(without)!r}")
    assert done.returncode == 1 and "apt install python3-venv" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_old_python_is_refused(folder):
    done = patched(folder, "sys.version_info = (3, 10, 4, 'final', 0)")
    assert done.returncode == 1 and "Python 3.10 is too old; the course needs 3.11 or newer." in done.stderr
    assert not (folder / ".venv").exists()


def test_constraints_are_names_and_versions_only():
    import re

    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line), line


@posix
@pytest.mark.parametrize("works", [True, False], ids=["uv installs", "uv fails"])
def test_uv_installs_where_it_is_there_and_pip_where_it_cannot(folder, works):
    fake_venv(folder)
    programs = folder / "programs"
    programs.mkdir()
    (programs / "uv").write_text(f'#!/bin/sh\necho "uv $*" >> {folder}/log\nexit {int(not works)}\n')
    (programs / "uv").chmod(0o755)
    done = run(folder, "demo", PATH=f"{programs}{os.pathsep}{os.environ['PATH']}")
    log = (folder / "log").read_text()
    assert "ran -m autograder demo" in done.stdout
    assert log.startswith("uv pip install --quiet --python") and "-e .[course]" in log
    assert ("-m pip install" in log) == (not works)
