"""Checks gradients numerically and names the misunderstanding behind a wrong one.

    from autograder import check
    check("01.immediate", immediate)

Everything is imported on first use, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import Any

_HOME = {
    "check": "feedback.check:check",
    "CheckFailed": "errors:CheckFailed",
    "example": "feedback.example:example",
    "progress": "feedback.progress:progress",
    "recap": "feedback.recap:recap",
    "diagnose": "diagnosis.diagnose:diagnose",
    "exercise": "exercises:find_exercise",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'autograder' has no attribute {name!r}")
    module, found = _HOME[name].split(":")
    return getattr(import_module(f".{module}", __name__), found)


def __dir__() -> list[str]:
    return __all__
