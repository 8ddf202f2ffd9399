"""The `autograder` command: arguments in, one verb each, an exit code out."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import sandbox


def main(arguments=None):
    """Runs the command line; returns the exit code (0 done, 1 not done, 2 wrong call)."""
    parser = _parser()
    options, options.more = parser.parse_known_args(arguments)
    if options.more and getattr(options, "run", None) is not _lab:  # JupyterLab has its own arguments
        parser.error(f"unrecognized arguments: {' '.join(options.more)}")
    if not hasattr(options, "run"):
        parser.print_help()
        return 2
    from .build import BuildError
    from .course import GradingError
    from .store import InUse

    try:
        return options.run(options)
    except (BuildError, GradingError, InUse, sandbox.Unavailable) as error:
        print(f"autograder: {error}", file=sys.stderr)
        return 1


def _parser():
    parser = argparse.ArgumentParser(prog="autograder", description="Builds, grades and reports the course.")
    verbs = parser.add_subparsers(metavar="VERB")

    build = verbs.add_parser("build", help="sources -> notebooks and bank")
    build.add_argument("--check", action="store_true", help="write nothing; exit 1 if something would change")
    build.add_argument(
        "--adopt", action="store_true", help="bring edits of solution notebooks into the sources"
    )
    build.set_defaults(run=_build)

    grade = verbs.add_parser("grade", help="grade an assignment's submissions and report")
    grade.add_argument("assignment", metavar="ASSIGNMENT", help="such as 01_scalar_rnn")
    grade.add_argument("--student", metavar="ID", help="only this student")
    grade.add_argument(
        "--jobs", type=_positive, metavar="N", help="notebooks at the same time (default: cores)"
    )
    grade.add_argument(
        "--engine", default="local", metavar="local|dask[:ADDRESS]", help="where they run (default: here)"
    )
    grade.add_argument(
        "--sandbox", choices=sandbox.MODES, help="the walls around student code (default: auto)"
    )
    grade.add_argument("--submitted", metavar="DIR", help="where STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb are")
    grade.set_defaults(run=_grade)

    report = verbs.add_parser("report", help="write the class report from what is graded")
    report.add_argument("assignment", metavar="ASSIGNMENT")
    report.set_defaults(run=_report)

    export = verbs.add_parser("export", help="write what is graded in another system's format")
    export.add_argument("assignment", metavar="ASSIGNMENT")
    export.add_argument("--to", choices=["gradescope"], required=True, help="the system")
    export.set_defaults(run=_export)

    verbs.add_parser("demo", help="grade a sample class of lesson 01").set_defaults(run=_demo)
    lab = verbs.add_parser("lab", help="copy new lessons into work/ and open JupyterLab there")
    lab.set_defaults(run=_lab)
    verbs.add_parser("doctor", help="what this machine has and lacks").set_defaults(run=_doctor)
    return parser


def _build(options):
    from .build import build, build_bank

    changed = build(Path.cwd(), check=options.check, adopt=options.adopt)
    for path in changed:
        print(f"{'differs' if options.check else 'wrote'} {path.relative_to(Path.cwd())}")
    if options.check:
        return int(bool(changed))
    build_bank()
    print("up to date" if not changed else f"{len(changed)} files written")
    return 0


def _grade(options):
    from .course import Course

    return _grade_and_report(
        Course.load(Path.cwd(), submitted=options.submitted),
        options.assignment,
        student=options.student,
        jobs=options.jobs,
        mode=options.sandbox,
        where=options.engine,
    )


def _demo(_):
    from . import sample
    from .course import Course

    course = Course.load(Path.cwd(), home=Path("gradebook") / "demo")
    submitted = course.home / "submitted"
    if not submitted.exists():
        sample.write_class(course.root, submitted)
    print(f"Grading the sample class in {_short(submitted)} (delete the folder to have it made anew).")
    mode = "auto"
    if sandbox.problem():
        mode = "none"
        print(f"Without a sandbox, as this class is harmless: {sandbox.problem()}")
    return _grade_and_report(course, sample.ASSIGNMENT, mode=mode)


def _grade_and_report(course, assignment, student=None, **options):
    from tqdm import tqdm

    from . import report
    from .grade import grade_class

    total = 1 if student else len(course.submissions(assignment))
    with tqdm(total=total, desc="grading", unit="notebook") as bar:
        failures = 0

        def progress(_, result):
            nonlocal failures
            failures += result is None
            bar.set_postfix(failed=failures, refresh=False)
            bar.update()

        results = grade_class(course, assignment, student, progress=progress, **options)
    table = report.rows(results)
    print("\n" + report.text(table, shutil.get_terminal_size((120, 24)).columns))
    if student is None:
        path = report.write(table, assignment, course.home / "reports" / assignment)
        print(f"\nreport: {_short(path)}")
    return int(any(result is None for result in results.values()))


def _report(options):
    from . import report
    from .grade import misplaced, no_results

    course, results = _graded(options.assignment)
    results |= no_results(misplaced(course, options.assignment))
    folder = course.home / "reports" / options.assignment
    print(f"report: {_short(report.write(report.rows(results), options.assignment, folder))}")
    return 0


def _export(options):
    from . import export
    from .course import GradingError

    course, results = _graded(options.assignment)
    folder = course.home / "exports" / options.to / options.assignment
    paths = export.write(results, folder)
    if not paths:
        raise GradingError(f"nothing of {options.assignment} is graded yet")
    print(f"{len(paths)} results in {_short(folder)}")
    return int(len(paths) < len(results))


def _graded(assignment):
    """The course, and {student: result or None} from the store."""
    from .course import Course

    course = Course.load(Path.cwd())
    course.released(assignment)
    store = course.store(assignment)
    graded = store.graded()
    found = course.submissions(assignment)
    return course, {student: store.read(graded[student]) if student in graded else None for student in found}


def _lab(options):
    copied = [folder.name for folder in sorted(Path("notebooks").iterdir()) if _copy_lesson(folder)]
    print(
        f"new in work/: {', '.join(copied)}" if copied else "work/ has every lesson; nothing was overwritten"
    )
    command = [sys.executable, "-m", "jupyterlab", "--notebook-dir=work", *options.more]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # as in a container, where there is nobody else
    return subprocess.call(command)


def _copy_lesson(folder):
    target = Path("work") / folder.name
    if target.exists():
        return False
    shutil.copytree(folder, target)
    return True


def _doctor(_):
    from importlib import metadata

    print(
        f"python {sys.version.split()[0]}: {'fine' if sys.version_info >= (3, 11) else 'needs 3.11 or newer'}"
    )
    for name in ("numpy", "jupyterlab", "nbgrader", "jupytext", "matplotlib"):
        try:
            print(f"{name} {metadata.version(name)}: fine")
        except metadata.PackageNotFoundError:
            print(f"{name}: missing; run `python3 course.py demo` once, or pip install -e .[course]")
    alembic = shutil.which("alembic") or (Path(sys.executable).parent / "alembic").exists()
    print(f"sandbox (bubblewrap): {sandbox.problem() or 'fine'}")
    print(f"alembic (nbgrader needs it): {'fine' if alembic else 'missing'}")
    return 0


def _positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number


def _short(path):
    path = Path(path)
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


if __name__ == "__main__":
    sys.exit(main())
