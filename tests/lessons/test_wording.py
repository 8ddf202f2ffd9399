"""How the lessons speak: leads that say what there is to see, a prediction in each, hints set apart."""

import re

import pytest
from lesson_source import text_cells

from autograder.exercises import LESSONS, sources

LEAD = re.compile(r"\b(?:[Ll]ook at this|What you just saw)\b")
# "the derivative of L by W", where the field says "with respect to"; it may be multiplied by a number
BY = re.compile(
    r"(?<!ply the )(?<!plies the )(?<!vide the )"
    r"\b(?:derivative|gradient)s? (?:of \S{1,12} )?by (?:\$|the |both |W_)"
)
PREDICTION = "**Predict first.**"


def run_together(cell):
    """The lines that follow a fold of hints without a rule or a heading between them."""
    after = re.findall(r"^</details>\n+(?!</?details)(.+)", cell, flags=re.M)
    return [line for line in after if not re.match(r"---$|#+ ", line)]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lead_says_what_there_is_to_see(lesson):
    everything = "\n".join(body for _, body in sources.source_cells(lesson))
    assert LEAD.findall(everything) == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_derivative_is_taken_with_respect_to_something(lesson):
    assert BY.findall(" ".join("\n".join(text_cells(lesson)).split())) == []


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


def test_the_tests_can_fail():
    assert LEAD.findall("**Look at this.** A bar.") and LEAD.findall("# What you just saw: two bars")
    assert BY.search("the gradient of $L$ by $W_h$") and BY.search("the derivative by the matrix")
    assert not BY.search("the gradient by lag") and not BY.search("multiply the gradient by $c$")
    fold = "<details><summary>Hint 3</summary>\n\ntext\n\n</details>\n\n"
    assert run_together(fold + "Now back.") == ["Now back."]
    assert run_together(fold + "---\n\nNow back.") == run_together(fold + "## 2 Back") == []
    assert run_together(fold + fold) == []
