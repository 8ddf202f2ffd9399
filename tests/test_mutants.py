"""The list of mutants fits the code, and running it tells a noticed edit from an unnoticed one."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.mutants import __main__ as command
from tests.mutants.mutant import Mutant, Target
from tests.mutants.run import Broken, survivors

ROOT = Path(__file__).resolve().parent.parent
TINY = Target("tiny.py", ("test_tiny.py",))
WRONG = Mutant(TINY, "a + b", "a - b", "Sums are wrong.")
UNNOTICED = Mutant(TINY, "a * b", "a / b", "Products are wrong, and no test asks.")


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take most of the time, and it needs none
    functions = "def add(a, b):\n    return a + b\n\n\ndef times(a, b):\n    return a * b\n"
    (tmp_path / "tiny.py").write_text(functions)
    test = "import tiny\n\n\ndef test_add():\n    assert tiny.add(2, 1) == 3\n"
    (tmp_path / "test_tiny.py").write_text(test)
    return tmp_path


@pytest.mark.parametrize("file", sorted({mutant.target.file for mutant in command.MUTANTS}))
def test_every_mutant_is_one_edit_of_a_program_and_says_why(file):
    source = (ROOT / file).read_text(encoding="utf-8")
    for mutant in command.MUTANTS:
        if mutant.target.file == file:
            ast.parse(mutant.applied(source))
            assert mutant.passage != mutant.instead and mutant.why.endswith("."), mutant
            assert all((ROOT / tests).exists() for tests in mutant.target.tests), mutant


def test_there_are_enough_and_none_twice():
    assert len(command.MUTANTS) >= 60
    assert [line for line, n in Counter(map(str, command.MUTANTS)).items() if n > 1] == []


def test_what_a_test_notices_is_killed_and_the_rest_survives(tree):
    said = []
    assert survivors([WRONG, UNNOTICED], tree, say=said.append) == [UNNOTICED]
    assert "killed by test_tiny.py" in said[0] and "SURVIVED" in said[1]
    assert "a + b" in (tree / "tiny.py").read_text()  # the tree itself is left alone


def test_an_edit_that_ends_the_import_is_noticed(tree):
    mutant = Mutant(TINY, "def times", "def times(", "Nothing can be imported.")
    assert survivors([mutant], tree, say=str) == []


@pytest.mark.parametrize("passage", ["a ^ b", "return a"])
def test_a_passage_that_does_not_stand_exactly_once_is_an_error(tree, passage):
    with pytest.raises(ValueError, match=r"stands \d times in the file, expected once"):
        survivors([Mutant(TINY, passage, "b", "Whatever.")], tree)


def test_tests_that_fail_anyhow_say_nothing_about_a_mutant(tree):
    (tree / "test_tiny.py").write_text("def test_add():\n    assert False\n")
    with pytest.raises(Broken, match="fails without a mutant"):
        survivors([WRONG], tree)


def test_the_command_lists_and_selects(capsys):
    assert command.main(["--list", "abs(slope)", "len(factors)"]) == 0
    listed = capsys.readouterr().out
    assert "1e-2 * abs(slope)" in listed and "len(factors) < 1" in listed and "orthogonal" not in listed
    with pytest.raises(SystemExit):
        command.main(["no such passage anywhere"])
    assert "no mutant contains no such passage anywhere" in capsys.readouterr().err
