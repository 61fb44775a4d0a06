"""Types for users; `nox -s types` checks the program with type checkers."""

import runpy
from pathlib import Path


def test_the_program_of_a_user_runs(capsys):
    runpy.run_path(str(Path(__file__).with_name("typed_program.py")))
    assert capsys.readouterr().out
