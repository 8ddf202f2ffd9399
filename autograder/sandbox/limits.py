"""How long a submission may take."""

from typing import NamedTuple

STOOD_STILL = 10.0  # seconds: who wakes up so much later than asked was not running, and the sandbox neither
SLEPT = "the machine stood still, so that what took too long is not known"


class Limits(NamedTuple):
    """Seconds of work for one cell and for all calls of one answer; by the clock for all cells.

    For what is limited by work there is `protocol.PATIENCE` times as long by the clock.
    """

    cell: float = 20.0
    run: float = 300.0
    answer: float = 5.0
