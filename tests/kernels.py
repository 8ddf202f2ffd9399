"""Notebooks executed in a kernel of their own; a kernel that does not come is started anew."""

import copy
import tempfile

from nbclient import NotebookClient

STARTUP_SECONDS = 60  # a start was once seen to stall for three minutes on a busy machine
ATTEMPTS = 3


def execute(notebook, seconds=180, client=NotebookClient, **options):
    """Executes a notebook in place, in an empty folder.  seconds: for one cell.

    Raises what the notebook raises, and RuntimeError when no kernel has answered in any attempt.
    """
    for attempt in range(1, ATTEMPTS + 1):
        fresh = copy.deepcopy(notebook)
        try:
            with tempfile.TemporaryDirectory() as folder:  # checks note progress beside the notebook
                options["resources"] = {"metadata": {"path": folder}}
                client(
                    fresh, timeout=seconds, startup_timeout=STARTUP_SECONDS, kernel_name="python3", **options
                ).execute()
        except RuntimeError as error:
            if attempt == ATTEMPTS or "before replying" not in str(error) and "respond" not in str(error):
                raise
        else:
            notebook.cells = fresh.cells
            return
