"""What the website has to know about where the project is published."""

import re
import tomllib
from pathlib import Path

from ...errors import BuildError

ROOT = Path(__file__).resolve().parents[3]

BRANCH = "main"


def addresses(pyproject: Path) -> tuple[str, str]:
    """(repository, homepage) that a pyproject.toml names, the one place that does.

    Raises BuildError where one is missing or is no address that links could lead to.
    """
    urls = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"].get("urls", {})
    repository, homepage = (str(urls.get(name, "")).rstrip("/") for name in ("Repository", "Homepage"))
    repository_name(repository)
    if not re.fullmatch(r"https?://[^/\s]+(/\S+)?", homepage):
        raise BuildError(
            f"project.urls.Homepage is {homepage!r} in {pyproject.name}; expected the address of the website"
        )
    return repository, homepage + "/"


def repository_name(repository: str) -> str:
    """OWNER/NAME of a repository's address, as Colab and Binder want it.

    Raises BuildError for an address that is not https://HOST/OWNER/NAME.
    """
    found = re.fullmatch(r"https://[^/\s]+/([^/\s]+/[^/\s]+)", repository)
    if found is None:
        raise BuildError(
            f"project.urls.Repository is {repository!r} in pyproject.toml; expected https://HOST/OWNER/NAME"
        )
    return found[1]


def notebook_path(name: str) -> str:
    """Where the repository has the released notebook of a lesson, such as 01_scalar_rnn."""
    return f"notebooks/{name}/{name}.ipynb"


REPOSITORY, HOMEPAGE = addresses(ROOT / "pyproject.toml")
