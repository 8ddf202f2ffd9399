"""`numgrad.check_gradient` against torch.autograd.gradcheck(fast_mode=True): time and finds."""

import numpy as np

from rnnlib import losses, numgrad, readout, rnn, sequence

from .measure import medians, table
from .peers import torch
from .speed import show

SIZES = {500: (10, 2, 6, 14, 8), 5000: (10, 4, 16, 56, 14)}  # P -> T, B, D, H, K


def problem(P):
    T, B, D, H, K = SIZES[P]
    rng = np.random.default_rng(0)
    params = {**rnn.init(D, H, rng), **readout.init(H, K, rng)}
    return params, rng.normal(size=(T, B, D)), rng.normal(size=(T, B, K))


def gradcheck():
    rows = []
    for P in SIZES:
        params, x, y = problem(P)
        n = rnn.n_params(params)

        def loss(p):
            return losses.squared_error(sequence.forward(rnn, p, x)[2], y)[0]

        def gradients():
            _, grads = sequence.loss_and_grads(rnn, params, x, y, losses.squared_error)
            return {name: grads[name] for name in params}

        def ours():
            return numgrad.check_gradient(loss, gradients(), params)

        assert ours().ok
        found = sum(
            not numgrad.check_gradient(loss, faulty(gradients(), seed), params, seed=seed).ok
            for seed in range(30)
        )
        found = f"{found} of 30"
        row = [n, "torch absent", found, "torch absent"]
        if torch is not None:
            theirs, theirs_faulty = torch_checks(params, x, y, loss, gradients())
            times = medians({"ours": ours, "torch": theirs}, 3)
            theirs_found = sum(not theirs_faulty(seed) for seed in range(30))
            ratio = times["torch"] / times["ours"]
            row = [n, show(ratio, 3), found, f"{theirs_found} of 30"]
        rows.append(row)
    head = ["parameters", "time, torch / ours", "1 % error in one entry: ours finds", "torch finds"]
    return table(head, rows)


def faulty(grads, seed):
    """The gradient with one random entry 1 % too large."""
    rng = np.random.default_rng(seed)
    name = list(grads)[rng.integers(len(grads))]
    wrong = {**grads, name: grads[name].copy()}
    entry = rng.integers(wrong[name].size)
    wrong[name].flat[entry] *= 1.01
    return wrong


def torch_checks(params, x, y, loss, grads):
    """gradcheck on PyTorch's own RNN with the same weights; on our loss, the gradient faulty."""
    D, H = params["W_x"].shape
    layer = torch.nn.RNN(D, H, dtype=torch.float64)
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0")
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
    fixed = {"bias_hh_l0": torch.zeros(H, dtype=torch.float64)}

    def function(W_x, W_h, b_h, W_y, b_y):
        weights = {**dict(zip(names, (W_x, W_h, b_h))), **fixed}
        h, _ = torch.func.functional_call(layer, weights, (inputs,))
        return 0.5 * ((h @ W_y + b_y - targets) ** 2).sum()

    def tensors(transposed):
        turn = {"W_x", "W_h"} if transposed else set()
        arrays = [value.T if name in turn else value for name, value in params.items()]
        return [torch.from_numpy(array.copy()).requires_grad_() for array in arrays]

    point = tensors(True)
    assert abs(float(function(*point).detach()) - loss(params)) < 1e-9

    class Ours(torch.autograd.Function):
        wrong = grads

        @staticmethod
        def forward(context, *values):
            arrays = [value.detach().numpy() for value in values]
            return torch.tensor(loss(dict(zip(params, arrays))))

        @staticmethod
        def backward(context, upstream):
            return tuple(upstream * torch.from_numpy(g) for g in Ours.wrong.values())

    def passes(seed):
        Ours.wrong = faulty(grads, seed)
        return torch.autograd.gradcheck(
            Ours.apply, tensors(False), fast_mode=True, raise_exception=False
        )

    assert torch.autograd.gradcheck(Ours.apply, tensors(False), fast_mode=True)
    return lambda: torch.autograd.gradcheck(function, point, fast_mode=True), passes
