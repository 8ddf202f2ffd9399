"""Ends of lines: Git on Windows, emulated by its settings, writes the files of a clone as they are."""

import shutil
import subprocess

import pytest
from tests_root import ROOT

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git on this machine")
WINDOWS = ["-c", "core.autocrlf=true", "-c", "core.eol=crlf"]


def checked_out(folder, *with_attributes):
    """The bytes of a source that Git, set up as on Windows, has written."""
    text = "# %% [markdown]\n# # A lesson\n"
    subprocess.run(["git", "init", "-q", folder], check=True)
    (folder / "lesson.py").write_bytes(text.encode())
    for path in with_attributes:
        shutil.copy(path, folder)
    subprocess.run(["git", "-C", folder, *WINDOWS, "add", "."], check=True, stderr=subprocess.DEVNULL)
    (folder / "lesson.py").unlink()
    subprocess.run(["git", "-C", folder, *WINDOWS, "checkout", "-q", "--", "."], check=True)
    return (folder / "lesson.py").read_bytes()


def test_a_clone_has_the_same_bytes_on_windows(tmp_path):
    assert b"\r" not in checked_out(tmp_path, ROOT / ".gitattributes")


def test_without_the_attributes_it_has_not(tmp_path):
    assert b"\r\n" in checked_out(tmp_path)
