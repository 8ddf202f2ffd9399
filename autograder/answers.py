"""What every room calls an answer, wherever its code runs: here, in a sandbox, or in an earlier run."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import CodeType
from typing import Any, Protocol, runtime_checkable

from .errors import ProcessEnded, StaleRun

# names a value by what it holds, and appends the functions in it to a list
Fingerprint = Callable[[Any, list[Callable[..., Any]]], str]


class Answer(Protocol):
    """A student's function as the judge calls it.

    It raises `errors.AnswerError`, `Unanswered` or `TimeLimitExceeded` where the student's code
    runs elsewhere, and whatever that code raises where it runs here.
    """

    #: what the student's function is called
    name: str
    #: what the student calls the arguments; () where that cannot be known
    names: tuple[str, ...]
    #: whether the arguments are secret, so that nothing made of them may be repeated
    private: bool
    #: whether a call has modified its arguments
    modified: bool
    #: the function itself where it runs in this process, so that its text can be looked at
    function: Callable[..., Any] | None

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns."""


@runtime_checkable
class StandIn(Protocol):
    """Stands for an object that stayed in a sandbox."""

    said: str  #: describes it
    shape: tuple[int, ...] | None  #: of an array that was too large to cross


def stand_in_for(value: object) -> StandIn | None:
    """`value` if it stands for something that stayed in a sandbox."""
    return value if isinstance(value, StandIn) and isinstance(value.said, str) else None


class LocalAnswer:
    """A function in this process."""

    private = False
    modified = False

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        """name: for a function that has none."""
        code = getattr(function, "__code__", None)
        self.function: Callable[..., Any] | None = function
        self.name = getattr(function, "__name__", name)
        self.names: tuple[str, ...] = ()
        if isinstance(code, CodeType):
            self.names = code.co_varnames[: code.co_argcount]

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns."""
        assert self.function is not None
        return self.function(*arguments)


@dataclass(frozen=True)
class Outcome:
    """What came of one call: a value, or an error to raise.

    arguments: their fingerprint.  modified: whether the call has modified them.  asked: the values of
    functions among the arguments that the student's function asked for on the way: which of them, with
    which arguments, and the fingerprint of what it was told.
    """

    arguments: str
    value: Any = None
    error: BaseException | None = None
    modified: bool = False
    asked: tuple[tuple[int, list[Any], str], ...] = ()


class RecordedAnswer:
    """A function in an earlier run, which returns again what it returned then.

    known: "function", "value", "missing" (no such name), or "" when its process was gone.
    """

    function: Callable[..., Any] | None = None

    def __init__(
        self,
        known: str,
        name: str = "",
        names: tuple[str, ...] = (),
        value: Any = None,
        rounds: tuple[tuple[Outcome, ...], ...] = (),
        fingerprint: Fingerprint = lambda value, functions: repr(value),
    ) -> None:
        """rounds: the outcomes of each round of calls.  fingerprint: names a value by what it holds."""
        self.known, self.name, self.names, self.value = known, name, names, value
        self.private, self.modified, self.lost = False, False, False
        self._rounds, self._fingerprint = iter(rounds), fingerprint
        self._calls: list[Outcome] = []
        self._stand_ins: tuple[Callable[..., Any], ...] = ()
        #: earlier functions in whose place others stood in the rounds after the secret one
        self.given: tuple[str, ...] = ()
        #: whether one of those was asked with all that this function was called with
        self.passed_on = False

    def with_rounds(
        self, rounds: tuple[tuple[Outcome, ...], ...], given: tuple[str, ...] = ()
    ) -> "RecordedAnswer":
        """The same function with these rounds of calls; given: see `given`."""
        made = RecordedAnswer(self.known, self.name, self.names, self.value, rounds, self._fingerprint)
        made.given = given
        return made

    def begin_round(self, private: bool, stand_ins: Iterable[Callable[..., Any]] = ()) -> None:
        """Starts the next round of calls.

        private: whether its arguments are secret.  stand_ins: the functions that stood in the place of
        earlier answers then.
        """
        self.private, self.modified, self._stand_ins = private, False, tuple(stand_ins)
        self._calls = list(next(self._rounds, ()))

    def __call__(self, *arguments: Any) -> Any:
        """What the function returned; raises StaleRun when it was asked something else then."""
        functions: list[Callable[..., Any]] = []
        if not self._calls or self._calls[0].arguments != self._fingerprint(arguments, functions):
            raise StaleRun
        outcome = self._calls.pop(0)
        functions += self._stand_ins
        for number, given, told in outcome.asked:
            if self._fingerprint(told_by(functions, number, given), []) != told:
                raise StaleRun
            if self._stand_ins and self._fingerprint(tuple(given), []) == outcome.arguments:
                self.passed_on = True
        self.modified = self.modified or outcome.modified
        self.lost = self.lost or isinstance(outcome.error, ProcessEnded)
        if outcome.error is not None:
            raise outcome.error
        return outcome.value


def told_by(functions: list[Callable[..., Any]], number: int, arguments: list[Any]) -> dict[str, Any]:
    """The value of a function that was an argument, such as the loss of a gradient check, or its error."""
    try:
        return {"returned": functions[number](*arguments)}
    except Exception as error:  # the student's arguments may be anything
        return {"error": f"{type(error).__name__}: {error}"[:200]}
