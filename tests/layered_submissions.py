"""More hostile submissions: each names the layer that stops it, and does harm where that layer is missing.

They are graded in the class of `test_hostile` with all others; there `harm` looks for what they are after.
"""

import ast
import importlib
import inspect
import json
from contextlib import contextmanager
from typing import NamedTuple
from unittest import mock

from class_tools import code
from hostile_submissions import NO_BPTT, Hostile, around, changed, in_cell, in_function

from autograder.grading.submission_files import LONGEST_REMARK
from autograder.sandbox.client import MOST_OUTPUT
from autograder.wording import MOST_CHARACTERS

MARK = "seen-by-somebody"  # what must never leave


class Layer(NamedTuple):
    """A passage of a module of the autograder, and what stands there where the layer is missing."""

    module: str
    passage: str
    instead: str


class Layered(NamedTuple):
    layer: Layer
    hostile: Hostile


@contextmanager
def without(layer):
    """The autograder, in this process, without a layer."""
    module = importlib.import_module(f"autograder.{layer.module}")
    source = inspect.getsource(module)
    assert source.count(layer.passage) == 1, layer
    line = source[: source.index(layer.passage)].count("\n") + 1
    changed_source = source.replace(layer.passage, layer.instead)
    function = next((f for f in _functions(module) if line in _lines(f)), None)
    if function is None:  # a constant
        (target,) = ast.parse(layer.instead).body[0].targets
        with mock.patch.object(module, target.id, eval(layer.instead.split("=")[1])):
            yield
        return
    usual = function.__code__
    function.__code__ = _code_at(compile(changed_source, module.__file__, "exec"), usual)
    try:
        yield
    finally:
        function.__code__ = usual


def _functions(module):
    """All functions and methods that a module defines."""
    for value in vars(module).values():
        if getattr(value, "__module__", None) == module.__name__:
            yield from (
                [value] if inspect.isfunction(value) else filter(inspect.isfunction, vars(value).values())
            )


def _lines(function):
    lines, first = inspect.getsourcelines(function)
    return range(first, first + len(lines))


def _code_at(code_object, like):
    """The code of a function, in that of its module."""
    for inner in filter(inspect.iscode, code_object.co_consts):
        at = (inner.co_name, inner.co_firstlineno) == (like.co_name, like.co_firstlineno)
        found = inner if at else _code_at(inner, like)
        if found is not None:
            return found
    return None


def harm(hostile, result, outputs):
    """What a submission has done that none may do, in a sentence; "" where it has done nothing of that."""
    points = sum(mark.points for mark in result.marks.values())
    low, high = hostile.points if isinstance(hostile.points, tuple) else [hostile.points] * 2
    if not low - 1e-9 <= points <= high + 1e-9:
        return f"{points} points, expected {hostile.points}"
    for grade_id, status in hostile.status.items():
        if result.marks[grade_id].status != status:
            return f"{grade_id} is {result.marks[grade_id]}, expected {status}"
    if [mark for mark in result.marks.values() if mark.points < mark.max and not mark.summary]:
        return "a mark without a reason"
    said = [*result.remarks, *(mark.summary for mark in result.marks.values())]
    if [text for text in said if not text.isprintable()]:
        return "what no screen can show"
    if (
        any(len(text) > LONGEST_REMARK + 2 for text in result.remarks)
        or len(max(said, key=len)) > MOST_CHARACTERS + 2
    ):
        return "a text without an end"
    shown = json.dumps(outputs)
    if MARK in shown.replace("\\n", ""):
        return "a mark that no output may show"
    if hostile.shows not in shown:
        return f"no {hostile.shows}"
    every = [output for cell_outputs in outputs for output in cell_outputs]
    ways = [len(output.get("traceback", ())) for output in every]
    texts = [len(text) for output in every for text in _texts(output)]
    if max(map(len, outputs)) > 21 or max(ways, default=0) > 21 or max(texts, default=0) > 3 * MOST_OUTPUT:
        return "outputs without an end"
    return ""


def _texts(output):
    found = [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", ())]
    return ["".join(text) for text in [*found, *output.get("data", {}).values()]]


# A right answer, whose message is written anew: `more` gives a further node of the dict that is returned.
REPLY = """
import json, struct, sys
w = sys.modules["worker.messages"]
usual = w.pack_message
def pack(value, *functions):
    if "returned" not in value:
        return usual(value, *functions)
    arrays = []
    tree = w._tree_of(value["returned"], arrays, None, [10**9, 10**9])
    tree["dict"].append(more(arrays))
    said = {"dict": [["returned", tree], ["modified", {"value": False}], ["worked", {"value": 0.0}]]}
    text, blob = json.dumps(said).encode(), b"".join(array.tobytes() for array in arrays)
    return struct.pack(">QI", 4 + len(text) + len(blob), len(text)) + text + blob
w.pack_message = pack
def scalar_bptt(*a):
    return right(*a)
"""


def reply(more, layer, points=NO_BPTT, status="error"):
    """The reply to each call has a further node; without the layer it is taken, and earns all points."""
    body = f"def more(arrays):\n    {more}\n{REPLY}"
    return Layered(layer, around(body, points, status))


def messages(passage, instead):
    return Layer("worker.messages", passage, instead)


def shown(outputs, passage, instead):
    """This cell and those after it claim to have shown the outputs."""
    source = (
        "import sys\nw = sys.modules['worker.messages']\nusual = w.pack_message\n"
        "def pack(value, *functions):\n"
        f"    value = {{**value, 'outputs': {outputs}}} if 'outputs' in value else value\n"
        "    return usual(value, *functions)\nw.pack_message = pack"
    )
    return Layered(Layer("sandbox.client", passage, instead), in_cell(source))


def with_grade_id(grade_id):
    def change(nb):
        nb["cells"].append({**code("1"), "metadata": {"nbgrader": {"grade_id": grade_id}}})

    return changed(change)


SHOWN = Layer(
    "grading.submission", "shown = [plain(remark, submission_files.LONGEST_REMARK) for", "shown = [remark for"
)

LAYERED = {
    "more parts than an answer has": reply(
        'return "more", {"list": [{"value": 0}] * 50_000}', messages("[2 * MOST_PARTS]", "[10**9]")
    ),
    "a tree where a value should be": reply(
        'return "more", {"value": [[1]]}', messages("isinstance(body, dict | list) or ", "")
    ),
    "a text of 150,000 characters": reply(
        'return "more", {"value": "x" * 150_000}', messages(" or len(str(body)) > LONGEST_STRING", "")
    ),
    "an array of 300,000 entries": reply(
        'arrays.append(np.zeros(300_000, np.uint8))\n    return "more", {"array": ["|u1", [300_000]]}',
        messages("0 <= count <= LARGEST_ARRAY", "0 <= count"),
    ),
    "an array of texts": reply(
        'arrays.append(np.zeros(4, "S8"))\n    return "more", {"array": ["|S8", [4]]}',
        messages('dtype.kind not in "biufc" or not is_whole', "not is_whole"),
    ),
    "a shape below zero": reply(
        'return "more", {"shape": [-1]}', messages("if min(shape, default=0) < 0:", "if False:")
    ),
    "replies that fill the grader's memory": reply(
        "arrays.extend([np.zeros(240_000)] * 3)\n"
        '    return "more", {"list": [{"array": ["<f8", [240_000]]}] * 3}',
        Layer("sandbox.answer", "MOST_HEARD = 8 * 2**20", "MOST_HEARD = 2**40"),
    ),
    "a page as output": shown(
        "[{'output_type': 'execute_result', 'data': {'text/html': "
        + repr(f"<script>{MARK}</script>")
        + "}}]",
        '"data": {"text/plain": shown}',
        '"data": data',
    ),
    "marks as metadata": shown(
        f"[{{'output_type': 'execute_result', 'data': {{}}, 'metadata': {{'unrolled': '{MARK}'}}}}]",
        '"metadata": {}}',
        '"metadata": output["metadata"]}',
    ),
    "a long output": shown(
        "[{'output_type': 'stream', 'text': 'x' * 90_000}]", "str(value)[: MOST_OUTPUT + 200]", "str(value)"
    ),
    "many outputs": shown(
        "[{'output_type': 'stream', 'text': 'x'}] * 300", "return found[:20]", "return found"
    ),
    "a long way to an error": shown(
        "[{'output_type': 'error', 'traceback': ['x'] * 300}]",
        "for line in lines[:20]]",
        "for line in lines]",
    ),
    "a grade_id that turns the text around": Layered(SHOWN, with_grade_id("a\u202eb\x1b[2J")),
    "a grade_id of a million characters": Layered(SHOWN, with_grade_id("x" * 10**6)),
    "an error that moves the cursor": Layered(
        Layer("feedback.card", "        plain(verdict.message),\n", "        verdict.message,\n"),
        in_function("raise ValueError('\\x1b[2J\\u202e')"),
    ),
}
