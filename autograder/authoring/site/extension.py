"""What this site adds to Sphinx."""

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .reference import process_docstring

# of MathJax, what formulas load: the program, its fonts, and what it fetches by itself for rare macros
MATHJAX = ("tex-chtml.js", "output/chtml/fonts", "input/tex/extensions")


def setup(app: Any) -> dict[str, bool]:
    """Sphinx's entry."""
    app.connect("autodoc-process-docstring", process_docstring)
    app.connect("build-finished", _copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def mathjax_folder() -> Path:
    """Where the package that carries MathJax keeps it."""
    package = find_spec("sphinx-mathjax-offline")
    assert package is not None and package.origin is not None, "the extra `site` installs it"
    return Path(package.origin).parent / "static" / "mathjax"


def _copy_mathjax(app: Any, error: Exception | None) -> None:
    """MathJax stands beside the pages, so that formulas need no other host."""
    if error is None:
        for name in MATHJAX:
            source, target = mathjax_folder() / name, Path(app.outdir, "_static", "mathjax", name)
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            else:
                shutil.copyfile(source, target)
