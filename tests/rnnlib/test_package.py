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


WITHOUT_MATPLOTLIB = """
import sys


class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name == "matplotlib":
            raise ModuleNotFoundError("No module named " + name, name=name)


sys.meta_path.insert(0, Nowhere())
from rnnlib import plots, scalar
try:
    plots.lines([1], {"a": [1]}, "x", "y")
except ImportError as error:
    print(error)
"""


def test_without_matplotlib_only_the_figures_are_missing():
    assert python(WITHOUT_MATPLOTLIB) == "figures need Matplotlib, which is not installed here: pip install matplotlib"
    assert python(WITHOUT_MATPLOTLIB.replace('== "matplotlib"', '== "none"')) == ""  # the control


def test_another_error_of_matplotlib_is_not_taken_for_its_absence():
    broken = WITHOUT_MATPLOTLIB.replace('"matplotlib"', '"matplotlib.pyplot"')
    with pytest.raises(subprocess.CalledProcessError):
        python(broken)


def test_a_script_is_shown_the_text_of_a_figure():
    code = "from rnnlib import plots; plots.show(plots.unrolled(2), 'two steps of \u2202')"
    assert python(code) == "[figure: two steps of \u2202]"
