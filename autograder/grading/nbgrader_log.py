"""Loggers for nbgrader's programs, which talk to a terminal by default."""

import logging


def listening_log():
    """(log, said): a logger for nbgrader that keeps its errors in the list `said`."""
    said = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: said.append(record.getMessage())
    log = logging.Logger("nbgrader")
    log.addHandler(handler)
    return log, said


def silent_log():
    """A logger for nbgrader that keeps its progress to itself."""
    silent = logging.Logger("nbgrader", logging.CRITICAL)
    silent.addHandler(logging.NullHandler())
    return silent
