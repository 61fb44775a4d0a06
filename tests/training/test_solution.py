import pytest

from skneural._training.solution import StopReason, Verdict


@pytest.mark.parametrize("reason", StopReason)
def test_a_run_goes_on_after_a_stage_that_a_solver_has_ended(reason):
    ended_by_solver = {"tol", "max_iter", "precision", "no_structure"}
    assert reason.completes_stage == (reason.value in ended_by_solver)


@pytest.mark.parametrize("is_held_out", [False, True])
def test_structure_is_what_makes_predictions_better_than_the_frequencies(is_held_out):
    def finds(loss, frequencies_loss=0.6):
        return Verdict(loss, frequencies_loss, 100, is_held_out).finds_structure

    assert finds(0.5)
    assert finds(0.599)
    assert not finds(0.5999)  # which may be due to rounding
    assert not finds(0.6)
    assert not finds(0.7)
    assert not finds(float("nan"))
    assert not finds(0.0, 0.0)
