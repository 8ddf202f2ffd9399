"""Writing files so that nobody ever reads half of one."""

import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, content: str | bytes, lasting: bool = False) -> None:
    """Writes beside the target and renames: a reader sees the old file or the new one.

    lasting: whether it has to survive a loss of power, as what cannot be made anew has to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8") if isinstance(content, str) else content
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix="part-", delete=False) as file:
        file.write(data)
        if lasting:
            file.flush()
            os.fsync(file.fileno())
    os.replace(file.name, path)
