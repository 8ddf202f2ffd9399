"""Where a page leads: the ways to open a lesson, and files of the repository that are no pages."""

import posixpath
import re
from html import escape
from urllib.parse import quote

from .settings import BRANCH, REPOSITORY, notebook_path, repository_name

MARKDOWN_LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")


def launch_links(name: str, has_lite: bool = False, repository: str = REPOSITORY) -> str:
    """HTML with the ways to open the lesson `name`: in the browser, Colab, Binder, and to download it."""
    path = notebook_path(name)
    ways = {}
    if has_lite:
        ways["In the browser"] = f"../../{in_browser(name)}"
    if repository.startswith("https://github.com/"):  # the other two read from there
        place = repository_name(repository)
        ways["Colab"] = f"https://colab.research.google.com/github/{place}/blob/{BRANCH}/{path}"
        ways["Binder"] = (
            f"https://mybinder.org/v2/gh/{place}/{BRANCH}?urlpath={quote(f'lab/tree/{path}', safe='')}"
        )
    links = [f'<a href="{escape(target)}">{way}</a>' for way, target in ways.items()]
    links.append(f'<a href="{name}.ipynb" download>Download the notebook</a>')
    return f'<nav class="launch" aria-label="Open this lesson"><span>Open:</span> {" ".join(links)}</nav>\n'


def in_browser(name: str) -> str:
    """Where the edition for browsers opens the lesson `name`, seen from the site's top.

    JupyterLab's own `reset`, which closes what was open at the last visit, is no part of it: JupyterLite
    would take the path away meanwhile, and open nothing.
    """
    return f"lite/lab/index.html?path={quote(f'{name}/{name}.ipynb', safe='')}"


def with_outside_links(text: str, page: str, pages: set[str], repository: str = REPOSITORY) -> str:
    """Markdown whose links to files that are no pages lead into the repository.

    page: where the text stands in the repository.  pages: the files that the site has.
    """

    def lead(found: re.Match[str]) -> str:
        before, target, part, after = found.groups(default="")
        if "://" in target or target.startswith(("mailto:", "<")):
            return found[0]
        place = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
        if place in pages or place.startswith(".."):
            return found[0]
        return f"{before}{repository}/blob/{BRANCH}/{place}{part}{after}"

    return MARKDOWN_LINK.sub(lead, text)
