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

FILE = "seeds.json"
BYTES = 16  # of a seed: too many to be tried out

log = logging.getLogger(__name__)


def student_seed(secret: str, student: str) -> int:
    """The seed of the instances that a student's functions are called with, of 128 bits, never 0."""
    digest = hmac.new(secret.encode(), student.encode("utf-8", "surrogateescape"), hashlib.sha256).digest()
    return 1 + int.from_bytes(digest[:BYTES], "big")


def read_or_make_secret(home: Path, assignment: str) -> str:
    """The secret of an assignment in <home>/seeds.json; made where there is none, and kept from then on.

    Whoever calls it holds a lock.  A file that is damaged is put aside, and the secrets are made anew.
    """
    path = home / FILE
    found = _read(path)
    if assignment not in found:
        found[assignment] = secrets.token_hex(32)
        write_atomically(path, json.dumps(found, indent=1), lasting=True)
    return str(found[assignment])


def _read(path: Path) -> dict[str, str | int]:
    """{assignment: secret}; the version before this one had numbers, which serve as well."""
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if isinstance(found, dict) and all(_is_secret(secret) for secret in found.values()):
        return found
    aside = path.with_name(f"{FILE}.damaged")
    os.replace(path, aside)
    log.warning(
        "%s held no seeds, and is now %s; new ones are made, so every submission is run anew", path, aside
    )
    return {}


def _is_secret(value: object) -> bool:
    return (isinstance(value, str) and len(value) >= BYTES) or (type(value) is int and value > 0)
