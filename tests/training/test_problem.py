import numpy as np
import pytest

from skneural._training.solution import StopReason
from tests.training.bowl import Bowl, Doubled, Function, make


def test_the_start_is_the_first_iterate_and_no_iteration():
    problem, progress = make()
    assert problem.begin() is None
    assert (progress.loss, progress.gradient_norm) == (5, 4)
    assert (progress.n_iter, progress.n_fev) == (0, 1)


def test_an_iterate_is_evaluated_again_only_after_an_evaluation_elsewhere():
    problem, progress = make()
    problem.begin()
    problem.evaluate(np.array([0.5, 0.5]))
    problem.accept(np.array([0.5, 0.5]))
    assert progress.n_fev == 2
    problem.evaluate(np.array([9.0, 9.0]))
    problem.accept(np.array([-0.9, 2.2]))
    assert progress.n_fev == 4
    solution = progress.solution(StopReason.TOL)
    np.testing.assert_allclose(solution.theta, [0.1, 0.2])
    np.testing.assert_allclose(solution.loss_curve, [4.5, 0.05])
    np.testing.assert_allclose(solution.gradient_norm_curve, [3, 0.4])


@pytest.mark.parametrize(
    ("start", "rows", "n_fev"), [((1, -2), None, 0), ((1, -1), None, 1), ((1, -2), "others", 1)]
)
def test_an_evaluation_is_used_again_for_the_same_rows_and_weights_only(start, rows, n_fev):
    problem, progress = make()
    problem.begin()
    other, later = make(start=start, transformation=Doubled())
    expected, _ = make(start=start, transformation=Doubled())
    later.evaluation = progress.evaluation._replace(rows=rows)
    loss, gradient = other.evaluate(np.zeros(2))
    assert later.n_fev == n_fev
    assert loss == expected.evaluate(np.zeros(2))[0]
    np.testing.assert_array_equal(gradient, expected.evaluate(np.zeros(2))[1])


def test_the_iterate_is_kept_even_if_the_solver_reuses_its_memory():
    problem, progress = make()
    phi = np.array([0.5, 0.5])
    _, gradient = problem.evaluate(phi)
    gradient[:] = 0
    problem.accept(phi)
    phi[:] = 7
    np.testing.assert_array_equal(progress.theta, [1.5, -1.5])
    np.testing.assert_array_equal(problem.evaluate(np.array([0.5, 0.5]))[1], [3, -3])


def test_the_solver_works_in_a_reparametrization_around_the_current_weights():
    problem, progress = make(transformation=Doubled())
    loss, gradient = problem.evaluate(np.array([0.5, 0.0]))
    assert loss == 8
    np.testing.assert_array_equal(gradient, [8, -8])
    np.testing.assert_array_equal(problem.linearize(np.ones(2))(np.array([1, 3])), [8, 24])
    problem.accept(np.array([0.5, 0.0]))
    assert progress.gradient_norm == 4, "with respect to the weights"
    np.testing.assert_array_equal(progress.theta, [2, -2])


def test_stops_at_tol_and_at_max_iter():
    assert make()[0].accept(np.array([-1.0, 2.0004])) is StopReason.TOL
    problem, _ = make(tol=0.0, max_iter=2)
    assert problem.accept(np.ones(2)) is None
    assert problem.accept(np.ones(2)) is StopReason.MAX_ITER
    assert make(start=(0.0, 0.0))[0].begin() is StopReason.TOL
    assert make(max_iter=0)[0].begin() is StopReason.MAX_ITER


def test_stops_at_a_loss_that_is_low_enough():
    problem, _ = make(goal=2.0)  # the start has 5, and weights (1, 1) have 2
    assert problem.begin() is None
    assert problem.accept(np.array([0.5, 3.0])) is None
    assert problem.accept(np.array([0.0, 3.0])) is StopReason.MAX_ITER
    assert make(goal=5.0)[0].begin() is StopReason.MAX_ITER


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_start_that_is_not_finite_is_an_overflow_and_no_iterate(bad):
    class Cliff(Function):
        def __call__(self, theta):
            return (bad, theta) if theta[0] > 1 else (1.0, theta * (bad if theta[0] < 0 else 1))

    for start in (2.0, -1.0):
        problem, progress = make(Cliff(), start=(start, 1.0))
        assert problem.begin() is StopReason.OVERFLOW
        assert not progress.is_evaluated
    problem, progress = make(Cliff(), start=(1.0, 1.0))
    assert problem.begin() is None
    loss, _ = problem.evaluate(np.array([1.0, 0.0]))
    assert not np.isfinite(loss)
    np.testing.assert_array_equal(progress.theta, 1)


def test_linearizations_are_taken_where_they_are_asked_for():
    class Cubic(Bowl):
        def linearize(self, theta):
            return lambda direction: theta * direction

    problem, _ = make(Cubic())
    problem.evaluate(np.ones(2))
    np.testing.assert_array_equal(problem.linearize(np.ones(2))(np.ones(2)), [2, -1])
    np.testing.assert_array_equal(problem.linearize(np.zeros(2))(np.ones(2)), [1, -2])
