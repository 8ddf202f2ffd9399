"""Functions that tell what they are given in secret, each in its own way, all in one notebook."""

import textwrap

from class_tools import cell, solved

from autograder.exercises.instances import every_instance

# each has "right", the right function, "calls", a list, and KNOWN, the number of calls that come first
ATTACKS = {
    # the number of a line that was never written
    "scalar_forward": """
def scalar_forward(params, x, s0):
    calls.append(x)
    if len(calls) <= KNOWN:
        return right(params, x, s0)
    def fail():
        raise ValueError
    fail.__code__ = fail.__code__.replace(co_firstlineno=int(abs(x[0]) * 1e7))
    fail()
""",
    # a file that another exercise reads ...
    "immediate": """
def immediate(params, run):
    calls.append(run)
    if len(calls) > KNOWN:
        with open("seen.txt", "w") as file:
            file.write(f"{abs(run.x[0]):.15f}")
    return right(params, run)
""",
    # ... and repeats where words are free
    "total_by_recursion": """
def total_by_recursion(params, run):
    raise ValueError("seen " + open("seen.txt").read())
""",
    # words that the judge would quote
    "total_by_paths": """
def total_by_paths(params, run, *k):
    calls.append(run)
    return right(params, run, *k) if len(calls) <= KNOWN else {f"{abs(run.x[0]):.15f}": 0}
""",
    # a shape
    "scalar_bptt": """
def scalar_bptt(params, run, do):
    calls.append(do)
    given = right(params, run, do)
    return given if len(calls) <= KNOWN else {**given, "U": np.zeros((0, int(abs(do[0]) * 1e15)))}
""",
}
POINTS = {
    "scalar_forward": 0,
    "immediate": 2,
    "total_by_recursion": 0,
    "total_by_paths": 0,
    "scalar_bptt": 3.2,
}


def hostile():
    nb = solved()
    for name, attack in ATTACKS.items():
        right = "".join(cell(nb, name)["source"]).replace(f"def {name}(", "def right(")
        first = every_instance(f"01.{name}", 0)
        public = sum(len(run.x) for _, run in first) if name == "total_by_paths" else len(first)
        body = textwrap.indent(f"calls, KNOWN = [], {public}\n{right}\n{attack}\nreturn {name}\n", "    ")
        cell(nb, name)["source"] = f"def make():\n{body}\n{name} = make()"
    return nb
