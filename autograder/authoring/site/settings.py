"""What the website has to know about where the project is published."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

with (ROOT / "pyproject.toml").open("rb") as _file:
    # the one place that names them: whoever publishes the course elsewhere changes them there
    _urls = tomllib.load(_file)["project"]["urls"]

REPOSITORY: str = _urls["Repository"].rstrip("/")
HOMEPAGE: str = _urls["Homepage"].rstrip("/") + "/"
BRANCH = "main"


def repository_name(repository: str = REPOSITORY) -> str:
    """OWNER/NAME of a repository's address, as Colab and Binder want it.

    Raises ValueError for an address that is not https://HOST/OWNER/NAME.
    """
    parts = repository.removeprefix("https://").split("/")
    if not repository.startswith("https://") or len(parts) != 3 or not all(parts):
        raise ValueError(
            f"project.urls.Repository is {repository!r} in pyproject.toml; expected https://HOST/OWNER/NAME"
        )
    return f"{parts[1]}/{parts[2]}"


def notebook_path(name: str) -> str:
    """Where the repository has the released notebook of a lesson, such as 01_scalar_rnn."""
    return f"notebooks/{name}/{name}.ipynb"
