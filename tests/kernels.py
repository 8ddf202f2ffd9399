"""Notebooks executed in a kernel; one that does not come is started anew."""

import copy
import tempfile
from contextlib import contextmanager

import nbformat
from nbclient import NotebookClient

STARTUP_SECONDS = 60  # a start was once seen to stall for three minutes on a busy machine
ATTEMPTS = 3
SECONDS = 180  # for one cell


def execute(notebook, seconds=SECONDS, client=NotebookClient, **options):
    """Executes a notebook in place, in a kernel of its own and an empty folder.  seconds: for one cell.

    Raises what the notebook raises, and RuntimeError when no kernel has answered in any attempt.
    """

    def attempt():
        fresh = copy.deepcopy(notebook)
        with tempfile.TemporaryDirectory() as folder:  # checks note progress beside the notebook
            client(fresh, timeout=seconds, **_place(folder), **options).execute()
        return fresh

    notebook.cells = _first_that_starts(attempt).cells


@contextmanager
def one_kernel():
    """A function that executes notebooks in place, one after another in the same kernel.

    Each begins without the names of those before it, in an empty folder; modules stay imported.  The options
    are those of nbclient.
    """

    def start():
        client = NotebookClient(nbformat.v4.new_notebook(), **_place(folder))
        client.execute(cleanup_kc=False)
        return client

    def execute_there(notebook, **options):
        place = tempfile.mkdtemp(dir=folder)
        before = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(f"%cd -q {place}\n%reset -f")])
        for part in (before, notebook):
            client = NotebookClient(part, timeout=SECONDS, km=first.km, **options)
            client.kc = first.kc
            client.execute()

    with tempfile.TemporaryDirectory() as folder:
        first = _first_that_starts(start)
        try:
            yield execute_there
        finally:
            first._cleanup_kernel()


def _place(folder):
    return {
        "startup_timeout": STARTUP_SECONDS,
        "kernel_name": "python3",
        "resources": {"metadata": {"path": folder}},
    }


def _first_that_starts(attempt):
    """What the first attempt returns whose kernel has answered."""
    for number in range(1, ATTEMPTS + 1):
        try:
            return attempt()
        except RuntimeError as error:
            if number == ATTEMPTS or "before replying" not in str(error) and "respond" not in str(error):
                raise
