"""Checks gradients numerically and names the misunderstanding behind a wrong one.

    from autograder import check
    check("01.immediate", immediate)

Everything is imported on first use, so that importing the package costs nothing.
"""

from importlib import import_module

_HOME = {
    "check": "notebook",
    "CheckFailed": "notebook",
    "recap": "notebook",
    "diagnose": "diagnosis",
    "exercise": "exercises",
}

__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'autograder' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__():
    return __all__
