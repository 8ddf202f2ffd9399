"""The exceptions that rooms raise for each other, so that catching one needs no other room."""


class AnswerError(Exception):
    """An error of the student's function that was already put into words where it happened."""


class ProcessEnded(AnswerError):
    """The process of the student's function has ended."""


class TimeLimitExceeded(BaseException):
    """Not an Exception, so that a student's `except Exception` does not swallow it."""


class Unreadable(ValueError):
    """A return value from which no outputs can be read."""


class CheckFailed(Exception):
    """Nothing was earned.  Shown as one line: the card above it has the reasons."""

    def _render_traceback_(self) -> list[str]:
        return [f"CheckFailed: {self}"]


class PassageError(ValueError):
    """A slip's right passage does not stand exactly once in the solution."""


class UserError(Exception):
    """A command cannot do what it was asked for; the message is the sentence to show."""


class BuildError(UserError):
    """The notebooks cannot be built; the message says why and what to do."""


class GradingError(UserError):
    """Grading cannot go on; the message says what is missing."""


class InUse(UserError):
    """Two grading runs would write the same gradebook."""


class Unavailable(UserError):
    """No sandbox can be made on this machine; the message says why and what helps."""


class Infrastructure(Exception):
    """The worker did not come to run student code; that says nothing about the submission."""


class Stopped(Exception):
    """Grading was stopped; that says nothing about the submission."""


class Unanswered(NotImplementedError):
    """A function of the student's, called `at`, says that it is not written yet."""

    def __init__(self, at: str):
        super().__init__(at)
        self.at = at


class StaleRun(BaseException):
    """The judge needs a call that a stored run does not hold, so the submission has to be run anew.

    Not an Exception, because the judge takes an Exception for an error of the student's code.
    """
