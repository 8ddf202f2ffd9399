"""Binder: repo2docker's own code reads environment.yml, and the start page is where links lead."""

import json
import sys

import pytest
from package_tools import clean_copy, make_venv, must, pip_section, run, said
from tests_root import ROOT

from autograder.authoring.site import settings
from autograder.lessons import START_PAGE

READ = """\
import json
from repo2docker.app import Repo2Docker

base = Repo2Docker().base_image
for kind in Repo2Docker().buildpacks:
    pack = kind(base)
    if pack.detect():
        break
scripts = [script for _, script in pack.get_assemble_scripts()]
print(json.dumps([type(pack).__name__, pack.python_version, scripts]))
"""


@pytest.fixture(scope="module")
def reader(index, tmp_path_factory):
    """A Python that has repo2docker."""
    folder = tmp_path_factory.mktemp("repo2docker")
    python = make_venv(folder / "venv", sys._base_executable, cwd=folder)
    wishes = ("jupyter-repo2docker==2026.4.0", "setuptools<81")
    done = run(sys.executable, "-m", "pip", "--python", python, "install", "-q", *wishes, cwd=folder)
    if done.returncode:
        pytest.skip(f"repo2docker cannot be had: {said(done).strip().splitlines()[-1]}")
    return python


@pytest.mark.long
def test_repo2docker_takes_environment_yml_and_its_python(reader, tmp_path):
    clone = clean_copy(tmp_path)
    pack, version, scripts = json.loads(must(reader, "-c", READ, cwd=clone).splitlines()[-1])
    assert pack == "CondaBuildPack" and version == "3.12"
    assert any('"environment.yml"' in script or "environment.yml" in script for script in scripts)
    assert {"--constraint constraints.txt", "-e .[course,extras]"} == set(pip_section())
    assert (clone / "constraints.txt").exists()


@pytest.mark.long
def test_without_the_file_it_takes_something_else(reader, tmp_path):
    """The control."""
    clone = clean_copy(tmp_path)
    (clone / "environment.yml").unlink()
    assert json.loads(must(reader, "-c", READ, cwd=clone).splitlines()[-1])[0] != "CondaBuildPack"


def test_the_path_that_links_open_is_there():
    """Binder starts in the repository's root: urlpath is lab/tree/ and this."""
    assert (ROOT / settings.notebook_path(START_PAGE)).is_file()
