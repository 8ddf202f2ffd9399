"""What tests of the site and of the edition for browsers share."""

import pytest
from chromium import ONLY_LOOPBACK, chromium
from lite_tools import expose, served, whole_pyodide


@pytest.fixture(scope="module")
def browser():
    """A browser that reaches this machine only."""
    with chromium(ONLY_LOOPBACK) as started:
        yield started


@pytest.fixture(scope="session")
def release(tmp_path_factory):
    """A whole release of Pyodide."""
    return whole_pyodide(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="session")
def lite(release, tmp_path_factory):
    """The folder of the edition for browsers."""
    pytest.importorskip("jupyterlite_core", reason="the extra `lite` is not installed")
    from autograder.authoring import lite

    folder = tmp_path_factory.mktemp("site") / "lite"
    lite.build(folder, release)
    expose(folder)
    return folder


@pytest.fixture(scope="session")
def address(lite):
    """Where it is served on this machine."""
    with served(lite) as address:
        yield address
