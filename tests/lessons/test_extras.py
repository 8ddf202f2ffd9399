"""Cells that use a package of the extra `extras` also run where it is not installed."""

import sys

import pytest

from autograder.exercises import sources


def cells_with(lesson, package):
    return [body for body in sources.code_cells(lesson) if package in body]


def run(cell, names=()):
    namespace = dict(names)
    exec(compile(cell, "<cell>", "exec"), namespace)


@pytest.mark.parametrize("there", [True, False], ids=["with SymPy", "without SymPy"])
def test_the_cell_with_symbols(monkeypatch, capsys, there):
    (cell,) = cells_with("01", "sympy")
    if there:
        pytest.importorskip("sympy", reason="the control needs SymPy")
    else:
        monkeypatch.setitem(sys.modules, "sympy", None)
    run(cell)
    said = capsys.readouterr().out
    assert (said.count("path sum minus derivative = 0") == 4) == there
    assert ("needs SymPy" in said) == (not there)


@pytest.mark.parametrize("there", [True, False], ids=["with ipywidgets", "without ipywidgets"])
def test_the_cell_with_a_switch(monkeypatch, there):
    (cell,) = cells_with("11", "ipywidgets")
    offered = []
    if there:
        stand_in = type(sys)("ipywidgets")
        stand_in.interact = lambda *arguments, **choices: offered.append(choices)
        monkeypatch.setitem(sys.modules, "ipywidgets", stand_in)
    else:
        monkeypatch.setitem(sys.modules, "ipywidgets", None)
    run(cell[cell.index("try:") :], {"bars": print, "VIEWS": ("joint",)})  # behind the picture
    assert bool(offered) == there
