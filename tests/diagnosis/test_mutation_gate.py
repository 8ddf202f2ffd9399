"""The mutation gate: every known mistake is refused and named truly, whatever else is wrong never is.

A name counts as true only if the numbers bear it out (`wrong_answers.is_borne_out`, computed from the
solutions).  Each gate returns the faults it finds, so that a diagnosis that lies can be put
through the same gate and has to be caught.
"""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from answers import BACKWARD, STYLES, UNGRADED
from remembered import diagnose
from sound_html import assert_sound

from autograder.authoring import diagnosis_page, edits_table, sampled_answers, wrong_answers
from autograder.exercises import all_exercises, find_exercise, sources
from autograder.feedback import card

FUNCTIONS = wrong_answers.function_exercises()
DERIVATIVES = [
    find_exercise(name)
    for name in (
        "01.immediate", "01.total_by_recursion", "01.total_by_paths", "02.softmax_cross_entropy",
        "02.sigmoid_cross_entropy", "02.squared_error", "03.path_terms", "05.shared_h0",
        "06.immediate_tensors", "06.rtrl", "07.contribution_by_lag", "10.peephole_gradients",
        "11.jacobian_blocks", "11.four_term", "11.joint_jacobian", "12.gru_step_jacobian", "12.corrected",
    )
]  # fmt: skip
EXACT = 1e-6  # within this two answers agree on what one of them changes, and both are listed, or the wider
FAR = 0.05  # beyond this nobody would take one answer for another
by_exercise = pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)
SLIPPED = [e for e in all_exercises().values() if e.slips]

# laws that hold for an output and that the diagnosis may leave untold, with the reason
UNTOLD = {("12.gru_backward", "b_hn"): "absent where the reset comes first, so it is on some instances only"}

# slips and right answers that may come close to each other, with the reason
CLOSE = {"05.parameter_counts": "counts of parameters: a missing bias is a few entries of hundreds"}
CLOSE_SLIPS = {
    ("07.spectral_radius", "root_taken"): "a radius near 1 is close to its root",
    ("04.copies_backward", "leaky"): "inactive units pass with a hundredth, as a leaky ReLU has it",
    ("04.relu_backward", "leaky"): "inactive units pass with a hundredth, as a leaky ReLU has it",
    ("04.relu_forward", "leaky"): "negative inputs pass with a hundredth, as a leaky ReLU has it",
    (
        "12.gru_step_jacobian",
        "before_reset_slope_after_the_weights",
    ): "the way through r is small",
    ("12.gru_step_jacobian", "before_like_after"): "always_after differs in the small term of b_hn only",
}


def slip_faults(e, judged=diagnose, seeds_of=lambda n: (None,), slips=None):
    """Slips that pass, or are not named as themselves alone, in their own words and with their question."""
    for n, slip in enumerate(slips or e.slips):
        for seed in seeds_of(n):
            verdict = judged(e.id, sources.solution_variant(e, slip), seed)
            named = verdict.slips == (slip.id,) and not verdict.correct and verdict.score < 1
            if not named or slip.says not in verdict.message or verdict.question != slip.asks:
                yield seed, slip.id, verdict.slips


def untrue(e, what, function, verdict, seed=None):
    """The names of a verdict, if the numbers deny them."""
    if verdict.slips and not wrong_answers.is_borne_out(
        e, verdict.slips, wrong_answers.outputs_on_instances(e, function, seed), seed
    ):
        yield seed, what, verdict.slips


def law_faults(e, judged=diagnose):
    """Laws that pass, are not told, or are given a slip's name whose numbers differ."""
    for (law, output), function in wrong_answers.answers_under_laws(e).items():
        verdict = judged(e.id, function)
        misshapen = any("shape" in o.note for o in verdict.outputs.values())
        told = verdict.slips or diagnosis_page.LAW_WORDS.search(verdict.message) or misshapen
        if verdict.correct or not (told or (e.id, output) in UNTOLD):
            yield law, output, verdict.message
        yield from untrue(e, (law, output), function, verdict)


def set_faults(e, size, number, judged=diagnose):
    """Pairs or triples of slips that pass, or are given a name that the numbers deny."""
    for several, made in wrong_answers.sample_slip_sets(e, size, number):
        function = sources.solution_variant(e, made)
        verdict = judged(e.id, function)
        if verdict.correct:
            yield made.id, "passes"
        if not set(verdict.slips) <= {slip.id for slip in several}:
            yield from untrue(e, made.id, function, verdict)


def nonsense(e, thorough=False):
    """{what: answer} of wrong answers that are no known mistake.

    Of some kinds, which are each tried on some of the exercises; all, and each on each output, if `thorough`.
    """
    right, rng = sources.solution_variant(e), wrong_answers.exercise_generator(e, 7)
    reference = wrong_answers.outputs_on_instances(e, right)
    found = {
        "zeros": wrong_answers.with_changed_outputs(right, lambda g, _: np.zeros_like(g)),
        "ones": wrong_answers.with_changed_outputs(right, lambda g, _: np.ones_like(g)),
        "noise": wrong_answers.with_changed_outputs(right, lambda g, _: rng.normal(size=g.shape)),
        "shifted": wrong_answers.with_changed_outputs(right, lambda g, _: g + 0.31),
        "scaled": wrong_answers.with_changed_outputs(right, lambda g, _: g * 1.618),
        "scaled at random": wrong_answers.with_changed_outputs(right, lambda g, _: g * rng.uniform(1.1, 3)),
    }
    if not thorough:  # every third one, beginning with another one for each exercise
        found = dict(list(found.items())[FUNCTIONS.index(e) % 3 :: 3])
    kinds = {
        "flipped": flipped,
        "+ 1e-3": lambda g, _: g + 1e-3 * np.abs(g).max(initial=0),
        "* 1.001": lambda g, _: g * 1.001,
        "* 0.999": lambda g, _: g * 0.999,
    }
    several = e.call is None and len(e.outputs) > 1
    for n, only in enumerate(e.outputs if several else (None,)):
        for k, (kind, change) in enumerate(kinds.items()):
            # every second output, and of every kind in turn
            if thorough or not several or n % 2 == 0 and (n // 2 + k + FUNCTIONS.index(e)) % len(kinds) == 0:
                found[f"{only} {kind}"] = wrong_answers.with_changed_outputs(right, change, only)
    return {
        what: answer
        for what, answer in found.items()
        if not all(
            wrong_answers.outputs_agree(a, b, a)
            for a, b in zip(wrong_answers.outputs_on_instances(e, answer), reference)
        )
    }


def flipped(g, _):
    """One entry, the largest, with the other sign."""
    g = g.copy()
    if g.size:
        g.flat[np.abs(g).argmax()] *= -1
    return g


def nonsense_faults(e, judged=diagnose, thorough=False):
    """Nonsense that passes, or is given the name of a slip whose numbers it does not have."""
    for what, function in nonsense(e, thorough).items():
        verdict = judged(e.id, function)
        if verdict.correct:
            yield what, "passes"
        elif verdict.slips:
            yield from untrue(e, what, function, verdict)
            if "flipped" not in what:  # of a single number the sign is all there is to flip
                yield what, verdict.slips


@pytest.mark.parametrize("e", SLIPPED, ids=lambda e: e.id)
def test_every_slip_is_named_as_itself(e):
    """On the public instances, where all words come from; that no two slips give the same numbers follows."""
    assert list(slip_faults(e)) == []


@pytest.mark.parametrize("e", SLIPPED, ids=lambda e: e.id)
def test_slips_are_named_on_other_instances_too(e, seeds, thorough):
    """All on every seed if `thorough`, else three of an exercise: the first one, one halfway and the last."""
    _, *secret = seeds
    some = {0: secret[:1], len(e.slips) // 2: secret[1:2], len(e.slips) - 1: secret[:1]}
    assert list(slip_faults(e, seeds_of=lambda n: secret if thorough else some.get(n, ()))) == []


@pytest.mark.parametrize("e", SLIPPED, ids=lambda e: e.id)
def test_the_text_twin_of_every_card_fits_sixty_columns_and_says_the_same(e):
    for n, slip in enumerate(e.slips):
        verdict = diagnose(e.id, sources.solution_variant(e, slip))
        text, html = card.render_text(e, verdict), card.render_html(e, verdict)
        assert max(map(len, text.splitlines())) <= 60, slip.id
        words = " ".join(text.split())
        assert slip.says in words and slip.asks in words and e.section in words, slip.id
        assert len(html) < 40_000 and "<script" not in html, slip.id
        assert all(name in html and name in text for name in e.outputs), slip.id
        if n % 5 == 0:  # the cards of an exercise differ in their words
            assert_sound(html)


@by_exercise
def test_every_law_is_told_and_none_is_called_a_slip(exercise):
    assert list(law_faults(exercise)) == []


@by_exercise
def test_two_slips_at_once_are_never_called_a_third(exercise, thorough):
    number = (60 if exercise.id in diagnosis_page.BIG else 8) if thorough else 2
    assert list(set_faults(exercise, 2, number)) == []


@by_exercise
def test_three_slips_at_once_are_refused_and_never_named_falsely(exercise, thorough):
    number = (30 if exercise.id in diagnosis_page.BIG else 4) if thorough else 1
    assert list(set_faults(exercise, 3, number)) == []


@by_exercise
def test_nonsense_gets_no_name(exercise, thorough):
    assert list(nonsense_faults(exercise, thorough=thorough)) == []


def lying(e):
    """A diagnosis that calls the exercise's first slip by the second one's name, and the other way round."""
    first, second = (slip.id for slip in e.slips[:2])
    swap = {first: second, second: first}

    def judged(exercise_id, function, seed=None):
        verdict = diagnose(exercise_id, function, seed)
        return replace(verdict, slips=tuple(swap.get(name, name) for name in verdict.slips))

    return judged


def always(name=None, correct=False):
    """A diagnosis that says the same of everything wrong."""

    def judged(exercise_id, function, seed=None):
        verdict = diagnose(exercise_id, function, seed)
        return replace(verdict, correct=correct, slips=(name,) if name else (), message="wrong")

    return judged


BIG = find_exercise("05.rnn_backward")


@pytest.mark.parametrize("name", diagnosis_page.BIG)
def test_a_name_given_to_another_slips_numbers_is_caught(name):
    e = find_exercise(name)
    faults = list(slip_faults(e, lying(e), slips=e.slips[:6]))
    assert {fault[1] for fault in faults} == {slip.id for slip in e.slips[:2]}


def test_a_false_name_beside_the_true_one_is_caught():
    def generous(exercise_id, function, seed=None):
        verdict = diagnose(exercise_id, function, seed)
        return replace(verdict, slips=(*verdict.slips, "upstream_ones"))

    assert len(list(slip_faults(BIG, generous, slips=BIG.slips[:6]))) == 6


def test_a_slip_told_in_other_words_is_caught():
    def mumbling(exercise_id, function, seed=None):
        return replace(diagnose(exercise_id, function, seed), message="Something differs.")

    assert len(list(slip_faults(BIG, mumbling, slips=BIG.slips[:6]))) == 6


@pytest.mark.parametrize(
    "gate",
    [law_faults, nonsense_faults, lambda e, judged: set_faults(e, 2, 6, judged),
     lambda e, judged: set_faults(e, 3, 6, judged)],
    ids=["laws", "nonsense", "pairs", "triples"],
)  # fmt: skip
def test_a_false_name_and_a_pass_are_caught_by_every_gate(gate):
    assert list(gate(BIG, always("upstream_ones")))
    assert list(gate(BIG, always(correct=True)))


def test_an_untold_law_is_caught():
    assert list(law_faults(BIG, always()))


def close(e, made, right):
    """(slip, other, distance) where an answer nearly, but not quite, has the numbers of a slip."""
    others = {**made, "the right answer": right}
    for slip in e.slips:
        mine, names = wrong_answers.slip_effect(e, slip)
        for other in at_hand(mine[0][names[0]], others, names[0]) if names else ():
            gap = 0.0
            for (a, b), name in product(zip(mine, others[other]), names):
                gap = max(gap, wrong_answers.output_distance(a.get(name), b.get(name)))
            if other != slip.id and EXACT < gap < FAR:
                yield slip.id, other, gap


def at_hand(array, others, name):
    """The few of many answers whose output on the first instance is not far from `array`, found at once."""
    same_shape = {
        key: made[0][name] for key, made in others.items() if np.shape(made[0].get(name)) == np.shape(array)
    }
    stacked = np.array(list(same_shape.values()), float).reshape(len(same_shape), -1)
    flat = np.ravel(np.asarray(array, float))
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(stacked).max(axis=1, initial=0), np.abs(flat).max(initial=0))
        far = np.abs(stacked - flat).max(axis=1, initial=0) >= FAR * size  # not so where one is not finite
    return [key for key, is_far in zip(same_shape, far & (size > 0)) if not is_far]


@by_exercise
def test_no_slip_comes_close_to_another_or_to_the_right_answer(exercise):
    if exercise.id in CLOSE:
        pytest.skip(CLOSE[exercise.id])
    made = {slip.id: wrong_answers.slip_effect(exercise, slip)[0] for slip in exercise.slips}
    right = wrong_answers.outputs_on_instances(exercise, sources.solution_variant(exercise))
    found = list(close(exercise, made, right))
    assert [
        pair for pair in found if not {(exercise.id, name) for name in pair[:2]} & CLOSE_SLIPS.keys()
    ] == []
    for name in {name for e, name in CLOSE_SLIPS if e == exercise.id}:  # no reason without its case
        assert any(name in pair for pair in found), name


def test_a_slip_that_comes_close_is_noticed():
    right = wrong_answers.outputs_on_instances(BIG, sources.solution_variant(BIG))
    slip = BIG.slips[0]
    near = [
        {name: g * 1.02 for name, g in outputs.items()} for outputs in wrong_answers.slip_effect(BIG, slip)[0]
    ]
    assert (slip.id, "near") in [fault[:2] for fault in close(BIG, {"near": near}, right)]


@pytest.mark.parametrize("exercise", BACKWARD, ids=lambda e: e.id)
def test_a_backward_pass_has_ten_styles_and_a_fault_of_one_percent_in_any_is_refused(exercise, thorough):
    styles, outputs = (STYLES | UNGRADED)[exercise.id], list(exercise.outputs)
    assert len(styles) >= 10
    for n, function in enumerate(styles):
        for only in outputs if thorough else outputs[n % len(outputs) :: len(styles)]:
            planted = wrong_answers.with_changed_outputs(function, one_percent, only)
            # looking for reasons takes most of a diagnosis
            assert sampled_answers.share_of_right_outputs(exercise, planted, 0) < 1, (n, only)
            if thorough or n % 5 == BACKWARD.index(exercise) % 5:
                verdict = diagnose(exercise.id, planted)
                assert not verdict.correct and not verdict.slips, (n, only)


def one_percent(g, _):
    """The largest entry off by 1 %."""
    g = g.copy()
    g.flat[np.abs(g).argmax()] *= 1.01
    return g


@pytest.mark.parametrize("exercise", [*BACKWARD, *DERIVATIVES], ids=lambda e: e.id)
def test_a_gradient_has_a_bank(exercise):
    assert len(exercise.slips) >= (35 if exercise.id in diagnosis_page.BIG else 12)


def test_edits_are_counted_by_what_they_are_told(monkeypatch):
    e = find_exercise("01.scalar_forward")
    _, edits, slips, laws, none = edits_table.row(e)
    assert edits == edits_table.SAMPLE == slips + laws + none and slips and none
    monkeypatch.setattr(edits_table, "judge_answer", always())
    assert edits_table.row(e)[-1] == edits_table.SAMPLE  # the control: nothing has a name


def test_a_false_name_shows_on_the_page(monkeypatch):
    e = find_exercise("02.softmax_jacobian")
    assert diagnosis_page.table_row(e)[-1] == 0
    monkeypatch.setattr(diagnosis_page, "judge_answer", lying(e))
    assert diagnosis_page.table_row(e)[-1] > 0 and "was called" in diagnosis_page.confusion_matrix(e)
