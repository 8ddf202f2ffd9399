"""The search for the line of a mistake, run beside the student's code in a sandbox of its own."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..worker import messages
from .limits import Limits
from .run import Job, run_job

SECONDS = 5.0  # for one answer, by the clock, from when the sandbox is ready
SEARCH_SECONDS = 4.0  # of them for the search; the rest is for the statements that the answer needs
QUESTION = "question"  # the file that it reads
LENGTH = 8  # bytes in front of a message, which say how long it is
# binds no name, as the student's code could read it
CALL = (
    "__import__('search.diagnosis.repair.in_sandbox', fromlist=['_']).claim_lines({name}, "
    "__import__('worker.messages', fromlist=['_']).unpack_message(open({file!r}, 'rb').read(), restore=True))"
)


def pack_question(fields: Mapping[str, Any]) -> bytes | None:
    """What an answer is asked, as it is sent; None where functions are in it, which cannot be."""
    functions: messages.Functions = []
    message = messages.pack_message({**fields, "seconds": SEARCH_SECONDS}, functions)
    return None if functions else message[LENGTH:]


def run_search(source: str, name: str, question: bytes, answers: Iterable[str], mode: str) -> str:
    """What the search claims, a text that was written beside student code; "" where it came to nothing.

    source: a cell that defines the function `name`.  question: see `pack_question`.  answers: functions of
    rnnlib that student code must not find.  mode: one of `bubblewrap.MODES`.  Raises as `run_job`.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # in the sandbox it is read by another account
        (Path(folder) / QUESTION).write_bytes(question)
        cells = (source, CALL.format(name=name, file=QUESTION))
        job = Job(cells, tuple(answers), folder, with_search=True)
        ran = run_job(job, mode, Limits(SECONDS, SECONDS, SECONDS))
    said = [output["data"]["text/plain"] for output in ran.outputs.get(1, []) if "data" in output]
    return str(said[-1]) if said else ""
