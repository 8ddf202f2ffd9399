"""Mutants of the autograder.

Modules move: a file and the tests that watch it are named once, at the top.
"""

from .mutant import Mutant, Target

COMPARE = Target("autograder/compare.py", ("tests/diagnosis/test_facts.py", "tests/diagnosis/test_diagnose.py"))
FACTS = Target("autograder/diagnosis/facts.py", (
    "tests/diagnosis/test_facts.py", "tests/diagnosis/test_diagnose.py", "tests/diagnosis/test_bad_input.py",
))
DIAGNOSE = Target("autograder/diagnosis/diagnose.py", (
    "tests/diagnosis/test_diagnose.py", "tests/diagnosis/test_bad_input.py", "tests/diagnosis/test_remarks.py",
    "tests/sandbox/test_hostile.py",
))
SLIPS = Target("autograder/diagnosis/match_slips.py", (
    "tests/diagnosis/test_slip_bank.py", "tests/diagnosis/test_match_pairs.py",
    "tests/diagnosis/test_match_slips.py", "tests/diagnosis/test_mutation_gate.py",
))
LAWS = Target("autograder/diagnosis/laws.py", ("tests/diagnosis/test_laws.py",))
SEARCH = Target("autograder/diagnosis/repair/find_lines.py", ("tests/diagnosis/test_repair.py",))
SOURCE = Target("autograder/diagnosis/repair/source.py", ("tests/diagnosis/test_repair.py",))
LINES = Target("autograder/grading/line_search.py", ("tests/grading/test_line_search.py",))
LINES_OF_CLASS = Target("autograder/grading/lines_of_class.py", ("tests/grading/test_line_search.py",))
HOOKS = Target("autograder/grading/nbgrader_hooks.py", ("tests/grading/test_bad_days.py",))
LOCATED = Target("autograder/feedback/located.py", ("tests/feedback/test_located.py",))
SPECTRUM = Target("autograder/diagnosis/path_spectrum.py", ("tests/diagnosis/test_path_spectrum.py",))
CARRY_OVER = Target("autograder/carry_over.py", ("tests/test_lab.py",))
LAB = Target("autograder/lab.py", ("tests/test_lab.py",))
HANDOUT = Target("autograder/authoring/handout/passages.py", ("tests/authoring/test_handout.py",))
CORRUPTED = Target("autograder/diagnosis/match_corruptions.py", ("tests/diagnosis/test_corruptions.py",))
CORRUPTIONS = Target("autograder/exercises/corruptions.py", ("tests/diagnosis/test_corruptions.py",))
PROBES = Target("autograder/exercises/probes.py", ("tests/diagnosis/test_corruptions.py",))
PATHS = Target("autograder/exercises/sweep_paths.py", ("tests/diagnosis/test_corruptions.py",))
KEYS = Target("autograder/grading/keys.py", (
    "tests/grading/test_result_store.py", "tests/grading/test_stages.py",
))
SEEDS = Target("autograder/grading/seeds.py", ("tests/grading/test_seeds.py",))
HTML = Target("autograder/grading/clean_html.py", ("tests/grading/test_html.py",))
TABLE = Target("autograder/grading/class_table.py", ("tests/grading/test_html.py",))
FOLDERS = ("tests/grading/test_hostile_folders.py",)
WORDING = Target("autograder/wording.py", FOLDERS)
CELLS = Target("autograder/worker/cells.py", ("tests/worker/test_worker.py",))
FILES = Target("autograder/grading/submission_files.py", FOLDERS)
TIMESTAMPS = Target("autograder/grading/timestamps.py", (*FOLDERS, "tests/grading/test_timestamps.py"))
SUBMISSION = Target("autograder/grading/submission.py", FOLDERS)
NOTEBOOK_FILE = Target("autograder/grading/notebook_file.py", (*FOLDERS, "tests/grading/test_reading.py"))
HELPER = Target("autograder/grading/helper.py", ("tests/grading/test_helper.py",))
RECORDING = Target("autograder/grading/recording.py", ("tests/grading/test_helper.py",))
BOOKLOCK = Target("autograder/grading/gradebook_lock.py", ("tests/grading/test_bad_days.py",))
COURSE = Target("autograder/grading/course.py", FOLDERS)
STORE = Target("autograder/grading/result_store.py", (
    "tests/grading/test_result_store.py", "tests/grading/test_resume.py", "tests/grading/test_bad_days.py",
))
WALLS = Target("autograder/sandbox/bubblewrap.py", ("tests/worker/test_worker.py", "tests/sandbox/test_walls.py"))
FILTER = Target("autograder/sandbox/seccomp.py", ("tests/sandbox/test_seccomp.py",))
CALLS = Target("autograder/sandbox/seccomp_calls.py", ("tests/sandbox/test_seccomp.py", "tests/sandbox/test_walls.py"))
SUPERVISOR = Target("autograder/worker/supervisor.py", ("tests/sandbox/test_walls.py",))
MEMORY = Target("autograder/worker/memory.py", ("tests/worker/test_memory.py",))
BOX = Target("autograder/sandbox/box.py", ("tests/worker/test_worker.py", "tests/worker/test_memory.py"))
MESSAGES = Target("autograder/worker/messages.py", ("tests/worker/test_worker.py",))
ANSWER = Target("autograder/sandbox/answer.py", ("tests/worker/test_worker.py", "tests/sandbox/test_hostile.py"))
RECORDED = Target("autograder/answers.py", ("tests/grading/test_stages.py", "tests/sandbox/test_hostile.py"))
REPAIR = Target("autograder/grading/repair_notebook.py", (
    "tests/grading/test_reading.py", "tests/grading/test_autograder_grade.py",
))
PROGRESS = Target("autograder/feedback/progress.py", ("tests/feedback/test_progress.py",))
RECAP = Target("autograder/feedback/recap.py", ("tests/feedback/test_progress.py",))
BUILD = Target("autograder/authoring/build.py", ("tests/authoring/test_build.py", "tests/grading/test_reading.py"))
FOLLOWING = ("tests/grading/test_follow_through.py",)
FOLLOW = Target("autograder/diagnosis/follow_through.py", FOLLOWING)
FOLLOW_JUDGE = Target("autograder/grading/judge_submission.py", FOLLOWING)
RIGHT_STAND_IN = Target("autograder/exercises/stand_ins.py", FOLLOWING)
FINGERPRINT = Target("autograder/diagnosis/fingerprint.py", ("tests/grading/test_groups.py",))
NAMES = Target("autograder/grading/names.py", ("tests/grading/test_groups.py",))
GRADES = Target("autograder/grading/grades.py", ("tests/grading/test_grades.py",))
CELLS_IN_LINE = Target("autograder/grading/cells_in_line.py", ("tests/grading/test_lesson_changes.py",))
NOTEBOOK_FOLLOW = Target("autograder/feedback/follow_through.py", ("tests/feedback/test_follow_through.py",))
CLASSES = Target("autograder/grading/course.py", ("tests/grading/test_classes.py",))
DATABASE = Target("autograder/grading/database.py", ("tests/grading/test_database.py",))

MUTANTS = (
    Mutant(COMPARE, "TOLERANCE = 1e-4", "TOLERANCE = 1e-2",
           "Gradients that are off by half a per cent get full marks."),
    Mutant(COMPARE, 'array.dtype.kind not in "biuf" or', 'array.dtype.kind not in "biufc" or',
           "Imaginary parts are dropped before anything is compared."),
    Mutant(COMPARE, "and np.array_equal(a[~finite], b[~finite], equal_nan=True)", "",
           "Infinity agrees with NaN, so that a mistake is recognised by what it does not do."),
    Mutant(FACTS, "worst = max(per_instance", "worst = min(per_instance",
           "The numbers on the card are those of the instance that shows least."),
    Mutant(FACTS, "else max((o[name] for o in per_instance), key=lambda o: (not o.ok, o.error))", "else output",
           "An output that is wrong on one instance only is taken for right."),
    Mutant(FACTS, "if gate is not None and not outputs[gate].ok:", "if False:",
           "A check that refuses everything earns the points for refusing what is wrong."),
    Mutant(FACTS, "if not np.isfinite(array).all():", "if False:", "NaN is called a difference instead of NaN."),
    Mutant(DIAGNOSE, "if not equal_arguments(mine, arguments) or", "if",
           "A function that writes into its caller's arrays is not told so."),
    Mutant(DIAGNOSE, "    if right == {name: output.ok for name, output in public.outputs.items()}:\n", "    if True:\n",
           "What is right on the public instances only earns its points."),
    Mutant(DIAGNOSE, 'f"{type(error).__name__}." if answer.private else said', "said",
           "The judge's own error over what came back repeats the secret inputs."),
    Mutant(DIAGNOSE, 'missing = "Not answered yet." if at == answer.name else',
           'missing = "Not answered yet." if True else',
           "A student is told to answer what is answered, instead of the earlier exercise it calls."),
    Mutant(SLIPS, "if changed and fits and (whole or is_telling(made.values(), changed)):", "if changed and fits:",
           "An array of zeros, which any unfinished answer has, is called a misunderstanding."),
    Mutant(SLIPS, "if not any(m.outputs < other.outputs for other in found)", "",
           "A slip that explains a part is named beside the one that explains everything."),
    Mutant(LAWS, "if len(factors) < 2 or min", "if len(factors) < 1 or min",
           "A factor is called a law though one instance alone shows it."),
    Mutant(CORRUPTED, "if entries[most] > 1 or _is_round(most)", "if True",
           "Clipping is named though one entry alone is smaller."),
    Mutant(CORRUPTED, "for i in (SMALL, *range(SMALL), *range(SMALL + 1, len(trial.instances))):",
           "for i in (SMALL,):", "A cut is named that one instance alone shows."),
    Mutant(CORRUPTED, "any(norm > most * (1 + compare.TOLERANCE) for norm, _ in norms)", "False",
           "A norm is named that another instance exceeds."),
    Mutant(CORRUPTIONS, "MARGIN = 10.0", "MARGIN = 0.0",
           "Instances are taken that do not tell clipped and cut gradients from right ones."),
    Mutant(PROBES, "LOUD = 30.0", "LOUD = 1.0", "No instance is large enough to show a clip at 10."),
    Mutant(PROBES, "if is_telling(exercise, arguments, is_loud):", "if True:",
           "Secret instances are taken as they come, though corruptions pass on them."),
    Mutant(PATHS, "for a in range(1, self.steps - k + 1)]", "for a in range(self.steps - k + 1)]",
           "A cut is compared with a sum that lacks the first steps."),
    Mutant(LAWS, "if not np.allclose(parts, parts[0], rtol=1e-3, atol=1e-3):", "if False:",
           "Weight decay is named with the number that one instance gives."),
    Mutant(LAWS, "if order != ours and all(", "if order != ours and any(",
           "An order of gates is named that holds on one instance only."),
    Mutant(LAWS, "if all(w.ndim == 2 and compare.same", "if any(w.ndim == 2 and compare.same",
           "A transpose is named that holds on one instance only."),
    Mutant(SEARCH, "if not raises and not _is_same(", "if False and not _is_same(",
           "A line of a text that is no longer the function's is shown."),
    Mutant(SOURCE, "value if _is_shared(value) else deepcopy(value)", "value",
           "The search for a line writes into the notebook's own lists and arrays."),
    Mutant(SOURCE, "if used in LASTING or", "if", "The search for a line writes the student's files again and again."),
    Mutant(LINES, "if not is_there or own != text:", "if False:",
           "Beside student code any line of the notebook can be made the one to look at."),
    Mutant(LINES, " and not verdict.slips", "", "A class's seconds are spent on answers that have a name already."),
    Mutant(LINES_OF_CLASS, "if search.key not in asked and", "if", "Each copy of a source is searched anew."),
    Mutant(LINES_OF_CLASS, "if self.known.may_search:", "if True:", "The search for lines never ends for a class."),
    Mutant(HOOKS, "keep_others_out(parent, course)", "pass", "nbgrader writes the gradebook that `grade` is writing."),
    Mutant(LOCATED, "if verdict.slips:", "if False:", "A line contradicts the mistake that has been named."),
    Mutant(SPECTRUM, "return coefficients if residual < 1e-3 else None", "return coefficients",
           "Paths are drawn of arrays that are no sum of paths."),
    Mutant(CORRUPTED, "at most {k - 1} step", "at most {k} step", "A cut is said to be one step longer than it is."),
    Mutant(KEYS, "_walled(mode), limits]", "_walled(mode)]",
           "A time-out under one limit is taken for the result under another."),
    Mutant(KEYS, "files, seed, _runner_version", "files, _runner_version",
           "A result on other secret inputs is taken for this one's."),
    Mutant(KEYS, "_runner_version(lesson), _walled", "_walled", "A corrected sandbox goes on giving the old points."),
    Mutant(KEYS, "sorted(given.items()), files, seed", "sorted(given.items()), seed", "Other files beside the notebook do not lead to another run."),
    Mutant(KEYS, ", _judge_version(lesson)])", "])", "A corrected judge goes on giving the old points."),
    Mutant(STORE, "fcntl.LOCK_EX | (0 if", "fcntl.LOCK_SH | (0 if",
           "Two grading runs write one gradebook at the same time."),
    Mutant(SEEDS, "if assignment not in together:", "if True:", "Every grading run draws new secret inputs."),
    Mutant(SEEDS, "hmac.new(secret.encode(), student.encode(", 'hmac.new(secret.encode(), "".encode(',
           "All students have one seed, and what one learns serves the others."),
    Mutant(STORE, "if run.is_small:", "if True:", "What a submission returns fills the grader's disk."),
    Mutant(WALLS, '"--as-pid-1", "--unshare-net"]', '"--as-pid-1"]', "Student code reaches the machine's sockets."),
    Mutant(WALLS, '"--unshare-pid", "--as-pid-1"', '"--unshare-pid"', "Student code stops what watches it."),
    Mutant(WALLS, '*_devices()]', '"--dev", "/dev"]', "Student code uses up the machine's terminals."),
    Mutant(FILTER, "(IF_EQUAL, 1, 0, MACHINES[machine])", "(IF_EQUAL, 1, 1, MACHINES[machine])",
           "Calls of another architecture pass, under numbers that mean something else."),
    Mutant(FILTER, "(IF_GREATER, 0, 1, NEWEST)", "(IF_EQUAL, 0, 1, NEWEST)", "Calls of x32 and newer ones pass."),
    Mutant(FILTER, "return [load, (IF_EQUAL, 1, 0, test.value), refuse]", "return [load, (IF_EQUAL, 1, 0, 0), refuse]",
           "Sockets of all families are refused, or none."),
    Mutant(CALLS, '"keyctl": (250, 219)', '"keyctl": (251, 219)', "Keys pass from one submission to the next."),
    Mutant(CALLS, "LOCKS = (6, 7, 37, 38)", "LOCKS = (6, 7)", "Locks of open files pass, and two submissions talk."),
    Mutant(SUPERVISOR, "memory.hide_memory()", "memory.show_memory()",
           "Student code writes the memory of the process that watches it."),
    Mutant(MEMORY, " + _socket_buffers()", "", "Memory is held in sockets, where nobody counts it."),
    Mutant(MEMORY, "return _resident(pid)", "return 0", "A process that hides its pages is not counted."),
    Mutant(BOX, 'del limits["NPROC"]', "pass", "Without walls an account that runs much cannot grade."),
    Mutant(BOX, '"memory": MEMORY if place.walled else None', '"memory": None',
           "A submission can take all of the machine's memory with many processes."),
    Mutant(MESSAGES, "    if length > limit:", "    if False:",
           "A forged length makes the grader wait for bytes without end."),
    Mutant(MESSAGES, "if len(text) > LARGEST_TEXT:", "if False:",
           "A huge JSON text keeps the other submissions waiting."),
    Mutant(MESSAGES, "begin, self._at = self._at, self._at + count * dtype.itemsize",
           "begin, self._at = 0, count * dtype.itemsize",
           "One array named three hundred times unfolds to more memory than there is."),
    Mutant(MESSAGES, "or array.nbytes > left[1]", "", "One array returned three hundred times is sent as often."),
    Mutant(HELPER, "resource.setrlimit(resource.RLIMIT_DATA, (1024 * held + more, hard))", "pass",
           "One notebook fills the machine's memory."),
    Mutant(HELPER, "if not connection.poll(seconds):", "if False:", "One submission keeps everybody waiting for ever."),
    Mutant(RECORDING, "            if len(batch) == 1:", "            if True:",
           "One that cannot be recorded keeps its neighbours out of the gradebook."),
    Mutant(BOOKLOCK, 'database.execute("BEGIN EXCLUSIVE")', "pass",
           "A gradebook that another program writes ends grading without a sentence."),
    Mutant(STORE, "if key not in keys]", "if False]",
           "What no submission has any more is kept for ever."),
    Mutant(SEEDS, "together = (kept or {}) | (found or {})", "together = found or {}",
           "A lost file of seeds has the whole class run anew."),
    Mutant(NOTEBOOK_FILE, "    reason = _too_much_code(cells)", "    reason = ''", "Reading a huge cell as Python fills the memory."),
    Mutant(NOTEBOOK_FILE, "many = pictures > MOST_PICTURES", "many = False",
           "A notebook of 600,000 attachments takes minutes to record."),
    Mutant(MESSAGES, "if min(shape, default=0) < 0:", "if False:", "A forged shape may be negative."),
    Mutant(ANSWER, " and (number, text) in written", "",
           "Secret inputs leave the sandbox as the source line of an error."),
    Mutant(ANSWER, '    if private:\n        text = ""', '    if False:\n        text = ""',
           "Secret inputs leave the sandbox as the message of an error."),
    Mutant(RECORDED, "if not self._calls or self._calls[0].arguments != self._fingerprint(arguments, functions):",
           "self._fingerprint(arguments, functions)\n        if not self._calls:",
           "What a function returned for other inputs is judged as if it were for these."),
    Mutant(FILES, "        if place.is_symlink():", "        if False:",
           "A link to a neighbour's folder earns the neighbour's grade."),
    Mutant(TIMESTAMPS, "    if not kind_of(path):\n        with suppress", "    if True:\n        with suppress",
           "A FIFO called timestamp.txt stops the class for ever."),
    Mutant(FILES, '    if kind and kind != "a folder":', "    if False:",
           "A FIFO in place of the notebook has no reason of its own."),
    Mutant(TIMESTAMPS, "if believed.every or _is_recorded(folder, said, believed.inbound):", "if True:",
           "A date that a student has written is believed."),
    Mutant(TIMESTAMPS, "return any(_text(inbound / name / SECRET) == secret for name in known)", "return bool(known)",
           "A date is believed beside a secret that the student has made up."),
    Mutant(FILES, 'elif kind == "a folder" and name == assignment:', "elif False:",
           "A lesson appears as a student."),
    Mutant(HTML, "return (clean(rendered) if", "return (rendered if",
           "What a student wrote runs in the feedback and in formgrader."),
    Mutant(HTML, "        return PREFIX + value", "        return value",
           "An id in a text takes the place of formgrader's own field."),
    Mutant(TABLE, "return f\"'{shown}\" if", "return shown if", "The name of a folder is a formula in a spreadsheet."),
    Mutant(HTML, "> MOST_CHARACTERS or page.get(SPENT, 0.0) > PAGE_SECONDS:", "> MOST_CHARACTERS:",
           "A page of slow texts keeps everybody waiting."),
    Mutant(WORDING, " or bidirectional(c) in TURNING", "", "A name turns the text after it around."),
    Mutant(WORDING, """    return "holds [, which nbgrader takes for the beginning of a pattern" if "[" in name else \"\"""", '    return ""',
           "A folder whose name is a pattern is passed over, and nobody is told."),
    Mutant(FILES, 'if name.startswith(".") and os.path.lexists(place / assignment):', "if False:",
           "A folder called ... is passed over, and nobody is told."),
    Mutant(FILES, "        \"a device\": lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode),\n", "",
           "A device in place of a file is read without an end."),
    Mutant(FILES, "if len(files) > MOST_FILES or looked_at > MOST_LOOKED_AT:", "if False:",
           "A folder of a million links keeps the class waiting."),
    Mutant(SUBMISSION, "for name in others[:MOST_OVERLOOKED]:", "for name in others:",
           "A thousand notebooks beside an empty one are parsed."),
    Mutant(SUBMISSION, "submission_files.beginning(listed[name], left + 1)", "submission_files.beginning(listed[name])",
           "Gigabytes of notebooks beside an empty one are parsed."),
    Mutant(CELLS, "signal.setitimer(signal.ITIMER_PROF, seconds)", "signal.setitimer(signal.ITIMER_REAL, seconds)",
           "A function that works for ever has four times its time."),
    Mutant(CELLS, "signal.setitimer(signal.ITIMER_REAL, PATIENCE * seconds)", "signal.setitimer(signal.ITIMER_REAL, seconds)",
           "Right functions run out of time on a busy machine."),
    Mutant(ANSWER, "if len(exchange.replies) == MOST_ASKED:", "if False:", "A function keeps the grader answering."),
    Mutant(WALLS, "*_without_pressure(), *_devices()", "*_devices()", "Student code has the kernel watch the machine."),
    Mutant(NOTEBOOK_FILE, "    if markers:", "    if False:", "The markers of a merge are called no JSON."),
    Mutant(SUBMISSION, "        submission = _with_overlooked(submission, released, listed, path)", "        pass",
           "A filled copy beside an untouched release gets no points, and nobody looks."),
    Mutant(COURSE, "if not name_problem(name)}", "if name}",
           "A line break in one folder's name keeps its whole batch out of the gradebook."),
    Mutant(REPAIR, "if _is_locked(original) and _source(cell) != _source(original):", "if False:",
           "An edited check cell stays as the student wrote it."),
    Mutant(REPAIR, 'for cell in reversed(notebook["cells"]):', 'for cell in notebook["cells"]:',
           "Of two cells with one id the first counts, though the last is what was run."),
    Mutant(REPAIR, '        cell["metadata"].pop("tags", None)', "        pass",
           "A cell keeps its tag raises-exception, and its errors look expected."),
    Mutant(BUILD, 'if "points" in cell.metadata.nbgrader:', "if False:",
           "Points that stand in a lesson's source are dropped without a word."),
    Mutant(BUILD, "if cell.id in seen:", "if False:", "Two cells have one id, and nbgrader takes one of them."),
    Mutant(BUILD, "if source not in adopted and _edited(root, solution, digests):", "if False:",
           "A build overwrites what somebody edited in Jupyter."),
    Mutant(BUILD, "if _edited(root, released, digests):", "if False:", "A build overwrites an edited release."),
    Mutant(CARRY_OVER, "and not _is_untouched(cell):", "and True:", "An old stub takes the place of the new one."),
    Mutant(CARRY_OVER, "name in places and name not in answers and name not in added:", "name in places:",
           "Of two cells with one grade_id the first one's text is lost."),
    Mutant(LAB, "        if kept.read_bytes() == content:", "        if True:",
           "A second update keeps no copy of what was there."),
    Mutant(HANDOUT, "or names & read", "or True", "Names for passages stay in what is handed out."),
    Mutant(HANDOUT, "{slip.id!r}, '', '',", "{slip.id!r}, {slip.right!r}, '',", "Passages are handed out."),
    Mutant(FOLLOW, "second.ok and not first.ok", "not first.ok", "A second mistake costs nothing."),
    Mutant(FOLLOW_JUDGE, "verdict.status == Status.JUDGED and not verdict.correct", "not verdict.correct",
           "An answer that raises or does not return is replaced by the right one."),
    Mutant(FOLLOW_JUDGE, "if second.status != Status.JUDGED or only_asked:", "if second.status != Status.JUDGED:",
           "Handing a batch on as it came earns what taking it apart does."),
    Mutant(RIGHT_STAND_IN, "    if size > most:", "    if False:",
           "A submission has the grader compute on arrays of any size."),
    Mutant(FINGERPRINT, "float(round(s, DIGITS)) + 0.0 for s in sums", "float(s) for s in sums",
           "Two styles of one mistake are two groups."),
    Mutant(NAMES, "if words is None or verdict.slips or verdict.laws:", "if True:", "A group's words reach nobody."),
    Mutant(GRADES, "max(0.0, raw - penalty)", "raw", "The report's grade has no late penalty."),
    Mutant(CELLS_IN_LINE, "points == {cell.name: cell.max_score for cell in row.grade_cells}\n        and ", "",
           "Points that changed in mid-term leave the old maximum in the gradebook."),
    Mutant(NOTEBOOK_FOLLOW, " for e in earlier if e.id in _wrong}", " for e in earlier}",
           "A notebook puts the right function in the place of one that nobody has judged."),
    Mutant(NOTEBOOK_FOLLOW, "second.status != Status.JUDGED or _only_asks(exercise, given, seed)",
           "second.status != Status.JUDGED",
           "In a notebook, handing a batch on as it came earns what taking it apart does."),
    Mutant(NOTEBOOK_FOLLOW, "    made: dict[str, Any] = {}\n", "    made = own\n",
           "A check leaves right functions in the student's notebook."),
    Mutant(CLASSES, "if config.CourseDirectory.get(place) == whole.get(place):", "if False:",
           "Two classes are graded into one gradebook."),
    Mutant(DATABASE, 'return f"{scheme}://{user.partition(\':\')[0]}@{place}" if at else url', "return url",
           "The password of the database is printed."),
    Mutant(PROGRESS, "if not in_notebook() or not", "if not", "A script leaves a file wherever it runs."),
    Mutant(PROGRESS, 'max(mark.points, before.get("points", 0.0))', "mark.points",
           "Trying something out loses what was earned."),
    Mutant(PROGRESS, "        if problem:  # a damaged file", "        if False:  # a damaged file",
           "A damaged file is overwritten."),
    Mutant(PROGRESS, "                flock(file", "                0 and flock(file",
           "Two notebooks that check at the same time lose each other's notes."),
    Mutant(RECAP, "for e in lesson_exercises(lesson) if e.points]", "for e in lesson_exercises(lesson) if e.reference]",
           "Exercises that are answered with a value are missing."),
)
