"""`python -m tests.mutants`: would the tests notice?  Each line edits the code so that it is wrong.

Not part of the gate, since it runs tests some hundred times.
"""

import argparse
import sys

from . import of_autograder, of_lms, of_rnnlib
from .run import Broken, survivors

MUTANTS = of_rnnlib.MUTANTS + of_autograder.MUTANTS + of_lms.MUTANTS


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.splitlines()[0])
    parser.add_argument("select", nargs="*", help="only mutants whose line or reason contains this")
    parser.add_argument("--list", action="store_true", help="which mutants there are, and why")
    parser.add_argument("--default", action="store_true", help="run the default run, not the tests named")
    options = parser.parse_args(arguments)
    wanted = [m for m in MUTANTS if not options.select or any(t in f"{m} {m.why}" for t in options.select)]
    if not wanted:
        parser.error(f"no mutant contains {' or '.join(options.select)}")
    if options.list:
        for mutant in wanted:
            print(f"{mutant}\n    {mutant.why}")
        return 0
    tests = ("tests",) if options.default else None
    try:
        alive = survivors(wanted, tests=tests, say=lambda line: print(line, flush=True))
    except (Broken, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{len(wanted)} mutants, {len(wanted) - len(alive)} killed, {len(alive)} survived")
    for mutant in alive:
        print(f"  {mutant}\n    {mutant.why}")
    return int(bool(alive))


if __name__ == "__main__":
    sys.exit(main())
