import dataclasses

import numpy as np
import pytest

from skneural._training.progress import Progress
from skneural._training.solution import StopReason
from skneural._training.validation import Validation


def make(tol=1e-3, **settings):
    return Progress(np.ones(2), np.ones(1), tol=tol, **settings)


def test_a_stage_begins_at_an_iterate_without_an_iteration():
    progress = make()
    assert not progress.is_evaluated
    assert progress.begin_stage(np.ones(2), 5.0, 4.0) is None
    assert progress.is_evaluated
    assert (progress.loss, progress.gradient_norm, progress.n_iter) == (5, 4, 0)
    assert make(tol=4.0).begin_stage(np.ones(2), 5.0, 4.0) is StopReason.TOL


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
    progress.begin_stage(np.ones(2), 3.0, 1.0)
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


def test_verbose_prints_one_aligned_line_for_each_iteration(capsys):
    progress = make(verbose=True, tol=0.0)
    progress.begin_stage(np.ones(2), 1.0, 2.0)
    for i in range(12):
        progress.add_iterate(np.ones(2), 2 * 10.0 ** -(2 * i), 2.0)
    progress.begin_stage(np.ones(2), 1.0, 2.0)  # a later stage begins without a line
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["iteration", "loss", "gradient", "norm", "seconds"]
    assert len(lines) == 13
    assert {len(line) for line in lines} == {len(header)}
    number, loss, norm, seconds = lines[1].split()
    assert (int(number), float(loss), float(norm)) == (1, 2.0, 2.0)
    assert float(seconds) >= 0
