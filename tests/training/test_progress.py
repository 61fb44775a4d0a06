import dataclasses

import numpy as np
import pytest

from skneural._training.progress import SLOW_START, WINDOW, Progress, least_fall
from skneural._training.solution import StopReason
from skneural._training.validation import Validation

FALL = 0.003
EARLIEST = SLOW_START + WINDOW


def make(tol=1e-3, **settings):
    return Progress(np.ones(2), tol=tol, fall=FALL, **settings)


def test_a_solver_starts_at_an_iterate_without_an_iteration():
    progress = make()
    assert not progress.is_evaluated
    assert progress.add_start(np.ones(2), 5.0, 4.0) is None
    assert progress.is_evaluated
    assert (progress.loss, progress.gradient_norm, progress.n_iter) == (5, 4, 0)
    assert make(tol=4.0).add_start(np.ones(2), 5.0, 4.0) is StopReason.TOL


def test_a_stage_has_a_penalty_that_is_part_of_the_solution():
    progress = make()
    progress.begin_stage(np.array([1.0, 2.0]), "80 rows", is_whole=False, is_last=False)
    progress.add_iterate(np.ones(2), 1.0, 1.0)
    before = progress.solution(StopReason.CALLBACK)
    progress.begin_stage(np.array([3.0, 4.0]), "100 rows", is_whole=True, is_last=True)
    np.testing.assert_array_equal(before.alpha, [1, 2])
    np.testing.assert_array_equal(progress.solution(StopReason.CALLBACK).alpha, [3, 4])


@pytest.mark.parametrize("is_last", [False, True])
def test_a_small_gradient_ends_a_stage_only_if_it_has_all_rows(is_last):
    progress = make(tol=0.5)
    progress.begin_stage(np.ones(1), "80 rows", is_whole=False, is_last=False)
    assert progress.add_start(np.ones(2), 1.0, 0.0) is None
    assert progress.add_iterate(np.ones(2), 1.0, 0.0) is None
    progress.begin_stage(np.ones(1), "100 rows", is_whole=True, is_last=is_last)
    assert progress.add_start(np.ones(2), 1.0, 0.6) is None
    assert progress.add_start(np.ones(2), 1.0, 0.5) is StopReason.TOL
    assert progress.add_iterate(np.ones(2), 1.0, 0.6) is None
    assert progress.add_iterate(np.ones(2), 1.0, 0.5) is StopReason.TOL


# --- Without a tolerance -------------------------------------------------------------------


def n_until_it_ends(losses, *, is_last=True, tol=None):
    """After how many iterations a stage from the first loss through the others ends, if it does."""
    progress = make(tol)
    progress.begin_stage(np.ones(1), "", is_whole=True, is_last=is_last)
    start, *others = losses
    assert progress.add_start(np.ones(2), start, 0.0 if tol is None else 1.0) is None
    for number, loss in enumerate(others, 1):
        reason = progress.add_iterate(np.ones(2), loss, 0.0 if tol is None else 1.0)
        if reason is not None:
            assert reason is StopReason.TOL
            assert progress.solution(reason).is_converged
            return number
    return None


def test_the_last_stage_ends_when_the_objective_has_stopped_falling():
    assert (SLOW_START, WINDOW) == (10, 5)
    for share, end in ((1.01, None), (0.99, EARLIEST)):
        falling = 5.0 * (1 + share * FALL / WINDOW) ** -np.arange(100.0)
        assert n_until_it_ends(falling) == end
    assert n_until_it_ends([*range(29, 9, -1)] + [10.0] * 100) == 19 + WINDOW
    assert n_until_it_ends([6.0] * EARLIEST) is None
    # A plateau that is shorter is passed, and so is a longer one at the start.
    assert n_until_it_ends([6.0] * (EARLIEST - 1) + [3.0] * 100) == EARLIEST - 1 + WINDOW


def test_the_more_observations_the_less_must_the_objective_still_fall():
    assert least_fall(1000) == pytest.approx(0.0042, abs=1e-4)
    assert least_fall(400_000) == pytest.approx(0.002, abs=1e-4)


@pytest.mark.parametrize("level", [1e-12, 0.0, -1e-5])
def test_a_fall_of_a_tiny_objective_is_measured_against_a_thousandth(level):
    falling = level + 1e-7 * 0.5 ** np.arange(100)
    assert n_until_it_ends(falling) == EARLIEST
    assert n_until_it_ends(level + 100.0 * 0.5 ** np.arange(100)) > EARLIEST


def test_only_the_last_stage_ends_by_itself():
    assert n_until_it_ends([6.0] * 100, is_last=False) is None
    assert n_until_it_ends([6.0] * 100, tol=1e-3) is None
    progress = make(None)
    for is_last in (False, True, True):  # each stage begins a new count
        progress.begin_stage(np.ones(1), "", is_whole=True, is_last=is_last)
        for _ in range(EARLIEST - 1):
            assert progress.add_iterate(np.ones(2), 6.0, 1.0) is None
    assert progress.add_iterate(np.ones(2), 6.0, 1.0) is StopReason.TOL


def test_a_solver_that_is_out_of_precision_has_stopped_falling():
    progress = make(None)
    progress.begin_stage(np.ones(1), "", is_whole=True, is_last=False)
    assert progress.ended_by(StopReason.PRECISION) is StopReason.PRECISION
    progress.begin_stage(np.ones(1), "", is_whole=True, is_last=True)
    assert progress.ended_by(StopReason.PRECISION) is StopReason.TOL
    for reason in set(StopReason) - {StopReason.PRECISION}:
        assert progress.ended_by(reason) is reason
    with_tol = make(1e-3)
    with_tol.begin_stage(np.ones(1), "", is_whole=True, is_last=True)
    assert with_tol.ended_by(StopReason.PRECISION) is StopReason.PRECISION


def test_a_run_has_converged_if_its_gradient_is_small_or_its_objective_has_stopped_falling():
    progress = make(0.5)
    progress.add_iterate(np.ones(2), 1.0, 0.5)
    assert all(progress.solution(reason).is_converged for reason in StopReason)
    progress.add_iterate(np.ones(2), 1.0, 0.6)
    assert not any(progress.solution(reason).is_converged for reason in StopReason)
    progress = make(None)
    progress.add_iterate(np.ones(2), 1.0, 0.0)
    converged = {reason for reason in StopReason if progress.solution(reason).is_converged}
    assert converged == {StopReason.TOL, StopReason.NO_STRUCTURE}


# --- Iterates ------------------------------------------------------------------------------


def test_iterates_are_recorded_until_the_gradient_is_small():
    progress = make(tol=0.5)
    assert progress.add_iterate(np.zeros(2), 3.0, 2.0) is None
    assert progress.add_iterate(np.full(2, 7.0), 2.0, 0.5) is StopReason.TOL
    solution = progress.solution(StopReason.TOL)
    assert solution.loss_curve == (3, 2)
    assert solution.gradient_norm_curve == (2, 0.5)
    assert (solution.loss, solution.gradient_norm) == (2, 0.5)
    np.testing.assert_array_equal(solution.theta, 7)


def test_a_solution_is_frozen_and_does_not_follow_the_progress():
    progress = make()
    progress.add_iterate(np.zeros(2), 3.0, 2.0)
    solution = progress.solution(StopReason.MAX_ITER)
    progress.add_iterate(np.ones(2), 2.0, 1.0)
    assert solution.loss_curve == (3,)
    assert solution.stop_reason == "max_iter"
    with pytest.raises(dataclasses.FrozenInstanceError):
        solution.loss = 0.0


def test_all_observers_see_each_iterate_and_the_first_reason_counts():
    seen = []

    def observer(name, patience, reason):
        def observe(solution):
            seen.append((name, solution.loss, solution.stop_reason))
            return reason if len(solution.loss_curve) == patience else None

        return observe

    observers = [
        observer("a", 9, StopReason.CALLBACK),
        observer("b", 2, StopReason.INTERRUPTED),
        observer("c", 2, StopReason.CALLBACK),
    ]
    progress = make(observers=observers)
    progress.add_start(np.ones(2), 3.0, 1.0)
    assert seen == []
    assert progress.add_iterate(np.ones(2), 1.0, 1.0) is None
    assert progress.add_iterate(np.ones(2), 5.0, 0.0) is StopReason.INTERRUPTED
    assert seen == [(name, loss, "callback") for loss in (1.0, 5.0) for name in "abc"]


def test_validation_losses_are_part_of_the_solution():
    validation = Validation(lambda theta: float(theta.sum()), np.ones(2), patience=1)
    progress = make(validation=validation)
    assert progress.add_iterate(np.full(2, 0.5), 1.0, 1.0) is None
    assert progress.add_iterate(np.full(2, 3.0), 1.0, 1.0) is StopReason.EARLY_STOPPING
    solution = progress.solution(StopReason.EARLY_STOPPING)
    assert solution.validation_losses == (1, 6)
    assert solution.best_validation_loss == 1


def test_verbose_prints_a_line_for_each_stage_and_an_aligned_one_for_each_iteration(capsys):
    progress = make(verbose=True, tol=0.0)
    progress.begin_stage(np.array([0.1, 2.0]), "80 rows", is_whole=False, is_last=False)
    progress.add_start(np.ones(2), 1.0, 2.0)
    for i in range(12):
        progress.add_iterate(np.ones(2), 2 * 10.0 ** -(2 * i), 2.0)
    progress.begin_stage(np.array([0.3, 4.0]), "100 rows", is_whole=True, is_last=True)
    progress.add_start(np.ones(2), 1.0, 2.0)  # a later stage begins without an iterate
    header, first, *lines, second = capsys.readouterr().out.splitlines()
    assert header.split() == ["iteration", "loss", "gradient", "norm", "seconds"]
    assert first == "80 rows, alpha [0.1 2. ]"
    assert second == "100 rows, alpha [0.3 4. ]"
    assert len(lines) == 13
    assert {len(line) for line in lines} == {len(header)}
    number, loss, norm, seconds = lines[1].split()
    assert (int(number), float(loss), float(norm)) == (1, 2.0, 2.0)
    assert float(seconds) >= 0


def test_nothing_is_printed_unless_it_is_asked_for(capsys):
    progress = make()
    progress.begin_stage(np.ones(2), "80 rows", is_whole=False, is_last=False)
    progress.add_start(np.ones(2), 1.0, 2.0)
    progress.add_iterate(np.ones(2), 1.0, 2.0)
    assert capsys.readouterr().out == ""
