"""Every item of the checklist that a lesson owes has a place, a function and a test of its own number."""

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
    "05": "S0.1 S0.2 S0.3 S4.1 S4.2 S4.5 S4.6 S4.7 S4.8 S4.9 S4.11 S4.12 S4.13 S4.14 S4.15 S4.20 S4.22 S4.51",
    "06": "S0.4 S0.5 S0.6 S0.7 S0.8 S0.9 S0.10",
    "07": "S1.10 S4.4 S4.16 S4.17 S4.18 S4.21 S4.22 S4.23 S4.24 S4.25 S4.26 S4.27 S4.29 S4.31 S4.32 S4.33 "
    "S4.34 S4.35 S4.44 S4.50 S4.52",
    "08": "S1.11 S4.28 S4.30 S4.48 S4.49 S4.50",
    "09": "S4.36 S4.37 S4.38 S4.52",
    "10": "S4.1 S4.39 S4.41",
    "11": "S4.40 S4.41 S4.42 S4.43 S4.44 S4.45 S4.46 S4.47 S4.48",
    "12": "S4.1 S4.30 S4.47 S4.54",
    "13": "S4.40 S4.47",
}

ERRATA = [
    "E0.4",
    "E0.5",
    "E0.7",
    "E0.8",
    "E1.2",
    "E1.3",
    "E1.4",
    "E1.5",
    "E1.6",
    "E1.7",
    "E1.8",
    "E2.2",
    "E2.3",
    "E2.4",
    "E2.6",
    "E2.7",
    "E2.8",
    "E2.9",
    "E2.10",
    "E2.11",
    "E3.1",
    "E3.3",
    "E3.4",
    "E4.3",
    "E4.7",
    "E4.8",
    "E4.9",
    "E4.10",
    "E4.11",
    "E4.11c",
    "E4.11d",
    "E4.13",
    "E4.14",
    "E4.17",
    "E4.18",
    "E4.19",
    "E4.20",
    "E4.22",
    "E4.24a",
    "E4.24b",
    "E4.24c",
    "E4.24d",
    "E4.24e",
    "E4.24f",
    "E4.25",
    "E4.26",
    "E4.27",
    "E4.29",
    "E4.30a",
    "E4.30b",
    "E4.32",
    "E4.34",
    "E4.35",
    "E4.37",
    "E4.40",
    "E4.41",
    "E4.42",
    "E4.42p",
    "E4.43",
    "E4.44",
    "E4.45",
    "E4.46",
    "E4.48",
    "E4.54",
]


PAGE = ROOT / "docs" / "coverage.md"


def missing(entries, owed):
    """What is owed and has no section, or neither a function of the library nor an exercise."""
    complete = {e.item for e in entries if e.sections and (e.functions or e.exercises)}
    return sorted(set(owed) - complete)


def items():
    """The whole checklist: what any lesson owes, and the errata."""
    return {item for owed in OWED.values() for item in owed.split()} | set(ERRATA)


def unmarked(folder=coverage_page.TESTS):
    """What of the checklist no test in this folder computes."""
    return items() - set(coverage_page.marked_tests(folder))


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_finished_lesson_covers_what_it_owes(lesson):
    assert missing(coverage_page.coverage_entries(lesson), OWED[lesson].split()) == []


def test_a_missing_item_is_noticed():
    entries = coverage_page.coverage_entries("01")
    assert missing(entries[1:], OWED["01"].split()) == [entries[0].item]
    assert missing([entries[0]._replace(sections=())], [entries[0].item]) == [entries[0].item]
    assert missing([entries[0]._replace(functions=(), exercises=())], [entries[0].item]) == [entries[0].item]


def test_every_item_and_every_erratum_has_a_test_that_computes_its_number():
    assert coverage_page.items_in_order(unmarked()) == []


def test_marks_name_items_of_the_checklist():
    assert set(coverage_page.marked_tests()) - items() == set()
    assert set(coverage_page.NOISE) & items() == set()
    assert len(items()) + len(coverage_page.NOISE) == 93 + 75


def test_a_deleted_test_is_noticed(tmp_path, monkeypatch):
    marked = coverage_page.marked_tests()
    alone = {item: names[0] for item, names in marked.items() if len(names) == 1}
    item, name = sorted(alone.items())[0]
    path, test = name.split("::")
    source = tmp_path / path
    source.parent.mkdir(exist_ok=True)
    text = (coverage_page.TESTS / path).read_text(encoding="utf-8")
    source.write_text(text, encoding="utf-8")
    assert item not in unmarked(tmp_path)
    source.write_text(text.replace(f"def {test}(", f"def no_{test}("), encoding="utf-8")
    assert item in unmarked(tmp_path)  # the gate is red,
    monkeypatch.setattr(coverage_page, "_all_marked", lambda: marked | {item: ()})
    assert coverage_page.coverage_page() != PAGE.read_text(encoding="utf-8")  # and the page too


def test_marks_are_read_from_decorators_and_single_parameters(tmp_path):
    (tmp_path / "test_a.py").write_text(
        "import pytest\n"
        '@pytest.mark.item("S1.1", "E4.24a")\n'
        "def test_one(): ...\n"
        '@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.item("S1.2"))])\n'
        "def test_two(n): ...\n"
        '@pytest.mark.item("S9.9")\n'
        "def helper(): ...\n"
    )
    (tmp_path / "other.py").write_text('@pytest.mark.item("S9.9")\ndef test_three(): ...\n')
    assert coverage_page.marked_tests(tmp_path) == {
        "E4.24a": ("test_a.py::test_one",),
        "S1.1": ("test_a.py::test_one",),
        "S1.2": ("test_a.py::test_two",),
    }


def test_the_page_is_what_the_sources_and_the_marks_say():
    assert (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8") == coverage_page.coverage_page()
