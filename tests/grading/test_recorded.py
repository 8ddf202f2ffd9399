"""What is recorded already is asked of the gradebook as well, and a course may lie in any folder."""

import shutil

import pytest
from class_tools import MODE, NAME, command, copy_course, notebook, solved, submit
from nbgrader.api import Gradebook

POINTS = {"ada": 15.0, "bob": 15.0}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class of two; `first.db` is its gradebook of before bob handed in a better notebook."""
    root = copy_course(tmp_path_factory.mktemp("recorded"))
    submit(root, "ada", solved())
    submit(root, "bob", notebook("notebooks"))
    grade(root)
    assert scores(root) == {"ada": 15.0, "bob": 0.0}
    shutil.copy(root / "gradebook" / "gradebook.db", root / "first.db")
    shutil.rmtree(root / "gradebook" / "submitted" / "bob")
    submit(root, "bob", solved())
    grade(root)
    return root


def grade(root):
    return command("autograder", "grade", NAME, "--sandbox", MODE, cwd=root)


def scores(root):
    with Gradebook(f"sqlite:///{root}/gradebook/gradebook.db") as gradebook:
        return {s.student.id: s.score for s in gradebook.assignment_submissions(NAME)}


def copies(root):
    """When each autograded copy was made."""
    made = (root / "gradebook" / "autograded").glob(f"*/{NAME}/{NAME}.ipynb")
    return {path.parts[-3]: path.stat().st_mtime_ns for path in made}


def restored(root, book):
    shutil.copy(root / "first.db", book)


def emptied(root, book):
    book.write_bytes(b"")


def deleted(root, book):
    book.unlink()


def without_bob(root, book):
    with Gradebook(f"sqlite:///{book}") as gradebook:
        gradebook.remove_student("bob")


def without_a_mark(root, book):
    with Gradebook(f"sqlite:///{book}") as gradebook:
        gradebook.find_grade("check_immediate", NAME, NAME, "bob").auto_score = None
        gradebook.db.commit()


# nbgrader takes seconds to make a gradebook, in a process of its own
MADE_ANEW = [pytest.param(lose, marks=pytest.mark.slow) for lose in (emptied, deleted)]


@pytest.mark.parametrize("lose", [restored, without_bob, without_a_mark, *MADE_ANEW])
def test_what_the_gradebook_has_lost_is_recorded_again(graded, lose):
    assert scores(graded) == POINTS
    lose(graded, graded / "gradebook" / "gradebook.db")
    grade(graded)
    assert scores(graded) == POINTS


def test_what_both_have_is_not_recorded_again(graded):
    before = copies(graded)
    grade(graded)
    assert copies(graded) == before and scores(graded) == POINTS


def test_a_course_may_lie_in_any_folder(tmp_path):
    root = copy_course(tmp_path / "unrolled-main (1) [copy] a+b.c")
    submit(root, "ada", solved())
    assert "15/15" in grade(root)
    assert scores(root) == {"ada": 15.0} and list(copies(root)) == ["ada"]
