"""What a submission's functions said, as answers that can be judged: nothing of the student's is run."""

from collections.abc import Iterator, Mapping

from ..answers import RecordedAnswer
from ..errors import Unanswered
from ..sandbox.answer import Lines, introduction, outcome_of
from ..sandbox.conversation import Conversation


def recorded_answer(conversation: Conversation, written: Lines) -> RecordedAnswer:
    """The answer that repeats what it said in a conversation.

    In the first round the arguments were public, in the later ones secret.  written: the lines of the
    submission's code; where arguments are secret, an error is quoted with such a line or without any.
    """
    rounds = tuple(
        tuple(outcome_of(call, number > 0, written) for call in calls)
        for number, calls in enumerate(conversation.rounds)
    )
    said = introduction(conversation)
    for outcome in (outcome for calls in rounds for outcome in calls):
        if isinstance(outcome.error, Unanswered) and not outcome.error.at:
            outcome.error.at = said.name
    return said.with_rounds(rounds, conversation.given)


class RecordedAnswers(Mapping[int, RecordedAnswer]):
    """The answers of several conversations, see `recorded_answer`; each is made when it is asked for.

    What it was made of is small beside it: all at once would fill the memory.
    """

    def __init__(self, conversations: Mapping[int, Conversation], written: Lines) -> None:
        self._conversations, self._written = conversations, written

    def __getitem__(self, index: int) -> RecordedAnswer:
        """The answer to a check, by the index of its cell."""
        return recorded_answer(self._conversations[index], self._written)

    def __iter__(self) -> Iterator[int]:
        """The indices."""
        return iter(self._conversations)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._conversations)
