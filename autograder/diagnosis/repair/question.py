"""What is asked of an answer: the public instances with their right outputs, and how it is called."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ...compare import Reference
from ...results import Output

Arguments = tuple[Any, ...]


class Question(NamedTuple):
    """An exercise, as far as the search has to know it; this much may lie beside student code.

    own: how many of the instances the check uses, which come first; what is right on the others too is
    right.  sizes: how many numbers the arguments of each hold.  call: calls the answer on an instance; None
    where it is called once with the arguments.
    """

    outputs: tuple[str, ...]
    instances: tuple[Arguments, ...]
    references: tuple[Reference, ...]
    own: int
    sizes: tuple[int, ...]
    call: Callable[[Callable[..., Any], Arguments], Any] | None = None

    def ask(self, function: Callable[..., Any], arguments: Arguments) -> Any:
        """What a function returns on an instance."""
        return self.call(function, arguments) if self.call else function(*arguments)


class Told(NamedTuple):
    """What the answer itself gave on the check's instances: whether it raised, and the judged outputs."""

    raises: bool
    outputs: Mapping[str, Output]
