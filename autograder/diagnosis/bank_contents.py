"""Which banks of slips there must be, and whether they are: a list of contents beside the files.

Needs neither NumPy nor the exercises, as a wheel is built without them.
"""

import hashlib
import json
from pathlib import Path

CONTENTS = "contents.json"  # {file: SHA-256}


def write_contents(folder: Path, names: set[str]) -> None:
    """Lists these files of a folder."""
    digests = {name: _digest(folder / name) for name in names}
    text = json.dumps(digests, indent=1, sort_keys=True) + "\n"
    (folder / CONTENTS).write_text(text, encoding="utf-8", newline="\n")


def bank_problem(folder: Path) -> str:
    """What is wrong with the banks in a folder, in one sentence; "" if every one is there as built."""
    try:
        contents = json.loads((folder / CONTENTS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return f"the banks of slips are missing, with their list {CONTENTS}"
    found = {name: _digest(folder / name) for name in contents if (folder / name).exists()}
    missing = sorted(contents.keys() - found.keys())
    changed = sorted(name for name in found if contents[name] != found[name])
    if missing:
        return f"of the banks of slips these are missing: {', '.join(missing)}"
    return f"of the banks of slips these are not as built: {', '.join(changed)}" if changed else ""


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
