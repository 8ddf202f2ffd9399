"""Lesson 07: correct answers in other styles, and values that hold and that do not."""

import math

import numpy as np

from rnnlib import flow, numgrad, paths, rnn, truncated


def by_eigenvector_of_the_square(W):
    values, vectors = np.linalg.eigh(W.T @ W)
    return float(np.linalg.norm(W @ vectors[:, values.argmax()]))


def until_it_stands_still(W):
    v, before = np.linspace(1, 2, len(W)), 0.0
    while True:
        u = W @ v
        now = math.sqrt(sum(float(x) ** 2 for x in u)) / math.sqrt(sum(float(x) ** 2 for x in v))
        if abs(now - before) < 1e-13 * now:
            return now
        before, v = now, W.T @ u / now


def by_repeated_squaring(W):
    """Squares W.T W until only its largest eigenvalue is left."""
    A = W.T @ W
    log_size = 0.0
    for m in range(30):
        size = np.abs(A).max()
        A = (A / size) @ (A / size)
        log_size += math.log(size) / 2**m
    return math.exp(log_size / 2)


def radius_by_gelfand(W):
    """The limit of the m-th root of the norm of the m-th power."""
    power, log_size, m = W, 0.0, 1
    for _ in range(30):
        size = np.linalg.norm(power)
        power, log_size = (power / size) @ (power / size), 2 * (log_size + math.log(size))
        m *= 2
    return math.exp(log_size / m)


def radius_by_characteristic_polynomial(W):
    return max(abs(root) for root in np.roots(np.poly(W)))


def norms_by_singular_values(W, n):
    found, power = [], np.identity(len(W))
    while len(found) <= n:
        found.append(np.linalg.svd(power)[1][0])
        power = W @ power
    return found


def norms_without_products(W, n):
    """Sends the unit vectors through the matrix n times."""
    H = len(W)
    images, norms = [list(e) for e in np.eye(H)], np.empty(n + 1)
    for m in range(n + 1):
        A = np.array(images).T
        norms[m] = math.sqrt(max(np.linalg.eigvalsh(A.T @ A)))
        images = [[sum(W[i, j] * v[j] for j in range(H)) for i in range(H)] for v in images]
    return norms


def bound_by_loop(W, phi, n):
    sup = dict(tanh=1, sigmoid=1 / 4, relu=1, identity=1)
    bound = 1.0
    for _ in range(n):
        bound *= sup[phi] * np.linalg.svd(W, compute_uv=False)[0]
    return bound


def bound_by_logarithm(W, phi, n):
    return math.exp(n * (math.log(np.linalg.norm(W.T, ord=2)) - (math.log(4) if phi == "sigmoid" else 0)))


def rate_by_differences(J):
    """The product from the left, rescaled by its largest entry."""
    total, product = 0.0, np.eye(J.shape[1])
    for t in range(len(J) - 1, -1, -1):
        product = product @ J[t]
        size = abs(product).max()
        product, total = product / size, total + math.log(size)
    return (total + math.log(np.linalg.norm(product, 2))) / len(J)


def rate_in_powers_of_two(J):
    product, exponent = J[0].copy(), 0
    for t in range(1, len(J)):
        product = J[t].dot(product)
        shift = int(np.floor(np.log2(np.abs(product).max())))
        product *= 2.0**-shift
        exponent += shift
    return (np.log(np.linalg.svd(product, compute_uv=False).max()) + exponent * np.log(2)) / J.shape[0]


def rate_by_halves(J):
    """Multiplies neighbours pairwise until one is left."""

    def product(J):
        if len(J) == 1:
            size = np.linalg.norm(J[0])
            return J[0] / size, np.log(size)
        (early, a), (late, b) = product(J[: len(J) // 2]), product(J[len(J) // 2 :])
        both = late @ early
        size = np.linalg.norm(both)
        return both / size, a + b + np.log(size)

    P, log_size = product(list(J))
    return [(log_size + np.log(np.linalg.norm(P, 2))) / len(J)][0]


def spectrum_by_gram_schmidt(J):
    """Orthogonalises by hand, column by column."""
    T, H, _ = J.shape
    basis, sums = [row for row in np.eye(H)], [0.0] * H
    for t in range(T):
        kept = []
        for i in range(H):
            v = J[t] @ basis[i]
            for u in kept:
                v = v - (u @ v) * u
            length = math.sqrt(v @ v)
            sums[i] += math.log(length)
            kept.append(v / length)
        basis = kept
    return sorted((total / T for total in sums), reverse=True)


def spectrum_by_cholesky(J):
    """The diagonal of R from the Gram matrix of J Q, whose Cholesky factor is R transposed."""
    Q, logs = np.identity(J.shape[-1]), []
    for J_t in J:
        A = J_t.dot(Q)
        L = np.linalg.cholesky(A.T @ A)
        Q = np.linalg.solve(L, A.T).T
        logs.append(np.log(L.diagonal()))
    return -np.sort(-np.mean(logs, axis=0))


def spectrum_by_volumes(J):
    """Growth of the volumes that the first columns span; their differences are the exponents."""
    H = len(J[0])
    Q, volumes = np.eye(H), np.zeros(H + 1)
    for J_t in J:
        A = J_t @ Q
        for k in range(1, H + 1):
            volumes[k] += 0.5 * np.linalg.slogdet(A[:, :k].T @ A[:, :k])[1] / len(J)
        Q = np.linalg.qr(A)[0]
    return np.flip(np.sort(np.diff(volumes)))


def spectrum_with_positive_diagonals(J):
    """Signs chosen so that the decomposition is the unique one; rows instead of columns."""
    Q, total = np.eye(J.shape[1]), 0
    for t in range(J.shape[0]):
        q, r = np.linalg.qr((Q @ J[t].T).T)
        signs = np.sign(r.diagonal())
        Q = (q * signs).T
        total = total + np.log(signs * r.diagonal())
    found = list(total / J.shape[0])
    found.sort(reverse=True)
    return np.array(found)


def spectrum_by_geometric_mean(J):
    """Keeps all diagonals, rescaled, and takes the logarithms at the end."""
    Q, diagonals = np.eye(J.shape[1]), np.empty(J.shape[:2])
    for t, J_t in enumerate(J):
        Q, R = np.linalg.qr(J_t @ Q, mode="reduced")
        diagonals[t] = abs(R.diagonal())
    return {"exponents": np.sort(np.log(diagonals).sum(0) / len(diagonals))[::-1]}


def library_run(p, h):
    return rnn.Run(np.ones((*h[1:].shape[:2], len(p["W_x"]))), np.arctanh(h[1:]), h, "tanh")


def by_pairs(p, h, dh):
    """Lesson 03's way: every loss, every use, one outer product for each instance."""
    T, B, H = dh.shape
    C = np.zeros((T, H, H))
    for t in range(1, T + 1):
        for b in range(B):
            row = dh[t - 1, b]
            for k in range(t, 0, -1):
                da = row * (1 - h[k, b] ** 2)
                C[t - k] += np.outer(h[k - 1, b], da)
                row = da @ p["W_h"].T
    return C


def by_products(p, h, dh):
    """With the transition matrices written out."""
    T, B, H = dh.shape
    J = (1 - h[1:] ** 2)[..., None] * p["W_h"].T
    C = [np.zeros((H, H)) for _ in range(T)]
    for k in range(1, T + 1):
        M = np.broadcast_to(np.eye(H), (B, H, H))
        for t in range(k, T + 1):
            M = J[t - 1] @ M if t > k else M
            da = np.einsum("bi,bij->bj", dh[t - 1], M) * (1 - h[k] ** 2)
            C[t - k] += h[k - 1].T @ da
    return C


def with_zeros(p, h, dh):
    """The array of adjoints keeps its length; zeros come in at the end."""
    felt, C = dh.copy(), []
    for _ in range(len(dh)):
        felt *= 1 - h[1:] ** 2
        C.append(np.tensordot(h[:-1], felt, ((0, 1), (0, 1))))
        felt = np.concatenate([felt[1:] @ p["W_h"].T, np.zeros_like(felt[:1])])
    return np.stack(C)


def recursive(p, h, dh):
    T, H = len(dh), h.shape[-1]
    if T == 0:
        return np.zeros((0, H, H))
    da = (1 - h[1 : T + 1]) * (1 + h[1 : T + 1]) * dh
    own = sum(h[t].T @ da[t] for t in range(T))[None]
    return np.concatenate([own, recursive(p, h, np.einsum("tbj,ij->tbi", da[1:], p["W_h"]))])


def by_truncation(p, h, dh):
    """Neighbouring truncated gradients differ by one lag."""
    run = library_run(p, h)
    kept = np.array([truncated.window(p, run, dh, tau)["W_h"] for tau in range(len(dh))])
    return np.diff(kept, axis=0, prepend=np.zeros_like(kept[:1]))


def by_complex_step(p, h, dh):
    """A factor z on every carried adjoint makes the gradient a polynomial in z."""
    T = len(dh)
    z = np.exp(2j * np.pi * np.arange(T) / T)
    values = []
    for root in z:
        carry, total = 0, 0
        for t in range(T, 0, -1):
            da = (dh[t - 1] + carry) * (1 - h[t] ** 2)
            total = total + h[t - 1].T @ da
            carry = root * (da @ p["W_h"].T)
        values.append(total)
    return (np.fft.fft(values, axis=0) / T).real


def by_tagged_copies(p, h, dh):
    """The derivative of each loss by a copy of W_h for each step."""
    T, B, H = dh.shape
    C = np.zeros((T, H, H))
    slope_inputs = np.arctanh(h[1:]) - h[:-1] @ p["W_h"]

    def loss(W, t):
        state = h[0]
        for s in range(t):
            state = np.tanh(slope_inputs[s] + state @ W[s])
        return (state * dh[t - 1]).sum()

    for t in range(1, T + 1):
        g = numgrad.complex_step(lambda W, t=t: loss(W, t), np.repeat(p["W_h"][None], t, 0))
        for k in range(1, t + 1):
            C[t - k] += g[k - 1]
    return C


def single_precision(p, h, dh):
    return by_pairs({n: v.astype("f4") for n, v in p.items()}, h.astype("f4"), dh.astype("f4")).astype("f4")


STYLES = {
    "07.spectral_norm": [
        by_eigenvector_of_the_square,
        until_it_stands_still,
        by_repeated_squaring,
        flow.spectral_norm,
        lambda W: np.linalg.norm(W, 2),
        lambda W: np.float32(np.linalg.svd(W)[1][0]),
        lambda W: {"norm": np.sqrt(np.abs(np.linalg.eigvals(W @ W.T)).max())},
    ],
    "07.spectral_radius": [
        radius_by_gelfand,
        radius_by_characteristic_polynomial,
        flow.spectral_radius,
        lambda W: sorted(abs(v) for v in np.linalg.eig(W)[0])[-1],
        lambda W: np.float32(np.hypot(*(f(np.linalg.eigvals(W.T)) for f in (np.real, np.imag))).max()),
        lambda W: {"radius": np.sqrt(np.max([(v * v.conjugate()).real for v in np.linalg.eigvals(W)]))},
    ],
    "07.power_norms": [
        norms_by_singular_values,
        norms_without_products,
        flow.power_norms,
        lambda W, n: [np.linalg.norm(np.linalg.matrix_power(W, m), ord=2) for m in range(n + 1)],
        lambda W, n: tuple(np.float32(v) for v in norms_by_singular_values(W, n)),
        lambda W, n: {"norms": norms_by_singular_values(W.T, n)},
    ],
    "07.norm_bound": [
        bound_by_loop,
        bound_by_logarithm,
        flow.norm_bound,
        lambda W, phi, n: np.float32((by_repeated_squaring(W) / (4 if phi == "sigmoid" else 1)) ** n),
        lambda W, phi, n: {
            "bound": np.prod([until_it_stands_still(W)] * n) * (0.25**n if phi == "sigmoid" else 1)
        },
    ],
    "07.growth_rate": [
        rate_by_differences,
        rate_in_powers_of_two,
        rate_by_halves,
        flow.growth_rate,
        lambda J: {"rate": np.float32(rate_by_halves(J))},
        lambda J: flow.growth_rate(J[:, None])[0],
    ],
    "07.lyapunov_spectrum": [
        spectrum_by_gram_schmidt,
        spectrum_by_cholesky,
        spectrum_by_volumes,
        spectrum_with_positive_diagonals,
        spectrum_by_geometric_mean,
        flow.lyapunov_spectrum,
        lambda J: flow.lyapunov_spectrum(J[:, None])[0].astype("f4"),
    ],
    "07.contribution_by_lag": [
        by_pairs,
        by_products,
        with_zeros,
        recursive,
        by_truncation,
        by_complex_step,
        by_tagged_copies,
        single_precision,
        lambda p, h, dh: {"C": by_pairs(p, h, dh).tolist()},
        lambda p, h, dh: np.array(
            [
                sum(
                    paths.path_terms(p, library_run(p, h), dh, k + lag)["W_h"][k - 1]
                    for k in range(1, len(dh) - lag + 1)
                )
                for lag in range(len(dh))
            ]
        ),
    ],
}

CORNER = [[0.5, 100.0], [0.0, 0.5]]
NEGATIVE = [[-1.5, 0.0], [0.0, 0.3]]
ONE = (np.full((3, 3), 0.9), [0.5, 0.5, 0.5])
EXPONENT = ([[1.5]], 2, 5)
EXPLODES = ([[0.0, 2.0], [0.0, 0.0]], [[0.0, 0.0], [2.0, 0.0]])
VANISHES = ([[1.5, 0.0], [0.0, 0.1]], [[0.1, 0.0], [0.0, 1.5]])
HELD = ([[2.0, -2.0], [2.0, -2.0]], [0.0, 5.0])
SETTLES = (5.0, [0.0] * 50, 0.5)
MIXED = (1.8, [2.0, -2.0, 0.0, 0.0] * 25, 0.1)
BELOW = (-1.8, [0.0] * 100, 0.1)


def eigen(transient=CORNER, negative=NEGATIVE):
    return {"transient": transient, "negative": negative}


def bounds(one=ONE, exponent=EXPONENT):
    return {"one": one, "exponent": exponent}


def products(explodes=EXPLODES, vanishes=VANISHES, held=HELD):
    return {"explodes": explodes, "vanishes": vanishes, "held": held}


def units(vanishes=SETTLES, mixed=MIXED, negative=BELOW):
    return {"vanishes": vanishes, "mixed": mixed, "negative": negative}


# (answers that hold, answers that do not)
VALUES = {
    "07.refute_eigenvalues": (
        [
            eigen(),
            eigen(transient=np.array([[0.4, 0, 0], [900, 0.4, 0], [0, 0, 0.1]])),
            eigen(transient=[[0.5, 33], [0, 0.5]], negative=[[-2]]),
            eigen(negative=[[0.9, 999.0], [0.0, 0.85]]),
            eigen(negative=[[-3, 1, 0], [0, -3, 1], [0, 0, 0.5]]),
        ],
        [
            eigen(transient=[[0.5, 10], [0, 0.5]]),
            eigen(transient=[[2.0, 0], [0, 0.5]]),
            eigen(transient=[[0, 1000], [1, 0]]),
            eigen(transient=[[0.5, 5000], [0, 0.5]]),
            eigen(transient=[[0.5, 100, 0], [0, 0.5, 0]]),
            eigen(negative=[[1.5]]),
            eigen(negative=[[0.5]]),
            eigen(negative=[[0, 2], [-2, 0]]),
            eigen(negative=[[np.nan]]),
            eigen(negative=[[1, 2], [3]]),
            eigen(negative=None),
            {"transient": CORNER},
            {},
            (CORNER, NEGATIVE),
            0.0,
            np.zeros((2, 2)),
            "no",
        ],
    ),
    "07.refute_bounds": (
        [
            bounds(),
            bounds(one=([[0.9, 0.9], [0.9, 0.9]], [-0.5, 0.5])),
            bounds(one=(-0.5 * np.ones((10, 10)), np.ones(10))),
            bounds(exponent=(2 * np.eye(3), 1, 2)),
            bounds(exponent=([[0, -1.2], [1.2, 0]], 10, 40)),
            bounds(exponent=(np.array([[1.01]]), np.int64(3), 4.0)),
        ],
        [
            bounds(one=([[2.0]], [0.5])),
            bounds(one=([[0.9]], [0.5])),
            bounds(one=(np.full((3, 3), 0.9), [0.0, 0.0, 0.0])),
            bounds(one=(np.full((3, 3), 0.9), [3.0, 3.0, 3.0])),
            bounds(one=(np.full((3, 3), 0.9), [0.5])),
            bounds(one=(np.full((2, 2), 0.9), [np.nan, 0.5])),
            bounds(one=np.full((3, 3), 0.9)),
            bounds(exponent=([[0.5]], 2, 5)),
            bounds(exponent=([[1.0]], 2, 5)),
            bounds(exponent=([[1.5]], 5, 2)),
            bounds(exponent=([[1.5]], 2.5, 5)),
            bounds(exponent=([[0, 2], [0, 0]], 2, 5)),
            bounds(exponent=([[1e9]], 2, 5)),
            bounds(exponent=[[1.5]]),
            {"one": ONE},
        ],
    ),
    "07.refute_products": (
        [
            products(),
            products(explodes=([[0.5, 10], [0, 0.5]], [[0.5, 0], [10, 0.5]])),
            products(vanishes=([[2, 0], [0, 0]], [[0, 0], [0, 2]])),
            products(held=([[-1.7, 1.7], [-1.7, 1.7]], [0.0, -9.0])),
        ],
        [
            products(explodes=(np.diag([2.0, 0.1]), np.diag([2.0, 0.1]))),
            products(explodes=(np.diag([0.5, 0.1]), np.diag([0.5, 0.1]))),
            products(explodes=([[0, 2], [0, 0]], [[0, 2], [0, 0]])),
            products(explodes=([[0, 2, 0], [0, 0, 0], [0, 0, 0]], np.zeros((3, 3)))),
            products(vanishes=(np.diag([1.5, 0.1]), np.diag([1.5, 0.1]))),
            products(vanishes=(np.diag([0.5, 0.1]), np.diag([0.5, 0.1]))),
            products(vanishes=np.eye(2)[0]),
            products(held=([[2.0, 0.0], [0.0, 0.1]], [0.0, 5.0])),
            products(held=([[2.0, -2.0], [2.0, -2.0]], [0.0, 0.0])),
            products(held=([[2.0, -2.0], [2.0, -2.0]], [5.0, 5.0])),
            products(held=([[2.0, -2.0], [2.0, -2.0]], [0.0])),
            products(held=[[2.0, -2.0], [2.0, -2.0], [0.0, 5.0]]),
            {"explodes": EXPLODES, "vanishes": VANISHES},
            5,
        ],
    ),
    "07.refute_one_unit": (
        [
            units(),
            units(vanishes=(40, [0] * 50, -1)),
            units(mixed=(2, np.tile([0.1, -2.0, 2.0], 50), 1e-3)),
            units(mixed=(1.8, np.random.default_rng(3).normal(size=400), 0)),
            units(negative=(-0.1, [1.0, 2, 3, -1, -2] * 20, 0)),
        ],
        [
            units(vanishes=(0.5, [0.0] * 50, 0.5)),
            units(vanishes=(5.0, [0.0] * 50, 0.0)),
            units(vanishes=(5.0, [0.0] * 49, 0.5)),
            units(vanishes=(np.inf, [0.0] * 50, 0.5)),
            units(mixed=(0.5, [0.0] * 100, 0.1)),
            units(mixed=(1.1, [0.0] * 100, 1e-9)),
            units(mixed=(-1.8, [0.0] * 100, 0.1)),
            # these three settle, so they bear out what they are to refute
            units(mixed=(1.8, [0.0, 0.0, 1.0, -1.8, 0.0], 0.1)),
            units(mixed=(1.8, [0.0, 0.0, 1.0, -1.8] + [0.0] * 96, 0.1)),
            units(mixed=(1.8, [0.0] * 100, 0.01)),
            units(mixed=(1.8, [0.0] * 99 + [-1.8], 0.1)),  # one push at the end
            units(mixed=(1.8, [2.0, -2.0, 0.0, 0.0] * 300, 0.1)),
            units(mixed=(1.8, 0.0, 0.1)),
            units(mixed=None),
            units(negative=(1.8, [0.0] * 100, 0.1)),
            units(negative=(-1.8, [90.0] * 100, 0.1)),
            units(negative=(-1.8, [0.0] * 5, 0.1)),
            units(negative=(-1.8, [], 0.1)),
            units(negative=(-1.8, [0.0] * 100)),
            {"vanishes": SETTLES},
            [SETTLES, MIXED, BELOW],
            1.0,
        ],
    ),
}
