"""Notebooks as nbformat has them; a module of its own, as nbformat takes seconds to import."""

from typing import Any

import nbformat


def as_node(notebook: dict[str, Any]) -> nbformat.NotebookNode:
    """A notebook's JSON as nbformat's node, with sources as single strings; ValueError if it is invalid."""
    cells = [{**cell, "source": "".join(cell["source"])} for cell in notebook["cells"]]
    node: nbformat.NotebookNode = nbformat.from_dict({**notebook, "cells": cells})
    try:
        nbformat.validate(node)
    except nbformat.ValidationError as error:
        raise ValueError(f"it is no valid notebook: {error.message}") from None
    return node
