import numpy as np
import pytest

from skneural._curvature.reparametrization import Identity
from skneural._curvature.secants import MOST_PAIRS, SecantPair, SecantReparametrization, Secants
from skneural._network.softmax import SoftmaxOutput
from skneural._training.problem import Problem
from skneural._training.progress import Progress
from skneural._training.solution import StopReason
from skneural._training.solvers import SOLVERS
from tests.curvature.test_reparametrization import LARGEST, as_matrix, make, reparametrization_at
from tests.training.bowl import Function


class Quadratic(Function):
    """The objective ``(theta - 1)' H (theta - 1) / 2``."""

    def __init__(self, H):
        self._H = H

    def __call__(self, theta):
        gradient = self._H @ (theta - 1)
        return float(gradient @ (theta - 1)) / 2, gradient

    def penalty_product(self, direction):
        return 0.5 * direction  # of the curvature, this part is the penalty's


def change_of_variables(largest):
    """A change of variables for a network, and the number of its weights."""
    if largest is None:
        return Identity(), 12
    network, theta, rows = make(SoftmaxOutput((3,)))
    return reparametrization_at(network, theta, rows, 0.01, LARGEST[largest]), theta.size


def hessian(n_parameters, seed=0):
    root = np.random.default_rng(seed).normal(size=(2 * n_parameters, n_parameters))
    return root.T @ root / n_parameters


def pairs_of(H, n_pairs, seed=1):
    steps = np.random.default_rng(seed).normal(size=(n_pairs, len(H)))
    return [SecantPair(step, H @ step) for step in steps]


def bfgs(inverse, pairs):
    """The BFGS formula, applied to an inverse Hessian for each pair in turn."""
    for s, y in pairs:
        V = np.eye(len(s)) - np.outer(y, s) / (s @ y)
        inverse = V.T @ inverse @ V + np.outer(s, s) / (s @ y)
    return inverse


def local(T, pairs):
    return [SecantPair(T.inverse(step), T.gradient(change)) for step, change in pairs]


@pytest.mark.parametrize("n_pairs", [1, 2, MOST_PAIRS])
@pytest.mark.parametrize("largest", [None, *LARGEST])
def test_the_product_with_the_transpose_is_the_inverse_hessian_of_bfgs(largest, n_pairs):
    T, n_parameters = change_of_variables(largest)
    pairs = pairs_of(hessian(n_parameters), n_pairs)
    refined = as_matrix(SecantReparametrization(T, local(T, pairs)), n_parameters)
    plain = as_matrix(T, n_parameters)
    s, y = local(T, pairs)[-1]
    expected = bfgs(plain @ plain.T * (s @ y) / (y @ y), pairs)
    inverse = refined @ refined.T
    np.testing.assert_allclose(inverse, expected, rtol=1e-7, atol=1e-9 * abs(expected).max())
    np.testing.assert_allclose(inverse @ pairs[-1].change, pairs[-1].step, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("largest", [None, *LARGEST])
def test_gradient_and_inverse_belong_to_the_same_matrix(largest):
    T, n_parameters = change_of_variables(largest)
    pairs = local(T, pairs_of(hessian(n_parameters), MOST_PAIRS))
    each = SecantReparametrization(T, pairs)
    matrix = as_matrix(each, n_parameters)
    vector = np.random.default_rng(2).normal(size=n_parameters)
    np.testing.assert_allclose(each.gradient(vector), matrix.T @ vector, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(each.inverse(matrix @ vector), vector, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(T.inverse(T.weights(vector)), vector, rtol=1e-8, atol=1e-9)


def record(*changes):
    """Secants of steps along the first axes, with these changes of the gradient."""
    secants, theta, gradient = Secants(), np.zeros(12), np.zeros(12)
    secants.start(theta, gradient)
    for axis, change in enumerate(changes):
        theta, gradient = theta + np.eye(12)[axis], gradient + change
        secants.add(theta, gradient)
    return secants


@pytest.mark.parametrize("factor", [0.0, -1.0, np.nan])
def test_pairs_that_show_no_positive_curvature_are_left_out(factor):
    T, change = Identity(), 2 + np.arange(12.0)
    expected = as_matrix(record(change).refine(T, np.zeros_like), 12)
    refined = as_matrix(record(change, factor * np.ones(12)).refine(T, np.zeros_like), 12)
    np.testing.assert_array_equal(refined, expected)
    assert record(factor * np.ones(12)).refine(T, np.zeros_like) is T


def test_the_last_pairs_are_kept_until_they_are_forgotten():
    changes, T = 2 + np.random.default_rng(3).uniform(size=(MOST_PAIRS + 3, 12)), Identity()
    steps = np.eye(12)[3 : len(changes)]
    pairs = [SecantPair(*each) for each in zip(steps, changes[3:], strict=True)]
    secants = record(*changes)
    refined = as_matrix(secants.refine(T, np.zeros_like), 12)
    np.testing.assert_allclose(refined, as_matrix(SecantReparametrization(T, pairs), 12))
    secants.clear()
    assert secants.refine(T, np.zeros_like) is T


def test_the_present_penalty_is_added_to_the_curvature_of_the_losses():
    changes, added = 2 + np.random.default_rng(3).uniform(size=(2, 12)), np.arange(12.0)
    refined = record(*changes).refine(Identity(), lambda direction: added * direction)
    with_penalty = record(*(changes + np.eye(12)[:2] * added)).refine(Identity(), np.zeros_like)
    np.testing.assert_allclose(as_matrix(refined, 12), as_matrix(with_penalty, 12))


@pytest.mark.parametrize("seed", range(3))
def test_a_solver_goes_on_where_another_ended(seed):
    objective = Quadratic(np.diag([30, 100, 300] + [1.0] * 57))
    secants, n_iter = Secants(), []

    def run(progress, T, max_iter=1000):
        problem = Problem(objective, T, progress, max_iter, secants=secants)
        assert problem.begin() is None
        return SOLVERS["lbfgs"].run(problem, np.zeros(60))

    first = Progress(np.random.default_rng(seed).normal(size=60), tol=1e-6)
    assert run(first, Identity(), 6) is StopReason.MAX_ITER
    for T in (secants.refine(Identity(), objective.penalty_product), Identity()):
        progress = Progress(first.theta, tol=1e-6)
        assert run(progress, T) is StopReason.TOL
        np.testing.assert_allclose(progress.theta, 1, atol=1e-5)
        n_iter.append(progress.n_iter)
    assert n_iter[0] < 0.8 * n_iter[1]
