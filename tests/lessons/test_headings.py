"""Headings are in order: one title, and no level left out, so that a page can be read by its outline."""

import json
import re

import pytest
from tests_root import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))


def jumps(texts):
    """Headings that are more than one level below the one before, and titles after the first."""
    level = 0
    for text in texts:
        for marks, title in re.findall(r"^(#+) (.+)", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M):
            if len(marks) > level + 1 or (level and len(marks) == 1):
                yield title
            level = len(marks)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_headings_are_in_order(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    assert not list(jumps(texts))


def test_a_jump_and_a_second_title_are_noticed():
    assert list(jumps(["# a\n\n```\n### code\n```\n## b\n### c", "## d\n#### e", "# f"])) == ["e", "f"]
