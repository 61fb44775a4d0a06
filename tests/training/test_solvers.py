from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der, rosen_hess_prod

from skneural._training.solvers import OPTIMIZERS


def rosenbrock(x):
    return rosen(x), rosen_der(x)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_runs_until_no_progress_is_possible_at_this_precision(name):
    iterates = []
    OPTIMIZERS[name].minimize(
        rosenbrock, rosen_hess_prod, np.zeros(4), lambda x: iterates.append(x.copy())
    )
    assert len(iterates) > 10
    assert np.abs(rosen_der(iterates[-1])).max() < 1e-9
    np.testing.assert_allclose(iterates[-1], 1, rtol=1e-8)


@pytest.mark.parametrize(
    "error", [RuntimeError, KeyboardInterrupt, ValueError, np.linalg.LinAlgError, StopIteration]
)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_the_callback_raises_ends_the_run(name, error):
    seen = []

    def callback(x):
        seen.append(x)
        if len(seen) == 3:
            raise error

    with pytest.raises(error):
        OPTIMIZERS[name].minimize(rosenbrock, rosen_hess_prod, np.zeros(4), callback)
    assert len(seen) == 3


@pytest.mark.parametrize("offset", [1.0, -1e8])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_returns_where_rounding_hides_progress_and_says_nothing(name, offset, capfd):
    def function(x):
        return rosen(x) + offset, rosen_der(x)

    iterates = [np.zeros(4)]
    OPTIMIZERS[name].minimize(
        function, rosen_hess_prod, iterates[0], lambda x: iterates.append(x.copy())
    )
    assert rosen(iterates[-1]) < 1e-6 * abs(offset)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", [n for n, o in OPTIMIZERS.items() if o.second_order])
def test_ends_where_the_gradient_promises_what_the_function_does_not_keep(name):
    n_evaluations = 0

    def function(x):
        nonlocal n_evaluations
        n_evaluations += 1
        assert n_evaluations < 1000
        return 0.0, x

    OPTIMIZERS[name].minimize(function, lambda x, direction: direction, np.ones(4), lambda x: None)


@pytest.mark.parametrize("name", [n for n, o in OPTIMIZERS.items() if o.second_order])
def test_a_step_that_is_refused_is_no_iteration(name):
    iterates = [np.zeros(4)]
    OPTIMIZERS[name].minimize(
        lambda x: (rosen(x) - 1e8, rosen_der(x)),  # rounding hides progress early
        rosen_hess_prod,
        iterates[0],
        lambda x: iterates.append(x.copy()),
    )
    assert not any(np.array_equal(a, b) for a, b in pairwise(iterates))


@pytest.mark.parametrize("name", [n for n, o in OPTIMIZERS.items() if o.second_order])
def test_what_the_hessian_product_raises_ends_the_run(name):
    def hessian_product(x, direction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        OPTIMIZERS[name].minimize(rosenbrock, hessian_product, np.zeros(4), lambda x: None)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_the_function_raises_ends_the_run(name):
    def function(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        OPTIMIZERS[name].minimize(function, rosen_hess_prod, np.zeros(4), lambda x: None)


def test_only_dense_solvers_refuse_large_problems():
    for name, optimizer in OPTIMIZERS.items():
        optimizer.check(4096, [])
        if optimizer.dense:
            with pytest.raises(ValueError, match=rf"{name!r}.*at most 4096.*make it 5000"):
                optimizer.check(5000, [])
        else:
            optimizer.check(10**8, [])


def test_only_second_order_solvers_refuse_kinks():
    for name, optimizer in OPTIMIZERS.items():
        if optimizer.second_order:
            with pytest.raises(ValueError, match=rf"{name!r}.*activation='relu' does not have"):
                optimizer.check(10, ["relu"])
        else:
            optimizer.check(10, ["relu"])
