"""No corrupted backward pass passes: instances tell it apart, public and secret alike, and it is named."""

from dataclasses import replace

import numpy as np
import pytest
from answers import STYLES

from autograder import diagnose
from autograder.authoring import corruptions_table, sampled_answers, wrong_answers
from autograder.compare import relative_error
from autograder.exercises import all_exercises, corruptions, find_exercise, probes, sources
from autograder.exercises.corruptions import CORRUPTIONS, MARGIN, Probe
from autograder.exercises.instances import every_instance, probes_and_references
from autograder.exercises.sweep import LONG
from autograder.exercises.sweep_paths import Paths
from rnnlib import paths as rnnlib_paths
from rnnlib import rnn, truncated

SWEPT = [e for e in all_exercises().values() if e.sweep]
by_exercise = pytest.mark.parametrize("e", SWEPT, ids=lambda e: e.id)
RNN = find_exercise("05.rnn_backward")


def test_every_backward_pass_has_one():
    adjoints = {e.id for e in all_exercises().values() if e.backward}
    others = {"02.readout_backward", "05.shared_h0", "10.lstm_step_backward", "10.peephole_gradients"}
    assert {e.id for e in SWEPT} == adjoints | others | {"12.corrected"}


@by_exercise
def test_public_instances_are_the_first_that_tell(e):
    """So they need not be drawn while a student waits."""
    for kind, is_loud in enumerate((False, True)):
        if not is_loud and e.sweep.long is None:
            continue
        first = probes.PUBLIC.get(e.id, (0, 0))[kind]
        told = [
            probes.is_telling(e, probes.probe_arguments(e, 0, is_loud, n), is_loud) for n in range(first + 1)
        ]
        assert told == [False] * first + [True]


@by_exercise
def test_secret_instances_are_drawn_alike_twice_and_tell(e):
    drawn = probes.draw_probes(e, 11)
    assert len(drawn) == (2 if e.sweep.long else 1)
    wanted = {name: 1.0 for name in e.right_outputs(drawn[-1])}
    for again, arguments in zip(probes.draw_probes(e, 11), drawn):
        one, two = e.right_outputs(again), e.right_outputs(arguments)
        assert all(np.array_equal(one[name], two[name]) for name in wanted)
    reasons = corruptions_table.smallest_margins(e, [11])
    assert all(isinstance(cell, str) or cell >= MARGIN for cell in reasons.values())


LOUD = [e for e in all_exercises().values() if e.loud]


def test_every_forward_pass_has_large_inputs():
    """Whose outputs grow with its inputs; the outputs of `05.stacked_forward` do not."""
    forward = {e.id for e in all_exercises().values() if e.id.endswith("forward")}
    assert {e.id for e in LOUD} == forward - {"05.stacked_forward"}


@pytest.mark.parametrize("e", LOUD, ids=lambda e: e.id)
def test_a_forward_pass_that_cuts_large_numbers_is_wrong_and_told_where(e):
    """As a clip of the states or of the cell does, or a ReLU that ends at 6."""
    right = sources.solution_variant(e)

    def cut(most):
        return wrong_answers.with_changed_outputs(right, lambda array, _: np.clip(array, -most, most))

    for seed in (None, 11):
        assert probes.is_telling(e, probes.draw_probes(e, seed or 0)[0], True)
        assert diagnose(e.id, cut(1e6), seed).correct  # the control
        verdict = diagnose(e.id, cut(6.0), seed)
        assert "clipped to the range from -6 to 6" in verdict.message
        assert not any(verdict.outputs[name].ok for name in e.loud.outputs)


@pytest.mark.parametrize("e", LOUD, ids=lambda e: e.id)
def test_right_forward_passes_in_single_precision_bear_large_inputs(e):
    """A logistic function or a tanh that is made of powers must not overflow."""
    for style in STYLES[e.id]:
        for seed in (None, 3):
            assert diagnose(e.id, lambda *given, f=style: f(*map(single, given)), seed).correct


def single(value):
    if isinstance(value, dict):
        return {name: single(part) for name, part in value.items()}
    return value.astype(np.float32) if isinstance(value, np.ndarray) else value


def test_large_inputs_that_do_not_tell_are_an_error():
    e = find_exercise("05.rnn_forward")
    quiet = replace(
        e, instance=lambda n: ({k: 1e-3 * p for k, p in e.instance(n)[0].items()}, *e.instance(n)[1:])
    )
    with pytest.raises(RuntimeError, match="none of 200 loud instances of seed 3 tells"):
        probes.draw_probes(quiet, 3)


def test_what_is_wrong_on_large_numbers_only_is_said_so():
    def relu20(params, x, h0):
        a, h = [], [h0]
        for x_t in x:
            a.append(x_t @ params["W_x"] + h[-1] @ params["W_h"] + params["b_h"])
            h.append(np.clip(a[-1], 0, 20))
        return {"a": np.array(a), "h": np.array(h)}

    said = diagnose("04.relu_forward", relu20).message
    assert said == "a and h differ. Only on large inputs: on three small instances all is right."


def test_what_cannot_tell_is_an_error():
    deaf = replace(RNN, instance=lambda n: (*RNN.instance(n)[:3], 1e-3 * RNN.instance(n)[3]))
    with pytest.raises(RuntimeError, match="none of 200 loud instances of seed 3 tells"):
        probes.draw_probes(deaf, 3)


@pytest.mark.long
def test_fifty_seeds_tell_every_corruption_apart_and_the_page_says_by_how_much():
    table = corruptions_table.table()
    page = (sources.FOLDER.parent / "docs" / "diagnosis.md").read_text(encoding="utf-8")
    assert table in page


def test_a_cell_of_the_page_is_what_its_seeds_give():
    page = (sources.FOLDER.parent / "docs" / "diagnosis.md").read_text(encoding="utf-8")
    assert corruptions_table.row(find_exercise("01.scalar_bptt")) in page


# the paths, against other ways to compute them


def test_short_paths_are_those_of_the_truncated_window():
    params, x, h, dh = RNN.sweep.long(5)
    run, found = rnn.forward(params, x, h[0]), Paths(RNN, (params, x, h, dh))
    for k in (1, 4, 8, LONG):
        window = truncated.window(params, run, dh, k - 1)
        assert all(relative_error(found.short(k)[name], window[name]) < 1e-12 for name in window)
    assert relative_error(found.short(3)["W_h"], truncated.window(params, run, dh, 3)["W_h"]) > 1e-3


def test_fading_paths_are_the_weighted_sum_of_all_paths():
    params, x, h, dh = RNN.sweep.long(6)
    run, want = rnn.forward(params, x, h[0]), np.zeros_like(params["W_h"])
    for t in range(1, LONG + 1):
        terms = rnnlib_paths.path_terms(params, run, dh, t)["W_h"]
        want += sum(0.9 ** (t - 1 - s) * term for s, term in enumerate(terms))
    assert relative_error(Paths(RNN, (params, x, h, dh)).fading(0.9)["W_h"], want) < 1e-12


def sweep(end=0, carry=1.0, detach=0, every_loss=False, clip=None):
    """A student's backward pass with a line that does what it must not."""

    def rnn_backward(params, x, h, dh):
        T, grads = len(x), {name: np.zeros(np.shape(p)) for name, p in params.items()}
        grads["x"], grads["h0"] = np.zeros(x.shape), np.zeros(h[0].shape)
        for last in range(T, 0, -1) if every_loss else (T,):
            back = np.zeros(h[0].shape)
            stop = max(last - end, 0) if end else 0
            for t in range(last, stop, -1):
                d = (dh[t - 1] if not every_loss or t == last else 0) + back
                da = d * (1 - h[t] ** 2)
                grads["W_x"] += x[t - 1].T @ da
                grads["W_h"] += h[t - 1].T @ da
                grads["b_h"] += da.sum(axis=0)
                grads["x"][t - 1] += da @ params["W_x"].T
                back = carry * da @ params["W_h"].T
                if detach and (t - 1) % detach == 0 and t > 1:
                    back = np.zeros_like(back)
            if stop == 0:
                grads["h0"] += back
        return grads if clip is None else {name: clip(g) for name, g in grads.items()}

    return rnn_backward


def scaled_to(norm):
    return lambda g: g * min(1.0, norm / (np.linalg.norm(g) + 1e-6))


ALL = "W_x, W_h, b_h, x and h0"
FADED = "hold every path, but each step back is multiplied by"
NAMED = {
    "cut after 5": (
        sweep(end=5, every_loss=True),
        f"{ALL} are the sums over the paths that go at most 4 steps back, and hold no longer ones.",
    ),
    "ends after 8": (sweep(end=8), f"{ALL} hold what a sweep over the last 8 steps gives: it ends there."),
    "fades": (sweep(carry=0.95), f"{ALL} {FADED} 0.95 on the way."),
    "grows": (sweep(carry=1.3), f"{ALL} {FADED} 1.3 on the way."),
    "detached": (
        sweep(detach=5),
        f"{ALL} hold no path from one stretch of 5 steps into another, as if it were detached there.",
    ),
    "clipped": (
        sweep(clip=lambda g: np.clip(g, -5, 5)), f"{ALL} are clipped to the range from -5 to 5."
    ),
    "clipped at 7.3": (
        sweep(clip=lambda g: np.clip(g, -7.3, 7.3)), f"{ALL} are clipped to the range from -7.3 to 7.3."
    ),
    "scaled": (sweep(clip=scaled_to(5)), "W_x is scaled down to 5 where its norm is larger."),
}  # fmt: skip


@pytest.mark.parametrize("case", NAMED)
def test_a_corruption_is_named(case):
    answer, words = NAMED[case]
    for seed in (None, 8):
        verdict = diagnose(RNN.id, answer, seed)
        assert words in verdict.message and "differ" not in verdict.message, verdict.message
        assert verdict.slips == () and verdict.score == 0 and not verdict.correct


def test_the_uncorrupted_sweep_is_right():
    assert diagnose(RNN.id, sweep()).correct and diagnose(RNN.id, sweep(every_loss=True), 8).correct


def one_smaller(g):
    return np.where(np.abs(g) == np.abs(g).max(), 0.973 * g, g)


NEAR = {
    "a range on the loud instance only": lambda g: np.clip(g, -5, 5) * (1 + 1e-3 * (np.abs(g).max() > 5)),
    "another range everywhere": lambda g: np.clip(g, -np.abs(g).mean(), np.abs(g).mean()),
    "one entry of the loud instance smaller": lambda g: np.where(np.abs(g) > 15, one_smaller(g), g),
    "one entry smaller": lambda g: np.where(np.abs(g) == np.abs(g).max(), 0.93 * g, g),
    "a norm that the loud instance exceeds": lambda g: scaled_to(5)(g) if np.linalg.norm(g) < 40 else g,
    "another norm everywhere": lambda g: g * min(1.0, np.abs(g).max() / np.linalg.norm(g)),
}


@pytest.mark.parametrize("case", NEAR)
def test_anything_near_a_corruption_is_not_named(case):
    verdict = diagnose(RNN.id, sweep(clip=NEAR[case]))
    assert not verdict.correct and "differ" in verdict.message
    assert "clipped" not in verdict.message and "scaled" not in verdict.message


def test_a_carry_that_stops_at_another_place_each_time_has_no_name():
    def rnn_backward(params, x, h, dh):
        end = 3 if len(x) < LONG and x.shape[1] == 3 else 6
        return sweep(end=end, every_loss=True)(params, x, h, dh)

    message = diagnose(RNN.id, rnn_backward).message
    assert "differ" in message and "steps back" not in message


def test_a_clip_of_one_output_costs_that_output():
    for only in RNN.outputs:
        for seed in (None, 8):
            right = sources.solution_variant(RNN)

            def rnn_backward(*arguments, only=only, right=right):
                found = right(*arguments)
                return {**found, only: np.clip(found[only], -10, 10)}

            verdict = diagnose(RNN.id, rnn_backward, seed)
            assert [name for name, output in verdict.outputs.items() if not output.ok] == [only]
            assert verdict.message == f"{only} is clipped to the range from -10 to 10."


def test_the_last_instance_alone_is_named():
    right = sources.solution_variant(RNN)

    def rnn_backward(params, x, h, dh):
        alone = right(params, x[:, -1:], h[:, -1:], dh[:, -1:])
        return {**right(params, x, h, dh), **{name: alone[name] for name in params}}

    verdict = diagnose(RNN.id, rnn_backward, 4)
    assert verdict.slips or "hold the last instance of the batch only" in verdict.message


def test_a_slip_is_still_named_where_a_clip_is_seen_on_large_adjoints_only():
    slip = next(slip for slip in RNN.slips if slip.id == "w_h_overwritten")
    wrong = sources.solution_variant(RNN, slip)

    def rnn_backward(*arguments):
        found = wrong(*arguments)
        return {**found, "x": np.clip(found["x"], -8, 8)}

    verdict = diagnose(RNN.id, rnn_backward)
    assert verdict.slips == (slip.id,) and slip.says in verdict.message
    assert "x is clipped to the range from -8 to 8." in verdict.message


def test_a_slip_whose_output_is_clipped_too_is_said_to_differ_further():
    slip = next(slip for slip in RNN.slips if slip.id == "w_h_overwritten")
    wrong = sources.solution_variant(RNN, slip)

    def rnn_backward(*arguments):
        found = wrong(*arguments)
        return {**found, "W_h": np.clip(found["W_h"], -8, 8)}

    further = "W_h differs from that on a long sequence or on large adjoints."
    verdict = diagnose(RNN.id, rnn_backward)
    assert verdict.slips == (slip.id,) and verdict.message == f"{slip.says} {further}"
    assert further not in diagnose(RNN.id, wrong).message


@by_exercise
def test_every_instance_has_arguments_and_right_outputs(e):
    arguments, references = probes_and_references(e.id, 0)
    assert every_instance(e.id, 0)[3:] == arguments and len(arguments) == len(references)
    assert all(set(e.outputs) == set(reference) for reference in references)


def test_a_corruption_that_is_no_corruption_would_be_noticed():
    """The control: an instance on which nothing is large tells no clip apart."""
    probe = Probe.of(RNN, RNN.instance(0))
    clip = next(c for c in CORRUPTIONS if c.name == "clipped at 10")
    assert not corruptions.tells(probe, clip) and max(corruptions.margins(probe, clip).values()) == 0
    cut = next(c for c in CORRUPTIONS if c.name == "cut 8")
    long = Probe.of(RNN, probes_and_references(RNN.id, 0)[0][0])
    fading = {**long.arguments[0], "W_h": 0.2 * long.arguments[0]["W_h"]}
    h = rnn.forward(fading, long.arguments[1], long.arguments[2][0]).h
    weak = Probe.of(RNN, (fading, long.arguments[1], h, long.arguments[3]))
    assert corruptions.tells(long, cut) and not corruptions.tells(weak, cut)


# the same verdict in both places


def scores_that_differ(e, number, seeds):
    """Of so many wrong answers those that earn another share on secret instances than on public ones."""
    for what, answer in sampled_answers.sampled_answers(e):
        public, *secret = (sampled_answers.share_of_right_outputs(e, answer, seed) for seed in (0, *seeds))
        if any(score != public for score in secret):
            yield what, public, secret
        number -= public != 1 or set(secret) != {1}
        if not number:
            break


@pytest.mark.parametrize("e", wrong_answers.function_exercises(), ids=lambda e: e.id)
def test_a_wrong_answer_earns_the_same_on_public_and_secret_instances(e, thorough):
    assert list(scores_that_differ(e, *((200, (1, 2)) if thorough else (8, (1,))))) == []


def test_an_answer_that_earns_more_in_one_place_is_noticed(monkeypatch):
    """The control: without the loud instance and the long one."""
    few = replace(RNN, sweep=None)
    monkeypatch.setattr(sampled_answers, "every_instance", lambda exercise_id, seed: few.instances(seed))
    assert list(scores_that_differ(RNN, 60, (1, 2)))


def test_the_share_is_what_diagnose_gives():
    for (what, answer), _ in zip(sampled_answers.sampled_answers(RNN), range(6)):
        share = sampled_answers.share_of_right_outputs(RNN, answer, 2)
        assert share == diagnose(RNN.id, answer, 2).score, what
