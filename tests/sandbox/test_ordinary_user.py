"""The sandbox as it is where an ordinary user grades."""

import re
import sys

import pytest
from ordinary_user import run_as_ordinary_user, user_problem

from autograder.sandbox import bubblewrap

pytestmark = pytest.mark.skipif(
    bool(bubblewrap.walls_problem()), reason=f"no sandbox here: {bubblewrap.walls_problem()}"
)


@pytest.mark.slow
@pytest.mark.parametrize("module", ["sandbox/test_usable.py", "worker/test_memory.py"])
def test_the_same_holds_where_an_ordinary_user_grades(module):
    if user_problem():
        pytest.skip(f"no other user here: {user_problem()}")
    pytest_options = ["-n", "0", "-p", "no:cacheprovider"]
    done = run_as_ordinary_user([sys.executable, "-m", "pytest", *pytest_options, f"tests/{module}"], 600)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 10
