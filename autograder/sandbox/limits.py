"""How long a submission may take."""

from typing import NamedTuple


class Limits(NamedTuple):
    """Seconds for one cell, for all cells, and for all calls of one answer."""

    cell: float = 20.0
    run: float = 300.0
    answer: float = 5.0
