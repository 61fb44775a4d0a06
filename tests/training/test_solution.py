import pytest

from skneural._training.solution import StopReason


@pytest.mark.parametrize("reason", StopReason)
def test_a_run_goes_on_after_a_stage_that_a_solver_has_ended(reason):
    ended_by_solver = {"tol", "max_iter", "precision", "no_structure"}
    assert reason.completes_stage == (reason.value in ended_by_solver)
