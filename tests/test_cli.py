"""The command line: what a verb does, and what a wrong call is told."""

import os
import subprocess
import sys

import pytest
from tests_root import ROOT

from autograder import cli, doctor, lab


def test_without_a_verb_it_prints_the_verbs(capsys):
    assert cli.main([]) == 2
    said = capsys.readouterr().out
    assert all(verb in said for verb in ("build", "grade", "report", "demo", "lab", "doctor"))


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["grade"], ["grade", "x", "--jobs", "0"], ["grade", "x", "--jobs", "two"]]
)
def test_wrong_calls_exit_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert "usage: autograder" in capsys.readouterr().err


def test_doctor_says_one_line_each(capsys):
    assert cli.main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("python 3.") and any(line.startswith("nbgrader 0.9.6: fine") for line in lines)


WITHOUT = """
import sys

class Nowhere:
    def find_spec(self, wanted, path=None, target=None):
        if wanted == {module!r}:
            raise ModuleNotFoundError("No module named " + wanted, name=wanted)

sys.meta_path.insert(0, Nowhere())
from autograder.cli import main
sys.exit(main({verb!r}.split()))
"""


def call_without(module, verb, folder):
    """A verb in a Python of its own, where a module is not installed."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})" + WITHOUT.format(module=module, verb=verb)
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(
    "verb, module, words",
    [
        ("build", "autograder.authoring", "build needs a clone of the course"),
        ("demo", "autograder.authoring", "demo needs a clone of the course"),
        ("build", "jupytext", "build needs jupytext, which is not installed here"),
        ("grade 01", "jupyter_core", "grade needs jupyter_core, which is not installed here"),
        ("report 01", "jupyter_core", "report needs jupyter_core, which is not installed here"),
    ],
)
def test_what_is_not_installed_is_said_in_one_sentence(verb, module, words, tmp_path):
    done = call_without(module, verb, tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"autograder: {words}") and done.stderr.count("\n") == 1, done.stderr


def test_a_missing_module_of_the_package_itself_is_a_mistake_of_ours(tmp_path):
    """The control: it keeps its traceback."""
    assert "ModuleNotFoundError" in call_without("autograder.doctor", "doctor", tmp_path).stderr


def test_lab_says_what_it_lacks_and_makes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["lab"]) == 1 and "no folder notebooks/" in capsys.readouterr().err
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    assert cli.main(["lab"]) == 1 and "lab needs jupyterlab" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notebooks"]


def test_doctor_says_when_no_slip_can_be_named(monkeypatch, capsys, tmp_path):
    assert doctor.slips_problem() == ""  # here the solutions are
    monkeypatch.setattr(doctor, "PACKAGE", tmp_path / "autograder")
    assert cli.main(["doctor"]) == 0
    assert "slips: the banks of slips are missing" in capsys.readouterr().out


def test_lab_copies_lessons_once_and_overwrites_nothing(tmp_path, monkeypatch, capsys):
    calls = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "call", lambda command, env: calls.append(command) or 0)
    lesson = tmp_path / "notebooks" / "00_x"
    lesson.mkdir(parents=True)
    (lesson / "00_x.ipynb").write_text("release")
    assert cli.main(["lab", "--no-browser"]) == 0
    copy = tmp_path / "work" / "00_x" / "00_x.ipynb"
    assert copy.read_text() == "release" and "new in work/: 00_x" in capsys.readouterr().out
    copy.write_text("my answers")
    (lesson / "00_x.ipynb").write_text("a newer release")
    assert cli.main(["lab"]) == 0
    said = capsys.readouterr().out
    assert copy.read_text() == "my answers" and "nothing was overwritten" in said
    assert "has a newer 00_x than work/; `lab --update` brings it, with your answers" in said
    copy.unlink()  # the notebook, not its folder
    assert cli.main(["lab"]) == 0
    said = capsys.readouterr().out
    assert copy.read_text() == "a newer release" and "new in work/: 00_x" in said and "newer" not in said
    assert cli.main(["lab"]) == 0 and "newer" not in capsys.readouterr().out
    assert calls[0][1:5] == ["-m", "jupyterlab", "--notebook-dir=work", "--no-browser"]
    page = tmp_path / "notebooks" / "start_here"
    page.mkdir()
    (page / "start_here.ipynb").write_text("the page")
    assert cli.main(["lab"]) == 0
    assert calls[-1][4] == "--LabApp.default_url=/lab/tree/start_here/start_here.ipynb"


def test_jupyterlab_in_work_has_neither_the_news_nor_nbgrader(tmp_path, monkeypatch):
    """What JupyterLab makes of the settings that `lab` writes, and what it makes of none."""
    config = pytest.importorskip("jupyterlab_server.config")
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.extension.config import ExtensionConfigManager
    from jupyterlab_server.settings_utils import _get_overrides

    def found():
        disabled = config.get_page_config([])["disabledExtensions"]
        overrides = _get_overrides(str(tmp_path))[0]
        manager = ExtensionConfigManager(read_config_path=jupyter_config_path())
        return "@jupyter/nbgrader" in disabled, overrides, manager.get_jpserver_extensions()

    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path / "mine"))
    disabled, overrides, extensions = found()
    assert not disabled and not overrides and extensions["nbgrader.server_extensions.formgrader"] is True
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", lab.write_settings(tmp_path / "work"))
    assert os.environ["JUPYTER_CONFIG_PATH"].endswith(f"{os.pathsep}{tmp_path / 'mine'}")
    disabled, overrides, extensions = found()
    assert disabled and not any(on for name, on in extensions.items() if name.startswith("nbgrader"))
    assert overrides["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
