"""The monitor between an objective and its solver, and validation."""

import numpy as np
import pytest

from skneural._curvature.preconditioner import Identity
from skneural._training.monitor import Monitor, Solution, Stop, Validation


class Bowl:
    """An objective as simple as can be."""

    def __call__(self, theta):
        return float(theta @ theta), 2 * theta

    def hessian_product(self, theta, direction):
        return 2 * direction


class Doubled(Identity):
    """Weights are twice the solver's steps from the origin."""

    def weights(self, phi):
        return 2 * phi

    def gradient(self, gradient):
        return 2 * gradient


def begun(objective=None, start=(1.0, -2.0), max_iter=3, coordinates=None, tol=1e-3, **settings):
    monitor = Monitor(Solution(np.array(start), np.ones(1)), tol=tol, **settings)
    monitor.begin(objective or Bowl(), coordinates or Identity(), max_iter)
    return monitor


def test_the_start_is_the_first_iterate_and_no_iteration():
    solution = begun().solution
    assert solution.loss == 5
    assert solution.gradient_norm == 4
    assert solution.loss_curve == []
    assert solution.n_fev == 1


def test_an_iterate_is_evaluated_again_only_if_the_solver_looked_elsewhere_since():
    monitor = begun()
    monitor.evaluate(np.array([0.5, 0.5]))
    monitor.after_iteration(np.array([0.5, 0.5]))
    assert monitor.solution.n_fev == 2
    monitor.evaluate(np.array([9.0, 9.0]))
    monitor.after_iteration(np.array([-0.9, 2.2]))
    assert monitor.solution.n_fev == 4
    np.testing.assert_allclose(monitor.solution.theta, [0.1, 0.2])
    np.testing.assert_allclose(monitor.solution.loss_curve, [4.5, 0.05])
    np.testing.assert_allclose(monitor.solution.gradient_norm_curve, [3, 0.4])


def test_the_iterate_is_kept_even_if_the_solver_reuses_its_memory():
    monitor = begun()
    phi = np.array([0.5, 0.5])
    monitor.evaluate(phi)
    monitor.after_iteration(phi)
    phi[:] = 7
    np.testing.assert_array_equal(monitor.solution.theta, [1.5, -1.5])


def test_the_solver_works_in_coordinates_around_the_weights_at_the_last_beginning():
    monitor = begun(coordinates=Doubled())
    loss, gradient = monitor.evaluate(np.array([0.5, 0.0]))
    assert loss == 8
    np.testing.assert_array_equal(gradient, [8, -8])
    np.testing.assert_array_equal(monitor.hessian_product(np.ones(2), np.array([1, 3])), [8, 24])
    monitor.after_iteration(np.array([0.5, 0.0]))
    assert monitor.solution.gradient_norm == 4, "in the coordinates of the weights"
    assert monitor.solution.gradient_norm_curve == [4]
    monitor.begin(Bowl(), Identity(), 3)
    np.testing.assert_array_equal(monitor.evaluate(np.zeros(2))[1], [4, -4])
    np.testing.assert_array_equal(monitor.solution.theta, [2, -2])


def test_stops_at_tol_and_at_max_iter():
    with pytest.raises(Stop, match="tol"):
        begun().after_iteration(np.array([-1.0, 2.0004]))
    monitor = begun(tol=0.0, max_iter=2)
    monitor.after_iteration(np.ones(2))
    with pytest.raises(Stop, match="max_iter"):
        monitor.after_iteration(np.ones(2))
    with pytest.raises(Stop, match="tol"):
        begun(start=(0.0, 0.0))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_a_stop_before_they_are_taken_over(bad):
    def cliff(theta):
        return (bad, theta) if theta[0] > 1 else (1.0, theta * (bad if theta[0] < 0 else 1))

    for start in (2.0, -1.0):
        with pytest.raises(Stop, match="overflow"):
            begun(cliff, start=(start, 1.0))
    monitor = begun(cliff, start=(1.0, 1.0))
    with pytest.raises(Stop, match="overflow"):
        monitor.evaluate(np.array([1.0, 0.0]))
    np.testing.assert_array_equal(monitor.solution.theta, 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_hessian_products_that_are_not_finite_are_a_stop(bad):
    class Steep(Bowl):
        def hessian_product(self, theta, direction):
            return direction * bad

    with pytest.raises(Stop, match="overflow"):
        begun(Steep()).hessian_product(np.ones(2), np.ones(2))
    direction = np.array([1.0, 3.0])
    np.testing.assert_array_equal(begun().hessian_product(np.ones(2), direction), 2 * direction)


def test_verbose_prints_one_aligned_line_per_iteration(capsys):
    monitor = begun(verbose=True, tol=0.0, max_iter=100, start=(0.0, 1.0))
    for i in range(12):
        monitor.after_iteration(np.array([10.0**-i, 0.0]))
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["iteration", "loss", "gradient", "norm", "seconds"]
    assert len(lines) == 13
    assert {len(line) for line in lines} == {len(header)}
    number, loss, norm, seconds = lines[1].split()
    assert (int(number), float(loss), float(norm)) == (1, 2.0, 2.0)
    assert float(seconds) >= 0


def test_all_observers_are_shown_each_iterate_and_the_first_to_stop_is_heeded():
    shown = []

    def observer(name, patience):
        def show(solution):
            shown.append((name, solution.loss))
            if len(solution.loss_curve) == patience:
                raise Stop(name)

        return show

    monitor = begun(observers=[observer("a", 9), observer("b", 2), observer("c", 2)])
    assert shown == []
    monitor.after_iteration(np.array([0.0, 2.0]))
    with pytest.raises(Stop, match="b"):
        monitor.after_iteration(np.array([0.0, 4.0]))
    assert shown == [("a", 1.0), ("b", 1.0), ("c", 1.0), ("a", 5.0), ("b", 5.0), ("c", 5.0)]


@pytest.mark.parametrize("patience", [2, 3, None])
def test_validation_remembers_the_best_and_stops_after_iterations_without_a_better(patience):
    scores = [5.0, 3.0, 4.0, 2.0, 2.0, 7.0, 6.0, 6.0, 6.0]
    validation = Validation(lambda theta: scores[int(theta[0])], patience)
    solution = Solution(np.zeros(1), np.ones(1))
    reason = None
    for n_shown in range(1, len(scores) + 1):
        solution.theta = np.array([n_shown - 1.0])
        try:
            validation(solution)
        except Stop as stop:
            reason = stop.reason
            break
    assert reason == (None if patience is None else "early_stopping")
    assert n_shown == (len(scores) if patience is None else 4 + patience)
    assert solution.validation_losses == scores[:n_shown]
    assert solution.best_validation_loss == 2
    assert validation.best_theta == 3


def test_validation_may_consider_the_start():
    validation = Validation(lambda theta: float(theta[0]), 1)
    solution = Solution(np.ones(1), np.ones(1))
    assert validation.consider(solution) == 1
    assert solution.validation_losses == []
    solution.theta = np.full(1, 2.0)
    with pytest.raises(Stop, match="early_stopping"):
        validation(solution)
    assert validation.best_theta == 1
