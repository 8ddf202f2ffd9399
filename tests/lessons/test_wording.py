"""How the lessons speak: leads that say what there is to see, a prediction in each, hints set apart."""

import ast
import re
from pathlib import Path

import pytest
from lesson_source import prose, text_cells

from autograder.exercises import LESSONS, lesson_exercises, sources

LEAD = re.compile(r"\b(?:[Ll]ook at this|What you just saw)\b")
# "the derivative of L by W", where the field says "with respect to"; it may be multiplied by a number
BY = re.compile(
    r"(?<!ply the )(?<!plies the )(?<!vide the )"
    r"\b(?:derivative|gradient)s? (?:of \S{1,12} )?by (?:\$|the |both |W_)"
)
# the same in a card, whose text has no formulas: a name of a few letters may follow
BY_NAME = re.compile(
    r"\b(?:(?:derivative|gradient)s? (?:of [^.?;:,]{1,30} )?|differentiating )"
    r"by (?:the |a |[a-zA-Z]\w?\b|[a-zA-Z]_)"
)
RUN_IN = re.compile(r"[;:,.] - `|\w,? # \w")  # where a list or a comment was filled as if it were a paragraph
PREDICTION = "**Predict first.**"


def run_together(cell):
    """The lines that follow a fold of hints without a rule or a heading between them."""
    after = re.findall(r"^</details>\n+(?!</?details)(.+)", cell, flags=re.M)
    return [line for line in after if not re.match(r"---$|#+ ", line)]


def strings(code):
    """All strings of a piece of code, also the parts of those with fields."""
    return [
        node.value
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lead_says_what_there_is_to_see(lesson):
    everything = "\n".join(body for _, body in sources.source_cells(lesson))
    assert LEAD.findall(everything) == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_derivative_is_taken_with_respect_to_something(lesson):
    assert BY.findall(" ".join("\n".join(text_cells(lesson)).split())) == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_so_it_is_in_cards_and_in_what_a_lesson_prints(lesson):
    said = [text for e in lesson_exercises(lesson) for slip in e.slips for text in (slip.says, slip.asks)]
    printed = [string for code in sources.code_cells(lesson) for string in strings(code)]
    assert [text for text in said + printed if BY_NAME.search(text) or BY.search(text)] == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_list_and_no_comment_was_filled_as_a_paragraph(lesson):
    cells = [body for _, body in sources.source_cells(lesson)]
    assert [line for cell in cells for line in cell.splitlines() if RUN_IN.search(line)] == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_asks_for_a_prediction_that_the_next_given_cell_answers(lesson):
    cells = sources.source_cells(lesson)
    asked = [n for n, (head, body) in enumerate(cells) if "[markdown]" in head and PREDICTION in body]
    assert asked
    for n in asked:
        given = [body for head, body in cells[n + 1 : n + 7] if not re.search(r"markdown|nbgrader", head)]
        assert any("print(" in body or "plots.show(" in body or "check(" in body for body in given)


@pytest.mark.parametrize("lesson", LESSONS)
def test_hints_are_set_apart_from_what_follows(lesson):
    assert [line for cell in text_cells(lesson) for line in run_together(cell)] == []


def quoted(test):
    """[(lesson, sentence)] that tests assert to stand in a lesson's text, by `… in prose("01")`."""
    compared = [node for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Compare)]
    found = []
    for node in compared:
        match node:
            case ast.Compare(
                left=ast.Constant(value=str(sentence)),
                ops=[ast.In()],
                comparators=[ast.Call(func=ast.Name(id="prose"), args=[ast.Constant(value=str(lesson))])],
            ):
                found.append((lesson, sentence))
    return found


def test_a_sentence_that_a_test_quotes_is_there_also_where_that_test_takes_too_long_for_every_run():
    quotes = [
        quote
        for path in Path(__file__).parent.glob("*.py")
        for quote in quoted(path.read_text(encoding="utf-8"))
    ]
    assert len(quotes) > 20 and [(n, words) for n, words in quotes if words not in prose(n)] == []
    assert quoted('assert "a" in prose("01") and "b" in text') == [("01", "a")]


def test_the_tests_can_fail():
    assert LEAD.findall("**Look at this.** A bar.") and LEAD.findall("# What you just saw: two bars")
    assert BY.search("the gradient of $L$ by $W_h$") and BY.search("the derivative by the matrix")
    assert BY_NAME.search("ones: the derivative of h by c.") and BY_NAME.search(
        "the derivative by h_l, not W"
    )
    assert BY_NAME.search("what does differentiating by W leave") and not BY_NAME.search(
        "Total gradient by paths"
    )
    assert strings('print(f"derivative by the {name}")')[0] == "derivative by the "
    assert RUN_IN.search("# lie between 0 and 1; - `units`") and RUN_IN.search("# orders, # and with")
    assert not RUN_IN.search("# - `units`: a number")
    assert not BY.search("the gradient by lag") and not BY.search("multiply the gradient by $c$")
    fold = "<details><summary>Hint 3</summary>\n\ntext\n\n</details>\n\n"
    assert run_together(fold + "Now back.") == ["Now back."]
    assert run_together(fold + "---\n\nNow back.") == run_together(fold + "## 2 Back") == []
    assert run_together(fold + fold) == []
