"""Loggers for nbgrader's programs, which talk to a terminal by default."""

import logging


class Listener(logging.Handler):
    """Appends the messages of errors to a list."""

    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.said = said

    def emit(self, record: logging.LogRecord) -> None:
        """Appends one message."""
        self.said.append(record.getMessage())


def listening_log() -> tuple[logging.Logger, list[str]]:
    """(log, said): a logger for nbgrader that appends its errors to the list `said`."""
    said: list[str] = []
    log = logging.Logger("nbgrader")
    log.addHandler(Listener(said))
    return log, said


def silent_log() -> logging.Logger:
    """A logger for nbgrader that shows nothing."""
    silent = logging.Logger("nbgrader", logging.CRITICAL)
    silent.addHandler(logging.NullHandler())
    return silent
