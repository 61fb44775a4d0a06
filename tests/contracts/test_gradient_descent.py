"""A solver that is not scipy's, added from outside: gradient descent with a line search."""

import numpy as np
import pytest

from skneural._training.solution import StopReason
from skneural._training.solvers import SOLVERS, Solver


class GradientDescent(Solver):
    """Steps against the gradient, halved until the function falls by Armijo's rule."""

    def run(self, problem, start):
        x, step = start, 1.0
        value, gradient = problem.evaluate(x)
        while True:
            step *= 2
            candidate = x - step * gradient
            while not problem.evaluate(candidate)[0] <= value - 0.1 * step * gradient @ gradient:
                step /= 2
                candidate = x - step * gradient
                if np.array_equal(candidate, x):
                    return StopReason.PRECISION
            x = candidate
            if reason := problem.accept(x):
                return reason
            value, gradient = problem.evaluate(x)


@pytest.fixture(autouse=True)
def register(monkeypatch):
    monkeypatch.setitem(SOLVERS, "gradient-descent", GradientDescent())


@pytest.mark.parametrize("alpha", [1.0, "auto"])
@pytest.mark.parametrize("preconditioner", ["kronecker", None])
def test_it_reaches_the_minimum_of_other_solvers(classifier, preconditioner, alpha, iris):
    settings = {"preconditioner": preconditioner, "tol": 1e-3, "max_iter": 5000, "random_state": 0}
    found, expected = (
        classifier((), solver=solver, alpha=alpha, **settings).fit(*iris)
        for solver in ("gradient-descent", "lbfgs")
    )
    assert found.converged_
    assert found.stop_reason_ == "tol"
    assert (np.diff(found.loss_curve_[-20:]) < 0).all()
    if alpha == 1.0:  # "auto" depends on the path
        np.testing.assert_allclose(found.loss_, expected.loss_, rtol=0.02)
    assert (found.predict(iris[0]) == expected.predict(iris[0])).mean() > 0.98


def test_early_stopping_callbacks_and_limits_work_for_it(classifier, iris):
    model = classifier((5,), solver="gradient-descent", random_state=0)
    model.set_params(early_stopping=True, max_iter=500).fit(*iris)
    assert model.stop_reason_ in ("early_stopping", "tol")
    assert len(model.validation_losses_) == model.n_iter_
    with pytest.warns(UserWarning, match="stopped after 3 iterations"):
        model.set_params(early_stopping=False, max_iter=3).fit(*iris)
    assert (model.n_iter_, model.stop_reason_) == (3, "max_iter")
