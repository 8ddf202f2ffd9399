"""python -m benchmarks [NAME …] [--write]: measures, prints, and keeps the tables in README.md."""

import argparse
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np

from . import characters, diagnosis, gradcheck, grading, learning, linear, memory, peers, repair, speed

SECTIONS = {
    "speed": speed.speed,
    "share": speed.share,
    "bound": speed.bound,
    "scaling": speed.scaling,
    "scans": linear.scans,
    "memory": memory.per_step,
    "checkpoint": memory.checkpointed,
    "gradcheck": gradcheck.gradcheck,
    "diagnosis": diagnosis.diagnosis,
    "repair": repair.repair,
    "learning": learning.learning,
    "characters": characters.characters,
    "grading": grading.throughput,
    "follow": grading.follow_through,
    "classes": grading.growth,
}
README = Path(__file__).with_name("README.md")


def versions():
    """The versions the numbers belong to; an absent peer is named."""
    found = [f"Python {platform.python_version()}", f"NumPy {np.__version__}"]
    for name, module in (("torch", peers.torch), ("autograd", peers.autograd)):
        found.append(f"{name} {version(name) if module else 'absent'}")
    return ", ".join(found)


def keep(name, text):
    """Replaces the part of README.md between the two marks of this section."""
    before, rest = README.read_text(encoding="utf-8").split(f"<!-- {name} -->\n")
    after = rest.split(f"<!-- /{name} -->\n")[1]
    kept = f"{before}<!-- {name} -->\n{text}\n<!-- /{name} -->\n{after}"
    README.write_text(kept, encoding="utf-8")


parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
parser.add_argument("sections", nargs="*", metavar="NAME", help=", ".join(SECTIONS))
parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
arguments = parser.parse_args()
unknown = [name for name in arguments.sections if name not in SECTIONS]
if unknown:
    parser.error(f"no section {', '.join(unknown)}; expected some of {', '.join(SECTIONS)}")
for name in arguments.sections or SECTIONS:
    text = f"{SECTIONS[name]()}\n\n{versions()}."
    print(f"## {name}\n\n{text}\n", flush=True)
    if arguments.write:
        keep(name, text)
