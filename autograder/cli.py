"""The `autograder` command: arguments in, one verb each, an exit code out.

A room is imported only for its verb, so that help and usage errors come at once.
"""

import argparse
import errno
import sys
from argparse import Namespace
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from .encodings import replace_in_output
from .errors import UserError
from .lms.verbs import add_verbs

NOT_WRITABLE = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EEXIST,
    errno.ENOTDIR,
)
# what a wheel lacks, and of this room all that an sdist lacks and a verb asks for
ONLY_IN_A_CLONE = (
    "autograder.authoring",
    "autograder.authoring.banks",
    "autograder.authoring.demo",
    "autograder.authoring.handout",
    "autograder.authoring.site",
)
STOPPED = 130  # what shells say of a program that Ctrl-C ended


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit code (0 done, 1 not done, 2 wrong call, 130 stopped)."""
    try:
        return _run(arguments)
    except KeyboardInterrupt as stop:
        print(f"\n{stop or 'stopped'}", file=sys.stderr)
        return STOPPED


def _run(arguments: list[str] | None) -> int:
    replace_in_output()
    parser = _parser()
    options, more = parser.parse_known_args(arguments)
    options.more = more
    if options.more and options.verb != "lab":  # JupyterLab has its own arguments
        parser.error(f"unrecognized arguments: {' '.join(options.more)}")
    if options.verb is None:
        parser.print_help()
        return 2
    try:
        return int(options.run(options))
    except UserError as error:
        print(f"autograder: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in NOT_WRITABLE:
            raise
        what = error.filename or "a file"  # the error of a full disk names none
        print(f"autograder: {what} cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        sentence = _what_is_missing(options.verb, error.name or "")
        if not sentence:
            raise
        print(f"autograder: {sentence}", file=sys.stderr)
        return 1


def _what_is_missing(verb: str, module: str) -> str:
    """What a verb lacks where a module was not found; "" for one that should be there."""
    if module in ONLY_IN_A_CLONE:
        return (
            f"{verb} needs a clone of the course: the lessons' sources are not in an installed package; run"
            f" `python3 course.py {verb}` in a clone"
        )
    package = module.split(".")[0]
    if package in ("autograder", "rnnlib", ""):
        return ""
    extra = "site" if verb == "site" else "course"
    return (
        f"{verb} needs {package}, which is not installed here; install this package with its extra `{extra}`"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autograder", description="Builds, grades and reports the course.")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")

    build = verbs.add_parser("build", help="sources -> notebooks and bank")
    build.add_argument("--check", action="store_true", help="write nothing; exit 1 if something would change")
    build.add_argument(
        "--adopt", action="store_true", help="bring edits of solution notebooks into the sources"
    )
    build.set_defaults(run=_build)

    collect, export = add_verbs(verbs, lambda verb: _in_room("lms", verb))
    grade = verbs.add_parser("grade", help="grade an assignment's submissions and report")
    grade.add_argument("assignment", metavar="ASSIGNMENT", help="such as 01_scalar_rnn, or 01")
    grade.add_argument("--student", metavar="ID", action="append", help="only this student; may be repeated")
    grade.add_argument(
        "--again", action="store_true", help="run anew also what has a result, such as a time-out under load"
    )
    grade.add_argument(
        "--jobs", type=_positive, metavar="N", help="notebooks at the same time (default: cores)"
    )
    grade.add_argument(
        "--engine", default="local", metavar="local|dask[:ADDRESS]", help="where they run (default: here)"
    )
    grade.set_defaults(run=_in_grading("grade"))

    report = verbs.add_parser("report", help="write the class report from what is graded")
    report.add_argument("assignment", metavar="ASSIGNMENT", nargs="?", help="without it: the term")
    report.set_defaults(run=_in_grading("write_report"))

    extend = verbs.add_parser("extend", help="give one student a later due date")
    extend.add_argument("student", metavar="STUDENT")
    extend.add_argument("assignment", metavar="ASSIGNMENT")
    extend.add_argument(
        "date",
        metavar="DATE",
        help='such as "2027-03-08 23:59" (UTC) or "2027-03-08 23:59 Europe/Berlin"; or none',
    )
    extend.set_defaults(run=_in_grading("extend"))

    name = verbs.add_parser("name", help="words for a group of equal wrong answers, as the report lists them")
    name.add_argument("exercise", metavar="EXERCISE", help="such as 01.immediate")
    name.add_argument("fingerprint", metavar="FINGERPRINT", help="of the group, as the report has it")
    name.add_argument("--says", required=True, metavar="TEXT", help="what the card says to all of the group")
    name.add_argument("--asks", default="", metavar="TEXT", help="a question that leads on")
    name.set_defaults(run=_in_grading("name"))

    replay = verbs.add_parser("replay", help="judge one answer again on its student's seed; show its numbers")
    replay.add_argument("student", metavar="STUDENT")
    replay.add_argument("exercise", metavar="EXERCISE", help="such as 01.scalar_bptt")
    replay.set_defaults(run=_in_grading("replay"))

    forget = verbs.add_parser("forget", help="remove all that is kept of a student, and say what")
    forget.add_argument("student", metavar="STUDENT")
    forget.add_argument("--handed-in", action="store_true", help="also what was handed in")
    forget.set_defaults(run=_in_grading("forget"))

    for verb in (grade, replay):
        verb.add_argument(
            "--sandbox",
            choices=["auto", "bwrap", "account", "none"],
            help="the walls around student code (default: auto)",
        )
    for verb in (collect, grade, report, export, extend, name, replay, forget):
        whose = verb.add_mutually_exclusive_group()
        whose.add_argument(
            "--class",
            dest="class_name",
            metavar="NAME",
            help="the class of that name, as UNROLLED_CLASS=NAME does; it is kept in gradebook/class-NAME",
        )
        whose.add_argument(
            "--submitted",
            metavar="DIR",
            help="another class's STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb; its gradebook is DIR-graded",
        )

    handout = verbs.add_parser("handout", help="write a folder for students, without the answers")
    handout.add_argument("--to", type=Path, required=True, metavar="DIR", help="where")
    handout.add_argument("--lessons", metavar="01,05", help="only these (default: all)")
    handout.set_defaults(run=_handout)

    demo = verbs.add_parser("demo", help="grade a sample class of lesson 01")
    demo.set_defaults(run=_demo)
    lab = verbs.add_parser("lab", help="copy new lessons into work/ and open JupyterLab there")
    lab.add_argument("--update", action="store_true", help="bring newer lessons, with your answers in them")
    lab.set_defaults(run=_lab)
    site = verbs.add_parser("site", help="build the website")
    site.add_argument("--to", type=Path, default=Path("site"), metavar="DIR", help="where (default: site)")
    site.add_argument("--lite", action="store_true", help="with the edition that runs in the browser")
    site.add_argument(
        "--pyodide", metavar="PATH_OR_URL", help="the Python of that edition (default: its public address)"
    )
    site.set_defaults(run=_site)
    verbs.add_parser("doctor", help="what this machine has and lacks").set_defaults(run=_doctor)
    return parser


def _build(options: Namespace) -> int:
    from .authoring.banks import build_bank
    from .authoring.build import build

    changed = build(Path.cwd(), check=options.check, adopt=options.adopt)
    for path in changed:
        print(f"{'differs' if options.check else 'wrote'} {path.relative_to(Path.cwd())}")
    if options.check:
        return int(bool(changed))
    build_bank()
    print("up to date" if not changed else f"{len(changed)} files written")
    return 0


def _in_room(room: str, verb: str) -> Callable[[Namespace], int]:
    def run(options: Namespace) -> int:
        from .grading.class_folder import chosen_class

        with chosen_class(options.class_name):
            return int(getattr(import_module(f".{room}.commands", __package__), verb)(options))

    return run


def _in_grading(verb: str) -> Callable[[Namespace], int]:
    return _in_room("grading", verb)


def _demo(options: Namespace) -> int:
    from .authoring.demo import demo

    return demo(options)


def _handout(options: Namespace) -> int:
    from .authoring.handout.write import handout

    return handout(options)


def _site(options: Namespace) -> int:
    from .authoring.site.build import site

    return site(options)


def _lab(options: Namespace) -> int:
    from .lab import open_lab

    return open_lab(options.more, options.update)


def _doctor(_: Namespace) -> int:
    from .doctor import print_findings

    print_findings()
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
