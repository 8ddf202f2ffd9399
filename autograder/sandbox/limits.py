"""How long a submission may take."""

from typing import NamedTuple


class Limits(NamedTuple):
    """Seconds of work for one cell and for all calls of one answer; by the clock for all cells.

    For what is limited by work there is `protocol.PATIENCE` times as long by the clock.
    """

    cell: float = 20.0
    run: float = 300.0
    answer: float = 5.0
