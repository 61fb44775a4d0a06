import pytest

from skneural._training.solution import StopReason, Verdict


@pytest.mark.parametrize("reason", StopReason)
def test_a_run_goes_on_after_a_stage_that_a_solver_has_ended(reason):
    ended_by_solver = {"tol", "max_iter", "precision", "no_structure"}
    assert reason.completes_stage == (reason.value in ended_by_solver)


def finds(loss, frequencies_loss=0.6, n=10_000, is_held_out=True):
    return Verdict(
        loss, frequencies_loss, n_rows=n, n_observed=n, is_held_out=is_held_out
    ).finds_structure


@pytest.mark.parametrize("is_held_out", [False, True])
def test_structure_is_what_makes_predictions_better_than_the_frequencies(is_held_out):
    assert finds(0.5, is_held_out=is_held_out)
    assert finds(0.599, is_held_out=is_held_out)
    assert not finds(0.5999, is_held_out=is_held_out)  # which may be due to rounding
    assert not finds(0.6, is_held_out=is_held_out)
    assert not finds(0.7, is_held_out=is_held_out)
    assert not finds(float("nan"), is_held_out=is_held_out)
    assert not finds(0.0, 0.0, is_held_out=is_held_out)


def test_few_held_out_rows_must_gain_more():
    assert finds(0.58, n=26)
    assert not finds(0.58, n=24)
    assert finds(0.58, n=1, is_held_out=False)
