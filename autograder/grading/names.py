"""Words for groups of equal wrong answers, which an instructor has given them: gradebook/names.toml.

The file has a table for each group, ["01.immediate".4f3a09c1], with `says` and `asks`.  Copied beside another
gradebook, it names the same mistakes there.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from ..errors import GradingError
from ..files import write_atomically
from ..results import Verdict
from ..wording import plain

FILE = "names.toml"
HEAD = "# Words for groups of equal wrong answers, by exercise and fingerprint, from `autograder name`.\n"


class Words(NamedTuple):
    """What the card says to a group, and what it asks."""

    says: str
    asks: str = ""


@dataclass(frozen=True)
class Names:
    """The words of a class, by exercise and fingerprint."""

    words: Mapping[tuple[str, str], Words] = field(default_factory=dict)

    @classmethod
    def read(cls, home: Path) -> "Names":
        """Those that stand in the folder of a gradebook; raises GradingError for a file that is none."""
        path = home / FILE
        if not path.exists():
            return cls()
        try:
            stored = tomllib.loads(path.read_text(encoding="utf-8"))
            words = {
                (exercise, fingerprint): Words(plain(str(w["says"])), plain(str(w.get("asks", ""))))
                for exercise, groups in stored.items()
                for fingerprint, w in groups.items()
            }
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            said = f'{path} cannot be read ({error}); expected tables like ["01.immediate".4f3a09c1]'
            raise GradingError(f"{said} with says = and asks =") from None
        return cls(words)

    def with_words(self, exercise: str, fingerprint: str, words: Words) -> "Names":
        """These, and one more or another."""
        return Names({**self.words, (exercise, fingerprint): words})

    def write(self, home: Path) -> Path:
        """Writes the file; returns its path."""
        tables = [
            f'["{exercise}".{fingerprint}]\nsays = {_text(words.says)}\nasks = {_text(words.asks)}\n'
            for (exercise, fingerprint), words in sorted(self.words.items())
        ]
        write_atomically(home / FILE, "\n".join([HEAD, *tables]))
        return home / FILE

    def told(self, verdict: Verdict) -> Verdict:
        """A verdict with its group's words; as it is where it has none, or a slip or law was found."""
        words = self.words.get((verdict.exercise, verdict.fingerprint))
        if words is None or verdict.slips or verdict.laws:
            return verdict
        return replace(verdict, message=words.says, question=words.asks, named=words.says)


NO_NAMES = Names()


def _text(text: str) -> str:
    """A text as TOML has it, which knows JSON's escapes but for surrogate pairs and what `plain` removes."""
    return json.dumps(plain(text), ensure_ascii=False)
