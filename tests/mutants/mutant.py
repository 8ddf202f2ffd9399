"""A mutant: one small edit of the code that some test has to notice."""

from typing import NamedTuple


class Target(NamedTuple):
    """A file to be edited, and the tests that have to notice."""

    file: str  #: relative to the repository
    tests: tuple[str, ...]  #: files or folders of tests, those that are likely to notice first


class Mutant(NamedTuple):
    """An edit that makes the code wrong."""

    target: Target
    passage: str  #: stands exactly once in the file
    instead: str  #: what stands there in the mutant
    why: str  #: what would be wrong for those who use the code

    def __str__(self):
        old, new = (" ".join(text.split()) or "nothing" for text in (self.passage, self.instead))
        return f"{self.target.file}: {old}  ->  {new}"

    def applied(self, source):
        """The source of the mutant.  Raises ValueError if the passage does not stand exactly once."""
        found = source.count(self.passage)
        if found != 1:
            raise ValueError(f"{self}\n    the passage stands {found} times in the file, expected once")
        return source.replace(self.passage, self.instead)
