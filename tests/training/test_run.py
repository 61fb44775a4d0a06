from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_limits

from skneural._curvature.preconditioner import PRECONDITIONERS, Preconditioner
from skneural._data import threads as _shards
from skneural._data.rows import Rows
from skneural._network.activations import ACTIVATIONS
from skneural._network.network import Network
from skneural._network.objective import Objective, weighted_rows
from skneural._network.outputs import SigmoidOutput, SoftmaxOutput
from skneural._training import run as _training
from skneural._training.monitor import Stop
from skneural._training.run import (
    EARLY_ROUNDS,
    ROUND_ITERATIONS,
    SAMPLE_ITERATIONS,
    SMALLEST_SAMPLE,
    Round,
    Settings,
    plan_rounds,
    train,
)
from skneural._training.solvers import OPTIMIZERS

N_LARGE = 4 * SMALLEST_SAMPLE + 3
CONTAINERS = [np.asarray, sp.csr_array]

# --- The plan ------------------------------------------------------------------------------


@pytest.mark.parametrize("may_sample", [False, True])
@pytest.mark.parametrize("max_iter", [1, 29, 30, 59, 60, 89, 90, 100, 10_000])
@pytest.mark.parametrize("n_rows", [1, 9_999, 10_000, 19_999, 20_000, 10**7])
def test_the_last_round_has_all_rows(n_rows, max_iter, may_sample):
    *early, last = plan_rounds(n_rows, max_iter, may_sample)
    assert last == Round(n_rows, max_iter)
    assert len(early) <= EARLY_ROUNDS
    assert not early or early[-1].max_iter < max_iter
    starts = [0, *(one.max_iter for one in early)]
    lengths = [SAMPLE_ITERATIONS if one.n_rows < n_rows else ROUND_ITERATIONS for one in early]
    assert [b - a for a, b in pairwise(starts)] == lengths


@pytest.mark.parametrize("n_rows", [10_000, 19_999, 20_000, 123_457])
def test_samples_double(n_rows):
    *early, last = plan_rounds(n_rows, 100, may_sample=True)
    assert early[0].n_rows < n_rows
    assert early[0].n_rows >= SMALLEST_SAMPLE
    for one, following in pairwise([*early, last]):
        assert following.n_rows in (2 * one.n_rows, 2 * one.n_rows + 1, one.n_rows)
    assert early[-1].n_rows < last.n_rows or early[0].n_rows * 2 <= last.n_rows


@pytest.mark.parametrize(
    ("n_rows", "max_iter", "may_sample"),
    [
        (2 * SMALLEST_SAMPLE - 1, 100, True),
        (10**6, 100, False),
        (10**6, EARLY_ROUNDS * ROUND_ITERATIONS, True),
    ],
)
def test_few_rows_or_iterations_or_a_given_start_are_not_sampled(n_rows, max_iter, may_sample):
    assert {one.n_rows for one in plan_rounds(n_rows, max_iter, may_sample)} == {n_rows}


def test_fewer_iterations_are_the_beginning_of_more():
    rounds = plan_rounds(1000, 100, may_sample=True)
    for max_iter in range(1, 100):
        *early, last = plan_rounds(1000, max_iter, may_sample=True)
        assert early == rounds[: len(early)]
        assert last.max_iter <= rounds[len(early)].max_iter


# --- Rounds on samples ---------------------------------------------------------------------


def large(dtype=np.float64, convert=np.asarray):
    X, y = make_classification(N_LARGE, 8, n_informative=6, n_classes=3, random_state=0)
    rows = Rows(convert(X.astype(dtype)), y[:, None], np.ones(N_LARGE))
    return Network(8, (6,), [ACTIVATIONS["tanh"]], SoftmaxOutput((3,))), rows


def settings(**changes):
    defaults = {
        "alpha": None,
        "optimizer": OPTIMIZERS["lbfgs"],
        "preconditioner": Preconditioner.AUTO,
        "tol": 0.0,
        "max_iter": 100,
    }
    return Settings(**{**defaults, **changes})


def assert_speaks_of_all_rows(solution, network, rows):
    loss, gradient = Objective(network, rows, solution.alpha)(solution.theta)
    np.testing.assert_allclose(solution.loss, loss, rtol=1e-12)
    np.testing.assert_allclose(solution.gradient_norm, np.abs(gradient).max(), rtol=1e-9)


def sizes_of_rounds(monkeypatch):
    sizes = []

    class Recorded(Objective):
        def __init__(self, network, rows, *others):
            sizes.append(rows.n_rows)
            super().__init__(network, rows, *others)

    monkeypatch.setattr(_training, "Objective", Recorded)
    return sizes


def test_rounds_run_on_growing_samples_as_planned(monkeypatch):
    network, rows = large()
    sizes = sizes_of_rounds(monkeypatch)
    solution = train(network, rows, settings(), seed=0)
    assert sizes == [one.n_rows for one in plan_rounds(N_LARGE, 100, True)]
    assert len(solution.loss_curve) == 100
    assert_speaks_of_all_rows(solution, network, rows)
    sizes.clear()
    train(network, rows, settings(), seed=0, start=solution.theta)
    assert set(sizes) == {N_LARGE}
    sizes.clear()
    train(network, rows, settings(alpha=1.0, preconditioner=None, max_iter=40), seed=0)
    assert sizes == [N_LARGE]


def test_a_sample_holds_the_one_before(monkeypatch):
    network, rows = large()
    run = _training._Run(network, rows, settings(), 0, None, map)
    first, second = run._first(0, 5000).index, run._first(0, 10_000).index
    assert set(first) < set(second)
    assert set(run._first(5000, 10_000).index) == set(second) - set(first)


@pytest.mark.parametrize("max_iter", [1, 15, 16, 29, 30, 37, 60])
def test_wherever_max_iter_ends_a_run_the_solution_speaks_of_all_rows(max_iter):
    network, rows = large()
    solution = train(network, rows, settings(max_iter=max_iter), seed=0)
    assert solution.stop_reason == "max_iter"
    assert len(solution.loss_curve) == max_iter
    assert_speaks_of_all_rows(solution, network, rows)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Stop("observed")])
@pytest.mark.parametrize("iteration", [1, 15, 20, 50])
def test_a_run_that_ends_in_any_round_speaks_of_all_rows(iteration, error):
    network, rows = large()

    def end(solution):
        if len(solution.loss_curve) == iteration:
            raise error

    solution = train(network, rows, settings(), seed=0, observers=[end])
    assert solution.stop_reason == getattr(error, "reason", "interrupted")
    assert len(solution.loss_curve) == iteration
    assert_speaks_of_all_rows(solution, network, rows)


@pytest.mark.parametrize("name", ["layer_curvature", "Kronecker"])
@pytest.mark.parametrize("number", [2, 3, 4])
def test_an_interruption_between_two_rounds_keeps_the_last_iterate(number, name, monkeypatch):
    network, rows = large()
    original, n_calls = getattr(_training, name), 0

    def interrupted(*args):
        nonlocal n_calls
        n_calls += 1
        if n_calls == number:
            raise KeyboardInterrupt
        return original(*args)

    monkeypatch.setattr(_training, name, interrupted)
    solution = train(network, rows, settings(), seed=0)
    assert solution.stop_reason == "interrupted"
    assert len(solution.loss_curve) == plan_rounds(N_LARGE, 100, True)[number - 2].max_iter
    assert_speaks_of_all_rows(solution, network, rows)


@pytest.mark.parametrize("number", [2, 3, 4])
def test_curvature_that_overflows_keeps_the_last_iterate(number, monkeypatch):
    network, rows = large()
    original, n_calls = _training.layer_curvature, 0

    def overflowing(*args):
        nonlocal n_calls
        n_calls += 1
        curvature = original(*args)
        if n_calls == number:
            curvature.factors[0].A[0] = np.inf
        return curvature

    monkeypatch.setattr(_training, "layer_curvature", overflowing)
    solution = train(network, rows, settings(), seed=0)
    assert solution.stop_reason == "overflow"
    assert len(solution.loss_curve) == plan_rounds(N_LARGE, 100, True)[number - 2].max_iter
    assert_speaks_of_all_rows(solution, network, rows)


def test_on_a_sample_the_penalty_has_its_share(monkeypatch):
    network, rows = large()
    weight = np.random.default_rng(0).uniform(0.1, 10, N_LARGE)
    shares = []

    class Recorded(Objective):
        def __init__(self, *args):
            super().__init__(*args)
            shares.append(args[2] / self.total_weight)

    monkeypatch.setattr(_training, "Objective", Recorded)
    train(network, Rows(rows.X, rows.labels, weight), settings(alpha=3.0), seed=0)
    assert len(shares) > 1
    np.testing.assert_allclose(shares, 3 / weight.sum(), rtol=1e-10)


@pytest.mark.parametrize("name", ["layer_curvature", "Kronecker"])
def test_an_interruption_before_the_first_round_is_passed_on(name, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(_training, name, interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(*large(), settings(), seed=0)


@pytest.mark.parametrize("convert", CONTAINERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_samples_are_those_of_the_seed_for_any_number_of_threads(dtype, convert, monkeypatch):
    monkeypatch.setattr(_shards, "THREADING_PAYS", 0)
    network, rows = large(dtype, convert)
    thetas = []
    for n_threads in (1, 2, 4):
        with threadpool_limits(n_threads, user_api="blas"):
            thetas.append(train(network, rows, settings(max_iter=40), seed=0).theta)
    np.testing.assert_array_equal(thetas[1], thetas[0])
    np.testing.assert_array_equal(thetas[2], thetas[0])
    other = train(network, rows, settings(max_iter=40), seed=1)
    assert not np.array_equal(other.theta, thetas[0])


@pytest.mark.parametrize("every", [2, 5, 9000])
def test_rows_of_weight_zero_are_as_if_they_were_absent(every):
    network, rows = large()
    weight = np.zeros(N_LARGE)
    weight[1::every] = 1
    assert len(np.unique(rows.labels[1::every])) > 1
    used = np.flatnonzero(weight)
    absent = Rows(rows.X[used], rows.labels[used], weight[used])
    present = Rows(rows.X, rows.labels, weight)
    np.testing.assert_array_equal(weighted_rows(network.output, present).index, used)
    assert weighted_rows(network.output, absent) is absent
    solutions = [train(network, r, settings(max_iter=30), seed=0) for r in (present, absent)]
    np.testing.assert_allclose(*(one.theta for one in solutions), rtol=1e-6, atol=1e-6)


# --- The minimum ---------------------------------------------------------------------------


@pytest.mark.parametrize("convert", CONTAINERS)
@pytest.mark.parametrize("make_output", [SoftmaxOutput, SigmoidOutput])
@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_preconditioners_change_the_path_and_not_the_minimum(solver, make_output, convert, iris):
    X, y = iris
    rows = Rows(convert(X * [0.3, 1, 2, 1] + [0, 1, 0, 3]), y[:, None], np.ones(len(X)))
    network = Network(4, (), [], make_output((3,)))
    layers, curves = [], []
    for preconditioner in PRECONDITIONERS.values():
        run = settings(
            alpha=1.0,
            optimizer=OPTIMIZERS[solver],
            preconditioner=preconditioner,
            tol=1e-8,
            max_iter=5000,
        )
        solution = train(network, rows, run, seed=0)
        assert solution.stop_reason == "tol"
        layers += network.layers(solution.theta)
        curves.append(solution.loss_curve)
    for layer in layers:
        np.testing.assert_allclose(layer.coef, layers[-1].coef, rtol=1e-5, atol=1e-5)
        shift = layer.intercept - layers[-1].intercept
        np.testing.assert_allclose(shift, shift.mean(), atol=1e-5)  # a softmax may add a number
    assert len(set(map(tuple, curves))) > 1


@pytest.mark.parametrize("preconditioner", PRECONDITIONERS)
def test_a_second_fit_from_a_minimum_has_nothing_to_do(classifier, preconditioner, iris):
    model = classifier(5, "tanh", alpha=1.0, preconditioner=preconditioner, random_state=0)
    model.set_params(warm_start=True, max_iter=2000).fit(*iris)
    n_iter = model.n_iter_
    assert model.fit(*iris).n_iter_ == n_iter


@pytest.mark.parametrize("preconditioner", PRECONDITIONERS)
def test_fits_that_find_the_penalty_settle(classifier, preconditioner, iris):
    model = classifier((), preconditioner=preconditioner, random_state=0, warm_start=True)
    model.set_params(max_iter=2000)
    n_iter = [model.fit(*iris).n_iter_ for _ in range(12)]
    steps = np.diff([0, *n_iter])
    assert steps[-1] < steps[0] / 3
    alpha = model.alpha_
    np.testing.assert_allclose(model.fit(*iris).alpha_, alpha, rtol=0.1)


# --- A penalty that is found ---------------------------------------------------------------


def assert_safe(model, X):
    assert np.isfinite(model.alpha_).all()
    assert (model.alpha_ > 0).all()
    assert np.isfinite([model.loss_, model.gradient_norm_]).all()
    assert all(np.isfinite(part).all() for part in model.coefs_ + model.intercepts_)
    assert np.isfinite(np.hstack(model.predict_proba(X))).all()


HIDDEN = [(), 5, (20, 10, 5)]


def few_rows(rng):
    return rng.normal(size=(6, 3)), np.array([0, 1, 0, 1, 0, 1])


def separable(rng):
    X = rng.normal(size=(100, 2))
    return X + 10 * (X[:, :1] > 0), (X[:, 0] > 0).astype(int)


def constant_features(rng):
    X = rng.normal(size=(100, 6))
    X[:, 1::2] = [0, 7, 0.1]
    return X, rng.integers(3, size=100)


def nothing_but_constants(rng):
    return np.full((50, 3), 0.1), rng.integers(3, size=50)


def more_features_than_rows(rng):
    return rng.normal(size=(30, 300)), rng.integers(3, size=30)


def repeated_features(rng):
    return np.repeat(rng.normal(size=(100, 2)), 5, axis=1), rng.integers(2, size=100)


def far_from_zero(rng):
    return rng.normal(size=(100, 4)) + 1e8, rng.integers(2, size=100)


def of_many_scales(rng):
    return rng.normal(size=(100, 7)) * 10.0 ** np.arange(-9, 10, 3), rng.integers(2, size=100)


DATA = [
    few_rows,
    separable,
    constant_features,
    nothing_but_constants,
    more_features_than_rows,
    repeated_features,
    far_from_zero,
    of_many_scales,
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("convert", CONTAINERS)
@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
@pytest.mark.parametrize("data", DATA)
def test_the_penalty_that_is_found_is_safe_on_difficult_data(classifier, data, hidden, convert):
    X, y = data(np.random.default_rng(0))
    assert_safe(classifier(hidden, random_state=0).fit(convert(X), y), X)
    single = classifier(hidden, random_state=0).fit(convert(X.astype(np.float32)), y)
    assert_safe(single, X.astype(np.float32))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("weight", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize(
    "kind", ["binary", "multiclass", "multilabel-indicator", "multiclass-multioutput"]
)
def test_the_penalty_that_is_found_is_safe_for_every_kind_of_target_and_weight(
    classifier, kind, weight, iris, targets_of_each_kind
):
    X, y = iris[0], targets_of_each_kind[kind]
    for hidden in HIDDEN:
        assert_safe(classifier(hidden, random_state=0).fit(X, y, np.full(150, weight)), X)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("preconditioner", PRECONDITIONERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_penalty_that_is_found_is_safe_with_every_activation(
    classifier, activation, preconditioner, iris
):
    model = classifier((20, 10, 5), activation, preconditioner=preconditioner, random_state=0)
    assert_safe(model.fit(*iris), iris[0])
    assert model.score(*iris) > 0.9


def noise(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(500, 10)), (rng.random(500) < 0.3).astype(int)


def test_of_noise_a_linear_model_learns_the_frequencies_alone(classifier):
    X, y = noise(0)
    model = classifier((), random_state=0).fit(X, y)
    for features in (X, noise(1)[0]):
        assert np.abs(model.predict_proba(features)[:, 1] - y.mean()).max() < 0.1


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("hidden", [5, 50, (20, 10, 5)], ids=str)
def test_of_noise_a_network_learns_less_than_with_hardly_any_penalty(
    classifier, hidden, activation
):
    losses = [
        log_loss(noise(1)[1], model.fit(*noise(0)).predict_proba(noise(1)[0]))
        for model in (
            classifier(hidden, activation, random_state=0, alpha=alpha) for alpha in ("auto", 0.1)
        )
    ]
    assert losses[0] < losses[1]
    assert losses[0] < 1.2 * np.log(2)


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
def test_separable_classes_are_separated(classifier, hidden):
    X, y = separable(np.random.default_rng(0))
    model = classifier(hidden, random_state=0, max_iter=500).fit(X, y)
    assert model.score(X, y) == 1
    assert model.predict_proba(X).max(axis=1).min() > 0.9


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("factor", [1, 10, 1000])
@pytest.mark.parametrize("hidden", [(), 20], ids=str)
def test_the_penalty_is_bounded_after_a_fit_without_one_to_other_labels(
    classifier, hidden, factor, cancer
):
    X, y = cancer
    model = classifier(hidden, alpha=0.0, random_state=0, warm_start=True, max_iter=300).fit(X, y)
    for coef in model.coefs_:
        coef *= factor
    flipped = np.where(np.arange(len(y)) % 20, y, 1 - y)
    model.set_params(alpha="auto").fit(X, flipped)
    assert_safe(model, X)
    assert model.alpha_.max() < 1e7
    assert model.score(X, y) > 0.6


def test_each_layer_has_a_penalty_of_its_own_and_a_given_one_is_kept(classifier, iris):
    model = classifier((6, 4), random_state=0, max_iter=30)
    with pytest.warns(ConvergenceWarning):
        found = clone(model).fit(*iris).alpha_
    assert len(found) == len(set(found)) == 3
    with pytest.warns(ConvergenceWarning):
        given = model.set_params(alpha=0.3, tol=0.0).fit(*iris).alpha_
    np.testing.assert_array_equal(given, 0.3)
