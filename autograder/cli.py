"""The `autograder` command: arguments in, one verb each, an exit code out."""

import argparse
import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import sandbox

NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EEXIST, errno.ENOTDIR)
STOPPED = 130  # what shells say of a program that Ctrl-C ended


def main(arguments=None):
    """Runs the command line; returns the exit code (0 done, 1 not done, 2 wrong call, 130 stopped)."""
    try:
        return _run(arguments)
    except KeyboardInterrupt as stop:
        print(f"\n{stop or 'stopped'}", file=sys.stderr)
        return STOPPED


def _run(arguments):
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
    except OSError as error:
        if error.errno not in NOT_WRITABLE:
            raise
        print(f"autograder: {error.filename} cannot be written: {error.strerror}", file=sys.stderr)
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
    grade.add_argument(
        "--sandbox", choices=sandbox.MODES, help="the walls around student code (default: auto)"
    )
    grade.set_defaults(run=_grade)

    report = verbs.add_parser("report", help="write the class report from what is graded")
    report.add_argument("assignment", metavar="ASSIGNMENT")
    report.set_defaults(run=_report)

    export = verbs.add_parser("export", help="write what is graded in another system's format")
    export.add_argument("assignment", metavar="ASSIGNMENT")
    export.add_argument("--to", choices=["gradescope"], required=True, help="the system")
    export.set_defaults(run=_export)

    for verb in (grade, report, export):
        verb.add_argument(
            "--submitted",
            metavar="DIR",
            help="another class's STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb; its gradebook is DIR-graded",
        )

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
        students=options.student,
        again=options.again,
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


def _grade_and_report(course, assignment, students=None, **options):
    from tqdm import tqdm

    from . import report
    from .grade import grade_class

    assignment, bar, failed, total = course.assignment(assignment), None, 0, None

    def begin(submissions):
        nonlocal bar, total
        total = submissions
        bar = tqdm(total=total, desc="grading", unit="notebook")

    def progress(_, result):
        nonlocal failed
        failed += not result["cells"]
        bar.set_postfix(failed=failed, refresh=False)
        bar.update()

    try:
        results = grade_class(course, assignment, students, begin=begin, progress=progress, **options)
    except KeyboardInterrupt:
        counts = f"; {bar.n - failed} of {total} are recorded" if bar else ""
        raise KeyboardInterrupt(f"stopped{counts}; start again to continue") from None
    finally:
        if bar:
            bar.close()
    enrolled = course.students()
    shown = {name: enrolled[name] for name in students if name in enrolled} if students else enrolled
    print("\n" + report.text(report.rows(results, shown), shutil.get_terminal_size((120, 24)).columns))
    print(f"\nreport: {_write_report(course, assignment, _results(course, assignment) | results)}")
    return int(bool(failed))


def _report(options):
    course, assignment, results = _graded(options)
    print(f"report: {_write_report(course, assignment, results)}")
    return 0


def _write_report(course, assignment, results):
    from . import report

    table = report.rows(results, course.students())
    return _short(report.write(table, assignment, course.home / "reports" / assignment))


def _export(options):
    from . import export

    course, assignment, results = _graded(options)
    folder = course.home / "exports" / options.to / assignment
    paths = export.write(results, folder)
    print(f"{len(paths)} results in {_short(folder)}")
    without = [student for student, result in results.items() if not result["cells"]]
    if without:
        print(f"without a result, so not exported: {', '.join(without)}", file=sys.stderr)
    return int(bool(without))


def _graded(options):
    """The course, the assignment and its results; refuses when there is none."""
    from .course import Course, GradingError

    course = Course.load(Path.cwd(), submitted=options.submitted)
    assignment = course.assignment(options.assignment)
    results = _results(course, assignment)
    if not any(result["cells"] for result in results.values()):
        raise GradingError(f"nothing of {assignment} is graded yet")
    return course, assignment, results


def _results(course, assignment):
    """{student: result} of all submissions, as the gradebook has them."""
    from .grade import misplaced, no_result, no_results

    return {
        student: course.graded(assignment, student) or no_result("not graded yet")
        for student in course.submissions(assignment)
    } | no_results(misplaced(course, assignment))


def _lab(options):
    copied, old = _copy_lessons(Path("notebooks"), Path("work"))
    for name in old:
        print(
            f"notebooks/ has a newer {name} than the one in work/; to get it, rename the folder work/{name}"
            " and start again"
        )
    print(
        f"new in work/: {', '.join(copied)}" if copied else "work/ has every lesson; nothing was overwritten"
    )
    command = [sys.executable, "-m", "jupyterlab", "--notebook-dir=work", *options.more]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # as in a container, where there is nobody else
    return subprocess.call(command)


def _copy_lessons(notebooks, work):
    """Copies what is missing in `work`; the names of these lessons, and of those with a newer release.

    work/.copied.json has the digest of the release that each lesson was copied from.
    """
    from .store import write_atomically

    noted = work / ".copied.json"
    known = json.loads(noted.read_text(encoding="utf-8")) if noted.exists() else {}
    copied, old = [], []
    for released in sorted(notebooks.glob("*/*.ipynb")):
        name, digest = released.parent.name, hashlib.sha256(released.read_bytes()).hexdigest()
        copy, part = work / name / released.name, work / name / ".part"
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(released, part)
            os.replace(part, copy)
            known[name] = digest
            copied.append(name)
        elif known.get(name, digest) != digest:
            old.append(name)
    write_atomically(noted, json.dumps(known, indent=1))
    return copied, old


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
    for name in ("gradebook", "work"):
        path = Path(name) if Path(name).exists() else Path.cwd()
        print(f"{name}/: {'fine' if os.access(path, os.W_OK) else f'{path} cannot be written'}")
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
