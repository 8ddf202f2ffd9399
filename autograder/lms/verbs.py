"""The arguments of the verbs that talk to other systems; what they do is imported when one is called."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[[Namespace], int]


def add_verbs(verbs: Any, run: Callable[[str], Run]) -> tuple[ArgumentParser, ArgumentParser]:
    """(the parser of collect, that of export), added to argparse's parsers of verbs.

    run: the function of `commands` of that name, which is imported when it is called.
    """
    return _add_collect(verbs, run("collect")), _add_export(verbs, run("export"))


def _add_collect(verbs: Any, run: Run) -> ArgumentParser:
    collect: ArgumentParser = verbs.add_parser(
        "collect", help="put a system's download into the folders of submissions"
    )
    collect.add_argument("source", type=Path, metavar="FROM", help="a zip file or a folder")
    collect.add_argument("assignment", metavar="ASSIGNMENT", help="such as 01_scalar_rnn, or 01")
    collect.add_argument(
        "--roster", type=Path, metavar="FILE", help="a CSV with the class, such as the system exports it"
    )
    collect.add_argument(
        "--timezone",
        metavar="NAME",
        help="of the system's times, such as Europe/Berlin (default: this machine's)",
    )
    collect.add_argument(
        "--layout",
        choices=["moodle", "canvas", "brightspace", "flat"],
        help="how the files are named (default: as most of them are)",
    )
    collect.set_defaults(run=run)
    return collect


def _add_export(verbs: Any, run: Run) -> ArgumentParser:
    export: ArgumentParser = verbs.add_parser("export", help="write the grades in another system's format")
    export.add_argument("assignment", metavar="ASSIGNMENT")
    export.add_argument(
        "--to",
        choices=["moodle", "canvas", "brightspace", "csv", "gradescope", "gradescope-autograder"],
        required=True,
        help="the system; the last is the zip that grades there",
    )
    export.add_argument(
        "--column", metavar="NAME", help="what the system calls the assignment (default: ASSIGNMENT)"
    )
    export.set_defaults(run=run)
    return export
