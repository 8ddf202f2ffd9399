"""Run in the browser's kernel before anything else: what waits runs on after a cell that may raise.

JupyterLite cancels the waiting cells after every error, also where a cell has the tag raises-exception,
after which Jupyter goes on.  Such an error is shown as what its traceback says, and the cell counts as done.

This kernel asks IPython for Jedi's completions even where there is no Jedi; IPython's own are asked instead.
"""

import asyncio
from importlib import import_module
from typing import Any

import pyodide_kernel
from IPython.display import display

_kernel = pyodide_kernel.kernel_instance
_run = _kernel.run


async def _run_on(code: str) -> dict[str, Any]:
    results: dict[str, Any] = await _run(code)
    if results["status"] == "error" and not _kernel.get_parent()["content"].get("stop_on_error", True):
        display({"application/vnd.jupyter.stderr": "\n".join(results["traceback"])}, raw=True)
        results = {"status": "ok", "payload": results["payload"]}
    return results


_kernel.run = _run_on
_kernel.interpreter.Completer.use_jedi = False


async def import_ahead() -> None:
    """Imports what the first cells will, while a student still reads."""
    for name in ("numpy", "autograder.feedback.check", "matplotlib", "rnnlib.plots"):
        import_module(name)
        await asyncio.sleep(0)  # a cell that was run meanwhile goes first
