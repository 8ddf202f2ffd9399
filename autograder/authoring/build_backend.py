"""Builds wheel and sdist by setuptools, and sees to it that both hold the banks of slips.

A PEP 517 backend.  Where the solutions are, in a clone, the banks are made anew.  Where they are
not, in an unpacked sdist, every bank has to be there already, or the build fails.  An editable
install needs no bank, as it finds the solutions, and is left to setuptools.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403 - the hooks that are not below

from ..diagnosis.bank_contents import bank_problem

Settings = dict[str, Any] | None
BANK = Path("autograder", "diagnosis", "bank")  # a backend runs in the folder that it builds


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """What a wheel needs to be built with: NumPy where the banks are made."""
    return [*build_meta.get_requires_for_build_wheel(config_settings), *_needed_for_banks()]


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """What an sdist needs to be built with: NumPy where the banks are made."""
    return [*build_meta.get_requires_for_build_sdist(config_settings), *_needed_for_banks()]


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Builds the wheel, with the banks in it; returns its file name."""
    _provide_banks()
    # setuptools packs what an earlier build has left there, also modules that are gone since
    shutil.rmtree(Path("build", "lib"), ignore_errors=True)
    name: str = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    return name


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Builds the sdist, with the banks in it; returns its file name."""
    _provide_banks()
    name: str = build_meta.build_sdist(sdist_directory, config_settings)
    return name


def _provide_banks() -> None:
    """Makes the banks where the solutions are; elsewhere ends the build unless every bank is there."""
    if _has_solutions():
        sys.path.insert(0, str(Path.cwd()))  # for rnnlib, which stands beside this package
        from .banks import build_bank

        build_bank()
    elif problem := bank_problem(BANK):
        raise SystemExit(
            f"{problem}; without solutions/ they cannot be made: build from a clone of the course, or"
            " from a complete sdist"
        )


def _needed_for_banks() -> list[str]:
    return ["numpy>=1.26"] if _has_solutions() else []


def _has_solutions() -> bool:
    return any(Path("solutions").glob("[0-9][0-9]_*.py"))
