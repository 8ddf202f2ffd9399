"""A real browser, without a screen and without the network that it asks for by itself."""

import shutil
from contextlib import contextmanager

import pytest

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]
ONLY_LOOPBACK = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
# The indicator is idle before a notebook has its kernel; a run in that moment asks for a kernel in a
# dialog, or does nothing.  So the notebook itself is asked, which `--expose-app-in-browser` allows.
_READY = """
    const { context, sessionContext } = jupyterapp.shell.currentWidget;
    await context.ready;
    await sessionContext.ready;
    await sessionContext.session.kernel.info;
    const run = () => jupyterapp.commands.execute("notebook:run-all-cells");
"""
RUN_ALL = f"async () => {{ {_READY} run(); }}"
# runs all cells and gives the notebook
RUN_TO_THE_END = f"""async () => {{
    {_READY}
    const late = new Promise((_, no) => setTimeout(() => no(new Error("a cell does not end")), 20 * 60_000));
    await Promise.race([run(), late]);
    return context.model.toJSON();
}}"""


@contextmanager
def chromium(*more):
    """Playwright's browser; more: arguments of the program.  Skips where there is none."""
    if PROGRAM is None:
        pytest.skip("no chromium on this machine; .ci/run installs it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=[*ARGUMENTS, *more])
        yield browser
        browser.close()
