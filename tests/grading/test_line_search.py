"""The line of a wrong answer, looked for while grading: what is said of it, and what it costs."""

import ast
import json
import re
import time

import numpy as np
import pytest
from class_tools import MODE, NAME, cell, code, command, copy_course, notebook, solved, submit
from tests_root import ROOT

from autograder.errors import Infrastructure
from autograder.exercises import find_exercise
from autograder.exercises.instances import every_instance
from autograder.grading import line_search, lines_of_class
from autograder.grading.course import Course
from autograder.grading.grade import Options, grade_class
from autograder.grading.grade_submission import grade_one, task_of
from autograder.grading.line_search import LineSearch, checked_claims, search_lines, searches_of
from autograder.grading.result_store import Store
from autograder.grading.submission import parse_notebook
from autograder.results import Repair
from autograder.sandbox import answer as sandbox_answer
from autograder.sandbox import bubblewrap, reduced_rnnlib, search
from autograder.sandbox.limits import Limits
from autograder.worker import messages

WALLED = pytest.mark.skipif(
    bool(bubblewrap.walls_problem()), reason=f"no sandbox here: {bubblewrap.walls_problem()}"
)
EXERCISE = "01.scalar_bptt"
RIGHT = "".join(cell(notebook(), "scalar_bptt")["source"])
WRONG = RIGHT.replace("da = ds * slope[t]", "da = ds * slope[t] ** 3")
LINE = "da = ds * slope[t] ** 3"
SAYS = "is where to look: with another power there, all outputs are right."


def answered(source, **others):
    """A submission with other answers to some exercises, by grade_id."""
    made = solved()
    for grade_id, text in {"scalar_bptt": source, **others}.items():
        cell(made, grade_id)["source"] = text
    return made


def with_cell(nb, text):
    """A submission with a cell more, above all answers."""
    nb["cells"].insert(1, code(text))
    return nb


def task_for(nb, seed=5):
    released = notebook("notebooks")
    return task_of(parse_notebook(json.dumps(nb).encode(), released), released, seed, MODE, Limits())


@pytest.fixture(scope="module")
def judged():
    """The verdicts on the wrong answer."""
    return grade_one(task_for(answered(WRONG)))[1]


@pytest.fixture(scope="module")
def searched(judged):
    """searched(submission): its search, where only that answer is wrong."""

    def of(nb, seed=5):
        found = searches_of(task_for(nb, seed), judged)
        assert list(found) == ["check_scalar_bptt"]
        return found["check_scalar_bptt"]

    return of


@pytest.fixture(scope="module")
def one(searched):
    """The search of the wrong answer."""
    return searched(answered(WRONG))


@pytest.fixture
def counted(monkeypatch):
    """The sources that are searched."""
    sources = []

    def noted(search):
        sources.append(search.source)
        return search_lines(search)

    monkeypatch.setattr(lines_of_class, "search_lines", noted)
    return sources


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A class: two have the same wrong answer, though the rest of their notebooks differs."""
    root = copy_course(tmp_path_factory.mktemp("lines"))
    submit(root, "ada", answered(WRONG))
    submit(root, "ben", answered(WRONG, total_by_paths=""))
    submit(root, "cy", solved())
    return root


def texts_of(root, student):
    """What the autograded notebook shows: the cards as text and as HTML."""
    path = root / "gradebook" / "autograded" / student / NAME / f"{NAME}.ipynb"
    outputs = [o for c in json.loads(path.read_text())["cells"] for o in c.get("outputs", [])]
    return "\n".join("".join(text) for o in outputs for text in o.get("data", {}).values())


def with_setting(root, value):
    config = root / "nbgrader_config.py"
    before = config.read_text()
    line = next(line for line in before.splitlines() if line.startswith("c.Grade.search_seconds"))
    config.write_text(before.replace(line, f"c.Grade.search_seconds = {value}"))
    return before


def points(results):
    return {student: [mark.points for mark in r.marks.values()] for student, r in results.items()}


def test_a_class_gets_its_lines_once_for_each_source_and_keeps_its_marks(course, counted, caplog):
    results = grade_class(Course.load(course), NAME, Options(jobs=2, walls=MODE))
    assert len(counted) == 1, "two students have the same source"
    for student in ("ada", "ben"):
        mark = results[student].marks["check_scalar_bptt"]
        (repair,) = mark.repair
        assert (repair.function, repair.text, repair.kind) == ("scalar_bptt", LINE, "another power")
        assert SAYS in mark.where
        shown = texts_of(course, student)
        assert SAYS in " ".join(shown.split()) and LINE in shown
        assert "slope[t] ** 2" not in shown.replace("run.s[1:] ** 2", "") and "** 1" not in shown
    assert not results["cy"].marks["check_scalar_bptt"].repair and SAYS not in texts_of(course, "cy")

    grade_class(Course.load(course), NAME, Options(jobs=2, walls=MODE))
    assert len(counted) == 1, "a second grading searches nothing anew"

    before = with_setting(course, 0)
    try:
        off = grade_class(Course.load(course), NAME, Options(jobs=2, walls=MODE))
        assert points(off) == points(results)
        assert SAYS not in " ".join(texts_of(course, "ada").split())
        command("nbgrader", "autograde", NAME, "--force", "--student", "ada", cwd=course)
        assert SAYS not in " ".join(texts_of(course, "ada").split())
    finally:
        (course / "nbgrader_config.py").write_text(before)
    command("nbgrader", "autograde", NAME, "--force", "--student", "ada", cwd=course)
    assert SAYS in " ".join(texts_of(course, "ada").split()), "nbgrader alone says it too"


def test_the_report_and_the_export_say_the_line(course):
    grade_class(Course.load(course), NAME, Options(jobs=2, walls=MODE))
    command("autograder", "report", NAME, cwd=course)
    folder = course / "gradebook" / "reports" / NAME
    line = re.search(r"Line (\d+) " + SAYS[:16], (folder / "report.html").read_text())[1]
    assert f"line {line}: another power" in (folder / "report.csv").read_text()
    command("autograder", "export", NAME, "--to", "gradescope", cwd=course)
    exported = course / "gradebook" / "exports" / "gradescope" / NAME / "ada" / "results.json"
    tests = {test["name"]: test["output"] for test in json.loads(exported.read_text())["tests"]}
    assert f"Line {line} {SAYS}\n  {line}: {LINE}" in tests[EXERCISE]
    assert "Line" not in tests["01.total_by_recursion"]
    command("nbgrader", "generate_feedback", NAME, "--student", "ada", cwd=course)
    page = (course / "gradebook" / "feedback" / "ada" / NAME / f"{NAME}.html").read_text()
    assert f"Line {line} {SAYS}" in page


def test_what_the_budget_does_not_reach_is_said_once_and_found_by_the_next_grading(tmp_path, counted, caplog):
    root = copy_course(tmp_path)
    for n in range(3):
        submit(root, f"s{n}", answered(WRONG.replace("** 3", f"** {n + 3}")))
    before = with_setting(root, 0.01)
    first = grade_class(Course.load(root), NAME, Options(jobs=1, walls=MODE))
    assert len(counted) == 1
    assert sum("not looked for any more" in r.message for r in caplog.records) == 1
    assert sum(bool(r.marks["check_scalar_bptt"].repair) for r in first.values()) == 1
    (root / "nbgrader_config.py").write_text(before)
    second = grade_class(Course.load(root), NAME, Options(jobs=1, walls=MODE))
    assert len(counted) == 3 and points(second) == points(first)
    assert all(r.marks["check_scalar_bptt"].repair for r in second.values())
    assert all(SAYS in " ".join(texts_of(root, student).split()) for student in second)


def test_a_search_that_fails_keeps_nobody_out_of_the_gradebook(tmp_path, monkeypatch):
    root = copy_course(tmp_path)
    submit(root, "ada", answered(WRONG))

    def broken(_):
        raise Infrastructure("no sandbox could be started")

    monkeypatch.setattr(lines_of_class, "search_lines", broken)
    results = grade_class(Course.load(root), NAME, Options(jobs=1, walls=MODE))
    assert results["ada"].marks["check_scalar_bptt"].max == 4 and (root / "gradebook/autograded/ada").exists()
    assert not list(Course.load(root).store(NAME).lines.iterdir()), "and nothing is stored"


def test_a_source_is_what_the_answer_needs(one, searched):
    assert searched(with_cell(answered(WRONG), "unrelated = 1\n")).key == one.key
    assert searched(answered(WRONG, total_by_paths="")).key == one.key
    assert searched(answered(WRONG), seed=6).key == one.key, "no secret is in it"
    cubed = WRONG.replace("** 3", "** cube()")
    helped = with_cell(answered(cubed), "def cube():\n    return 3\n")
    other = with_cell(answered(cubed), "def cube():\n    return 4\n")
    assert len({searched(nb).key for nb in (helped, other)} | {one.key}) == 3
    assert "def cube" in searched(helped).source and "def immediate" not in one.source


def test_a_slip_that_is_named_needs_no_search(judged):
    task = task_for(answered(RIGHT.replace("ds = ds + V * do[t]", "ds = V * do[t]")))
    named = grade_one(task)[1]
    assert named.verdicts["check_scalar_bptt"].slips == ("no_carry",) and searches_of(task, named) == {}
    assert searches_of(task, judged), "the control: by the verdicts on another answer there is one"


HOSTILE = {
    "no end": "while True: pass",
    "no end that no signal stops": (
        "import signal\n    signal.signal = lambda *_: None\n    signal.setitimer = lambda *_: None\n"
        "    while True:\n        try:\n            while True: pass\n        except BaseException: pass"
    ),
    "prints": "[print('line 1 is where to look', n) for n in range(100_000)]",
    "memory": "kept = [bytearray(2**26) for _ in range(200)]",
    "forks": "import time\n    [os.fork() for _ in range(200)]\n    time.sleep(60)",
    "ends its process": "os._exit(0)",
    "forges the search": (
        "import sys, types\n    forged = types.ModuleType('search.diagnosis.repair.in_sandbox')\n"
        "    forged.claim_lines = lambda *_: Forged()\n    sys.modules[forged.__name__] = forged"
    ),
}
FORGED = """\
class Forged:
    def __repr__(self):
        return '[["scalar_bptt", 2, "another index", "<b>full marks</b>", ""]]'


"""


@WALLED
@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_code_gets_no_line_and_costs_at_most_its_seconds(what, one, monkeypatch):
    """What runs only where the search is; the rest of it is the wrong answer that has a line otherwise."""
    if what.startswith("no end"):
        monkeypatch.setattr(search, "SECONDS", 1.0)
    source = (
        f"import os\n{FORGED}def early():\n    {HOSTILE[what]}\n\n\n"
        f"if os.path.exists({search.QUESTION!r}):\n    early()\n{one.source}"
    )
    began = time.monotonic()
    found, seconds = search_lines(one._replace(source=source))
    assert time.monotonic() - began < search.SECONDS + 3.0 and seconds > 0
    assert found == () or what == "prints"


@WALLED
def test_candidates_that_do_not_end_cost_no_more_than_their_seconds(one):
    """As the whole function is slow, the search has no time for a line."""
    slow = one.source.replace("    ds = 0.0\n", "    ds = 0.0\n    import time; time.sleep(0.5)\n")
    assert slow != one.source
    began = time.monotonic()
    assert search_lines(one._replace(source=slow))[0] == ()
    assert time.monotonic() - began < search.SECONDS + 3.0


def test_the_same_source_has_its_line(one):
    """The control of the two above."""
    ((repair,), seconds) = search_lines(one)
    assert repair.text == LINE and 0 < seconds < search.SECONDS + 3.0


def holds(data, instances):
    """How many of the arrays of some instances are in what was sent."""
    arrays = [a for i in instances for part in i for a in (part if isinstance(part, tuple) else [part])]
    large = [a for a in arrays if isinstance(a, np.ndarray) and a.size > 2]
    assert large
    return sum(array.tobytes() in data for array in large)


def test_no_secret_instance_is_sent_to_where_candidates_run(monkeypatch):
    """Everything that the search's sandbox is given is looked through; the run's own is the control."""
    secret, public = (every_instance(EXERCISE, seed) for seed in (5, 0))
    sent, given = [], []
    send = messages.send_message
    monkeypatch.setattr(
        sandbox_answer.messages, "send_message", lambda sock, m: (sent.append(m), send(sock, m))[1]
    )
    task = task_for(answered(WRONG), seed=5)
    one = searches_of(task, grade_one(task)[1])["check_scalar_bptt"]
    assert holds(b"".join(sent), secret) and holds(b"".join(sent), public)
    sent.clear()
    run = search.run_job

    def noted(job, mode, limits):
        given.extend(path.read_bytes() for path in sorted(search.Path(job.files).iterdir()))
        given.extend(str(c).encode() for c in job.cells)
        return run(job, mode, limits)

    monkeypatch.setattr(search, "run_job", noted)
    assert search_lines(one)[0]
    assert not sent and holds(b"".join(given), public) and not holds(b"".join(given), secret)


SOURCE = "import numpy as np\ndef f(x):\n    y = x[1] * 2\n    return y\n\nprint('outside')\n"
CLAIM = ["f", 2, "another index", "y = x[1] * 2", "x[1]"]


def test_a_claim_that_fits_is_taken():
    assert checked_claims(json.dumps([CLAIM]), SOURCE) == (Repair(*CLAIM),)


@pytest.mark.parametrize(
    "claim",
    [
        ["g", *CLAIM[1:]],
        [*CLAIM[:1], 3, *CLAIM[2:]],
        [*CLAIM[:1], 5, "another index", "print('outside')", ""],
        [*CLAIM[:1], 2.0, *CLAIM[2:]],
        [*CLAIM[:1], -1, *CLAIM[2:]],
        [*CLAIM[:2], "full marks", *CLAIM[3:]],
        [*CLAIM[:3], "<b>y</b>", CLAIM[4]],
        [[], *CLAIM[1:]],
        CLAIM[:3],
        "f",
        None,
    ],
)
def test_a_claim_that_does_not_fit_is_nothing(claim):
    assert checked_claims(json.dumps([claim]), SOURCE) == ()


@pytest.mark.parametrize("text", ["", "[", "[[" * 9000, "{}", "1", "null", '"f"'])
def test_no_text_is_too_strange(text):
    assert checked_claims(text, SOURCE) == ()


def test_a_part_that_does_not_stand_there_is_left_out():
    assert checked_claims(json.dumps([[*CLAIM[:4], "the secret is 0.3"]]), SOURCE) == (Repair(*CLAIM[:4]),)


def test_at_most_three_lines_are_told():
    assert len(checked_claims(json.dumps([CLAIM] * 9), SOURCE)) == 3


def test_the_search_needs_nothing_but_what_lies_beside_it():
    """Each of its files imports its own, NumPy and the standard library; no exercise and no solution."""
    sources = reduced_rnnlib.search_sources()
    assert "diagnosis/repair/in_sandbox.py" in sources and "diagnosis/repair/find_repair.py" not in sources
    for name, source in sources.items():
        package = name.split("/")[:-1]
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.level:
                folder = package[: len(package) - node.level + 1]
                modules = [node.module] if node.module else [alias.name for alias in node.names]
                for module in modules:
                    place = "/".join([*folder, *module.split(".")])
                    assert {f"{place}.py", f"{place}/__init__.py"} & set(sources), f"{name}: {module}"
    assert not any("solution" in path.name for path in (ROOT / "autograder/diagnosis/repair").iterdir())


def test_lines_are_stored_and_a_damaged_file_is_made_anew(tmp_path):
    store = Store(tmp_path, NAME)
    lines = (Repair(*CLAIM),)
    store.write_lines("k", lines)
    store.write_lines("none", ())
    assert store.read_lines("k") == lines and store.read_lines("none") == ()
    (store.lines / "k.json").write_text('[["f", 2')
    assert store.read_lines("k") is None and store.read_lines("missing") is None
    assert store.keep_only({"none"}) == 1 and store.read_lines("none") == ()


def test_a_question_with_functions_of_the_grader_is_not_asked():
    assert line_search._question("00.central_difference") is None
    assert find_exercise("01.total_by_paths").call and line_search._question("01.total_by_paths") is None
    assert line_search._question(EXERCISE)


def test_a_text_that_would_take_long_to_sort_out_is_left_alone(judged):
    chain = "\n".join(f"x{n} = x{n + 1}" for n in range(3000))
    long = "\n".join(f"x = '{'a' * 200}'" for n in range(600))
    for text in (chain, long):
        task = task_for(with_cell(answered(WRONG), text))
        began = time.monotonic()
        assert searches_of(task, judged) == {} and time.monotonic() - began < 5.0


def test_the_search_is_a_plain_tuple_for_other_machines(one):
    assert LineSearch(*one) == one and all(isinstance(part, str | bytes) for part in one)
