"""The repository's root, for tests that read or copy its files."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
