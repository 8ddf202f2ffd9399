"""docs/diagnosis.md is what a run gives, and tells of no false name."""

import re

import pytest

from autograder.authoring import diagnosis_page, wrong_answers
from autograder.exercises import sources


@pytest.fixture(scope="module")
def page():
    return diagnosis_page.diagnosis_page()


@pytest.mark.long
def test_the_page_is_what_a_run_gives(page):
    assert (sources.FOLDER.parent / "docs" / "diagnosis.md").read_text(encoding="utf-8") == page


@pytest.mark.long
def test_the_page_tells_of_no_false_name(page):
    table = page.split("| falsely |")[1].split("##")[0]
    falsely = [line.split("|")[-2].strip() for line in table.splitlines() if re.match(r"\| \d\d\.", line)]
    assert len(falsely) == len(list(wrong_answers.function_exercises())) and set(falsely) == {"0"}
