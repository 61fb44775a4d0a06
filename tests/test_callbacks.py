import numpy as np
import pytest

from skneural._callbacks import Monitor, Solution, Stop


def bowl(theta):
    return float(theta @ theta), 2 * theta


def bowl_product(theta, direction):
    return 2 * direction


def make(
    function=bowl,
    hessian_product=bowl_product,
    start=(1.0, -2.0),
    tol=1e-3,
    max_iter=3,
    verbose=False,
):
    solution = Solution(np.array(start))
    return Monitor(function, hessian_product, solution, tol=tol, max_iter=max_iter, verbose=verbose)


def test_the_start_is_the_first_iterate_and_no_iteration():
    monitor = make()
    monitor.start()
    assert monitor.solution.loss == 5
    assert monitor.solution.gradient_norm == 4
    assert monitor.solution.loss_curve == []
    assert monitor.solution.n_fev == 1


def test_an_iterate_is_evaluated_again_only_if_the_solver_looked_elsewhere_since():
    monitor = make()
    monitor.start()
    monitor.evaluate(np.array([0.5, 0.5]))
    monitor.after_iteration(np.array([0.5, 0.5]))
    assert monitor.solution.n_fev == 2
    monitor.evaluate(np.array([9.0, 9.0]))
    monitor.after_iteration(np.array([0.1, 0.2]))
    assert monitor.solution.n_fev == 4
    np.testing.assert_array_equal(monitor.solution.theta, [0.1, 0.2])
    np.testing.assert_allclose(monitor.solution.loss_curve, [0.5, 0.05])


def test_the_iterate_is_kept_even_if_the_solver_reuses_its_memory():
    monitor = make()
    monitor.start()
    theta = np.array([0.5, 0.5])
    monitor.evaluate(theta)
    monitor.after_iteration(theta)
    theta[:] = 7
    np.testing.assert_array_equal(monitor.solution.theta, 0.5)


def test_stops_at_tol_and_at_max_iter():
    monitor = make()
    monitor.start()
    with pytest.raises(Stop, match="tol"):
        monitor.after_iteration(np.array([0.0, 5e-4]))
    monitor = make(tol=0.0, max_iter=2)
    monitor.start()
    monitor.after_iteration(np.ones(2))
    with pytest.raises(Stop, match="max_iter"):
        monitor.after_iteration(np.ones(2))
    with pytest.raises(Stop, match="tol"):
        make(start=(0.0, 0.0)).start()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_an_error_at_the_start_and_a_stop_later(bad):
    def cliff(theta):
        return (bad, theta) if theta[0] > 1 else (1.0, theta * (bad if theta[0] < 0 else 1))

    for start in (2.0, -1.0):
        with pytest.raises(ValueError, match=r"overflow at the initial weights.*StandardScaler"):
            make(cliff, start=(start, 1.0)).start()
    monitor = make(cliff, start=(1.0, 1.0))
    monitor.start()
    with pytest.raises(Stop, match="overflow"):
        monitor.evaluate(np.array([2.0, 1.0]))
    np.testing.assert_array_equal(monitor.solution.theta, 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_hessian_products_that_are_not_finite_are_a_stop(bad):
    monitor = make(hessian_product=lambda theta, direction: direction * bad)
    monitor.start()
    with pytest.raises(Stop, match="overflow"):
        monitor.hessian_product(np.ones(2), np.ones(2))
    direction = np.array([1.0, 3.0])
    np.testing.assert_array_equal(make().hessian_product(np.ones(2), direction), 2 * direction)


def test_verbose_prints_one_aligned_line_per_iteration(capsys):
    monitor = make(verbose=True, tol=0.0, max_iter=100)
    monitor.start()
    for i in range(12):
        monitor.after_iteration(np.ones(2) * 10.0**-i)
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["iteration", "loss", "gradient", "norm", "seconds"]
    assert len(lines) == 13
    assert {len(line) for line in lines} == {len(header)}
    number, loss, norm, seconds = lines[1].split()
    assert (int(number), float(loss), float(norm)) == (1, 2.0, 2.0)
    assert float(seconds) >= 0
