"""The production line: sources to notebooks, byte for byte, and no edit lost."""

import json
import shutil

import nbformat
import pytest
from tests_root import ROOT

from autograder.authoring import build
from autograder.errors import BuildError
from autograder.exercises import find_exercise
from autograder.feedback.versions import MARK

NAMES = sorted(p.stem for p in (ROOT / "solutions").glob("[0-9][0-9]_*.py"))


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def text(cell):
    return "".join(cell["source"])


@pytest.fixture
def whole_course(tmp_path):
    """A copy of the course's sources and notebooks that a test may change."""
    for folder in ("solutions", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    return tmp_path


@pytest.fixture
def course(whole_course):
    """The first two lessons of such a copy, as if there were no others: building all takes seconds."""
    for name in NAMES[2:]:
        (whole_course / "solutions" / f"{name}.py").unlink()
        for folder in ("solutions", "notebooks"):
            shutil.rmtree(whole_course / folder / name)
    path, others = whole_course / "solutions" / build.DIGESTS, set(NAMES[2:])
    kept = {place: digest for place, digest in read(path).items() if not others & set(place.split("/"))}
    path.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return whole_course


def test_what_the_first_two_lessons_hold_is_built(course):
    assert build.build(course, check=True) == [] and len(list(course.glob("notebooks/*/*.ipynb"))) == 3


def test_a_changed_source_is_noticed_and_built(course):
    source = course / "solutions" / f"{NAMES[0]}.py"
    source.write_text(
        source.read_text(encoding="utf-8").replace("Break something", "Break it"), encoding="utf-8"
    )
    changed = {p.name for p in build.build(course, check=True)}
    assert changed == {f"{NAMES[0]}.ipynb", "digests.json"}
    assert build.build(course) and build.build(course, check=True) == []


def test_committed_notebooks_are_what_the_sources_build():
    assert build.build(ROOT, check=True) == []


def test_what_a_build_writes_is_what_a_check_compares_with(course):
    notebooks = list(course.glob("*/*/*.ipynb"))
    assert len(notebooks) == 5
    for path in notebooks:
        path.unlink()
    build.build(course)
    for path in notebooks:
        assert path.read_bytes() == (ROOT / path.relative_to(course)).read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_ids_are_settled_and_notebooks_valid(name):
    for folder in ("solutions", "notebooks"):
        notebook = read(ROOT / folder / name / f"{name}.ipynb")
        nbformat.validate(notebook)
        ids = [cell["id"] for cell in notebook["cells"]]
        assert len(set(ids)) == len(ids) and all(
            set(i) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") for i in ids
        )
        for cell in notebook["cells"]:
            assert not cell.get("outputs") and cell.get("execution_count") is None
            grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if grade_id:
                assert cell["id"] == grade_id.replace("_", "-").replace(".", "-")


def without(lines, begin, end, stub):
    """Lines with every region from `begin` to `end` replaced by `stub`, indented as it was."""
    out, inside = [], False
    for line in lines:
        if begin in line:
            inside = True
            out += [line[: len(line) - len(line.lstrip())] + s for s in stub]
        elif end in line:
            inside = False
        elif not inside:
            out.append(line)
    return out


@pytest.mark.parametrize("name", NAMES)
def test_the_release_is_the_source_minus_solutions_and_hidden_tests(name):
    solution, released = (
        read(ROOT / f / name / f"{name}.ipynb")["cells"] for f in ("solutions", "notebooks")
    )
    assert [c["id"] for c in solution] == [c["id"] for c in released]
    for before, after in zip(solution, released):
        meta = before["metadata"].get("nbgrader", {})
        lines = text(before).split("\n")
        if before["cell_type"] == "markdown" and meta.get("solution"):
            assert text(after) == "YOUR ANSWER HERE"
            continue
        lines = without(
            lines, "BEGIN SOLUTION", "END SOLUTION", ["# YOUR CODE HERE", "raise NotImplementedError()"]
        )
        lines = without(lines, "BEGIN HIDDEN TESTS", "END HIDDEN TESTS", [])
        assert text(after) == "\n".join(lines)
        after_meta = {
            k: v
            for k, v in after["metadata"].get("nbgrader", {}).items()
            if k not in ("checksum", "cell_type")
        }
        assert after_meta == meta


def solution_lines(name):
    for cell in read(ROOT / "solutions" / name / f"{name}.ipynb")["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            inside = cell["cell_type"] == "markdown"
            for line in text(cell).split("\n"):
                if "SOLUTION" in line:
                    inside = "BEGIN" in line
                elif inside and len(line.strip()) > 16:
                    yield line.strip()


def test_no_line_of_a_solution_is_released():
    released = "\n".join(text(c) for n in NAMES for c in read(ROOT / "notebooks" / n / f"{n}.ipynb")["cells"])
    lines = [line for name in NAMES for line in solution_lines(name)]
    assert len(lines) > 50
    assert [line for line in lines if line in released] == []


def test_an_edited_notebook_is_never_overwritten(course):
    for folder in ("solutions", "notebooks"):
        path = course / folder / NAMES[0] / f"{NAMES[0]}.ipynb"
        original = path.read_bytes()
        notebook = read(path)
        notebook["cells"][0]["source"] = "# Edited by hand"
        path.write_text(json.dumps(notebook), encoding="utf-8")
        edited = path.read_bytes()
        with pytest.raises(BuildError, match=f"{folder}/.*was edited since the last build"):
            build.build(course)
        assert path.read_bytes() == edited
        path.write_bytes(original)


def test_running_a_notebook_is_no_edit(course):
    path = course / "solutions" / NAMES[0] / f"{NAMES[0]}.ipynb"
    notebook = read(path)
    code = next(c for c in notebook["cells"] if c["cell_type"] == "code")
    code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "hello"}]
    code["execution_count"] = 7
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert path in build.build(course)
    assert build.build(course, check=True) == []


def test_adopt_brings_an_edit_back_into_the_source(course):
    path = course / "solutions" / NAMES[1] / f"{NAMES[1]}.ipynb"
    source = course / "solutions" / f"{NAMES[1]}.py"
    before = source.read_text(encoding="utf-8")
    notebook = read(path)
    notebook["cells"][0]["source"] = "# Edited by hand"
    notebook["cells"].append(nbformat.v4.new_code_cell("print('new')"))
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert source in build.build(course, adopt=True)
    after = source.read_text(encoding="utf-8")
    assert "# # Edited by hand" in after and "print('new')" in after
    kept = set(before.splitlines()) - set(after.splitlines())
    assert kept == set(before.split("# %% [markdown]\n")[1].splitlines()) - set(after.splitlines())
    assert build.build(course, check=True) == []
    released = read(course / "notebooks" / NAMES[1] / f"{NAMES[1]}.ipynb")
    assert text(released["cells"][0]) == "# Edited by hand"


def test_sources_are_in_the_form_that_adopt_writes(whole_course):
    """So that adopting one edit changes nothing else."""
    sources = {name: whole_course / "solutions" / f"{name}.py" for name in NAMES}
    before = {name: source.read_text(encoding="utf-8") for name, source in sources.items()}
    for name in NAMES:
        path = whole_course / "solutions" / name / f"{name}.ipynb"
        notebook = read(path)
        notebook["cells"][0]["source"] = "X"
        path.write_text(json.dumps(notebook), encoding="utf-8")
    build.build(whole_course, adopt=True)
    for name, source in sources.items():
        first, rest = source.read_text(encoding="utf-8").split("\n\n# %%", 1)
        assert "X" in first and rest == before[name].split("\n\n# %%", 1)[1], name


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda s: s.replace("### END SOLUTION", "", 1), "no end solution|nested begin solution"),
        (
            lambda s: s.replace('"grade_id": "check_shapes"', '"grade_id": "shapes"'),
            "two cells have the id 'shapes'",
        ),
        (
            lambda s: s.replace('check("00.best_step"', 'print("00.best_step"'),
            "checks no 00.best_step, which",
        ),
        (
            lambda s: s.replace(
                '"grade": true, "grade_id": "check_', '"points": 7, "grade": true, "grade_id": "check_', 1
            ),
            r"check_\w+ has points; those of 00\.\w+ stand in autograder/exercises alone",
        ),
        (
            lambda s: f"{s}\n# %% [markdown]\n# As in exercises 1 to 42.\n",
            "its text names exercise 42, and has 8",
        ),
    ],
)
def test_a_bad_source_is_refused_with_a_reason(course, change, words):
    source = course / "solutions" / f"{NAMES[0]}.py"
    before = (course / "notebooks" / NAMES[0] / f"{NAMES[0]}.ipynb").read_bytes()
    source.write_text(change(source.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(BuildError, match=words):
        build.build(course)
    assert (course / "notebooks" / NAMES[0] / f"{NAMES[0]}.ipynb").read_bytes() == before


def test_a_folder_without_lessons_is_refused(tmp_path):
    with pytest.raises(BuildError, match="no lesson sources"):
        build.build(tmp_path)


def test_points_are_changed_where_they_stand(course):
    """By an edit of the Exercise, which the build follows; not in a notebook."""
    name = NAMES[1]
    exercise, path = find_exercise("01.immediate"), course / "solutions" / name / f"{name}.ipynb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(vars(exercise), "points", 5)
        assert {p.name for p in build.build(course)} == {f"{name}.ipynb", build.DIGESTS}
        for folder in ("solutions", "notebooks"):
            assert points(course / folder / name / f"{name}.ipynb")["check_immediate"] == 5
        build.build(course, adopt=True)
        source = (course / "solutions" / f"{name}.py").read_text(encoding="utf-8")
        assert source == (ROOT / "solutions" / f"{name}.py").read_text(encoding="utf-8")
    build.build(course)
    edited = read(path)
    next(c for c in edited["cells"] if c["id"] == "check-immediate")["metadata"]["nbgrader"]["points"] = 4
    path.write_text(json.dumps(edited), encoding="utf-8")
    with pytest.raises(
        BuildError, match=r"check_immediate has other points than 01\.immediate in .*lesson01"
    ):
        build.build(course, adopt=True)


def points(path):
    """{grade_id: points} of a notebook."""
    marks = [cell["metadata"].get("nbgrader", {}) for cell in read(path)["cells"]]
    return {mark["grade_id"]: mark["points"] for mark in marks if mark.get("grade")}


def test_a_share_of_follow_through_stands_in_the_release(course):
    shutil.copy(ROOT / "nbgrader_config.py", course)
    assert build.build(course, check=True) == []
    with open(course / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write("\nc.Grade.follow_through = 0.5\n")
    build.build(course)
    for folder in ("solutions", "notebooks"):
        cells = read(course / folder / NAMES[1] / f"{NAMES[1]}.ipynb")["cells"]
        (imports,) = [text(cell) for cell in cells if MARK.search(text(cell))]
        assert MARK.search(imports)[2] == "0.5"
