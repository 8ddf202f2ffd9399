"""What a class has beside its gradebook: who is in it, what was collected, whose due date is later.

Each is gradebook/NAME.json, {assignment: {student: record}}; of the roster the one key is WHOLE.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import GradingError
from ..files import write_atomically

ROSTER, COLLECTED, EXTENSIONS = "roster", "collected", "extensions"
NAMES = (ROSTER, COLLECTED, EXTENSIONS)
WHOLE = "class"

Records = dict[str, dict[str, Any]]  # by assignment and student


def kept_file(home: Path, name: str) -> Path:
    """The path of a file in the folder of a gradebook."""
    return home / f"{name}.json"


def read_kept(home: Path, name: str) -> Records:
    """What a file holds; nothing where there is none.  Raises GradingError where it cannot be read."""
    path = kept_file(home, name)
    if not path.exists():
        return {}
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {assignment: dict(records) for assignment, records in stored.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        said = f"{path} cannot be read ({error}); expected {{assignment: {{student: record}}}}"
        raise GradingError(f"{said}, as the course writes it; take it from a backup") from None


def write_kept(home: Path, name: str, records: Mapping[str, Mapping[str, Any]]) -> None:
    """Writes a file, unless it says the same already."""
    text = json.dumps(records, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    path = kept_file(home, name)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text, lasting=True)


def forget_kept(home: Path, student: str) -> list[str]:
    """Removes a student from all files; the names of those that had something."""
    found = []
    for name in NAMES:
        records = read_kept(home, name)
        if any(student in of_one for of_one in records.values()):
            left = {
                assignment: {other: record for other, record in of_one.items() if other != student}
                for assignment, of_one in records.items()
            }
            write_kept(home, name, left)
            found.append(kept_file(home, name).name)
    return found
