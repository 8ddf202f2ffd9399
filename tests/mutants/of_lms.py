"""Mutants of what collects from other systems and exports to them, and of due dates."""

from .mutant import Mutant, Target

WATCHED = ("tests/lms/test_collect.py",)
ARCHIVE = Target("autograder/lms/archive.py", WATCHED)
JOINING = Target("autograder/lms/joining.py", WATCHED)
PEOPLE = Target("autograder/lms/people.py", WATCHED)
SUBMISSIONS = Target("autograder/lms/submissions.py", WATCHED)
COLLECT = Target("autograder/lms/collect.py", WATCHED)
MOVED = Target("autograder/grading/moved_aside.py", WATCHED)
TIMES = Target("autograder/lms/times.py", WATCHED)
SHEETS = Target("autograder/lms/sheets.py", ("tests/lms/test_sheets.py",))
GRADESCOPE = Target("autograder/grading/gradescope.py", ("tests/lms/test_sheets.py",))
EXTENSIONS = Target("autograder/grading/extensions.py", ("tests/grading/test_dates.py",))
GRADE = Target("autograder/grading/grade.py", ("tests/grading/test_dates.py",))
TIMESTAMPS = Target("autograder/grading/timestamps.py", WATCHED)
DATES = Target("autograder/grading/timestamps.py", ("tests/grading/test_dates.py",))

MUTANTS = (
    Mutant(ARCHIVE, 'or ".." in parts or', "or", "A path leads out of the download."),
    Mutant(ARCHIVE, "kind not in (0, stat.S_IFREG)", "False", "A link of a zip file is taken for a file."),
    Mutant(ARCHIVE, "file.read(MOST_BYTES + 1)", "file.read()", "A small zip file fills the memory."),
    Mutant(ARCHIVE, "    if len(data) > MOST_BYTES:", "    if False:", "Half a file is taken for the whole."),
    Mutant(ARCHIVE, "if times[entry.path] == 1]", "]", "Of two files with one name the last is taken."),
    Mutant(JOINING, "        if strangers:", "        if False:",
           "A worksheet of another assignment gives the work to somebody else."),
    Mutant(JOINING, "if len(found) == 1:", "if found:", "Of two students with one name the first has the work."),
    Mutant(PEOPLE, "        if other != student:", "        if False:", "Two students share a folder where names have no case."),
    Mutant(PEOPLE, "if t not in TIMES}", "if t}", "A later submission has the time of an earlier worksheet."),
    Mutant(PEOPLE, "        if len(numbered) == 1:", "        if False:", "An id that the office corrects makes a student two."),
    Mutant(PEOPLE, "        if person.id:\n            return None", "        if False:\n            return None",
           "Somebody new with the name of a student takes that one's place."),
    Mutant(SUBMISSIONS, "key=lambda pair: pair[1])", "key=lambda pair: -pair[1].timestamp())", "The first submission counts."),
    Mutant(SUBMISSIONS, 'elif piece.file.split("/")[-1] in OWN:', "elif False:", "A student writes the time of handing in."),
    Mutant(SUBMISSIONS, "        if len(rivals) > 1:", "        if False:", "Of A.txt and a.txt one overwrites the other."),
    Mutant(COLLECT, "bool(old) and not is_ours", "False", "What an assistant has repaired by hand is overwritten."),
    Mutant(COLLECT, 'written(handed.time) < record.get("time", "")', "False", "An older download replaces a newer one."),
    Mutant(MOVED, "            if not target.exists():", "            if False:", "A kill loses the submission that was moved aside."),
    Mutant(TIMES, "    if not UNAMBIGUOUS.match(text):", "    if False:", "03/04 is the fourth of March."),
    Mutant(TIMESTAMPS, "if said == _collected(", "if said and _collected(", "A date that was edited after collecting counts."),
    Mutant(DATES, "and _as_nbgrader(text) == meant", "", "A date counts that nbgrader takes for another moment."),
    Mutant(SHEETS, "*(own.get(title, \"\") for title in canvas.KEPT[1:])", "*[\"\"] * 4", "Canvas cannot tell whose a grade is."),
    Mutant(SHEETS, "number(grade.score), \"#\"", "number(grade.maximum), \"#\"", "Everybody has full marks in Brightspace."),
    Mutant(GRADESCOPE, '            test["score"] = cell.score', "            pass", "An override does not reach Gradescope."),
    Mutant(GRADESCOPE, '({"score": grade.score} if grade and grade.penalty else {})', "{}", "A late penalty does not reach Gradescope."),
    Mutant(EXTENSIONS, "if until < due:", "if False:", "An extension makes the due date earlier."),
    Mutant(EXTENSIONS, "return later if later > timedelta(0) else None", "return None", "An extension changes nothing."),
    Mutant(GRADE, "if may_be_late(course, assignment):", "if False:", "Marks by hand escape the late penalty."),
)
