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
NEWER = Target("autograder/carry_over.py", ("tests/test_newer_lessons.py",))
BROWSER = Target("autograder/browser.py", ("tests/test_newer_lessons.py",))
LAB = Target("autograder/lab.py", ("tests/test_lab.py",))
HANDOUT = Target("autograder/authoring/handout/passages.py", ("tests/authoring/test_handout.py",))
CORRUPTED = Target("autograder/diagnosis/match_corruptions.py", ("tests/diagnosis/test_corruptions.py",))
CORRUPTIONS = Target("autograder/exercises/corruptions.py", ("tests/diagnosis/test_corruptions.py",))
CONDITIONING = Target("autograder/exercises/conditioning.py", ("tests/diagnosis/test_conditioning.py",))
DRAWN = Target("autograder/exercises/__init__.py", ("tests/diagnosis/test_conditioning.py",))
STEADY_PROBES = Target("autograder/exercises/probes.py", ("tests/diagnosis/test_conditioning.py",))
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
CLOSED = Target("autograder/grading/submission_files.py", ("tests/grading/test_closed_folders.py",))
OPENED = Target("autograder/grading/submission_files.py", ("tests/grading/test_timestamps.py", *FOLDERS))
TIMESTAMPS = Target("autograder/grading/timestamps.py", (*FOLDERS, "tests/grading/test_timestamps.py"))
SUBMISSION = Target("autograder/grading/submission.py", FOLDERS)
NOTEBOOK_FILE = Target("autograder/grading/notebook_file.py", (*FOLDERS, "tests/grading/test_reading.py"))
HELPER = Target("autograder/grading/helper.py", ("tests/grading/test_helper.py",))
READING = Target("autograder/grading/reading.py", ("tests/grading/test_helper.py",))
GRADEBOOK = Target("autograder/grading/gradebook.py", ("tests/grading/test_recorded.py",))
STAGING = Target("autograder/grading/staging.py", ("tests/grading/test_recorded.py",))
PENALTIES = Target("autograder/grading/late_penalties.py", ("tests/grading/test_dates.py",))
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
GROUPED = ("tests/sandbox/test_control_group.py",)
GROUP, GROUP_FOLDERS, GROUP_BOX, GROUP_CLIENT, GROUP_ANSWER = (
    Target(f"autograder/sandbox/{name}.py", GROUPED)
    for name in ("control_group", "group_folders", "box", "client", "answer")
)
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
CARD = Target("autograder/feedback/card.py", ("tests/grading/test_groups.py",))
NAMES = Target("autograder/grading/names.py", ("tests/grading/test_groups.py",))
GRADES = Target("autograder/grading/grades.py", ("tests/grading/test_grades.py",))
CELLS_IN_LINE = Target("autograder/grading/cells_in_line.py", ("tests/grading/test_lesson_changes.py",))
WORKER_STAND_IN = Target("autograder/worker/stand_ins.py", FOLLOWING)
PAIRS = Target("autograder/diagnosis/match_pairs.py", ("tests/diagnosis/test_match_pairs.py",))
REASONS = Target("autograder/diagnosis/explain.py", (
    "tests/diagnosis/test_match_pairs.py", "tests/diagnosis/test_match_slips.py",
    "tests/diagnosis/test_mutation_gate.py",
))
REMARKS = Target("autograder/diagnosis/remarks.py", ("tests/diagnosis/test_remarks.py",))
ON_LESS = Target("autograder/diagnosis/experiments.py", ("tests/diagnosis/test_experiments.py",))
NUMBERS = Target("autograder/diagnosis/entries.py", ("tests/feedback/test_card.py",))
GUARD = Target("autograder/diagnosis/call_guard.py", (
    "tests/diagnosis/test_diagnose.py", "tests/diagnosis/test_bad_input.py",
))
VERSIONS = Target("autograder/feedback/versions.py", ("tests/feedback/test_versions.py",))
GROUPS = Target("autograder/grading/groups.py", ("tests/grading/test_groups.py",))
FORGET = Target("autograder/grading/forget.py", ("tests/grading/test_appeals.py",))
TERM = Target("autograder/grading/term.py", ("tests/grading/test_grades.py",))
RUBRICS = Target("autograder/grading/rubrics.py", ("tests/grading/test_rubrics.py",))
NEEDED = Target("autograder/grading/needed_statements.py", ("tests/grading/test_needed_statements.py",))
OF_SITE = ("tests/authoring/test_site_pages.py",)
PAGE = Target("autograder/authoring/site/lesson_page.py", OF_SITE)
OUTPUTS = Target("autograder/authoring/site/execution.py", OF_SITE)
LINKS = Target("autograder/authoring/site/links.py", OF_SITE)
SITE = Target("autograder/authoring/site/build.py", OF_SITE)
REFERENCE = Target("autograder/authoring/site/reference.py", OF_SITE)
NOTEBOOK_FOLLOW = Target("autograder/feedback/follow_through.py", ("tests/feedback/test_follow_through.py",))
CLASSES = Target("autograder/grading/course.py", ("tests/grading/test_classes.py",))
DATABASE = Target("autograder/grading/database.py", ("tests/grading/test_database.py",))
FILES_WRITTEN = Target("autograder/files.py", ("tests/grading/test_result_store.py",))
REPORTED = Target("autograder/grading/class_table.py", ("tests/grading/test_report.py",))
DAMAGED = Target("autograder/grading/database.py", ("tests/grading/test_damaged_gradebook.py",))
PENALTIES = Target("autograder/grading/late_penalties.py", ("tests/grading/test_dates.py",))

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
    Mutant(PROBES, "telling = is_telling(exercise, arguments, is_loud)", "telling = True",
           "Secret instances are taken as they come, though corruptions pass on them."),
    Mutant(CONDITIONING, "TOLERANCE / 50", "TOLERANCE",
           "Right answers in single precision are refused on some seeds, as they round more often."),
    Mutant(CONDITIONING, "SCALES = (1.0, 3.0)", "SCALES = (1.0,)",
           "One rounding that happens to change nothing lets a sum pass that nearly cancels."),
    Mutant(DRAWN, "number + draw * NEXT_DRAW", "number + draw", "Another draw has the sizes of another instance."),
    Mutant(DRAWN, "draw = self._instance if seed else self.instance", "draw = self.instance",
           "Secret instances are taken as they come, though right answers fail on them."),
    Mutant(STEADY_PROBES, "if telling and is_well_conditioned(exercise.right_outputs, arguments):", "if telling:",
           "A long sequence on which single precision fails is asked for."),
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
    Mutant(KEYS, '    "compare.py",\n    "diagnosis",\n', '    "diagnosis",\n', "Another tolerance leaves the old verdicts."),
    Mutant(KEYS, '    "worker",\n    "sandbox",\n', '    "worker",\n', "What ran behind other walls is not run again."),
    Mutant(KEYS, "_exercises(lesson), sources.code_cells(lesson)])", "_exercises(lesson)])",
           "A corrected solution leaves the words of before."),
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
    Mutant(GROUP, "if (folder / name).exists():", 'if name == "pids.max" and (folder / name).exists():',
           "A burst takes all of the machine's memory."),
    Mutant(GROUP, '"pids.max": processes,', "", "The kernel does not limit a submission's processes."),
    Mutant(GROUP, "most > self._memory - NEARLY", "False",
           "Who is ended by the kernel is told that his process ended (version 1)."),
    Mutant(GROUP, 'if counts.get("oom_kill") and (', "if True or (", "Nobody's own mistake is told any more."),
    Mutant(GROUP, "            _left.add(folder)", "            pass", "A class leaves a group for each submission."),
    Mutant(GROUP_FOLDERS, 'start_of(int(name["pid"])) != name["start"]', "True",
           "One grader removes the groups of another."),
    Mutant(GROUP_FOLDERS, "            with suppress(OSError):\n                folder.rmdir()", "            pass",
           "What killed graders have left stays for ever."),
    Mutant(GROUP_BOX, "group.add_child_of(supervisor)", "pass", "Submissions run outside of their groups."),
    Mutant(GROUP_BOX, "            self.kill()\n        return self.over_memory", "        return self.over_memory",
           "Half of a submission goes on when the kernel has ended one of its processes."),
    Mutant(GROUP_CLIENT, "        if self._box.is_over_memory():\n            self._ended = TOO_LARGE",
           "        if False:\n            pass", "Who takes too much memory is not told so."),
    Mutant(GROUP_ANSWER, "LARGE if self._is_over_memory() else LOST", "LOST",
           "A function that takes too much memory is told that it ended its process."),
    Mutant(MESSAGES, "    if length > limit:", "    if False:",
           "A forged length makes the grader wait for bytes without end."),
    Mutant(MESSAGES, "if len(text) > LARGEST_TEXT:", "if False:",
           "A huge JSON text keeps the other submissions waiting."),
    Mutant(MESSAGES, "begin, self._at = self._at, self._at + count * dtype.itemsize",
           "begin, self._at = 0, count * dtype.itemsize",
           "One array named three hundred times unfolds to more memory than there is."),
    Mutant(MESSAGES, "or array.nbytes > left[1]", "", "One array returned three hundred times is sent as often."),
    Mutant(GRADEBOOK, "if all(found.get(cell) == mark.points for cell, mark in results[student].marks.items())",
           "if True", "What a gradebook that was restored from a backup lacks is never recorded again."),
    Mutant(STAGING, "re.escape(nbgrader_step)", "nbgrader_step",
           "In a folder whose name holds a parenthesis nobody is recorded."),
    Mutant(PENALTIES, "            if not self._has_date(names):\n", "            if False:\n",
           "A late penalty outlives the submission that was late."),
    Mutant(HELPER, "raise GradingError(NO_PROCESS)", "raise EOFError",
           "When the machine ends a process of the grader's, the rest of the class has 0."),
    Mutant(HELPER, "signal.SIGHUP, signal.SIGTERM)", "signal.SIGHUP)",
           "A signal to the whole group cuts what is being recorded."),
    Mutant(READING, "if task.submission.size > LARGE:", "if False:",
           "What large notebooks have taken is held while the others are graded."),
    Mutant(READING, "except Unexplained:", "except ZeroDivisionError:",
           "A submission has 0 because a disk did not answer once."),
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
    Mutant(OPENED, 'flags | getattr(os, "O_NONBLOCK", 0) | ', "flags | ",
           "A FIFO called timestamp.txt stops the class for ever."),
    Mutant(FILES, '    if kind and kind != "a folder":', "    if False:",
           "A FIFO in place of the notebook has no reason of its own."),
    Mutant(TIMESTAMPS, "if believed.every or _is_recorded(folder, said, believed.inbound):", "if True:",
           "A date that a student has written is believed."),
    Mutant(TIMESTAMPS, "return any(_text(inbound / name / SECRET) == secret for name in known)", "return bool(known)",
           "A date is believed beside a secret that the student has made up."),
    Mutant(FILES, 'elif kind == "a folder" and name == assignment and not is_closed(place):', "elif False:",
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
    Mutant(NEWER, "(answer is None or _is_untouched(answer))", "answer is None", "A new stub makes no lesson newer."),
    Mutant(NEWER, "answers.get(_grade_id(cell)) if _is_answer(cell) else None", "None",
           "Whoever has answered has an old lesson for ever."),
    Mutant(BROWSER, "    if request.status == 404:", "    if False:", "A folder of a student's own stops everything."),
    Mutant(BROWSER, "            if update:", "            if True:", "A lesson is replaced before anybody asked."),
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
    Mutant(CARD, "        plain(verdict.question),\n", "", "Another question to a group reaches nobody whose card is recorded."),
    Mutant(NAMES, ", ensure_ascii=False)", ")", "An emoji in a group's words makes names.toml unreadable."),
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
    Mutant(WORKER_STAND_IN, "or function is self._answer:", "or False:",
           "The answer that is judged is itself replaced by what it calls."),
    Mutant(WORKER_STAND_IN, "        asks[0] = False", "        pass",
           "A function that calls itself is given right values inside of its own."),
    Mutant(WORKER_STAND_IN, "return {**form, **right}", "return right",
           "A later answer misses what the student's own function returns beside what was asked."),
    Mutant(WORKER_STAND_IN, "        bound.apply_defaults()\n", "",
           "An earlier function that is called without an argument that has a default is not asked for it."),
    Mutant(FOLLOW, "slips=second.slips if wrong else ()", "slips=first.slips",
           "A mistake that was carried is named a second time."),
    Mutant(FOLLOW, "        fingerprint=second.fingerprint if wrong else \"\",", "        fingerprint=first.fingerprint,",
           "A carried mistake makes a group of its own in the report."),
    Mutant(RIGHT_STAND_IN, "            _must_fit(abs(value), bounds.longest)", "            pass",
           "A submission has the grader compute for any number of steps."),
    Mutant(FINGERPRINT, "last = SMALL if small else len(judged)", "last = len(judged)",
           "Rounding that grows over a long sequence tells equal answers apart."),
    Mutant(FINGERPRINT, "(flat / size) / np.sqrt(flat.size)", "flat / np.sqrt(flat.size)",
           "Small numbers all have the fingerprint of zeros."),
    Mutant(CELLS_IN_LINE, "            _delete_all(session, cell.grades)", "            pass",
           "A cell that was dropped leaves its marks in the gradebook."),
    Mutant(CELLS_IN_LINE, "                session.add_all([added, *(Grade(cell=added, notebook=sent) for sent in row.submissions)])",
           "                session.add(added)", "Who was graded before a cell was added has no mark in it."),
    Mutant(LINES_OF_CLASS, "if 0 < self._left <= seconds:", "if self._left <= seconds:",
           "That the time is spent is said for every search after it."),
    Mutant(LINES_OF_CLASS, "            self.known.give_up(search)\n        else:\n            self.known.keep",
           "            pass\n        else:\n            self.known.keep",
           "A search that fails keeps its submission out of the gradebook for ever."),
    Mutant(LINES, "if not is_there or own != text:", "if not is_there:",
           "A line is shown that does not stand there in the answer."),
    Mutant(PAIRS, "return len(np.unique(np.concatenate([np.ravel(array) for array in arrays]))) > 1 if arrays else False",
           "return bool(arrays)", "Zeros, which any unfinished answer has, are called two mistakes together."),
    Mutant(PAIRS, "for slip in exercise.slips if not slip.alone]", "for slip in exercise.slips]",
           "A slip that says the rest is right is named where something else is wrong as well."),
    Mutant(PAIRS, "        if outputs is None or not _same_outputs(outputs, trial.answers[i], trial.references[i]):",
           "        if outputs is None or i == trial.order[0] and not _same_outputs(outputs, trial.answers[i], trial.references[i]):",
           "Two mistakes are named that one instance alone shows."),
    Mutant(REASONS, "    found = match_pairs.find_pairs(trial, wrong)\n    if not 0 < len(found) <= ALTERNATIVES:",
           "    found = match_pairs.find_pairs(trial, wrong)\n    if not found:",
           "A long list of pairs is told, of which any may be meant."),
    Mutant(REASONS, "if found and 2 * len(rest) > len(wrong):", "if False:",
           "A slip is named though of most that is wrong nothing is said."),
    Mutant(REMARKS, "error > ROUNDING and not any(map(_is_single, arrays))", "error > ROUNDING",
           "A right gradient in single precision is called numerical."),
    Mutant(REMARKS, '        return NUMERICAL - {"imag", "complex", "complex128"}', "        return NUMERICAL",
           "Formulas of a complex network are called complex steps."),
    Mutant(ON_LESS, "for k in (1, 2)", "for k in (2, 2)", "The card says what T = 1 gives without having tried it."),
    Mutant(ON_LESS, "            small = exercise.instances()\n", "            small = exercise.instances()[:1]\n",
           "What one instance alone gives on less is said as if it held for all."),
    Mutant(NUMBERS, "places[:: -1 if late else 1][:MOST]", "places[:MOST]",
           "The card shows the first adjoints, where a mistake is last to be seen."),
    Mutant(GUARD, "        np.random.set_state(drawn_by_numpy)", "        pass",
           "An answer that draws random numbers changes what the notebook draws after its check."),
    Mutant(GUARD, "if is_busy():", "if False:", "A function that asks for its own check calls itself without end."),
    Mutant(VERSIONS, "    _told.add(version)", "    pass", "Every check repeats that the notebook is of another version."),
    Mutant(VERSIONS, "return found[-1][1] if found else None", "return found[0][1] if found else None",
           "A notebook that was brought up to date is still called old."),
    Mutant(GROUPS, "for key, whose in found if len(whose) > 1]", "for key, whose in found]",
           "Every single wrong answer is listed as a group."),
    Mutant(GROUPS, "key=lambda item: -len(item[1])", "key=lambda item: len(item[1])", "The largest group comes last."),
    Mutant(FORGET, "            if other != student:", "            if True:",
           "What was stored of a student who is to be forgotten stays."),
    Mutant(FORGET, "        put_back(course)", "        pass",
           "A submission that was moved aside comes back after its student was forgotten."),
    Mutant(FORGET, '                database.execute("VACUUM")', "                pass",
           "A forgotten student's name can still be read in the gradebook's file."),
    Mutant(TERM, "total = sum(grade.score for grade in found if grade)", "total = sum(grade.maximum for grade in found if grade)",
           "The term's sum is not what was earned."),
    Mutant(CLOSED, "    if is_closed(student):", "    if False:",
           "What a student handed in is passed over without a word where the grader may not look into the folder."),
    Mutant(NOTEBOOK_FILE, "    if pieces > MOST_PIECES:", "    if False:",
           "A notebook of short statements fills the grader's memory."),
    Mutant(FILES_WRITTEN, "        if error.errno not in REFUSED:\n            raise", "        pass",
           "A disk that fails is not told of."),
    Mutant(STORE, "            if error.errno not in NO_LOCKS:", "            if True:",
           "A file system without locks ends in a traceback."),
    Mutant(GROUPS, "if mark.is_unnamed and mark.exercise in all_exercises():", "if mark.is_unnamed:",
           "After an exercise is dropped no report can be written."),
    Mutant(REPORTED, "reason=GONE if student in grades else ABSENT", "reason=ABSENT",
           "Whoever has a grade is told to have handed in nothing."),
    Mutant(DAMAGED, "?mode=rw", "?mode=ro",
           "After a kill in a commit no report can be written until somebody grades."),
    Mutant(PENALTIES, "        gradebook.commit()\n    finally:", "        pass\n    finally:",
           "The last late penalties of a class are not kept."),
    Mutant(RUBRICS, 'if cell.metadata.get("unrolled") != MARK]', 'if not cell.metadata.get("unrolled")]',
           "A student's own cells are missing in the feedback."),
    Mutant(RUBRICS, 'if rubric and graded.get("grade") and graded.get("solution"):', "if rubric:",
           "A rubric is shown below a cell that asks, too."),
    Mutant(NEEDED, "names = names.union(*(lesson.read[statement] for statement in found))", "pass",
           "A statement is left out that another one needs."),
    Mutant(NEEDED, "if isinstance(s, IMPORTS) or lesson.bound[s] & names}", "if lesson.bound[s] & names}",
           "Imports of a cell that shows answers are missing in the cells after it."),
    Mutant(PAGE, 'elif not (is_check and output.output_type == "execute_result"):', "else:",
           "A page shows a student's points, which nobody earned."),
    Mutant(PAGE, "            cell.outputs = []\n", "            cell.outputs = solved.outputs\n",
           "What the solution prints stands under the cell that a student fills in."),
    Mutant(PAGE, "    if waiting:\n        raise", "    if False:\n        raise", "A page lacks a solution, and nobody is told."),
    Mutant(PAGE, "if not cell.id.endswith(SETS_UP)]", "if cell.id]", "A page begins with a cell that installs the course."),
    Mutant(OUTPUTS, 'if output.output_type == "error" or output.get("name") == "stderr":', 'if output.output_type == "error":',
           "A page shows a warning."),
    Mutant(OUTPUTS, "            digest.update(path.read_bytes())", "            pass",
           "After a change of the library the pages show the old figures."),
    Mutant(OUTPUTS, 'if cell.cell_type == "code")', "if True)", "Every change of a text executes its lesson anew."),
    Mutant(LINKS, 'if "://" in target or', "if", "Links to other hosts lead into the repository."),
    Mutant(LINKS, "if place in pages or", "if", "Links between pages leave the site."),
    Mutant(SITE, "and any(to.iterdir()) and not (to / MARK).exists():", "and False:",
           "The site is written over somebody's folder."),
    Mutant(REFERENCE, 'MARKUP = re.compile(r"([\\\\*|_])")', 'MARKUP = re.compile(r"([\\\\*_])")',
           "A norm in a docstring is taken for a link."),
)
