"""Every slip is named as itself, also in later exercises; what could pass without an answer does not."""

import numpy as np
import pytest

from autograder import compare, diagnose
from autograder.authoring import sampled_answers, wrong_answers
from autograder.diagnosis import match_slips, path_spectrum
from autograder.errors import PassageError
from autograder.exercises import Exercise, Slip, all_exercises, find_exercise, sources
from autograder.exercises.instances import instances_and_references
from rnnlib import numgrad

FUNCTIONS = [e for e in all_exercises().values() if e.kind == "function"]
SLIPS = [(e, slip) for e in FUNCTIONS for slip in e.slips]
ALONE = [(e, slip) for e, slip in SLIPS if slip.alone]


def test_there_are_enough_slips():
    assert sum(e.lesson == "01" for e, _ in SLIPS) >= 25
    assert len({(e.id, slip.id) for e, slip in SLIPS}) == len(SLIPS)


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)
def test_the_solution_is_correct_on_every_seed(exercise, seeds):
    function = sources.solution_variant(exercise)
    for seed in seeds:
        verdict = diagnose(exercise.id, function, seed)
        assert verdict.correct and verdict.score == 1 and not verdict.slips, (seed, verdict)


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)
def test_feedback_never_gives_the_line_away(exercise):
    lines = [line.strip() for line in sources.solution_source(exercise).splitlines()]
    lines = [line for line in lines if len(line) > 14 and not line.startswith(("def ", '"""', "#"))]
    for slip in exercise.slips:
        said = f"{slip.says} {slip.asks}"
        assert not [line for line in lines if line in said], slip.id


@pytest.mark.parametrize("e, slip", ALONE, ids=[f"{e.id}-{s.id}" for e, s in ALONE])
def test_a_slip_that_says_the_rest_is_right_is_not_named_where_it_is_not(e, slip, thorough):
    function = sources.solution_variant(e, slip)
    made, right = match_slips.slip_outputs(e, slip, 0), instances_and_references(e.id, 0)[1]
    changed = frozenset().union(*(match_slips.changed_outputs(m, r) for m, r in zip(made, right)))
    others = [name for name in e.outputs if name not in changed]
    assert others and diagnose(e.id, function).slips == (slip.id,)
    for name in others if thorough else others[-1:]:  # one more than it should be everywhere: no slip, no law
        verdict = diagnose(e.id, wrong_answers.with_changed_outputs(function, lambda g, _: g + 1, name))
        assert slip.id not in verdict.slips and slip.says not in verdict.message, name


def test_a_slip_that_says_nothing_of_the_rest_is_named_beside_another_fault():
    e = find_exercise("05.rnn_backward")
    overwritten = sources.solution_variant(e, next(s for s in e.slips if s.id == "w_h_overwritten"))
    verdict = diagnose(e.id, wrong_answers.with_changed_outputs(overwritten, lambda g, _: g + 1, "x"))
    assert verdict.slips == ("w_h_overwritten",) and "x differs as well" in verdict.message


@pytest.mark.parametrize("e", [e for e in FUNCTIONS if e.asks_of], ids=lambda e: e.id)
def test_a_question_about_one_output_is_asked_only_where_that_is_wrong(e):
    def spoilt(g, _):
        """The first entry is off by 1: no slip and no law does that."""
        return g + (np.arange(g.size) == 0).reshape(g.shape)

    def named(*arguments):
        made = sources.solution_variant(e)(*arguments)
        return made if isinstance(made, dict) else dict(zip(e.outputs, made, strict=True))

    assert e.asks_of in e.outputs and e.asks
    for name in e.outputs:
        verdict = diagnose(e.id, wrong_answers.with_changed_outputs(named, spoilt, name))
        assert {n for n, output in verdict.outputs.items() if not output.ok} == {name}
        # then the card has tried out what it would ask for
        is_tried = "T = 1" in verdict.message or "on the first two" in verdict.message
        assert not verdict.slips and verdict.question == (e.asks * (name == e.asks_of and not is_tried)), name


def test_a_passage_that_is_gone_is_an_error():
    e = find_exercise("01.immediate")
    with pytest.raises(PassageError, match="stands 0 times"):
        sources.solution_variant(e, Slip("x", "no such passage", "", "", ""))
    with pytest.raises(PassageError, match="stands 2 times"):
        sources.solution_variant(e, Slip("x", "slope *", "", "", ""))


def test_a_slip_of_an_earlier_exercise_is_recognised():
    e, earlier = find_exercise("01.total_by_recursion"), find_exercise("01.immediate")
    for slip in earlier.slips:
        verdict = diagnose(e.id, sources.solution_variant(e, slip, earlier))
        assert f"01.immediate:{slip.id}" in verdict.slips or set(verdict.slips) <= {s.id for s in e.slips}
        assert verdict.slips


def test_a_slip_two_exercises_up_is_recognised():
    e, earlier = find_exercise("03.gradient_by_paths"), find_exercise("03.step_jacobian")
    verdict = diagnose(e.id, sources.solution_variant(e, earlier.slips[0], earlier))
    assert verdict.slips == (f"03.step_jacobian:{earlier.slips[0].id}",)
    said = "A mistake in step_jacobian, or in code that does its work, gives these numbers: "
    assert verdict.message.startswith(said + earlier.slips[0].says)


def test_two_mistakes_in_different_outputs_are_both_named():
    e = find_exercise("01.scalar_bptt")
    right = sources.solution_variant(e)
    w, v = (
        sources.solution_variant(e, next(s for s in e.slips if s.id == name))
        for name in ("w_overwritten", "v_overwritten")
    )

    def both(params, run, do):
        return right(params, run, do) | {"W": w(params, run, do)["W"], "V": v(params, run, do)["V"]}

    verdict = diagnose(e.id, both)
    assert set(verdict.slips) == {"w_overwritten", "v_overwritten"}
    assert " Or: " not in verdict.message


def test_a_named_mistake_does_not_hide_another():
    e = find_exercise("01.scalar_bptt")
    overwritten = sources.solution_variant(e, next(s for s in e.slips if s.id == "w_overwritten"))

    def and_noise(params, run, do):
        return overwritten(params, run, do) | {"x": run.x * 0.37}

    verdict = diagnose(e.id, and_noise)
    assert verdict.slips == ("w_overwritten",) and "x differs as well" in verdict.message


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)
def test_constants_cannot_pass(exercise):
    """By the score alone: looking for reasons takes most of a diagnosis."""
    for constant in (0.0, 1.0, True, False):
        score = sampled_answers.share_of_right_outputs(exercise, lambda *arguments, c=constant: c, 0)
        assert score < 0.5


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)
def test_the_input_is_no_answer(exercise):
    """By the score alone: looking for reasons takes most of a diagnosis."""
    for n in range(len(exercise.instance(0))):
        for answer in (
            lambda *arguments, n=n: arguments[n],
            lambda *arguments, n=n: dict.fromkeys(exercise.outputs, arguments[n]),
        ):
            assert sampled_answers.share_of_right_outputs(exercise, answer, 0) < 0.5
    assert sampled_answers.share_of_right_outputs(exercise, sources.solution_variant(exercise), 0) == 1


@pytest.mark.parametrize("exercise", [e for e in FUNCTIONS if e.gate is None], ids=lambda e: e.id)
def test_answers_stored_for_the_public_instances_fail_on_others(exercise):
    """What a copied output would give: right for the public seed, whatever comes in."""
    public = [exercise.reference(*arguments) for arguments in exercise.instances(None)]
    for seed in (1, 2, 2024):
        secret = [exercise.reference(*arguments) for arguments in exercise.instances(seed)]
        same = [
            compare.same(compare.to_array(a[name]), compare.to_array(b[name]))
            for a, b in zip(public, secret)
            for name in a
            if np.ndim(a[name]) or a[name]
        ]
        # relative_error's answers to "one is zero" is 1 on every instance, so not all can differ
        assert sum(same) <= len(same) / 3, (seed, same)


def test_a_check_that_refuses_everything_earns_nothing():
    assert diagnose("00.gradient_check", lambda f, grad, x: False).score == 0
    assert diagnose("00.gradient_check", lambda f, grad, x: True).score == 0


def test_one_explanation_for_answers_of_yes_and_no():
    """Several slips each fit some of the outputs; only one that fits them all is named."""
    assert diagnose("00.gradient_check", lambda f, g, x: True).slips == ("accepts_everything",)
    assert diagnose("00.gradient_check", lambda f, g, x: 0.5).slips == ("accepts_everything",)
    assert diagnose("00.gradient_check", lambda f, g, x: None).slips == ("refuses_everything",)
    default = diagnose("00.gradient_check", lambda f, g, x: np.allclose(g, numgrad.complex_step(f, x)))
    assert not default.correct  # an absolute tolerance lets a tiny loss get every fault past it


def test_what_is_reported_comes_from_one_instance():
    right = sources.solution_variant(find_exercise("01.scalar_forward"))

    def one_step_short(params, x, s0):
        a, s, o = right(params, x, s0)
        a[-1] = s[-1] = o[-1] = 0.0
        return a, s, o

    where = {name: o.where for name, o in diagnose("01.scalar_forward", one_step_short).outputs.items()}
    assert where["s"][0] == where["a"][0] + 1 == where["o"][0] + 1


def test_a_spectrum_is_drawn_only_where_the_output_is_wrong():
    e = find_exercise("00.leaky_backward")
    drawn = {s.id: diagnose(e.id, sources.solution_variant(e, s)).spectrum is not None for s in e.slips}
    assert drawn["no_carry"] and drawn["w_h_overwritten"] and not drawn["b_averaged"]


def test_path_spectrum_shows_what_is_missing():
    e = find_exercise("00.leaky_backward")
    shares = {}
    for slip in (None, "no_carry", "w_h_overwritten", "first_step_skipped"):
        found = next((s for s in e.slips if s.id == slip), None)
        function = sources.solution_variant(e, found)
        arguments = e.instance(0)
        contributions, name = e.spectrum(*arguments)
        shares[slip], residual = path_spectrum.path_spectrum(contributions, function(*arguments)[name])
        assert residual < 1e-9
    low = np.tril_indices(4)
    assert np.allclose(shares[None][low], 1)
    assert np.allclose(shares["no_carry"][low], np.eye(4)[low])
    assert np.allclose(shares["w_h_overwritten"][:, 0], 1)
    assert np.allclose(shares["w_h_overwritten"][low], (np.arange(4) == 0)[low[1]])
    assert np.allclose(shares["first_step_skipped"][low], (np.arange(4) > 0)[low[1]])
    assert np.isnan(shares[None][0, 1])


def test_the_bank_stands_in_for_missing_sources(tmp_path, monkeypatch):
    e = find_exercise("01.immediate")
    wrong = sources.solution_variant(e, e.slips[0])
    monkeypatch.setattr(match_slips, "BANK", tmp_path)
    match_slips.write_bank([e], tmp_path)
    assert (tmp_path / "01.immediate.npz").stat().st_size < 300_000
    monkeypatch.setattr(sources, "code_cells", lambda lesson: None)
    assert diagnose(e.id, wrong).slips == (e.slips[0].id,)
    other_seed = diagnose(e.id, wrong, 5)
    assert not other_seed.correct and other_seed.slips == ()


def test_every_exercise_is_fully_declared():
    for e in all_exercises().values():
        assert isinstance(e, Exercise) and e.title and e.section and e.outputs
        assert (e.instance and e.reference) if e.kind == "function" else e.verify
        if e.kind == "function":
            assert all(len(instance) == len(e.instance(0)) for instance in e.instances(4))
