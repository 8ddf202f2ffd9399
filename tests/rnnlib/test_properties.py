"""Properties over all shapes from 1, dtypes, and missing biases and states."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlib import (
    checkpoint,
    gru,
    losses,
    lstm,
    lstm97,
    min_gru,
    numgrad,
    paths,
    readout,
    rnn,
    sequence,
    truncated,
)

VARIANTS = {
    "tanh RNN": (rnn, {}, {}),
    "sigmoid RNN": (rnn, {"phi": "sigmoid"}, {}),
    "identity RNN": (rnn, {"phi": "identity"}, {}),
    "LSTM": (lstm, {}, {}),
    "LSTM with peepholes": (lstm, {}, {"peepholes": True}),
    "LSTM of 1997": (lstm97, {"squash": "1997"}, {}),
    "LSTM of 1997 with tanh": (lstm97, {}, {}),
    "GRU, reset after": (gru, {}, {}),
    "GRU, reset before": (gru, {"reset": "before"}, {}),
    "minimal GRU": (min_gru, {}, {}),
}
sizes = st.integers(1, 4)


@st.composite
def problems(draw, variants=tuple(VARIANTS)):
    """A cell with random weights, an input, adjoints, and by chance initial states and biases."""
    cell, options, extra = VARIANTS[draw(st.sampled_from(variants))]
    T, B, D, H = (draw(sizes) for _ in "TBDH")
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    shapes = cell.init(D, H, rng, **({"reset": options["reset"]} if "reset" in options else {}))
    if extra:
        shapes |= {name: np.zeros(H) for name in ("p_i", "p_f", "p_o") if draw(st.booleans())}
    params = {
        name: rng.normal(size=value.shape)
        for name, value in shapes.items()
        if name.startswith(("W", "p")) or draw(st.booleans())
    }
    names = ("h0", "c0") if "c" in cell.Run._fields else ("h0",)
    states = {name: rng.normal(size=(B, H)) for name in names if draw(st.booleans())}
    adjoints = {"dh": rng.normal(size=(T, B, H))}
    if "c0" in names and draw(st.booleans()):
        adjoints["dc_T"] = rng.normal(size=(B, H))
    return cell, params, rng.normal(size=(T, B, D)), {**options, **states}, adjoints


@settings(max_examples=500, deadline=None)
@given(problems())
def test_gradient_along_a_direction_equals_complex_step(problem):
    cell, params, x, options, adjoints = problem
    rng = np.random.default_rng(0)
    run = cell.forward(params, x, **options)
    gradient = cell.backward(params, run, **adjoints)
    point = {**params, "x": x, **{k: v for k, v in options.items() if k in ("h0", "c0")}}
    assert set(gradient) == {*params, "x", *(("h0", "c0") if hasattr(run, "c") else ("h0",))}
    direction = {name: rng.normal(size=value.shape) for name, value in point.items()}
    moved = {name: point[name] + 1e-30j * direction[name] for name in point}
    states = {**options, **{k: moved[k] for k in ("h0", "c0") if k in moved}}
    there = cell.forward({name: moved[name] for name in params}, moved["x"], **states)
    numeric = (adjoints["dh"] * there.h[1:].imag).sum() / 1e-30
    if "dc_T" in adjoints:
        numeric += (adjoints["dc_T"] * there.c[-1].imag).sum() / 1e-30
    parts = [(gradient[name] * direction[name]).sum() for name in point]
    assert abs(sum(parts) - numeric) <= 1e-12 * (1 + sum(map(abs, parts)))


@settings(max_examples=200, deadline=None)
@given(problems(), st.sampled_from([np.float32, np.float64, np.int64, np.float16, bool]))
def test_dtype_of_the_results(problem, dtype):
    cell, params, x, options, adjoints = problem

    def cast(arrays):
        return {k: v.astype(dtype) if isinstance(v, np.ndarray) else v for k, v in arrays.items()}

    run = cell.forward(cast(params), x.astype(dtype), **cast(options))
    gradient = cell.backward(cast(params), run, **cast(adjoints))
    expected = np.float32 if dtype == np.float32 else np.float64
    for value in (*(v for v in run if isinstance(v, np.ndarray)), *gradient.values()):
        assert value.dtype == expected
    exact = cell.forward({k: v.astype(dtype).astype(float) for k, v in params.items()},
                         x.astype(dtype).astype(float),
                         **{k: v.astype(dtype).astype(float) if isinstance(v, np.ndarray) else v
                            for k, v in options.items()})
    assert np.allclose(run.h, exact.h, rtol=1e-4, atol=1e-4)


@settings(max_examples=200, deadline=None)
@given(problems())
def test_instances_of_a_batch_do_not_meet(problem):
    cell, params, x, options, adjoints = problem
    whole = cell.backward(params, cell.forward(params, x, **options), **adjoints)
    parts = []
    for b in range(x.shape[1]):
        only = {k: v[b : b + 1] if k in ("h0", "c0") else v for k, v in options.items()}
        run = cell.forward(params, x[:, b : b + 1], **only)
        dh = {k: v[:, b : b + 1] if k == "dh" else v[b : b + 1] for k, v in adjoints.items()}
        parts.append(cell.backward(params, run, **dh))
    for name in params:
        assert np.allclose(sum(part[name] for part in parts), whole[name], rtol=1e-11, atol=1e-12)
    assert np.allclose(np.concatenate([part["x"] for part in parts], axis=1), whole["x"], rtol=1e-11, atol=1e-12)


@settings(max_examples=200, deadline=None)
@given(problems(), st.integers(0, 3))
def test_two_halves_of_a_sequence_are_the_sequence(problem, cut):
    """The second half starts from the first's last states; its adjoints of them go back into the first."""
    cell, params, x, options, adjoints = problem
    cut = min(cut, len(x) - 1)
    whole = cell.forward(params, x, **options)
    if cut == 0:
        return
    first = cell.forward(params, x[:cut], **options)
    last = {"h0": first.h[-1], **({"c0": first.c[-1]} if hasattr(first, "c") else {})}
    second = cell.forward(params, x[cut:], **{**options, **last})
    assert np.allclose(np.concatenate([first.h, second.h[1:]]), whole.h, rtol=1e-12, atol=1e-13)
    gradient = cell.backward(params, whole, **adjoints)
    later = cell.backward(params, second, **{**adjoints, "dh": adjoints["dh"][cut:]})
    dh = adjoints["dh"][:cut].copy()
    dh[-1] += later["h0"]
    earlier = cell.backward(params, first, dh, **({"dc_T": later["c0"]} if "c0" in later else {}))
    for name in params:
        assert np.allclose(earlier[name] + later[name], gradient[name], rtol=1e-10, atol=1e-11)
    assert np.allclose(earlier["h0"], gradient["h0"], rtol=1e-10, atol=1e-11)


@settings(max_examples=200, deadline=None)
@given(problems(("tanh RNN", "sigmoid RNN", "identity RNN")), st.integers(0, 5), st.integers(1, 5), st.integers(0, 3))
def test_routes_to_the_gradient_of_the_rnn_agree(problem, tau, k1, more):
    _, params, x, options, adjoints = problem
    run, dh = rnn.forward(params, x, **options), adjoints["dh"]
    full = rnn.backward(params, run, dh)
    kept = checkpoint.backward(params, checkpoint.forward(params, x, **options), dh)
    total = paths.rtrl(params, run)
    for name in total:
        by_rtrl = np.einsum("tbi,tbi...->...", dh, total[name])
        by_paths = sum(paths.path_terms(params, run, dh, t)[name].sum(0) for t in range(1, len(x) + 1)) \
            if name != "b_h" else by_rtrl
        for value in (by_rtrl, by_paths, kept[name]):
            assert np.allclose(value, full[name], rtol=1e-10, atol=1e-11)
    one, other = truncated.window(params, run, dh, tau), truncated.chunks(params, run, dh, 1, tau + 1)
    for name in full:
        assert np.allclose(one[name], other[name], rtol=1e-11, atol=1e-12)
    if k1 + more >= 2 * len(x):  # every sweep reaches step 1: nothing is left out
        chunks = truncated.chunks(params, run, dh, k1, k1 + more)
        assert all(np.allclose(chunks[name], full[name], rtol=1e-11, atol=1e-12) for name in full)


@settings(max_examples=200, deadline=None)
@given(problems(), st.sampled_from([losses.softmax_cross_entropy, losses.sigmoid_cross_entropy,
                                    losses.squared_error]), st.booleans())
def test_loss_and_grads_equals_complex_step(problem, loss, bias):
    cell, params, x, options, adjoints = problem
    rng = np.random.default_rng(1)
    params = {**params, **readout.init(adjoints["dh"].shape[2], 3, rng)}
    if not bias:
        del params["b_y"]
    y = rng.uniform(size=(*x.shape[:2], 3))
    value, gradient = sequence.loss_and_grads(cell, params, x, y, loss, **options)
    assert set(gradient) >= {*params, "x", "h0"}
    direction = {name: rng.normal(size=np.shape(p)) for name, p in params.items()}
    moved = {name: params[name] + 1e-30j * direction[name] for name in params}
    _, _, o = sequence.forward(cell, moved, x, **options)
    numeric = loss(o, y)[0].imag / 1e-30
    parts = [(gradient[name] * direction[name]).sum() for name in params]
    assert abs(sum(parts) - numeric) <= 1e-12 * (1 + sum(map(abs, parts)))
    assert value == loss(sequence.forward(cell, params, x, **options)[2], y)[0]


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 99))
def test_check_gradient_finds_one_wrong_entry(n, m, seed):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, m))
    gradient = 4 * A**3
    assert numgrad.check_gradient(lambda p: (p["A"] ** 4).sum(), {"A": gradient}, {"A": A}, seed=seed).ok
    entry = np.unravel_index(np.abs(gradient).argmax(), A.shape)
    gradient[entry] *= 1.01
    report = numgrad.check_gradient(lambda p: (p["A"] ** 4).sum(), {"A": gradient}, {"A": A}, seed=seed)
    assert not report.ok and report.tensors[0].entry == entry


@settings(max_examples=150, deadline=None)
@given(problems(), st.sampled_from([1e-300, 1e-20, 1e20, 1e150]))
def test_inputs_of_any_size_raise_no_warning(problem, scale):
    cell, params, x, options, _ = problem
    if "phi" not in options or options["phi"] == "sigmoid":
        with np.errstate(all="raise", under="ignore"):
            cell.forward(params, scale * x, **options)
