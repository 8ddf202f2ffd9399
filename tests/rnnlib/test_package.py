"""The package as a whole: lazy modules, NumPy as the only dependency."""

import subprocess
import sys
from pathlib import Path

import pytest

import rnnlib

FOLDER = Path(rnnlib.__file__).parent


def python(code):
    """What a fresh interpreter prints for `code`."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          cwd=FOLDER.parent)
    return done.stdout.strip()


def test_modules_are_loaded_when_asked_for():
    assert python("import rnnlib, sys; print('rnnlib.lstm' in sys.modules)") == "False"
    assert python("import rnnlib; print(rnnlib.lstm.forward.__name__)") == "forward"
    assert "truncated" in dir(rnnlib)
    with pytest.raises(AttributeError, match="no attribute 'gated'"):
        getattr(rnnlib, "gated")  # noqa: B009


def test_every_module_is_listed_and_numpy_is_the_only_dependency():
    modules = {path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_")}
    assert modules - {"plots"} == set(rnnlib.__all__) - {"plots"}
    loaded = python(
        "import sys, numpy; before = set(sys.modules); import rnnlib\n"
        "for name in rnnlib.__all__:\n    name == 'plots' or getattr(rnnlib, name)\n"
        "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    )
    assert set(loaded.split()) <= {"rnnlib", "numpy", *sys.stdlib_module_names}
