"""Follow-through: what is wrong by an earlier answer's mistake alone earns points; a second mistake costs."""

import copy
import json
import textwrap

import numpy as np
import pytest
from class_tools import MODE, NAME, cell, command, copy_course, notebook, solved, submit
from earlier_answers import PAIRS, SAME_QUANTITY, namespace_of
from tests_root import ROOT

from autograder.diagnosis.diagnose import judge_answer
from autograder.diagnosis.follow_through import with_given
from autograder.errors import GradingError
from autograder.exercises import all_exercises, earlier_of, find_exercise, sources, stand_ins
from autograder.exercises.instances import every_instance_and_reference
from autograder.feedback import card
from autograder.grading import class_table, judge_submission
from autograder.grading.course import Course
from autograder.grading.grade_submission import cell_outputs, grade_one, result_of, task_of
from autograder.grading.submission import parse_notebook
from autograder.results import Mark, Result, Status, Verdict
from autograder.sandbox.limits import Limits
from autograder.sandbox.run import Ran
from autograder.worker import messages
from autograder.worker.stand_ins import StandIns

SEED = 5
SIGN = ("return {", 'return {"U": -slope * run.x, "W": slope * run.s[:-1]}\n    return {')
WRAPPER = """\
    total = total_by_recursion(params, run)
    grads = {n: (params["V"] * do * total[n]).sum() for n in ("U", "W")}
    slope = 1 - run.s[1:] ** 2
    return grads | {"V": 0.0, "x": np.zeros(len(do)), "s0": 0.0}
"""


def edited(nb, *edits, name=None):
    """A notebook with passages of answers replaced: (grade_id, what stands there, what is put there)."""
    nb = copy.deepcopy(nb)
    for grade_id, right, wrong in edits:
        answer = cell(nb, grade_id)
        text = "".join(answer["source"])
        assert text.count(right) == 1, (grade_id, text)
        answer["source"] = text.replace(right, wrong)
    return nb


def replaced(nb, **bodies):
    """A notebook with the bodies of answers replaced; each follows the line of its `def`."""
    nb = copy.deepcopy(nb)
    for grade_id, body in bodies.items():
        answer = cell(nb, grade_id)
        answer["source"] = "".join(answer["source"]).split("\n")[0] + "\n" + body
    return nb


def lesson(number):
    """The name of a lesson and its solved notebook."""
    (path,) = (ROOT / "solutions").glob(f"{number}_*/*.ipynb")
    released = json.loads((ROOT / "notebooks" / path.stem / path.name).read_text(encoding="utf-8"))
    answers = json.loads(path.read_text(encoding="utf-8"))
    for c in released["cells"]:
        if c["metadata"].get("nbgrader", {}).get("solution"):
            c["source"] = cell(answers, c["metadata"]["nbgrader"]["grade_id"])["source"]
    return path.stem, released


def task(nb, name=NAME, walls="none", share=1.0):
    released = json.loads((ROOT / "notebooks" / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    made = parse_notebook(json.dumps(nb).encode(), released)
    made = task_of(made, released, SEED, walls, Limits())
    return type(made)(**{**vars(made), "follow_through": share})


def marks(nb, **more):
    made = task(nb, **more)
    return result_of(made, grade_one(made)[1]).marks


def points(found):
    return {grade_id.removeprefix("check_"): mark.points for grade_id, mark in found.items()}


@pytest.fixture(scope="module")
def right():
    return solved()


@pytest.fixture(scope="module")
def lean(right):
    """As `right`, but nothing is answered that does not matter where one answer builds on another."""
    nb, released = copy.deepcopy(right), notebook("notebooks")
    for grade_id in ("total_by_paths", "scalar_bptt"):
        cell(nb, grade_id)["source"] = cell(released, grade_id)["source"]
    return nb


@pytest.fixture(scope="module")
def carried(right):
    """(task, run, verdicts) of one slip in `immediate`, behind walls."""
    made = task(edited(right, ("immediate", *SIGN)), walls="auto")
    return made, *grade_one(made)


def test_what_is_wrong_by_an_earlier_mistake_alone_earns_its_points(carried, right):
    made, _, judged = carried
    found = result_of(made, judged).marks
    assert points(found)["immediate"] == 1 and points(found)["total_by_recursion"] == 3
    assert points(found)["total_by_paths"] == 3 and points(found)["scalar_bptt"] == 4
    for name in ("check_total_by_recursion", "check_total_by_paths"):
        verdict = judged.verdicts[name]
        assert verdict.given == ("immediate",) and not verdict.correct and not verdict.slips
        assert verdict.score == 0.5 and verdict.followed == 0.5  # W never was wrong
        assert [o.given for o in verdict.outputs.values()] == [True, False]
    assert not judged.verdicts["check_immediate"].given
    assert all(mark.given == () for mark in marks(right).values())


def test_it_is_said_on_the_card_in_the_feedback_and_in_the_report(carried):
    made, _, judged = carried
    exercise, verdict = find_exercise("01.total_by_recursion"), judged.verdicts["check_total_by_recursion"]
    for said in (card.render_text(exercise, verdict), card.render_html(exercise, verdict)):
        assert "right, given a right immediate" in said and "3 of 3 points" in said
        assert "A mistake in immediate" not in said
    shown = cell_outputs(made.submission.notebook, judged)
    assert any("right, given a right immediate" in str(outputs) for outputs in shown)
    (row,) = class_table.report_rows({"ada": result_of(made, judged)}, {})
    assert "total_by_recursion: right, given a right immediate" in class_table.render_csv([row])
    assert "total_by_recursion: right, given a right immediate" in class_table.render_text([row], 400)


def test_the_share_that_it_earns_can_be_set(carried):
    made, _, judged = carried
    half = result_of(type(made)(**{**vars(made), "follow_through": 0.5}), judged).marks
    none = result_of(type(made)(**{**vars(made), "follow_through": 0.0}), judged).marks
    assert points(half)["total_by_recursion"] == 2.25 and points(none)["total_by_recursion"] == 1.5
    outputs = cell_outputs(made.submission.notebook, judged, 0.5)
    told = [o[-1]["data"]["text/plain"] for o in outputs if "2.25 of 3 points" in str(o)]
    assert told == ["2.25", "2.25"]


def test_a_stored_run_and_stored_verdicts_say_the_same(carried):
    made, run, judged = carried
    again = Ran.from_json(json.loads(json.dumps(run.to_json())))
    kept, found = grade_one(made, again)
    assert kept is again and found.to_json() == judged.to_json()
    stored = judge_submission.Judged.from_json(json.loads(json.dumps(judged.to_json())))
    assert stored.verdicts["check_total_by_recursion"].given == ("immediate",)


def test_a_stored_run_that_asked_for_something_else_is_made_anew(carried):
    made, run, judged = carried
    old = Ran.from_json(json.loads(json.dumps(run.to_json())))
    for conversation in old.conversations.values():
        conversation.given, conversation.rounds = (), conversation.rounds[:2]
    kept, found = grade_one(made, old)
    assert kept is not old and found.verdicts.keys() == judged.verdicts.keys()
    assert found.verdicts["check_total_by_recursion"] == judged.verdicts["check_total_by_recursion"]


def test_a_stub_and_a_wrapper_round_it_earn_nothing(right):
    stub = '    return {"U": np.zeros(len(run.x)), "W": np.zeros(len(run.x))}\n'
    found = points(marks(replaced(right, total_by_recursion=stub, scalar_bptt=WRAPPER)))
    assert found["total_by_recursion"] == 0 and found["scalar_bptt"] == 0
    control = points(marks(replaced(right, scalar_bptt=WRAPPER)))
    assert control["scalar_bptt"] > 0  # round a right one the wrapper gives two gradients


def test_a_second_mistake_costs_and_is_named(right):
    slip = next(s for s in find_exercise("01.total_by_recursion").slips)
    found = marks(edited(right, ("immediate", *SIGN), ("total_by_recursion", slip.right, slip.wrong)))
    mark = found["check_total_by_recursion"]
    alone = marks(edited(right, ("total_by_recursion", slip.right, slip.wrong)))["check_total_by_recursion"]
    assert mark.points == alone.points < mark.max and mark.slips == alone.slips == (slip.id,)
    assert found["check_total_by_paths"].points == 3


def test_outputs_count_one_by_one(lean):
    at, wrong = "        total[name] = d[1:]", '        total[name] = d[1:] * (2 if name == "W" else 1)'
    found = marks(edited(lean, ("immediate", *SIGN), ("total_by_recursion", at, wrong)))
    mark = found["check_total_by_recursion"]
    assert mark.points == 1.5 and mark.given == ("immediate",) and not mark.is_right_given
    assert "in part right, given a right immediate" in class_table.finding(mark)


@pytest.mark.parametrize(
    "body, status",
    [
        ("    raise NotImplementedError\n", Status.UNANSWERED),
        ("    return 1 / 0\n", Status.ERROR),
        ("    return 'U'\n", Status.FORM),
        ("    return None\n", Status.FORM),
        ("    import os; os._exit(1)\n", Status.DIED),
    ],
)
def test_an_earlier_answer_that_is_none_carries_nothing(lean, body, status):
    at = "now = immediate(params, run)"
    own = 'now = {"U": -run.x, "W": run.s[:-1]}'
    nb = edited(replaced(lean, immediate=body), ("total_by_recursion", at, own))
    found = marks(nb)
    assert found["check_immediate"].status == status
    mark = found["check_total_by_recursion"]
    assert mark.status == Status.JUDGED and mark.points == 0 and not mark.given


def test_one_mistake_goes_a_long_way():
    name, nb = lesson("03")
    found = marks(edited(nb, ("step_jacobian", 'params["W_h"].T', 'params["W_h"]')), name=name)
    assert found["check_step_jacobian"].points == 0
    for later in ("transition", "path_terms", "gradient_by_paths"):
        mark = found[f"check_{later}"]
        assert mark.points == mark.max and mark.given and mark.is_right_given, later
    assert set(found["check_gradient_by_paths"].given) == {"step_jacobian", "transition", "path_terms"}


def test_who_hands_a_batch_on_as_it_came_has_not_taken_it_apart():
    name, nb = lesson("05")
    slip = find_exercise("05.rnn_backward").slips[0]
    wrong = edited(nb, ("rnn_backward", slip.right, slip.wrong))
    found = marks(wrong, name=name)["check_one_by_one"]
    assert found.points == found.max and found.given == ("rnn_backward",)
    passed = marks(replaced(wrong, one_by_one="    return rnn_backward(params, x, h, dh)\n"), name=name)
    assert passed["check_one_by_one"].points < found.max and not passed["check_one_by_one"].given


FORMS = {
    "a tuple": "    return -slope * run.x, slope * run.s[:-1]\n",
    "lists": '    return {"U": list(-slope * run.x), "W": list(slope * run.s[:-1])}\n',
    "a named tuple": "    return Both(-slope * run.x, slope * run.s[:-1])\n",
    "more than was asked": '    return {"slope": slope, "U": -slope * run.x, "W": slope * run.s[:-1]}\n',
}


@pytest.mark.parametrize("form", FORMS)
def test_the_right_values_come_in_the_form_of_the_students(lean, form):
    nb = replaced(lean, immediate="    slope = 1 - run.s[1:] ** 2\n" + FORMS[form])
    before_it = "from collections import namedtuple\n\nBoth = namedtuple('Both', 'U W')\n\n\n"
    answer = cell(nb, "immediate")
    answer["source"] = before_it + answer["source"]
    read = {"a tuple": "U, W = immediate(params, run)\n    now = {'U': U, 'W': W}"}
    read["a named tuple"] = "got = immediate(run=run, params=params)\n    now = {'U': got.U, 'W': got.W}"
    own = read.get(form, "got = immediate(params, run)\n    now = {n: np.array(got[n]) for n in 'UW'}")
    found = marks(edited(nb, ("total_by_recursion", "now = immediate(params, run)", own)))
    assert found["check_immediate"].points == 1 and found["check_total_by_recursion"].points == 3
    assert found["check_total_by_recursion"].given == ("immediate",)


HELD = {
    "an alias": "mine = immediate",
    "a partial function": "from functools import partial\nmine = partial(immediate)",
    "a closure": "mine = (lambda f: lambda *a: f(*a))(immediate)",
    "a list": "held = [immediate]\n\n\ndef mine(*a):\n    return held[0](*a)",
}


@pytest.mark.parametrize("held", HELD)
def test_whoever_holds_the_function_calls_the_right_one(lean, held):
    nb = edited(
        lean, ("immediate", *SIGN), ("total_by_recursion", "immediate(params, run)", "mine(params, run)")
    )
    answer = cell(nb, "total_by_recursion")
    answer["source"] = HELD[held] + "\n\n\n" + answer["source"]
    assert marks(nb)["check_total_by_recursion"].given == ("immediate",)


def test_a_decorated_function_and_one_that_calls_itself_are_replaced_too(lean):
    nb = edited(lean, ("immediate", *SIGN))
    answer = cell(nb, "immediate")
    twice = "".join(answer["source"]).replace(
        "    slope =", "    if len(run.x) < 0:\n        return immediate(params, run)\n    slope =", 1
    )
    logged = textwrap.dedent(
        """\
        import functools


        def logged(function):
            @functools.wraps(function)
            def inner(*arguments, **named):
                return function(*arguments, **named)

            return inner


        @logged
        """
    )
    answer["source"] = logged + twice
    assert marks(nb)["check_total_by_recursion"].given == ("immediate",)


def test_the_answer_that_is_judged_stays_as_it_is_under_whatever_name():
    def answer(x):
        return "own", x

    namespace = {"immediate": answer}
    StandIns(namespace, answer).tell({"immediate": lambda x: "right"})
    assert answer(1) == ("own", 1) and namespace["immediate"](1) == "right"


def test_a_function_that_calls_itself_is_asked_for_once():
    namespace, asked = {}, []
    exec("def total(n):\n    return total(n - 1) + [n] if n else []\n", namespace)
    exec("def answer(n):\n    return total(n)\n", namespace)
    StandIns(namespace, namespace["answer"]).tell({"total": lambda n: asked.append(n) or [9] * n})
    assert namespace["answer"](3) == [9, 9, 9] and asked == [3]


def test_what_the_student_s_function_returns_beside_the_values_stays_and_defaults_are_asked_for():
    namespace, asked = {}, []
    exec("def early(x, scale=2):\n    return {'slope': 5, 'U': scale * x}\n", namespace)
    exec("def answer(x):\n    return early(x)\n", namespace)
    StandIns(namespace, namespace["answer"]).tell({"early": lambda *given: asked.append(given) or {"U": 7}})
    assert namespace["answer"](3) == {"slope": 5, "U": 7} and asked == [(3, 2)]


def test_a_mistake_that_is_carried_is_named_where_it_was_made_and_makes_no_group():
    exercise, earlier = find_exercise("01.total_by_recursion"), find_exercise("01.immediate")
    slip = earlier.slips[0]
    first = judge_answer(exercise.id, sources.solution_variant(exercise, slip, earlier))
    assert first.slips == (f"01.immediate:{slip.id}",) and first.fingerprint
    second = judge_answer(exercise.id, sources.solution_variant(exercise))
    found = with_given(exercise, first, second, ("immediate",))
    assert found.followed > 0 and found.slips == () and found.fingerprint == ""


SPY = """
import gc, sys, types


def seen():
    own = [f for f in gc.get_objects() if isinstance(f, types.FunctionType)]
    code = [f.__code__ for f in own] + [o for o in gc.get_objects() if isinstance(o, types.CodeType)]
    names = {c.co_filename for c in code} | set(sys.modules)
    return float(sum("solution" in name or name.startswith("autograder.") for name in names))


"""


def test_nothing_of_the_right_function_can_be_read_where_it_stands_in(lean):
    nb = edited(lean, ("immediate", *SIGN))
    answer = cell(nb, "total_by_recursion")
    spied = "now = immediate(params, run)\n    now['U'] = now['U'] + 1000 * seen()"
    answer["source"] = SPY + "".join(answer["source"]).replace("now = immediate(params, run)", spied)
    found = marks(nb, walls="auto")["check_total_by_recursion"]
    assert found.given == ("immediate",) and found.is_right_given  # so that seen() gave 0
    here = {}
    exec(SPY, here)
    assert here["seen"]() > 0  # the control: here there is something to see


@pytest.mark.parametrize("exercise, earlier", PAIRS)
def test_what_an_exercise_builds_on_comes_before_it_and_is_no_other_route(exercise, earlier):
    order = list(all_exercises())
    assert earlier.id.split(".")[1] == earlier.function and earlier.kind == exercise.kind == "function"
    assert order.index(earlier.id) < order.index(exercise.id) and earlier.lesson == exercise.lesson
    handed_in = judge_answer(
        exercise.id, sources.solution_variant(earlier)
    )  # the earlier answer for this one
    assert handed_in.correct == stand_ins.is_other_route(exercise, earlier) == (exercise.id in SAME_QUANTITY)


class Crossing:
    """A function of the judging side as a sandbox calls it: arguments and values cross as messages."""

    def __init__(self, function):
        self.function = function

    def __call__(self, *arguments):
        sent = messages.unpack_message(messages.pack_message(list(arguments))[8:])
        return messages.unpack_message(messages.pack_message(self.function(*sent))[8:], restore=True)


@pytest.mark.parametrize("exercise, earlier", PAIRS)
def test_every_exercise_is_right_given_what_it_builds_on(exercise, earlier):
    carries = 0
    for slip in earlier.slips[:4]:
        made = namespace_of(exercise, (earlier, slip))
        wrong = judge_answer(exercise.id, made[exercise.function])
        if wrong.correct or wrong.status != Status.JUDGED:
            continue
        carries += 1
        answer = made[exercise.function]
        names = [n for n in exercise.builds_on if not judge_answer(f"{exercise.lesson}.{n}", made[n]).correct]
        given = {n: Crossing(stand_ins.stand_in(earlier_of(exercise, n))) for n in names}
        StandIns(made, answer).tell(given)
        assert judge_answer(exercise.id, answer).correct, (slip.id, names)
    calls = sources._calls(sources.solution_source(exercise), earlier.function)
    assert carries or not calls or not earlier.slips


def test_the_right_function_refuses_what_no_lesson_needs():
    right = stand_ins.stand_in(find_exercise("01.immediate"))
    params, run = every_instance_and_reference("01.immediate", 0)[0][0]
    plain = run._asdict()
    assert set(right(params, plain)) == {"U", "W"}
    with pytest.raises(ValueError, match="larger than any"):
        right(params, plain | {"x": np.zeros(10**5)})
    with pytest.raises(ValueError, match="larger than any"):
        right(params | {"k": 10**9}, plain)
    with pytest.raises(TypeError, match="neither a number"):
        right(params, plain | {"x": object()})


def test_results_of_the_version_before_are_read():
    old = {"exercise": "01.immediate", "points": 2.0, "max": 2, "status": "judged", "correct": True}
    mark = Mark.from_json(old | {"slips": [], "summary": "Correct."})
    assert mark.given == () and not mark.is_right_given
    assert Result.from_json(Result({"a": mark}).to_json()).marks == {"a": mark}
    verdict = Verdict("01.immediate", False, 0.5, (), "", {}, given=("a",), followed=0.5)
    assert Verdict.from_json(json.loads(json.dumps(verdict.to_json()))) == verdict


def test_the_configured_share_is_checked(tmp_path):
    root = copy_course(tmp_path, registered=False)
    assert Course.load(root).follow_through == 1
    with open(root / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write("\nc.Grade.follow_through = 1.5\n")
    with pytest.raises(GradingError, match="c.Grade.follow_through is 1.5, expected a number from 0 to 1"):
        assert Course.load(root).follow_through


@pytest.mark.long
def test_a_class_of_sixty_with_twenty_carried_errors_needs_no_hand(right, tmp_path):
    root = copy_course(tmp_path)
    wrong = edited(right, ("immediate", *SIGN))
    for n in range(60):
        submit(root, f"s{n:02d}", wrong if n % 3 == 0 else right)
    command("autograder", "grade", NAME, "--sandbox", MODE, cwd=root)
    course = Course.load(root)
    found = {student: course.graded(NAME, student).marks for student in course.submissions(NAME)}
    carried = [s for s, marks in found.items() if marks["check_total_by_recursion"].given]
    assert len(found) == 60 and len(carried) == 20
    for student, marks in found.items():
        lost = 1 if student in carried else 0  # of `immediate` alone, where the mistake is
        assert sum(mark.max - mark.points for mark in marks.values()) == lost
    page = (course.home / "reports" / NAME / "report.html").read_text(encoding="utf-8")
    named = page.split('id="misunderstood"')[1].split("<h2")[0]
    assert named.count("<tr>") == 2 and "<span" in named  # the head, and one row for one mistake
    assert "Needs review" not in page
