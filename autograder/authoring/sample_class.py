"""A sample class for the demo and the tests: ten submissions of lesson 01, made from its solution.

Each differs from the solution as a real one might: other styles, typical mistakes, nothing at
all, a syntax error, an endless loop.  The mistakes are slips, cut into the solution's own source.
"""

import json
from pathlib import Path
from typing import Any

from ..exercises import find_exercise, sources

ASSIGNMENT = "01_scalar_rnn"

PLAIN_PYTHON = {
    "scalar_forward": """\
def scalar_forward(params, x, s0):
    import math
    a, s = [], [float(s0)]
    for x_t in x:
        a.append(params["U"] * x_t + params["W"] * s[-1])
        s.append(math.tanh(a[-1]))
    return {"a": a, "s": s, "o": [params["V"] * state for state in s[1:]]}
""",
    "immediate": """\
def immediate(params, run):
    U, W = [], []
    for t in range(len(run.x)):
        slope = (1 - run.s[t + 1]) * (1 + run.s[t + 1])
        U.append(slope * run.x[t])
        W.append(slope * run.s[t])
    return {"W": W, "U": U}
""",
    "total_by_recursion": """\
def total_by_recursion(params, run):
    total = {"U": [], "W": []}
    for t in range(len(run.x)):
        slope = 1 - run.s[t + 1] ** 2
        for name, seen in (("U", run.x[t]), ("W", run.s[t])):
            before = total[name][-1] if t else 0
            total[name].append(slope * (seen + params["W"] * before))
    return total
""",
    "scalar_bptt": """\
def scalar_bptt(params, run, do):
    T = len(run.x)
    da = [0.0] * (T + 1)
    for t in range(T - 1, -1, -1):
        da[t] = (params["V"] * do[t] + params["W"] * da[t + 1]) * (1 - run.s[t + 1] ** 2)
    return {
        "U": sum(da[t] * run.x[t] for t in range(T)),
        "W": sum(da[t] * run.s[t] for t in range(T)),
        "V": sum(do[t] * run.s[t + 1] for t in range(T)),
        "x": [params["U"] * da[t] for t in range(T)],
        "s0": params["W"] * da[0],
    }
""",
}

SINGLE_PRECISION = {
    "immediate": """\
def immediate(params, run):
    s = run.s.astype(np.float32)
    slope = np.float32(1) / np.cosh(run.a.astype(np.float32)) ** 2
    return {"U": slope * run.x.astype(np.float32), "W": slope * s[:-1]}
""",
    "total_by_paths": """\
def total_by_paths(params, run, k):
    J = (1 - run.s[1 : k + 1] ** 2) * params["W"]
    reach = np.append(np.cumprod(J[:0:-1])[::-1], 1.0)
    return {name: reach @ np.asarray(direct)[:k] for name, direct in immediate(params, run).items()}
""",
    "scalar_bptt": """\
def scalar_bptt(params, run, do):
    slope = 1 - run.s[1:] ** 2
    back = np.eye(len(do)) - np.diag((slope * params["W"])[1:], 1)
    ds = np.linalg.solve(back, params["V"] * do)
    da = (ds * slope).astype(np.float32)
    return {
        "U": da @ run.x, "W": da @ run.s[:-1], "V": do @ run.s[1:],
        "x": da * params["U"], "s0": da[0] * params["W"],
    }
""",
}

NO_END = {
    "total_by_paths": """\
def total_by_paths(params, run, k):
    total, i = {"U": 0.0, "W": 0.0}, 1
    while i <= k:
        total["W"] += immediate(params, run)["W"][i - 1]
    return total
""",
}

SYNTAX_ERROR = {
    "scalar_bptt": """\
def scalar_bptt(params, run, do):
    grads = {"U": 0.0, "W": 0.0, "V": 0.0}
    for t in reversed(range(len(do))
        grads["V"] += do[t] * run.s[t + 1]
    return grads
""",
}

# what each submission does: source of cells by grade_id, or ids of slips by exercise; None is blank
CLASS: dict[str, dict[str, str] | None] = {
    "student-01": {},
    "student-02": PLAIN_PYTHON,
    "student-03": {"scalar_bptt": "no_carry", "total_by_recursion": "u_not_recursive"},
    "student-04": NO_END,
    "student-05": SINGLE_PRECISION,
    "student-06": {"immediate": "slope_of_preactivation"},
    "student-07": {"total_by_paths": "overwritten", "scalar_bptt": "w_sees_new_state"},
    "student-08": None,
    "student-09": SYNTAX_ERROR,
    "student-10": {
        "scalar_forward": "weights_swapped",
        "total_by_paths": "factor_too_many",
        "scalar_bptt": "carry_without_slope",
    },
}


def write_class(root: Path, submitted: Path) -> None:
    """Writes the ten submissions below the folder `submitted`; needs the course's `root`."""
    name = ASSIGNMENT
    solution = json.loads((Path(root) / "solutions" / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    released = (Path(root) / "notebooks" / name / f"{name}.ipynb").read_text(encoding="utf-8")
    answers = {cell["id"]: cell["source"] for cell in solution["cells"] if _is_answer(cell)}
    for student, changes in CLASS.items():
        notebook = json.loads(released)
        for cell in notebook["cells"]:
            if changes is not None and cell["id"] in answers:
                cell["source"] = _changed(cell, changes) or answers[cell["id"]]
        path = Path(submitted) / student / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")


def _changed(cell: dict[str, Any], changes: dict[str, str]) -> str | None:
    """The source of an answer that is not the solution's; None where it is."""
    grade_id = cell["metadata"]["nbgrader"]["grade_id"]
    change = changes.get(grade_id)
    if change is None or "\n" in change:
        return change
    exercise = find_exercise(f"{ASSIGNMENT[:2]}.{grade_id}")
    slip = next(slip for slip in exercise.slips if slip.id == change)
    return sources.with_slip(exercise, slip)


def _is_answer(cell: dict[str, Any]) -> bool:
    return bool(cell["metadata"].get("nbgrader", {}).get("solution"))
