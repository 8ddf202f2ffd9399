"""Slips of one expression: a factor or a term that is missing, another in its place, or a wrong sign.

A backward pass consists of products and sums.  An exercise names the parts of each; code and words of what
can go wrong with them are made here, so that exercises which are alike know the same mistakes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from . import Slip

Words = Mapping[str, str]  # code: words


class Product(NamedTuple):
    """A product in a solution, and what it and its factors are called."""

    name: str  #: what the ids of its slips begin with
    passage: str  #: its code, factors joined by " * "; stands exactly once in the solution
    what: str  #: what it is, at the beginning of a sentence: "The block of i"
    asks: str  #: a question that leads to the right factors
    factors: Words  #: those that may be forgotten
    #: {words of a factor, or of several beside each other: (its code, what may be written there)}
    instead: Mapping[str, tuple[str, Words]] = {}
    sign: bool = True  #: whether a wrong sign has no words of its own yet

    def slips(self) -> Iterator[Slip]:
        """A slip for each factor that is missing, for each that another replaces, and for the sign."""
        for code, words in self.factors.items():
            yield self._slip(
                f"without {words}", _without(self.passage, code, " * "), f"misses the factor {words}"
            )
        for words, (code, others) in self.instead.items():
            for other, wrong in others.items():
                yield self._slip(
                    f"{wrong} for {words}",
                    self.passage.replace(code, other, 1),
                    f"has {wrong} in the place of {words}",
                )
        if self.sign:
            yield self._slip("negative", f"-{self.passage}", "has the wrong sign")

    def _slip(self, label: str, wrong: str, says: str) -> Slip:
        return Slip(_id(self.name, label), self.passage, wrong, f"{self.what} {says}.", self.asks)

    def form(self, passage: str) -> tuple[str, ...]:
        """What says whether two passages are the same product: the factors in an order of their own."""
        return tuple(sorted(part.strip("()") for part in passage.split(" * ")))


class Sum(NamedTuple):
    """A sum in a solution, and what it and its terms are called."""

    name: str  #: what the ids of its slips begin with
    passage: str  #: its code, terms joined by " + "; stands exactly once in the solution
    what: str  #: what it is, at the beginning of a sentence: "The carry to h_{t-1}"
    asks: str  #: a question that leads to the right terms
    terms: Words

    def slips(self) -> Iterator[Slip]:
        """A slip for each term that is missing, and for each that is subtracted."""
        for code, words in self.terms.items():
            rest = _without(self.passage, code, " + ")
            yield self._slip(f"without {words}", rest, f"{self.what} misses {words}.")
            yield self._slip(f"minus {words}", f"{rest} - {code}", f"In {_inside(self.what)}, {words} is "
                             "subtracted; it should be added.")

    def _slip(self, label: str, wrong: str, says: str) -> Slip:
        return Slip(_id(self.name, label), self.passage, wrong, says, self.asks)

    def form(self, passage: str) -> tuple[str, ...]:
        """What says whether two passages are the same sum: the terms in an order of their own."""
        return tuple(sorted(passage.replace(" - ", " + -").split(" + ")))


def with_expressions(slips: Sequence[Slip], *expressions: Product | Sum) -> tuple[Slip, ...]:
    """An exercise's slips and those of its expressions, without what has words of its own already."""
    found = list(slips)
    for expression in expressions:
        right, form = expression.passage, expression.form
        known = {form(right.replace(slip.right, slip.wrong)) for slip in found if slip.right in right}
        for slip in expression.slips():
            if form(slip.wrong) not in known:
                known.add(form(slip.wrong))
                found.append(slip)
    return tuple(found)


def _without(passage: str, part: str, sign: str) -> str:
    """A product or a sum without one of its parts."""
    left = passage.split(sign)
    left.remove(part)
    return sign.join(left)


def _inside(what: str) -> str:
    """A beginning of a sentence as it stands within one."""
    return what[0].lower() + what[1:]


def _id(name: str, label: str) -> str:
    """An id of letters and digits that tells labels apart."""
    spelt = label.replace("²", " squared").replace("+", " plus ").replace("'", " slope")
    return re.sub(r"[^A-Za-z0-9]+", "_", f"{name} {spelt}").strip("_")
