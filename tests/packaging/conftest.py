"""What is built once for all tests of the package, in whichever process they run."""

import fcntl
import os
import sys
from functools import cache
from pathlib import Path

import pytest
from class_tools import SHARED
from package_tools import clean_copy, install, make_venv, must, run, said


@pytest.fixture(scope="session")
def index(tmp_path_factory):
    """Skips where no package index answers."""
    folder = tmp_path_factory.mktemp("index")
    done = run(
        sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", ".", "setuptools", cwd=folder
    )
    if done.returncode:
        pytest.skip(f"no package index answers: {said(done).strip().splitlines()[-1]}")


@pytest.fixture(scope="session")
def built(index):
    """(sdist, wheel): the sdist from a clean copy of the clone, the wheel from that sdist."""
    folder = Path(os.environ[SHARED]) / "packages"
    folder.mkdir(exist_ok=True)
    with open(folder / "building", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "dist").exists():
            clone = clean_copy(folder / "clone")
            python = make_venv(folder / "venv", sys._base_executable, "build", "pip", cwd=folder)
            must(python, "-m", "build", "--outdir", folder / "made", clone, cwd=folder)
            os.rename(folder / "made", folder / "dist")
    (sdist,), (wheel,) = folder.glob("dist/*.tar.gz"), folder.glob("dist/*.whl")
    return sdist, wheel


@pytest.fixture(scope="session")
def installed(built, tmp_path_factory):
    """installed(python): the Python of an environment with the wheel and what it needs, one for each."""

    @cache
    def environment(python):
        folder = tmp_path_factory.mktemp("installed")
        inside = make_venv(folder / "venv", python, cwd=folder)
        install(inside, built[1], cwd=folder)
        return inside

    return environment
