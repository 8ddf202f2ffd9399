"""The course in a browser: JupyterLite with Pyodide as its Python, and all lessons; files, and no server."""

from .build_lite import build

__all__ = ["build"]
