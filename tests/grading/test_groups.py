"""Groups of equal wrong answers: found whatever the style, shown side by side, named once for all."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from class_tools import MODE, NAME, cell, command, copy_course, graded, solved, submit

from autograder.diagnosis.diagnose import judge_answer
from autograder.diagnosis.fingerprint import fingerprint
from autograder.exercises import all_exercises, sources
from autograder.feedback.card import mark_of
from autograder.grading import groups
from autograder.grading.course import Course
from autograder.grading.names import FILE, Names, Words
from autograder.results import Mark, Output, Result, Status, Verdict

LOOP = "d[t] = now[name][t - 1] + J[t - 1] * d[t - 1]"
STYLES = [  # the same mistake: the derivative that is carried counts half, and more with every step
    "d[t] = now[name][t - 1] + J[t - 1] * d[t - 1] * t / 2",
    "d[t] = 0.5 * t * d[t - 1] * J[t - 1] + now[name][t - 1]",
    "d[t] = np.float32(now[name][t - 1] + (J[t - 1] / 2) * (t * d[t - 1]))",
]
SAYS, ASKS = "The carried derivative is multiplied by t/2: <b>why</b>?", "Which factor has the step's number?"


def with_line(line):
    nb = copy.deepcopy(solved())
    answer = cell(nb, "total_by_recursion")
    text = "".join(answer["source"])
    assert text.count(LOOP) == 1
    answer["source"] = text.replace(LOOP, line)
    return nb


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = copy_course(tmp_path_factory.mktemp("groups"))
    for student, line in zip(("ada", "bob", "cyd"), STYLES):
        submit(root, student, with_line(line))
    submit(root, "dan", with_line(f"{LOOP} * t / 3"))  # alone
    submit(root, "eve", solved())
    command("autograder", "grade", NAME, "--sandbox", MODE, cwd=root)
    return root


def page(root):
    return (root / "gradebook" / "reports" / NAME / "report.html").read_text(encoding="utf-8")


def marks(root):
    loaded = Course.load(root)
    return {s: loaded.graded(NAME, s).marks["check_total_by_recursion"] for s in loaded.submissions(NAME)}


def test_a_group_is_found_shown_and_named_without_running_anything_anew(course):
    found = marks(course)
    prints = [found[student].fingerprint for student in ("ada", "bob", "cyd")]
    assert prints[0] and len(set(prints)) == 1 and all(found[s].is_unnamed for s in ("ada", "bob", "cyd"))
    assert found["dan"].fingerprint not in ("", prints[0]) and not found["eve"].fingerprint
    html = page(course)
    section = html.split('id="groups"')[1].split("<h2")[0]
    assert "01.total_by_recursion: 3 submissions" in section and "ada, bob, cyd" in section
    assert section.count("<pre>") == 2 and "* t / 2" in section and "0.5 * t * d[t - 1]" in section
    assert ", expected " in section and "1 more have no name" in section
    before = {path: path.stat().st_mtime_ns for path in (course / "gradebook" / "runs").rglob("*.gz")}
    judged = {path: path.stat().st_mtime_ns for path in (course / "gradebook" / "results").rglob("*.json")}
    words = ["--says", SAYS, "--asks", ASKS]
    said = command("autograder", "name", "01.total_by_recursion", prints[0], *words, cwd=course)
    assert "ada, bob, cyd" in said
    printed = command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course)
    assert before == {path: path.stat().st_mtime_ns for path in before} and len(before) == 5
    assert judged == {path: path.stat().st_mtime_ns for path in judged}
    assert printed.count("multiplied by t/2") == 3
    html = page(course)
    assert "No two." in html and "total_by_recursion: The carried derivative" in html.replace("<wbr>", "")
    for student in ("ada", "bob", "cyd"):
        copied = course / "gradebook" / "autograded" / student / NAME / f"{NAME}.ipynb"
        shown = copied.read_text(encoding="utf-8")
        assert "&lt;b&gt;why&lt;/b&gt;" in shown and ASKS in shown
    assert marks(course)["dan"].is_unnamed and marks(course)["ada"].named == SAYS
    command("nbgrader", "autograde", NAME, "--force", "--student", "bob", cwd=course)
    assert marks(course)["bob"].named == SAYS  # whichever program grades
    words[-1] = "And which one has none?"
    command("autograder", "name", "01.total_by_recursion", prints[0], *words, cwd=course)
    command("autograder", "grade", NAME, "--student", "ada", "--sandbox", MODE, cwd=course)
    copied = course / "gradebook" / "autograded" / "ada" / NAME / f"{NAME}.ipynb"
    assert words[-1] in copied.read_text(encoding="utf-8")


def test_another_question_alone_makes_another_mark():
    e = next(iter(all_exercises().values()))
    verdict = Verdict(e.id, False, 0.0, (), "m", {}, fingerprint="0a1b2c3d")
    marks = [
        mark_of(e, Names({(e.id, verdict.fingerprint): Words("same", asks)}).told(verdict))
        for asks in ("first?", "second?")
    ]
    assert marks[0] != marks[1] and Mark.from_json(marks[1].to_json()) == marks[1]


def test_the_largest_group_comes_first(monkeypatch):
    monkeypatch.setattr(groups, "_group", lambda course, assignment, results, key, whose: (key[2], whose))
    mark = Mark("01.immediate", 0.0, 2.0, Status.JUDGED, False, (), "x")
    prints = {"a": "11", "b": "22", "c": "22", "d": "11", "e": "22", "f": "33"}
    results = {s: Result({"check_a": replace(mark, fingerprint=text)}) for s, text in prints.items()}
    found = groups.unnamed_groups(None, NAME, results)
    assert found == [("22", ["b", "c", "e"]), ("11", ["a", "d"])]
    dropped = replace(mark, exercise="01.dropped", fingerprint="44")  # since the last grading
    results |= {student: Result({"check_dropped": dropped}) for student in "gh"}
    assert groups.unnamed_groups(None, NAME, results) == found


def test_of_a_large_group_only_what_is_shown_is_read(course, monkeypatch):
    read = []
    monkeypatch.setattr(groups, "_codes", lambda *given: ((str(n), read.append(1)) for n in range(9)))
    mark = Mark("01.immediate", 0.0, 2.0, Status.JUDGED, False, (), "x", fingerprint="11")
    results = {student: Result({"check_immediate": mark}) for student in ("a", "b", "c")}
    groups.unnamed_groups(Course.load(course), NAME, results)
    assert len(read) == groups.SHOWN


def test_what_cannot_be_named_is_said(course):
    said = command("autograder", "name", "01.immediate", "abcd1234", "--says", "x", cwd=course, code=1)
    assert "no graded answer of 01.immediate has the fingerprint 'abcd1234'" in said
    said = command("autograder", "name", "01.nothing", "abcd1234", "--says", "x", cwd=course, code=1)
    assert "no exercise '01.nothing'" in said


def test_names_go_to_another_class_as_a_file(tmp_path):
    given = Names().with_words("01.immediate", "0a1b2c3d", Words('"quoted"\nand \\ more', "é?"))
    assert given.write(tmp_path).name == FILE
    assert Names.read(tmp_path).words == {("01.immediate", "0a1b2c3d"): Words('"quoted" and \\ more', "é?")}
    Names().with_words("01.immediate", "0a1b2c3d", Words("😀 𝑊", "a\x7fb\x00c\ud83d")).write(tmp_path)
    assert Names.read(tmp_path).words == {("01.immediate", "0a1b2c3d"): Words("😀 𝑊", "a�b�c�")}
    for damaged in ("[", 'a = "b"', '["01.a".b]\nasks = "x"'):
        (tmp_path / FILE).write_text(damaged, encoding="utf-8")
        with pytest.raises(Exception, match=r"names.toml cannot be read .* expected tables like"):
            Names.read(tmp_path)


SLIPPED = [e for e in all_exercises().values() if e.slips and e.kind == "function"]


@pytest.mark.parametrize("e", SLIPPED[::4], ids=lambda e: e.id)
def test_rounding_does_not_tell_equal_answers_apart_and_other_mistakes_do(e):
    prints = {}
    for slip in e.slips[:6]:
        wrong = sources.solution_variant(e, slip)
        verdict = judge_answer(e.id, wrong)
        if not verdict.fingerprint:
            continue
        rng = np.random.default_rng(1)

        def rounded(*arguments, wrong=wrong, rng=rng):
            return _map(wrong(*arguments), lambda a: a * (1 + 1e-9 * rng.standard_normal(np.shape(a))))

        assert judge_answer(e.id, rounded).fingerprint == verdict.fingerprint, slip.id
        prints.setdefault(verdict.fingerprint, []).append((slip, verdict))
    for (one, first), *others in prints.values():
        for other, second in others:  # two slips with one fingerprint have the same numbers
            assert set(first.slips) == set(second.slips), (one.id, other.id)


def _map(value, f):
    if isinstance(value, dict):
        return {name: _map(part, f) for name, part in value.items()}
    if hasattr(value, "_fields"):
        return type(value)(*(_map(part, f) for part in value))
    if isinstance(value, tuple | list):
        return type(value)(_map(part, f) for part in value)
    return f(value)


def test_long_instances_count_only_where_the_small_ones_show_nothing():
    """Over a long sequence rounding grows, and would tell equal answers apart."""
    right, wrong = {"a": Output(True, 0.0, "")}, {"a": Output(False, 1.0, "")}
    answers = [{"a": np.arange(1.0, n)} for n in range(3, 8)]
    others = [*answers[:3], *({"a": 2 * answer["a"]} for answer in answers[3:])]
    for small, same in ((wrong, True), (right, False)):
        judged = [small] * 3 + [wrong] * 2
        prints = [fingerprint("01.x", given, judged) for given in (answers, others)]
        assert (prints[0] == prints[1]) == same


def test_small_numbers_are_told_apart_as_large_ones_are():
    judged = [{"a": Output(False, 1.0, "")}] * 3
    for size in (1e-30, 1.0, 1e30):
        one, other = ([{"a": size * array}] * 3 for array in (np.array([1.0, 2, 3]), np.array([3.0, 1, 2])))
        assert fingerprint("01.x", one, judged) != fingerprint("01.x", other, judged)


def test_a_carried_mistake_is_no_group_of_its_own():
    """One row, where it was made: what is right given a right earlier answer has no fingerprint."""
    nb = solved()
    answer = cell(nb, "immediate")
    text = "".join(answer["source"])
    assert "slope * run.x," in text
    answer["source"] = text.replace("slope * run.x,", "slope * run.x * (1 + run.x),")
    _, found = graded(nb)
    assert found["check_immediate"].is_unnamed
    assert found["check_total_by_recursion"].given and not found["check_total_by_recursion"].fingerprint
