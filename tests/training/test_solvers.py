import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der, rosen_hess_prod

from skneural._training.solution import StopReason
from skneural._training.solvers import SOLVERS
from tests.training.bowl import Function, make


class Rosenbrock(Function):
    """Rosenbrock's function; `offset` hides progress by rounding."""

    offset = 0.0

    def __call__(self, x):
        return rosen(x) + self.offset, rosen_der(x)

    def linearize(self, x):
        return lambda direction: rosen_hess_prod(x, direction)


def solve(name, objective, start=(0.0,) * 4, **settings):
    problem, progress = make(objective, start=start, **{"tol": -1.0, "max_iter": 10**6} | settings)
    assert problem.begin() is None
    return SOLVERS[name].run(problem, np.zeros(len(start))), progress


SECOND_ORDER = [name for name, solver in SOLVERS.items() if solver.second_order]


@pytest.mark.parametrize("name", SOLVERS)
def test_runs_until_no_progress_is_possible_at_this_precision(name):
    reason, progress = solve(name, Rosenbrock())
    assert reason is StopReason.PRECISION
    assert progress.n_iter > 10
    assert progress.gradient_norm < 1e-9
    np.testing.assert_allclose(progress.theta, 1, rtol=1e-8)


@pytest.mark.parametrize("name", SOLVERS)
def test_returns_the_reason_for_which_an_iterate_is_the_last(name):
    assert solve(name, Rosenbrock(), tol=1e-3)[0] is StopReason.TOL
    reason, progress = solve(name, Rosenbrock(), max_iter=3)
    assert (reason, progress.n_iter) == (StopReason.MAX_ITER, 3)
    reason, progress = solve(
        name,
        Rosenbrock(),
        observers=[lambda one: StopReason.CALLBACK if len(one.loss_curve) == 3 else None],
    )
    assert (reason, progress.n_iter) == (StopReason.CALLBACK, 3)


ERRORS = [RuntimeError, KeyboardInterrupt, ValueError, np.linalg.LinAlgError, StopIteration]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("name", SOLVERS)
def test_an_error_of_an_observer_ends_the_run(name, error):
    seen = []

    def observer(solution):
        seen.append(solution)
        if len(seen) == 3:
            raise error

    with pytest.raises(error):
        solve(name, Rosenbrock(), observers=[observer])
    assert len(seen) == 3


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("name", SOLVERS)
def test_an_error_of_the_objective_ends_the_run(name, error):
    class Failing(Rosenbrock):
        n_calls = 0

        def __call__(self, x):
            self.n_calls += 1
            if self.n_calls == 3:
                raise error
            return super().__call__(x)

    with pytest.raises(error):
        solve(name, Failing())


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("name", SECOND_ORDER)
def test_an_error_of_a_hessian_product_ends_the_run(name, error):
    class Failing(Rosenbrock):
        def linearize(self, x):
            def fail(direction):
                raise error

            return fail

    with pytest.raises(error):
        solve(name, Failing())


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", SOLVERS)
def test_values_that_are_not_finite_are_an_overflow(name, bad):
    class Cliff(Rosenbrock):
        def __call__(self, x):
            value, gradient = super().__call__(x)
            return (bad if np.abs(x).max() > 0.1 else value), gradient

    reason, progress = solve(name, Cliff())
    assert reason is StopReason.OVERFLOW
    assert np.isfinite(progress.theta).all()
    assert np.abs(progress.theta).max() <= 0.1


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", SECOND_ORDER)
def test_hessian_products_that_are_not_finite_are_an_overflow(name, bad):
    class Steep(Rosenbrock):
        def linearize(self, x):
            return lambda direction: bad * direction

    assert solve(name, Steep())[0] is StopReason.OVERFLOW


@pytest.mark.parametrize("offset", [1.0, -1e8])
@pytest.mark.parametrize("name", SOLVERS)
def test_ends_silently_where_rounding_hides_progress(name, offset, capfd):
    objective = Rosenbrock()
    objective.offset = offset
    reason, progress = solve(name, objective)
    assert reason is StopReason.PRECISION
    assert rosen(progress.theta) < 1e-6 * abs(offset)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", SECOND_ORDER)
def test_ends_where_the_function_does_not_keep_the_promise_of_its_gradient(name):
    class Flat(Rosenbrock):
        n_calls = 0

        def __call__(self, x):
            self.n_calls += 1
            assert self.n_calls < 1000
            return 0.0, x

        def linearize(self, x):
            return lambda direction: direction

    assert solve(name, Flat(), start=np.ones(4))[0] is StopReason.PRECISION


def test_only_second_order_solvers_refuse_kinks():
    assert SECOND_ORDER == ["newton-cg"]
    for name, solver in SOLVERS.items():
        solver.check(name, [])
        if solver.second_order:
            with pytest.raises(ValueError, match=rf"{name!r}.*activation='relu' has none"):
                solver.check(name, ["relu"])
        else:
            solver.check(name, ["relu"])
