"""A root filesystem of its own in which Gradescope's two scripts run as they do there, without a network.

Bubblewrap makes it, with the rights that a container of Docker's has by default: root, who may change
accounts and read everything, and may neither mount anything nor make namespaces, which a filter of system
calls refuses.  So no bubblewrap starts in it, unless it is given all rights.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from contextlib import nullcontext
from pathlib import Path

from autograder.sandbox.seccomp import filter_pipe

RIGHTS = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "SYS_CHROOT")
STUDENT = "ada@example.org"


class Container:
    """/autograder in a folder of this machine.

    folder: a new one.  archive: the zip.  wheels: what `pip` finds in place of an index.
    """

    def __init__(self, folder: Path, archive: Path, wheels: Path):
        self.folder, self.wheels = folder, wheels
        for name in ("source", "results", "submission"):
            (folder / name).mkdir(parents=True)
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder / "source")
        shutil.copy(folder / "source" / "run_autograder", folder)
        os.chmod(folder / "run_autograder", 0o755)
        metadata = {
            "id": 1,
            "users": [{"email": STUDENT, "id": 1, "name": "Ada"}],
            "previous_submissions": [],
        }
        (folder / "submission_metadata.json").write_text(json.dumps(metadata))

    def run(self, *command, all_rights=False, limit=600):
        """Runs a command in the container; returns what subprocess.run returns."""
        with nullcontext() if all_rights else filter_pipe() as fd:
            return self._run(command, fd, limit)

    def _run(self, command, fd, limit):
        walls = [
            "bwrap",
            "--die-with-parent",
            "--unshare-pid",
            "--unshare-net",
            "--unshare-ipc",
            "--unshare-uts",
        ]
        for name in ["ALL"] if fd is None else RIGHTS:
            walls += ["--cap-add", name if name == "ALL" else f"CAP_{name}"]
        walls += [] if fd is None else ["--seccomp", str(fd)]
        for path in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"):
            if os.path.islink(path):
                walls += ["--symlink", os.readlink(path), path]
            elif os.path.exists(path):
                walls += ["--ro-bind", path, path]
        walls += ["--perms", "0755", "--dir", "/etc", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
        walls += [
            "--ro-bind-try",
            "/etc/alternatives",
            "/etc/alternatives",
            "--proc",
            "/proc",
            "--dev",
            "/dev",
        ]
        walls += ["--perms", "1777", "--tmpfs", "/tmp", "--perms", "0700", "--dir", "/root"]
        walls += ["--ro-bind", sys.base_prefix, "/opt/python", "--ro-bind", str(self.wheels), "/opt/wheels"]
        walls += ["--bind", str(self.folder), "/autograder", "--chdir", "/autograder", "--"]
        environment = {"PATH": "/opt/python/bin:/usr/bin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
        environment |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/opt/wheels", "PIP_NO_CACHE_DIR": "1"}
        return subprocess.run(
            [*walls, *command],
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit,
            pass_fds=[] if fd is None else [fd],
        )

    def graded(self, content, files=(), **options):
        """(results.json, what was said) of a submission; content: of its notebook, as JSON, text or bytes."""
        for name in ("submission", "results"):
            shutil.rmtree(self.folder / name)
            (self.folder / name).mkdir()
        data = content if isinstance(content, str | bytes) else json.dumps(content)
        data = data.encode() if isinstance(data, str) else data
        (self.folder / "submission" / "01_scalar_rnn.ipynb").write_bytes(data)
        for name, text in dict(files).items():
            (self.folder / "submission" / name).write_text(text)
        done = self.run("/autograder/run_autograder", **options)
        path = self.folder / "results" / "results.json"
        said = done.stdout + done.stderr
        return (json.loads(path.read_text()) if path.exists() else None), said
