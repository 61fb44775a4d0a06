import numpy as np
import pytest

from skneural._training.solution import StopReason
from skneural._training.validation import Validation


@pytest.mark.parametrize("patience", [2, 3, None])
def test_keeps_the_best_and_stops_after_iterations_without_a_better(patience):
    losses = [5.0, 3.0, 4.0, 2.0, 2.0, 7.0, 6.0, 6.0, 6.0]
    start = np.array([-1.0])
    validation = Validation(lambda theta: [*losses, 8.0][int(theta[0])], start, patience)
    reason, n_shown = None, 0
    while reason is None and n_shown < len(losses):
        assert validation.measure(np.array([float(n_shown)])) == losses[n_shown]
        reason = validation.tested()
        n_shown += 1
    assert reason is (None if patience is None else StopReason.EARLY_STOPPING)
    assert n_shown == (len(losses) if patience is None else 4 + patience)
    assert validation.best_loss == 2
    assert validation.best_theta == 3


def test_the_start_is_a_candidate_and_no_iteration():
    validation = Validation(lambda theta: float(theta[0]), np.ones(1), 1)
    assert validation.best_loss == 1
    assert validation.tested() is None
    validation.measure(np.full(1, 2.0))
    assert validation.tested() is StopReason.EARLY_STOPPING
    assert validation.best_theta == 1


def test_a_stop_that_is_not_heeded_begins_a_new_count():
    validation = Validation(lambda theta: 1.0, np.ones(1), 2)
    reasons = []
    for _ in range(4):
        validation.measure(np.ones(1))
        reasons.append(validation.tested())
    assert [reason is not None for reason in reasons] == [False, True, False, True]


@pytest.mark.parametrize("loss", [np.nan, np.inf])
def test_a_loss_that_overflows_at_the_start_is_an_error(loss):
    with pytest.raises(ValueError, match="X_val, or the part of X that is held out"):
        Validation(lambda theta: loss, np.ones(1), None)
