"""The memory of a grader with all its helpers, seen from outside."""

from pathlib import Path


def held_by_session(session):
    """Megabytes of each process in a session; a page that several share is divided among them."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                lines = (folder / "smaps_rollup").read_text().splitlines()
                yield sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
        except (OSError, IndexError):  # it has just ended
            continue
