"""Each attack on the walls fails behind all of them, and succeeds where the layer that stops it is missing.

As root and as an ordinary user, who cannot give student code another user than the grader's.
"""

import json
import os
import sys

import pytest
import wall_attacks
from ordinary_user import run_as_ordinary_user, user_problem
from wall_attacks import ATTACKS, BROKEN, ENDED, HELD, LAYERS

from autograder import doctor
from autograder.errors import Unavailable
from autograder.sandbox import bubblewrap

pytestmark = pytest.mark.skipif(
    bool(bubblewrap.walls_problem()), reason=f"no sandbox here: {bubblewrap.walls_problem()}"
)

USERS = ("this user", "an ordinary user")


@pytest.fixture(scope="module", params=USERS)
def outcomes(request):
    """{layer that is missing, or "None": {attack: its outcome}}, and whether an ordinary user graded."""
    if request.param == "this user":
        found = {str(layer): wall_attacks.outcomes(layer) for layer in (None, *LAYERS)}
        return found, os.geteuid() != 0
    if os.geteuid() != 0:
        pytest.skip("the tests already run as an ordinary user")
    if user_problem():
        pytest.skip(f"no other user here: {user_problem()}")
    done = run_as_ordinary_user([sys.executable, "tests/wall_attacks.py"])
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), True


@pytest.mark.parametrize("name", ATTACKS)
def test_it_fails_behind_all_walls(outcomes, name):
    assert outcomes[0]["None"][name].startswith(HELD)


@pytest.mark.parametrize("name", ATTACKS)
def test_it_succeeds_where_its_layer_is_missing(outcomes, name):
    found, ordinary = outcomes
    attack = ATTACKS[name]
    if attack.only_where_ordinary and not ordinary:
        pytest.skip("another layer stops it as well where root grades")
    assert found[attack.layer][name].startswith(ENDED if attack.ends else BROKEN)


def test_every_layer_is_tried():
    assert set(LAYERS) == {"filter", "process 1", "hidden memory", "network", "devices", "pressure", "limits"}


def test_without_a_table_for_the_machine_grading_refuses(monkeypatch, capsys):
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    bubblewrap.walls_problem.cache_clear()
    try:
        assert bubblewrap.walls_problem() == (
            "its filter of system calls has tables for 64-bit x86_64 and aarch64 only, and this is riscv64."
        )
        with pytest.raises(Unavailable, match="riscv64"):
            bubblewrap.choose_walls("auto")
        doctor.print_findings()
        assert "sandbox (bubblewrap): its filter of system calls has tables" in capsys.readouterr().out
    finally:
        bubblewrap.walls_problem.cache_clear()
