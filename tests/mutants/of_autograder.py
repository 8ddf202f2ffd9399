"""Mutants of the autograder.

Modules move: a file and the tests that watch it are named once, at the top.
"""

from .mutant import Mutant, Target

JUDGE = Target("autograder/judge.py", (
    "tests/autograder/test_judge.py", "tests/autograder/test_diagnose.py", "tests/autograder/test_bad_input.py",
))
DIAGNOSIS = Target("autograder/diagnosis.py", (
    "tests/autograder/test_diagnose.py", "tests/autograder/test_bad_input.py", "tests/autograder/test_notes.py",
))
SLIPS = Target("autograder/slips.py", (
    "tests/autograder/test_bank.py", "tests/autograder/test_pairs.py", "tests/autograder/test_slips.py",
))
LAWS = Target("autograder/laws.py", ("tests/autograder/test_laws.py",))
SPECTRUM = Target("autograder/spectrum.py", ("tests/autograder/test_spectrum.py",))
STORE = Target("autograder/store.py", ("tests/grading/test_store.py", "tests/grading/test_resume.py"))
SANDBOX = Target("autograder/sandbox.py", ("tests/grading/test_worker.py", "tests/grading/test_hostile.py"))
MEMORY = Target("autograder/sandbox.py", ("tests/grading/test_memory.py",))
WIRE = Target("autograder/beside/wire.py", ("tests/grading/test_worker.py",))
REMOTE = Target("autograder/remote.py", ("tests/grading/test_worker.py", "tests/grading/test_hostile.py"))
PREFLIGHT = Target("autograder/preflight.py", (
    "tests/grading/test_reading.py", "tests/grading/test_autograder_grade.py",
))
BUILD = Target("autograder/build.py", ("tests/autograder/test_build.py", "tests/grading/test_reading.py"))

MUTANTS = (
    Mutant(JUDGE, "TOLERANCE = 1e-4", "TOLERANCE = 1e-2", "Gradients that are off by half a per cent get full marks."),
    Mutant(JUDGE, "worst = max(per_instance", "worst = min(per_instance",
           "The numbers on the card are those of the instance that shows least."),
    Mutant(JUDGE, "else max((o[name] for o in per_instance), key=lambda o: (not o.ok, o.error))", "else output",
           "An output that is wrong on one instance only is taken for right."),
    Mutant(JUDGE, 'array.dtype.kind not in "biuf" or', 'array.dtype.kind not in "biufc" or',
           "Imaginary parts are dropped before anything is compared."),
    Mutant(JUDGE, "and np.array_equal(a[~finite], b[~finite], equal_nan=True)", "",
           "Infinity agrees with NaN, so that a mistake is recognised by what it does not do."),
    Mutant(JUDGE, "if gate is not None and not outputs[gate].ok:", "if False:",
           "A check that refuses everything earns the points for refusing what is wrong."),
    Mutant(JUDGE, "if not np.isfinite(array).all():", "if False:", "NaN is called a difference instead of NaN."),
    Mutant(DIAGNOSIS, "if not equal(mine, arguments) or", "if",
           "A function that writes into its caller's arrays is not told so."),
    Mutant(DIAGNOSIS, 'if remark and getattr(answer, "private", False):', "if False:",
           "The names of extra outputs can carry the secret inputs into the card."),
    Mutant(DIAGNOSIS, 'missing = "Not answered yet." if at == own else', 'missing = "Not answered yet." if True else',
           "A student is told to answer what is answered, instead of the earlier exercise it calls."),
    Mutant(SLIPS, "if changed and fits and (whole or telling(made.values(), changed)):", "if changed and fits:",
           "An array of zeros, which any unfinished answer has, is called a misunderstanding."),
    Mutant(SLIPS, "if not any(m.outputs < other.outputs for other in found)", "",
           "A slip that explains a part is named beside the one that explains everything."),
    Mutant(LAWS, "if len(factors) < 2 or min", "if len(factors) < 1 or min",
           "A factor is called a law though one instance alone shows it."),
    Mutant(LAWS, "if len(ranges) > 1 and", "if len(ranges) > 0 and",
           "Clipping is named though one instance alone shows it."),
    Mutant(LAWS, "if not np.allclose(parts, parts[0], rtol=1e-3, atol=1e-3):", "if False:",
           "Weight decay is named with the number that one instance gives."),
    Mutant(LAWS, "if order != ours and all(", "if order != ours and any(",
           "An order of gates is named that holds on one instance only."),
    Mutant(LAWS, "if all(w.ndim == 2 and judge.same", "if any(w.ndim == 2 and judge.same",
           "A transpose is named that holds on one instance only."),
    Mutant(SPECTRUM, "return coefficients if residual < 1e-3 else None", "return coefficients",
           "Paths are drawn of arrays that are no sum of paths."),
    Mutant(SPECTRUM, "(lag <= steps)", "(lag < steps)", "A cut is said to be one step longer than it is."),
    Mutant(SPECTRUM, "if not judge.same(made, answer.get(name)):\n                return False",
           "if not judge.same(made, answer.get(name)):\n                return True",
           "A cut is named that the numbers do not show."),
    Mutant(STORE, 'mode != "none", limits])', 'mode != "none"])',
           "A time-out under one limit is taken for the result under another."),
    Mutant(STORE, "self.seed, grader_version(),", "grader_version(),",
           "A result on other secret inputs is taken for this one's."),
    Mutant(STORE, "self.seed, grader_version(),", "self.seed,",
           "A corrected grader goes on giving the old points."),
    Mutant(STORE, "submission.digest(), ", "", "Other files beside the notebook do not lead to another run."),
    Mutant(STORE, "fcntl.LOCK_EX | fcntl.LOCK_NB", "fcntl.LOCK_SH | fcntl.LOCK_NB",
           "Two grading runs write one gradebook at the same time."),
    Mutant(STORE, "if self.assignment not in seeds:", "if True:", "Every grading run draws new secret inputs."),
    Mutant(SANDBOX, '"--unshare-pid", "--unshare-net"]', '"--unshare-pid"]', "Student code reaches the network."),
    Mutant(SANDBOX, 'if not walled:\n            del job["limits"]["NPROC"]', 'if False:\n            del job["limits"]["NPROC"]',
           "Without walls an account that runs much cannot grade."),
    Mutant(MEMORY, 'job["memory"] = MEMORY if walled else None', 'job["memory"] = None',
           "A submission can take all of the machine's memory with many processes."),
    Mutant(WIRE, "if not 4 <= length <= limit:", "if not 4 <= length:",
           "A forged length makes the grader wait for bytes without end."),
    Mutant(WIRE, "if len(text) > LARGEST_TEXT:", "if False:", "A huge JSON text keeps the other submissions waiting."),
    Mutant(WIRE, "m.compress_type != zipfile.ZIP_STORED or m.file_size > len(blob)", "False",
           "A compressed archive unfolds to more memory than there is."),
    Mutant(WIRE, "if min(shape, default=0) < 0:", "if False:", "A forged shape may be negative."),
    Mutant(REMOTE, 'return _without_words(reply["returned"]) if self.private else reply["returned"]',
           'return reply["returned"]', "Secret inputs leave the sandbox as the words of an answer."),
    Mutant(REMOTE, " and not (self.private and line[1] not in self._written)", "",
           "Secret inputs leave the sandbox as the source line of an error."),
    Mutant(REMOTE, 'if self.private:\n            text = ""', 'if False:\n            text = ""',
           "Secret inputs leave the sandbox as the message of an error."),
    Mutant(PREFLIGHT, "if _is_locked(original) and _source(cell) != _source(original):", "if False:",
           "An edited check cell stays as the student wrote it."),
    Mutant(PREFLIGHT, 'for cell in reversed(notebook["cells"]):', 'for cell in notebook["cells"]:',
           "Of two cells with one id the first counts, though the last is what was run."),
    Mutant(PREFLIGHT, 'cell["metadata"].pop("tags", None)', "pass",
           "A cell keeps its tag raises-exception, and its errors look expected."),
    Mutant(BUILD, 'if exercise and graded.get("points") != exercise.points:', "if False:",
           "The gradebook's maximum differs from the points that can be earned."),
    Mutant(BUILD, "if cell.id in seen:", "if False:", "Two cells have one id, and nbgrader takes one of them."),
    Mutant(BUILD, "if source not in adopted and _edited(root, solution, digests):", "if False:",
           "A build overwrites what somebody edited in Jupyter."),
    Mutant(BUILD, "if _edited(root, released, digests):", "if False:",
           "A build overwrites an edited release."),
)
