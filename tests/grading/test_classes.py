"""Several classes of one course: each has submissions, a gradebook, seeds and names of its own."""

import json
import re
import shutil
from pathlib import Path

import pytest
from chromium import chromium
from class_tools import (
    MODE,
    NAME,
    command,
    copy_course,
    exported,
    formgrader_server,
    notebook,
    put_gradebook,
    reported,
    solved,
    submit,
)
from tests_root import ROOT

from autograder.errors import GradingError
from autograder.grading.class_folder import chosen_class, class_folder, for_class
from autograder.grading.course import Course

B = Path("gradebook") / "class-b"


def handed_in(root):
    """The same students in two classes: who is right in one class is wrong in the other."""
    submit(root, "ada", solved())
    submit(root, "ada", notebook("notebooks"), home=B)
    submit(root, "bob", solved(), home=B)


@pytest.fixture(scope="module")
def two_classes(tmp_path_factory):
    """A course whose class b was graded first, then the one without a name."""
    root = copy_course(tmp_path_factory.mktemp("classes"))
    put_gradebook(root / B)
    handed_in(root)
    command("autograder", "grade", NAME, "--class", "b", "--sandbox", MODE, cwd=root)
    assert (
        not (root / "gradebook" / "autograded").exists() and not (root / "gradebook" / "seeds.json").exists()
    )
    command("autograder", "grade", NAME, "--sandbox", MODE, cwd=root)
    return root


def files(folder):
    """{path: content} below a folder, but for another class's."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith("class-")
    }


def test_each_class_has_places_of_its_own(two_classes, monkeypatch):
    assert reported(two_classes, "gradebook") == {"ada": "15"}
    assert reported(two_classes, B) == {"ada": "0", "bob": "15"}
    secrets = [json.loads((two_classes / home / "seeds.json").read_text()) for home in ("gradebook", B)]
    assert secrets[0].keys() == secrets[1].keys() and secrets[0] != secrets[1]
    assert exported(two_classes) == {"ada": 15}
    monkeypatch.setenv("UNROLLED_CLASS", "b")
    assert exported(two_classes) == {"ada": 0, "bob": 15}
    assert Course.load(two_classes).config.CourseDirectory.course_id == "unrolled-b"
    said = command("autograder", "replay", "bob", "01.immediate", "--sandbox", MODE, cwd=two_classes)
    assert "gradebook: 2 of 2 points" in said


def test_what_is_done_to_one_class_leaves_the_other_as_it_is(two_classes, tmp_path, monkeypatch):
    root = tmp_path / "course"
    shutil.copytree(two_classes, root)
    before = files(root / "gradebook")
    said = command("autograder", "export", NAME, "--to", "gradescope", "--class", "b", cwd=root)
    assert f"2 results in {B}/exports/gradescope" in said
    monkeypatch.setenv("UNROLLED_CLASS", "b")
    assert f"{B}/reports/term.html" in command("autograder", "report", cwd=root)
    command("nbgrader", "generate_feedback", NAME, cwd=root)
    assert (root / B / "feedback" / "bob" / NAME / f"{NAME}.html").exists()
    said = command("autograder", "forget", "ada", "--handed-in", cwd=root)
    assert f"removed: {B}/autograded/ada" in said and f"removed: {B}/submitted/ada" in said
    assert Course.load(root).students().keys() == {"bob"} and not (root / B / "submitted" / "ada").exists()
    assert files(root / "gradebook") == before
    monkeypatch.delenv("UNROLLED_CLASS")
    assert Course.load(root).students().keys() == {"ada"}


@pytest.mark.parametrize("name", ["..", "B", "a/b", "-b", "b" * 31, "ü", "b\n"])
def test_a_name_that_no_folder_should_have_is_refused(name, tmp_path):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    said = command("autograder", "report", f"--class={name}", cwd=tmp_path, code=1)
    assert f"the class is {name!r}, expected at most 30 lower-case letters" in said
    with chosen_class(name), pytest.raises(GradingError):
        class_folder()


def test_nbgrader_does_not_go_on_without_its_file_where_the_class_has_no_name(tmp_path, monkeypatch):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    monkeypatch.setenv("UNROLLED_CLASS", "B")
    with pytest.raises(GradingError) as caught:
        class_folder()
    command("nbgrader", "list", cwd=tmp_path, code=f"nbgrader_config.py: {caught.value}")  # how it exits
    assert {path.name for path in tmp_path.iterdir()} == {"nbgrader_config.py"}


def test_a_configuration_that_would_mix_two_classes_is_refused(tmp_path):
    path = tmp_path / "nbgrader_config.py"
    shutil.copy(ROOT / path.name, path)
    text = path.read_text(encoding="utf-8")
    with chosen_class("b"):
        assert Course.load(tmp_path).home == tmp_path / B
        path.write_text(text + "\nc.CourseDirectory.db_url = 'postgresql:///one'\n", encoding="utf-8")
        with pytest.raises(GradingError, match=r"has the same c\.CourseDirectory\.db_url for class b"):
            Course.load(tmp_path)
        own = "\nc.CourseDirectory.db_url = f\"postgresql:///{for_class('one')}\"\n"
        path.write_text(text + own, encoding="utf-8")
        assert Course.load(tmp_path).home == tmp_path / B
    assert Course.load(tmp_path).home == tmp_path / "gradebook"


def test_a_class_is_named_for_as_long_as_a_command_runs(monkeypatch):
    with chosen_class("b"):
        assert class_folder() == B and for_class("unrolled") == "unrolled-b"
        with chosen_class(""):
            assert class_folder() == Path("gradebook") and for_class("unrolled") == "unrolled"
        with chosen_class(None):
            assert class_folder() == B
    monkeypatch.setenv("UNROLLED_CLASS", "c")
    with chosen_class("b"):
        pass
    assert class_folder() == Path("gradebook") / "class-c"


@pytest.mark.slow  # a server and a browser
def test_formgrader_shows_and_grades_the_class_in_a_browser(two_classes, tmp_path, monkeypatch):
    root = tmp_path / "course"
    shutil.copytree(two_classes, root)
    before = files(root / "gradebook")
    submit(root, "cyd", solved(), home=B)
    monkeypatch.setenv("UNROLLED_CLASS", "b")
    with formgrader_server(root) as call, chromium() as browser:
        tab = browser.new_page(extra_http_headers={"Authorization": "token t"})
        tab.goto(f"{call.address}/formgrader/manage_submissions/{NAME}")
        row = tab.locator("tr", has=tab.get_by_text("cyd", exact=True))
        row.wait_for()
        assert {"ada", "bob", "cyd"} <= set(re.findall(r"\w+", tab.locator("tbody").inner_text()))
        row.locator(".autograde a").click()
        tab.get_by_text("Success").first.wait_for(timeout=120_000)
        tab.goto(f"{call.address}/formgrader/gradebook/{NAME}/{NAME}")
        tab.locator("tbody tr").nth(2).wait_for()
        assert tab.locator("tbody tr").count() == 3
        tab.locator("tbody tr a").first.click()
        tab.locator("input.score#check_immediate[placeholder]").wait_for()  # the marks have been loaded
        box = tab.locator("input.score#proof")
        box.fill("2")
        with tab.expect_response(lambda answer: answer.request.method == "PUT") as saved:
            box.press("Tab")
        assert saved.value.ok
    assert sorted(exported(root).values()) in ([0, 15, 17], [2, 15, 15])  # whose answer it was is not shown
    assert files(root / "gradebook") == before
    monkeypatch.delenv("UNROLLED_CLASS")
    assert exported(root) == {"ada": 15}
