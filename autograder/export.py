"""Results for other systems: Gradescope's results.json, one for each submission."""

import json
from pathlib import Path

from .report import REVIEW
from .store import write_atomically


def gradescope(result):
    """One submission's result as Gradescope's autograder format has it (a dict for results.json).

    Source: Gradescope, "Autograder specifications": `tests` with score, max_score, name, output and
    visibility; the total follows from them.  The output is text, never a secret input.
    """
    tests = [
        {
            "name": record["exercise"],
            "score": record["points"],
            "max_score": record["max"],
            "status": "passed" if record["points"] == record["max"] else "failed",
            "output": record["summary"],
            "output_format": "text",
            "visibility": "visible",
            "tags": [*record["slips"], *(["needs review"] if record["status"] in REVIEW else [])],
        }
        for record in result["cells"].values()
    ]
    said = "\n".join(result["remarks"])
    return {"execution_time": result["seconds"], "output": said, "visibility": "visible", "tests": tests}


def write(results, folder):
    """Writes FOLDER/STUDENT/results.json for each result; returns the paths.

    A result without `cells` is none, and is left out.
    """
    paths = []
    for student, result in results.items():
        if result["cells"]:
            paths.append(Path(folder) / student / "results.json")
            write_atomically(paths[-1], json.dumps(gradescope(result), indent=1))
    return paths
