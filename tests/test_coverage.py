"""Every item of the checklist that a finished lesson owes has a place, a function and a test."""

import pytest
from tests_root import ROOT

from autograder.authoring import coverage_page
from autograder.exercises import LESSONS

OWED = {
    "00": "S4.3 S4.4 S4.8 S4.26",
    "01": "S0.5 S0.7 S3.1 S3.2 S3.3 S3.4 S3.5 S3.6 S3.7",
    "02": "S0.3 S1.1 S1.2 S1.3 S1.4 S4.3 S4.10 S4.11 S4.12",
    "03": "S1.1 S1.5 S1.6 S1.7 S1.8 S1.9 S3.2 S4.13 S4.14 S4.15 S4.16 S4.17 S4.53",
    "04": "S2.1 S2.2 S2.3 S2.4 S2.5 S2.6 S2.7 S2.8 S2.9 S2.10 S2.11 S4.5 S4.19",
    "05": "S0.1 S0.2 S0.3 S4.1 S4.2 S4.5 S4.6 S4.7 S4.8 S4.9 S4.11 S4.12 S4.13 S4.14 S4.15 S4.20 S4.22 "
    "S4.51",
    "06": "S0.4 S0.5 S0.6 S0.7 S0.8 S0.9 S0.10",
    "07": "S1.10 S4.4 S4.16 S4.17 S4.18 S4.21 S4.22 S4.23 S4.24 S4.25 S4.26 S4.27 S4.29 S4.31 S4.32 S4.33 "
    "S4.34 S4.35 S4.44 S4.50 S4.52",
    "08": "S1.11 S4.28 S4.30 S4.48 S4.49 S4.50",
    "09": "S4.36 S4.37 S4.38 S4.52",
    "10": "S4.39 S4.41",
    "11": "S4.40 S4.41 S4.42 S4.43 S4.44 S4.45 S4.46 S4.47 S4.48",
    "12": "S4.30 S4.47 S4.54",
}


def missing(entries, owed):
    """What is owed and has no section, or no check by a function of the library and a test."""
    complete = {e.item for e in entries if e.sections and e.tests and (e.functions or e.exercises)}
    return sorted(set(owed) - complete)


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_finished_lesson_covers_what_it_owes(lesson):
    assert missing(coverage_page.coverage_entries(lesson), OWED[lesson].split()) == []


def test_a_missing_item_is_noticed():
    entries = coverage_page.coverage_entries("01")
    assert missing(entries[1:], OWED["01"].split()) == [entries[0].item]
    assert missing([entries[0]._replace(tests=())], [entries[0].item]) == [entries[0].item]


def test_named_tests_exist():
    for lesson in LESSONS:
        for entry in coverage_page.coverage_entries(lesson):
            for test in entry.tests:
                assert (ROOT / "tests" / test).exists(), (entry.item, test)


def test_the_page_is_what_the_sources_say():
    assert (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8") == coverage_page.coverage_page()
