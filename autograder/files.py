"""Writing files so that nobody ever reads half of one."""

import errno
import os
import sys
import tempfile
from pathlib import Path

REFUSED = (errno.EINVAL, errno.ENOTSUP)  # by file systems that know no fsync of a folder


def write_atomically(path: Path, content: str | bytes, lasting: bool = False) -> None:
    """Writes beside the target and renames: a reader sees the old file or the new one.

    lasting: whether it has to survive a loss of power, as what cannot be made anew has to.  Raises OSError,
    which names the target, and then leaves nothing behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8") if isinstance(content, str) else content
    descriptor, part = tempfile.mkstemp(prefix="part-", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException as error:
        os.unlink(part)
        if isinstance(error, OSError):
            error.filename = str(path)
        raise
    if lasting:
        _keep_names(path.parent)


def _keep_names(folder: Path) -> None:
    """Has the names of a folder's files survive a loss of power too."""
    if sys.platform == "win32":  # which opens no folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in REFUSED:
            raise
    finally:
        os.close(descriptor)
