"""What is left of rnnlib beside student code answers no exercise, by whatever arguments: found by search.

For every exercise each function that is left is called on all that the exercise gives, and on that given to
another system which can do the same: an RNN as a GRU with saturated gates, the LSTM of 1997 as one with an
open forget gate, a readout as one step of an RNN.
"""

import importlib
import importlib.util
import inspect
import itertools
import sys
import warnings

import numpy as np
import pytest

import rnnlib.gru
import rnnlib.lstm
import rnnlib.lstm97
import rnnlib.rnn
from autograder import compare
from autograder.exercises import LESSONS, lesson_exercises
from autograder.exercises.instances import copied, instances_and_references
from autograder.grading.run_submission import answer_functions
from autograder.sandbox.reduced_rnnlib import library_folder
from autograder.sandbox.relatives import FAMILIES, with_relatives

SEED = 7
SATURATED = 800.0
MOST_CALLS = 24  # of one function for one exercise
# functions of small steps, which every backward pass may use
STEPS = {"__init__", "_arguments", "_steps", "_types", "tasks"}
ALLOWED = {"12.corrected"}  # where the lesson says so: all of rnnlib that is not about the GRU


def reduced(functions, name):
    """rnnlib without `functions` as the package `name`; {"module.function": function} of what is public."""
    made = library_folder(functions) / "rnnlib"
    spec = importlib.util.spec_from_file_location(
        name, made / "__init__.py", submodule_search_locations=[str(made)]
    )
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
    found = {}
    for path in sorted(made.glob("*.py")):
        if path.stem not in STEPS:
            module = importlib.import_module(f"{name}.{path.stem}")
            for key, value in vars(module).items():
                own = inspect.isfunction(value) and value.__module__ == module.__name__
                if own and not key.startswith("_") and key != "train":
                    found[f"{path.stem}.{key}"] = value
    return found


def as_rnn(given):
    """[(params, x, h0, phi)] of what the exercise gives, if it is an RNN or a scalar one."""
    params, run = given.get("params"), given.get("run")
    x = given.get("x", getattr(run, "x", None))
    if not isinstance(params, dict) or x is None:
        return
    x = np.asarray(x, float)
    if {"U", "W", "V"} <= set(params):
        weights = {"W_x": np.array([[params["U"]]]), "W_h": np.array([[params["W"]]]), "b_h": np.zeros(1)}
        start = given.get("s0", run.s[0] if run is not None else 0.0)
        yield weights, x[:, None, None], np.full((1, 1), float(start)), getattr(run, "phi", "tanh")
    elif {"W_x", "W_h"} <= set(params) and params["W_x"].shape[-1:] == params["W_h"].shape[-1:]:
        weights = {name: params[name] for name in ("W_x", "W_h", "b_h") if name in params}
        if weights["W_h"].shape[0] == weights["W_h"].shape[1]:
            h = given.get("h", getattr(run, "h", None))
            start = given.get("h0", h[0] if h is not None else None)
            x = x[:, None] if x.ndim == 2 else x
            if start is not None:
                start = np.broadcast_to(start, (x.shape[1], weights["W_h"].shape[0])).copy()
            for phi in ("tanh", "relu"):
                yield weights, x, start, phi


def as_gru(weights):
    """The RNN's parameters as those of a GRU that resets nothing and keeps nothing."""
    D, H = weights["W_x"].shape
    zeros = np.zeros((D, H)), np.zeros((H, H))
    bias = weights.get("b_h", np.zeros(H))
    return {
        "W_x": np.concatenate([zeros[0], zeros[0], weights["W_x"]], axis=1),
        "W_h": np.concatenate([zeros[1], zeros[1], weights["W_h"]], axis=1),
        "b": np.concatenate([np.full(H, SATURATED), np.full(H, -SATURATED), bias]),
        "b_hn": np.zeros(H),
    }


def systems(given):
    """[{name of a parameter: value}]: what the exercise gives, as it is and as another system's."""
    yield given
    adjoints = given.get("dh", given.get("do"))
    for weights, x, h0, phi in as_rnn(given):
        V = given["params"].get("V", 1.0)
        fits = adjoints is not None and np.size(adjoints) == len(x) * x.shape[1] * len(weights["W_h"])
        dh = V * np.reshape(adjoints, (len(x), x.shape[1], -1)) if fits else None
        run = rnnlib.rnn.forward(weights, x, h0, phi)
        common = {
            "x": x,
            "h0": h0,
            "dh": dh,
            "adjoints": dh,
            "T": len(x),
            "h": run.h,
            "phi": phi,
            "W_h": weights["W_h"],
        }
        yield {"params": weights, "run": run, "tau": len(x), "k1": len(x), "k2": len(x), **common}
        if phi == "tanh":
            gated = as_gru(weights)
            yield {"params": gated, "run": rnnlib.gru.forward(gated, x, h0), **common, "reset": "after"}
    params, run = given.get("params"), given.get("run")
    if type(run).__module__ == "rnnlib.lstm97" and run.squash == "tanh":
        opened = {}
        for name, array in params.items():
            i, g, o = np.split(array, 3, axis=-1)
            opened[name] = np.concatenate([i, np.zeros_like(i), g, o], axis=-1)
        H = opened["W_h"].shape[0]
        opened["b"] = opened.get("b", np.zeros(4 * H)) + np.repeat([0, SATURATED, 0, 0], H)
        yield given | {"params": opened, "run": rnnlib.lstm.forward(opened, run.x, run.h[0], run.c[0])}
    if (
        isinstance(params, dict)
        and "W_y" in params
        and given.get("h") is not None
        and np.ndim(given["h"]) == 3
    ):
        weights = {
            "W_x": params["W_y"],
            "W_h": np.zeros((params["W_y"].shape[1],) * 2),
            "b_h": np.zeros(params["W_y"].shape[1]),
        }
        run = rnnlib.rnn.forward(weights, given["h"], None, "identity")
        yield {"params": weights, "run": run, "dh": given["do"], "tau": 1, "k1": 1, "k2": 1}


def belonging(system, package):
    """A system whose runs are those of the reduced package, which takes no others."""
    made = dict(system)
    for name, value in system.items():
        home = type(value).__module__
        if home.startswith("rnnlib.") and hasattr(value, "_fields"):
            made[name] = sys.modules[home.replace("rnnlib", package)].Run(*value)
    return made


def calls(function, given):
    """Arguments for a function, from what is given under the names of its parameters, or of fitting types."""
    wanted = [p for p in inspect.signature(function).parameters.values() if p.kind == p.POSITIONAL_OR_KEYWORD]
    arrays = [v for v in given.values() if isinstance(v, np.ndarray)]
    lists = []
    for p in wanted:
        named = [given[p.name]] if p.name in given else []
        if p.name in ("t", "k", "n") and not named:
            named = [1, 2, given.get("T", 3)]
        if not named and p.default is p.empty:
            named = arrays[:6]
        lists.append([*named, *([p.default] if p.default is not p.empty else [])])
    return itertools.islice(itertools.product(*lists), MOST_CALLS)


def parts(value):
    """All arrays in a returned value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, tuple | list):
        for one in value:
            yield from parts(one)
    array = compare.to_array(value) if value is not None else None
    if array is not None and array.size:
        yield array


def views(array):
    """An array, and what a line of code makes of it: blocks of gates, sums, transposes, squeezed ones."""
    yield array
    seen = [
        array,
        *(
            a
            for n in (2, 3, 4)
            if array.ndim and array.shape[-1] % n == 0
            for a in np.split(array, n, axis=-1)
        ),
    ]
    for one in seen:
        for made in (
            one,
            *(one.sum(axis=axis) for axis in range(one.ndim)),
            *(one[k] for k in (0, -1) if one.ndim),
        ):
            yield made
            yield np.squeeze(made)
            if made.ndim >= 2:
                yield np.swapaxes(made, -1, -2)


def is_told(wanted, given):
    """Whether an output stands in the arguments already, or holds no information."""
    wanted = np.asarray(wanted, float)
    if not np.any(wanted) or (wanted.size == 1 and wanted.item() == 1):
        return True
    return any(agree(view, wanted) for array in parts(list(given.values())) for view in views(array))


def agree(got, wanted):
    """Whether two arrays are equal up to rounding, which is less than what earns points: no chance hits."""
    return got.shape == wanted.shape and compare.relative_error(got, wanted) < 1e-9


def detours(exercise, functions):
    """{"module.function": outputs of the exercise that it gives}."""
    arguments = instances_and_references(exercise.id, SEED)[0][0]
    reference = instances_and_references(exercise.id, SEED)[1][0]
    names = list(inspect.signature(exercise.reference).parameters)
    given = dict(zip(names, copied(arguments)))
    wanted = {name: value for name, value in reference.items() if not is_told(value, given)}
    found = {}
    every_system = list(systems(given))
    for name, function in functions.items():
        seen = set()  # most calls give what another one gave
        for system in every_system:
            for chosen in calls(function, belonging(system, function.__module__.split(".")[0])):
                if any(value is None for value in chosen[:1]):
                    continue
                try:
                    returned = function(*copied(chosen))
                except Exception:  # arguments that do not fit, or a function that is not there
                    continue
                new = {(array.shape, array.tobytes()): array for array in parts(returned)}
                made = [view for key, array in new.items() if key not in seen for view in views(array)]
                seen.update(new)
                for output, value in wanted.items():
                    if any(agree(view, np.asarray(value, float)) for view in made):
                        found.setdefault(name, set()).add(output)
    return found


def searched(lesson, functions, name):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        left = reduced(functions, name)
        return {
            exercise.id: found
            for exercise in lesson_exercises(lesson)
            if exercise.reference and exercise.kind == "function" and exercise.id not in ALLOWED
            if (found := detours(exercise, left))
        }


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_function_that_is_left_answers_an_exercise(lesson):
    assert searched(lesson, answer_functions(lesson), f"reduced_{lesson}") == {}


@pytest.mark.parametrize(
    "lesson, known",
    [
        ("01", {"01.total_by_recursion": "paths.rtrl", "01.scalar_bptt": "gru.backward"}),
        ("03", {"03.gradient_by_paths": "gru.backward", "03.forward": "gru.forward"}),
        ("09", {"09.lstm97_backward": "lstm.backward"}),
    ],
)
def test_the_search_finds_what_the_families_take_away(lesson, known):
    """With the listed answers alone missing, the detours that gave full marks are found again."""
    listed = [name for exercise in lesson_exercises(lesson) for name in exercise.answers]
    found = searched(lesson, listed, f"listed_{lesson}")
    assert {exercise: name for exercise, name in known.items() if name in found.get(exercise, ())} == known


def test_the_families_name_functions_that_are_there():
    for family in FAMILIES:
        assert family.asked <= family.relatives
        for name in family.relatives:
            module, function = name.split(".")
            assert inspect.isfunction(getattr(importlib.import_module(f"rnnlib.{module}"), function))
    assert with_relatives(["losses.softmax"]) == ("losses.softmax",)
    assert "gru.backward" in with_relatives(["rnn.sweep"]) and "rnn.backward" not in with_relatives(
        ["gru.backward"]
    )
