"""Run in the browser while nothing else does: the bytecode of all that was imported, for the next start."""

import asyncio
import io
import marshal
import sys
import zipfile
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from importlib.util import MAGIC_NUMBER

STANDARD = "/lib/python{}{}.zip".format(*sys.version_info[:2])  # where Pyodide has its library, as sources
# a file of bytecode that holds whatever the time of its source is, which is that of unpacking
HEAD = MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)


async def compiled() -> dict[str, bytes]:
    """{"standard": the standard library's archive with its bytecode, "packages": an archive of all other}."""
    standard, packages = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(standard, "w") as whole, zipfile.ZipFile(packages, "w") as others:
        with zipfile.ZipFile(STANDARD) as sources:
            for name in sources.namelist():
                whole.writestr(name, sources.read(name))
        for place, spec in _imported():
            code = spec.loader.get_code(spec.name)  # type: ignore[union-attr]
            into = whole if place.startswith(f"{STANDARD}/") else others
            inside = place.removeprefix(f"{STANDARD}/").lstrip("/")  # nothing absolute would be unpacked
            into.writestr(inside, HEAD + marshal.dumps(code))
            await asyncio.sleep(0)  # a cell that was run meanwhile goes first
    return {"standard": standard.getvalue(), "packages": packages.getvalue()}


def _imported() -> Iterator[tuple[str, ModuleSpec]]:
    """(where Python looks for its bytecode, the module's spec) of each module that comes from a source."""
    for module in [*sys.modules.values()]:
        spec = getattr(module, "__spec__", None)
        origin = str(getattr(spec, "origin", ""))
        if spec is None or not origin.startswith("/lib/") or not origin.endswith(".py"):
            continue
        if origin.startswith(f"{STANDARD}/"):
            yield f"{origin}c", spec
        elif spec.cached:
            yield spec.cached, spec
