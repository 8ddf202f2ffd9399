"""The search where the student's code runs: what is said here is a claim, for whoever reads it to check."""

import json
import time
from typing import Any

from ...compare import to_array
from ...errors import TimeLimitExceeded
from ...outputs import read_outputs
from .. import facts
from ..call_guard import guard
from .find_lines import find_lines, program_to_search
from .question import Question, Told
from .vectors import snapshot


class Claims(str):
    """A text that a notebook shows as it is."""

    def __repr__(self) -> str:
        return str(self)


def claim_lines(answer: Any, asked: dict[str, Any]) -> Claims:
    """The repairs of an answer, as JSON: [[function, line, kind, text, part], …].

    asked: the fields of a `Question`, and `seconds`, for everything.
    """
    began, seconds = time.monotonic(), asked.pop("seconds")
    program = program_to_search(answer)
    if program is None:
        return Claims("[]")
    question = Question(*(asked[field] for field in Question._fields[:-1]))
    try:
        with guard(seconds):
            told = _told(question, answer)
    except TimeLimitExceeded:
        return Claims("[]")
    left = seconds - (time.monotonic() - began)
    return Claims(json.dumps(find_lines(question, program, told, left) if left > 0 else ()))


def _told(question: Question, answer: Any) -> Told:
    judged = []
    for arguments, reference in zip(question.instances[: question.own], question.references):
        try:
            given, _ = read_outputs(question.ask(answer, snapshot(arguments)), question.outputs)
        except Exception:
            return Told(True, {})
        arrays = {name: to_array(value) for name, value in given.items()}
        judged.append({name: facts.judge_output(arrays.get(name), want) for name, want in reference.items()})
    return Told(False, facts.combine_outputs(judged))
