"""What is built once for all tests of the package."""

import sys

import pytest
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
def built(index, tmp_path_factory):
    """(sdist, wheel): the sdist from a clean copy of the clone, the wheel from that sdist."""
    clone = clean_copy(tmp_path_factory.mktemp("clone"))
    folder = tmp_path_factory.mktemp("built")
    python = make_venv(folder / "venv", sys._base_executable, "build", cwd=folder)
    must(python, "-m", "build", "--outdir", folder / "dist", clone, cwd=folder)
    (sdist,), (wheel,) = folder.glob("dist/*.tar.gz"), folder.glob("dist/*.whl")
    return sdist, wheel


@pytest.fixture(scope="session")
def installed(built, tmp_path_factory):
    """installed(python, wishes): the Python of a new environment with the wheel and nothing else."""

    def into_new_environment(python, *wishes):
        folder = tmp_path_factory.mktemp("installed")
        inside = make_venv(folder / "venv", python, cwd=folder)
        install(inside, built[1], *wishes, cwd=folder)
        return inside

    return into_new_environment
