"""Secret seeds: a secret for every assignment, and from it a seed for every student.

The seed depends on nothing but the secret and the student's id.  So it is the same for every submission and
for every regrading, no edit draws again, and what one student learns of it serves no other.
"""

import hashlib
import hmac
import json
import logging
import os
import secrets
from pathlib import Path

from ..files import write_atomically

FILE, COPY = "seeds.json", "seeds-copy.json"
BYTES = 16  # of a seed: too many to be tried out

log = logging.getLogger(__name__)


def student_seed(secret: str, student: str) -> int:
    """The seed of the instances that a student's functions are called with, of 128 bits, never 0."""
    digest = hmac.new(secret.encode(), student.encode("utf-8", "surrogateescape"), hashlib.sha256).digest()
    return 1 + int.from_bytes(digest[:BYTES], "big")


def read_or_make_secret(home: Path, assignment: str) -> str:
    """The secret of an assignment in <home>/seeds.json; made where there is none, and kept from then on.

    Whoever calls it holds a lock.  As secrets cannot be made anew, the file is kept twice: what one copy
    lacks, because it is gone or damaged, is taken from the other, and both are written again.  Damaged files
    are put aside.
    """
    path, copy = home / FILE, home / COPY
    found, kept = _read(path), _read(copy)
    if found is None or (kept and not path.exists()):
        taken = f"taken from {copy}" if kept else "made anew, so every submission is run anew"
        log.warning("%s held no seeds; they are %s", path, taken)
    together = (kept or {}) | (found or {})
    if assignment not in together:
        together[assignment] = secrets.token_hex(32)
    for place, there in ((copy, kept), (path, found)):
        if there != together:
            write_atomically(place, json.dumps(together, indent=1), lasting=True)
    return str(together[assignment])


def _read(path: Path) -> dict[str, str | int] | None:
    """{assignment: secret}; None where the file is damaged, which is then put aside.

    The version before this one had numbers, which serve as well.
    """
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if isinstance(found, dict) and all(_is_secret(secret) for secret in found.values()):
        return found
    os.replace(path, path.with_name(f"{path.name}.damaged"))
    return None


def _is_secret(value: object) -> bool:
    return (isinstance(value, str) and len(value) >= BYTES) or (type(value) is int and value > 0)
