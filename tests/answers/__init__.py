"""Answers to every lesson's exercises, for the tests of checking: one module a lesson."""

from importlib import import_module
from pkgutil import iter_modules

from autograder.authoring.wrong_answers import function_exercises

ANSWERS = [import_module(f".{module.name}", __name__) for module in iter_modules(__path__)]

#: right answers in many styles, by exercise; those of exercises without points apart
STYLES = {key: styles for lesson in ANSWERS for key, styles in getattr(lesson, "STYLES", {}).items()}
UNGRADED = {key: styles for lesson in ANSWERS for key, styles in getattr(lesson, "UNGRADED", {}).items()}
#: the exercises that ask for a backward pass, which have ten styles
BACKWARD = [
    e for e in function_exercises() if e.backward or e.id in ("02.readout_backward", "10.lstm_step_backward")
]
