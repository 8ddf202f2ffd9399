"""Fixtures shared by all tests, and the order in which their files are begun."""

import inspect
import os
import sys
from pathlib import Path

# before NumPy is imported: several processes of the tests share the cores
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import pytest  # noqa: E402

# jsonschema's check of international addresses, which no notebook has: compiling its grammar takes seconds
sys.modules.setdefault("rfc3987_syntax", None)

os.environ.pop("UNROLLED_CLASS", None)  # of whoever runs the tests

ROOT = Path(__file__).resolve().parent.parent
SEEDS = (None, 2024, 987654321)
MORE_SEEDS = (1, 2, 3, 17)
# begun first and in this order, so that no long file is left for the end
LONG_FILES = (
    "packaging/test_installed.py",
    "sandbox/test_hostile.py",
    "diagnosis/test_mutation_gate.py",
    "authoring/test_site.py",
    "test_lessons.py",
    "packaging/test_colab.py",
    "grading/test_stock_nbgrader.py",
    "grading/test_report.py",
    "grading/test_resume.py",
    "test_browser.py",
    "grading/test_bad_days.py",
    "sandbox/test_ordinary_user.py",
    "grading/test_follow_through.py",
    "grading/test_stages.py",
    "diagnosis/test_corruptions.py",
    "diagnosis/test_many_seeds.py",
    "grading/test_autograder_grade.py",
    "worker/test_memory.py",
    "diagnosis/test_diagnose.py",
    "diagnosis/test_match_pairs.py",
    "diagnosis/test_remarks.py",
    "grading/test_reading.py",
    "diagnosis/test_repair.py",
    "grading/test_html.py",
    "grading/test_helper.py",
    "diagnosis/test_bad_input.py",
    "feedback/test_located.py",
    "grading/test_hostile_folders.py",
    "authoring/test_build.py",
    "worker/test_worker.py",
    "sandbox/test_walls.py",
)


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="also what takes minutes, and on more seeds")
    parser.addoption("--long", action="store_true", help="also what takes many minutes")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One more than there are cores, as tests of grading wait a third of their time."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(config, items):
    rank = {ROOT / "tests" / name: n for n, name in enumerate(LONG_FILES)}
    assert all(path.exists() for path in rank)
    items.sort(key=lambda item: rank.get(item.path, len(rank)))
    if config.getoption("--slow"):  # a larger sample than in every run belongs to what `--slow -m slow` adds
        for item in items:
            if {"thorough", "seeds", "seeds_of"} & set(inspect.signature(item.obj).parameters):
                item.add_marker(pytest.mark.slow)
    for mark, reason in {"slow": "takes minutes", "long": "takes many minutes"}.items():
        if not config.getoption(f"--{mark}"):
            for item in items:
                if mark in item.keywords:
                    item.add_marker(pytest.mark.skip(reason=f"{reason}; run with --{mark}"))


@pytest.fixture(scope="session", autouse=True)
def shared_folder(tmp_path_factory):
    """Tells `class_tools` of a folder that all processes of this run of the tests have."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNROLLED_TESTS_SHARED", str(folder))
        yield


@pytest.fixture(scope="session")
def thorough(pytestconfig):
    """Whether to take the larger of two samples, as with --slow."""
    return pytestconfig.getoption("--slow")


@pytest.fixture(scope="session")
def seeds(thorough):
    """Seeds of instances: the public ones and two more; seven in all with --slow."""
    return SEEDS + MORE_SEEDS if thorough else SEEDS


@pytest.fixture(scope="session")
def seeds_of(thorough):
    """seeds_of(n) for the n-th of many: the public seed or another one in turn; all seven with --slow."""
    return lambda n: SEEDS + MORE_SEEDS if thorough else (SEEDS[n % 2],)


@pytest.fixture
def oracle():
    """oracle("scalar_tanh") -> the arrays of that system, made by automatic differentiation."""

    def load(system):
        with np.load(ROOT / "tests" / "oracle" / f"{system}_seed0.npz") as data:
            return dict(data)

    return load


@pytest.fixture
def close():
    """close(got, want): equal within 1e-11 of the largest entry (absolute for zeros)."""

    def assert_close(got, want):
        got, want = np.asarray(got), np.asarray(want)
        assert got.shape == want.shape
        scale = np.abs(want).max(initial=0)
        assert np.abs(got - want).max(initial=0) <= 1e-11 * (scale or 1)

    return assert_close


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def course(tmp_path):
    """A course folder of its own, as a fresh clone holds it."""
    from class_tools import copy_course

    return copy_course(tmp_path)
