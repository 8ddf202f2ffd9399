"""Fixtures shared by all tests."""

from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
SEEDS = (None, 2024, 987654321)
MORE_SEEDS = (1, 2, 3, 17)


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="also what takes minutes, and on more seeds")
    parser.addoption("--long", action="store_true", help="also what takes many minutes")


def pytest_collection_modifyitems(config, items):
    for mark, reason in {"slow": "takes minutes", "long": "takes many minutes"}.items():
        if not config.getoption(f"--{mark}"):
            for item in items:
                if mark in item.keywords:
                    item.add_marker(pytest.mark.skip(reason=f"{reason}; run with --{mark}"))


@pytest.fixture(scope="session")
def thorough(pytestconfig):
    """Whether to take the larger of two samples, as with --slow."""
    return pytestconfig.getoption("--slow")


@pytest.fixture(scope="session")
def seeds(thorough):
    """Seeds of instances: the public ones and two more; seven in all with --slow."""
    return SEEDS + MORE_SEEDS if thorough else SEEDS


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
