import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der

from skneural._optimizers import OPTIMIZERS


def rosenbrock(x):
    return rosen(x), rosen_der(x)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_runs_until_no_progress_is_possible_at_this_precision(name):
    iterates = []
    OPTIMIZERS[name].minimize(rosenbrock, np.zeros(4), lambda x: iterates.append(x.copy()))
    assert len(iterates) > 10
    assert np.abs(rosen_der(iterates[-1])).max() < 1e-9
    np.testing.assert_allclose(iterates[-1], 1, rtol=1e-8)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_the_callback_raises_ends_the_run(name, error):
    seen = []

    def callback(x):
        seen.append(x)
        if len(seen) == 3:
            raise error

    with pytest.raises(error):
        OPTIMIZERS[name].minimize(rosenbrock, np.zeros(4), callback)
    assert len(seen) == 3


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_the_function_raises_ends_the_run(name):
    def function(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        OPTIMIZERS[name].minimize(function, np.zeros(4), lambda x: None)


def test_only_dense_solvers_refuse_large_problems():
    for name, optimizer in OPTIMIZERS.items():
        optimizer.check(4096)
        if name == "bfgs":
            with pytest.raises(ValueError, match=r"'bfgs'.*at most 4096.*make it 5000"):
                optimizer.check(5000)
        else:
            optimizer.check(10**8)
