"""A line that is absent: a program with idle statements `v = v`, one of which may have to do something."""

import ast
from collections.abc import Iterator
from dataclasses import replace

from .program import Program, parsed_definition, put_sites
from .trees import blocks, locate


def with_idle_statements(program: Program) -> Program:
    """The program with an idle statement before each use of a variable, and at the end of loops.

    Only these have sites.
    """
    trees = {name: parsed_definition(program.text(name)) for name in program.functions}
    plain = {name: parsed_definition(program.text(name)) for name in program.functions}
    idle: set[int] = set()
    for tree in (*trees.values(), *plain.values()):
        idle |= set(_insert(tree))
    made = replace(program, functions=trees, plain=plain)
    put_sites(made, lambda statement: id(statement) in idle)
    return made


def _insert(tree: ast.FunctionDef) -> Iterator[int]:
    """Inserts them; gives their ids."""
    own = _variables(tree)
    nested = {
        id(n) for d in ast.walk(tree) if isinstance(d, ast.FunctionDef) and d is not tree for n in ast.walk(d)
    }
    for block in list(blocks(tree)):
        if id(block[0]) in nested or not isinstance(block[0], ast.stmt):
            continue
        holder = next(n for n in ast.walk(tree) if block in (getattr(n, "body", 0), getattr(n, "orelse", 0)))
        made: list[ast.stmt] = []
        for statement in block:
            if not isinstance(statement, ast.FunctionDef):
                made += [_idle(name, statement) for name in sorted(_read(statement) & own)]
            made.append(statement)
        if isinstance(holder, ast.For | ast.While):
            read = set().union(*map(_read, block)) & own
            made += [_idle(name, block[-1]) for name in sorted(read)]
        yield from (id(statement) for statement in made if all(statement is not s for s in block))
        block[:] = made


def _idle(name: str, near: ast.stmt) -> ast.stmt:
    made = ast.Assign([ast.Name(name, ast.Store())], ast.Name(name, ast.Load()))
    locate(made, near.lineno)
    return made


def _variables(tree: ast.FunctionDef) -> set[str]:
    """The function's arguments, and what it stores under a name outside of loops' heads."""
    found = {argument.arg for argument in tree.args.args}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name) and _is_stored(n)}
    return found


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _read(statement: ast.stmt) -> set[str]:
    """Variables that a statement reads itself, without the statements in it."""
    if isinstance(statement, ast.For | ast.While | ast.If):
        roots: list[ast.AST] = [statement.iter if isinstance(statement, ast.For) else statement.test]
    else:
        roots = [statement]
    names = [n for root in roots for n in ast.walk(root) if isinstance(n, ast.Name)]
    return {n.id for n in names if isinstance(n.ctx, ast.Load)}
