"""Wrong answers drawn at random: slips, edits of the solution's source, corrupted gradients."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..diagnosis import facts
from ..exercises import Exercise, Slip, sources
from ..exercises.corruptions import CORRUPTIONS, Probe
from ..exercises.instances import call_answer, copied, every_instance
from ..outputs import read_outputs
from . import wrong_answers

Answer = Callable[..., Any]
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div)


def sampled_answers(exercise: Exercise) -> Iterator[tuple[str, Answer]]:
    """(what it is, the function), the sorts in turn, without an end as long as one has more; may be right."""
    kinds = [_slips(exercise), edits(exercise), _corrupted(exercise)]
    while kinds:
        for kind in list(kinds):
            made = next(kind, None)
            if made is None:
                kinds.remove(kind)
            else:
                yield made


def _slips(exercise: Exercise) -> Iterator[tuple[str, Answer]]:
    for n in wrong_answers.exercise_generator(exercise, 21).permutation(len(exercise.slips)):
        slip = exercise.slips[n]
        yield f"slip {slip.id}", sources.solution_variant(exercise, slip)


def _corrupted(exercise: Exercise) -> Iterator[tuple[str, Answer]]:
    """Every corruption of all outputs that it changes, then of some of them."""
    if exercise.sweep is None:
        return
    rng = wrong_answers.exercise_generator(exercise, 22)
    for share in (1.0, 0.5, 0.5):
        for n in rng.permutation(len(CORRUPTIONS)):
            chosen = [name for name in exercise.outputs if rng.random() < share]
            yield f"{CORRUPTIONS[n].name} of {chosen}", _with_corruption(exercise, n, chosen)


def _with_corruption(exercise: Exercise, n: int, chosen: list[str]) -> Answer:
    def answer(*arguments: Any) -> dict[str, Any]:
        probe = Probe.of(exercise, arguments)
        right = exercise.right_outputs(arguments)
        ways = CORRUPTIONS[n].make(probe)
        made = {} if isinstance(ways, str) else ways[-1]
        return {name: made[name] if name in chosen and name in made else g for name, g in right.items()}

    return answer


def edits(exercise: Exercise) -> Iterator[tuple[str, Answer]]:
    """The solution with one edit in it, in any order; those that do not compile are left out."""
    text = sources.solution_source(exercise)
    for what, changed in edited_texts(exercise):
        slip = Slip(what, text, changed, "", "")
        try:
            yield what, sources.solution_variant(exercise, slip)
        except Exception:  # some edits leave nothing that Python can define
            continue


def edited_texts(exercise: Exercise) -> Iterator[tuple[str, str]]:
    """(what was edited, the solution's text with it), in any order."""
    text = sources.solution_source(exercise)
    nodes = list(ast.walk(_body(ast.parse(text), exercise.function)))
    names = sorted({n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)})
    edits = [(n, *edit) for n, node in enumerate(nodes) for edit in _edits_of(node, names)]
    for chosen in wrong_answers.exercise_generator(exercise, 23).permutation(len(edits)):
        n, what, edit = edits[chosen]
        changed = ast.parse(text)
        edit(list(ast.walk(_body(changed, exercise.function)))[n])
        yield f"edit {what}, node {n}", ast.unparse(ast.fix_missing_locations(changed)) + "\n"


def _body(tree: ast.Module, function: str) -> ast.FunctionDef:
    return next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == function)


def _edits_of(node: ast.AST, names: list[str]) -> Iterator[tuple[str, Callable[[Any], None]]]:
    """Another operator, another name, another number, or a part left out."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, OPERATORS):
        for operator in OPERATORS:
            if not isinstance(node.op, operator):
                yield operator.__name__, lambda x, op=operator: setattr(x, "op", op())  # type: ignore[misc]
    if isinstance(node, ast.BinOp):
        yield "right side left out", lambda x: _become(x, x.left)
    if isinstance(node, ast.UnaryOp):
        yield "sign left out", lambda x: _become(x, x.operand)
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transpose left out", lambda x: _become(x, x.value)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield "number + 1", lambda x: setattr(x, "value", x.value + 1)
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        for name in names:
            if name != node.id:
                yield f"{name} for {node.id}", lambda x, name=name: setattr(x, "id", name)  # type: ignore[misc]


def _become(node: Any, other: ast.AST) -> None:
    """Makes a node what another one is."""
    node.__class__ = other.__class__
    node.__dict__ = other.__dict__


def share_of_right_outputs(exercise: Exercise, answer: Answer, seed: int) -> float:
    """The score that `diagnose` gives, without looking for reasons."""
    judged = []
    for arguments in every_instance(exercise.id, seed):
        try:
            with np.errstate(all="ignore"):
                given, _ = read_outputs(call_answer(exercise, answer, copied(arguments)), exercise.outputs)
                right = exercise.right_outputs(copied(arguments))
                judged.append(
                    {name: facts.judge_output(given.get(name), want) for name, want in right.items()}
                )
        except Exception:  # an edit may break anything
            return 0.0
    return facts.score_outputs(facts.combine_outputs(judged), exercise.gate)
