"""Lesson 00: correct answers in other styles, and values that hold and that do not."""

import numpy as np

from rnnlib import numgrad

STYLES = {
    "00.central_difference": [
        numgrad.central_difference,
        lambda f, x, h: [
            [
                (
                    f(x + h * (np.arange(x.size) == i).reshape(x.shape))
                    - f(x - h * (np.arange(x.size) == i).reshape(x.shape))
                )
                / 2
                / h
                for i in range(j * x.shape[1], (j + 1) * x.shape[1])
            ]
            for j in range(x.shape[0])
        ],
        lambda f, x, h: numgrad.central_difference(f, x, h).astype("f4"),
        lambda f, x, h: np.reshape(
            [(f(x + d) - f(x - d)) / (2 * h) for d in h * np.eye(x.size).reshape(-1, *x.shape)], x.shape
        ),
        lambda f, x, h: {"gradient": numgrad.central_difference(f, x, h)},
    ],
    "00.complex_step": [
        numgrad.complex_step,
        lambda f, x: np.reshape(
            [f(x + 1e-20j * d).imag / 1e-20 for d in np.eye(x.size).reshape(-1, *x.shape)], x.shape
        ),
        lambda f, x: {"gradient": numgrad.complex_step(f, x)},
        lambda f, x: numgrad.complex_step(f, x).astype("f4"),
        lambda f, x: numgrad.complex_step(f, x).tolist(),
    ],
    "00.relative_error": [
        lambda a, b: float(np.max(np.abs(a - b)) / np.max(np.abs([a, b]))) if np.any(a) or np.any(b) else 0,
        lambda a, b: np.float32(np.abs(a - b).max() / (max(abs(a).max(), abs(b).max()) or 1)),
        lambda a, b: np.array(np.abs(a - b).max() / (max(abs(a).max(), abs(b).max()) or 1)),
        lambda a, b: (
            np.linalg.norm((a - b).ravel(), np.inf) / (np.linalg.norm(np.r_[a, b].ravel(), np.inf) or 1.0)
        ),
        lambda a, b: 0.0 if (a == b).all() else np.abs(b - a).max() / np.maximum(abs(a), abs(b)).max(),
    ],
    "00.gradient_check": [
        lambda f, g, x: np.allclose(g, numgrad.complex_step(f, x), rtol=1e-6, atol=1e-8 * abs(g).max()),
        lambda f, g, x: bool(numgrad.check_gradient(lambda p: f(p["x"]), {"x": g}, {"x": x}).ok),
        lambda f, g, x: int(np.linalg.norm(g - numgrad.complex_step(f, x)) < 1e-5 * np.linalg.norm(g)),
        lambda f, g, x: np.bool_(abs(g - numgrad.central_difference(f, x, 1e-5)).max() < 1e-6 * abs(g).max()),
        lambda f, g, x: all(abs(g - numgrad.complex_step(f, x)).ravel() < 1e-9 * abs(g).max()),
    ],
}

# (answers that hold, answers that do not)
VALUES = {
    "00.shapes": (
        [
            {
                "W_x": (4, 5),
                "W_h": (5, 5),
                "b_h": (5,),
                "W_y": (5, 7),
                "b_y": [7],
                "x": (6, 3, 4),
                "h": np.array([7, 3, 5]),
                "o": (6, 3, 7),
            }
        ],
        [{}, [], 0, {"W_x": (5, 4)}, "shapes"],
    ),
    "00.best_step": ([1e-5, 6e-6, np.float64(2e-6)], [0, -1, 1e-1, 1e-12, "small", float("nan"), [1, 2]]),
    "00.refute_elementwise": (
        [([0, 1], [0, 2]), (np.array([1.0, 2, 3]), [1, 2, 4])],
        [
            ([0, 1], [0, 1]),
            ([0], [0]),
            ([1, 2], [3, 4]),
            1,
            ([0, 1], [0, 1, 2]),
            ([0, np.inf], [0, 1]),
            ([0, 0], [0, 0]),
        ],
    ),
}
