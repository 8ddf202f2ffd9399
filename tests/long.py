"""What takes too long for every commit: `python -m tests.long [NAME …]`, by hand before a release.

Each part asserts; its figures go to standard output.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "grading")]


def fifty_kills():
    """Fifty kills of one grading at chosen moments end in the gradebook of an undisturbed run."""
    import test_resume

    copies = 120
    kills = [("runs", n) for n in range(1, 20)] + [("results", n) for n in range(20, 40)]
    kills += [("autograded", n) for n in range(40, 51)]
    with tempfile.TemporaryDirectory() as folder:
        test_resume.must_end_alike(Path(folder), copies, kills)
    return f"{len(kills)} kills, {copies} submissions: the same gradebook"


def styles():
    """Every correct style of every exercise is accepted on fifty seeds."""
    from answers import ANSWERS

    from autograder import diagnose

    found = 0
    for lesson in ANSWERS:
        for exercise_id, functions in getattr(lesson, "STYLES", {}).items():
            for function in functions:
                for seed in range(1000, 1050):
                    verdict = diagnose(exercise_id, function, seed)
                    assert verdict.correct, (exercise_id, seed, verdict.message)
                    found += 1
    return f"{found} judgements of right answers, none refused"


OF_HOSTILES = ["-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "--slow", "tests/sandbox/test_hostile.py"]


def hostile_class():
    """All that breaks, cheats or spies, in one class: by `grade`, and anew by nbgrader alone."""
    environment = {**os.environ, "UNROLLED_LONG": "1"}
    return _passed(
        subprocess.run([sys.executable, *OF_HOSTILES], env=environment, capture_output=True, text=True)
    )


def hostile_class_of_an_ordinary_user():
    """The same, graded by somebody who is not root."""
    from ordinary_user import run_as_ordinary_user

    return _passed(run_as_ordinary_user(["env", "UNROLLED_LONG=1", sys.executable, *OF_HOSTILES], 3600))


def _passed(done):
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return done.stdout.strip().splitlines()[-1]


PARTS = {"kills": fifty_kills, "styles": styles, "hostile": hostile_class}
PARTS |= {"ordinary": hostile_class_of_an_ordinary_user}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.long", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="NAME", help=", ".join(PARTS))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.parts if name not in PARTS]
    if unknown:
        parser.error(f"no part {', '.join(unknown)}; expected some of {', '.join(PARTS)}")
    for name in arguments.parts or PARTS:
        began = time.process_time(), time.perf_counter()
        said = PARTS[name]()
        print(f"{name}: {said} ({time.perf_counter() - began[1]:.0f} s)", flush=True)
