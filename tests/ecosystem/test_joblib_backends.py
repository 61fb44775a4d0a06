"""Searches and restarts in parallel: the same results, no more threads than allowed."""

import threading
from unittest.mock import patch

import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_config
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_info, threadpool_limits

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._network.activations import ACTIVATIONS, Activation


@pytest.fixture(params=["loky", "threading", "dask"])
def backend(request):
    """Each backend in turn, with two jobs, which `n_jobs=None` stands for."""
    if request.param == "dask":
        request.getfixturevalue("client")
    with parallel_config(request.param, n_jobs=2):
        yield request.param


def large_data():
    """Enough for threads, and too much to be sorted first."""
    X = np.random.default_rng(0).normal(size=(6000, 40))
    return X, (X[:, :3] @ [3, -2, 1] > 0) + (X[:, 3] > 1).astype(int)


def assert_same_network(one, other):
    weights, others = ([*each.coefs_, *each.intercepts_] for each in (one, other))
    for a, b in zip(weights, others, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_search_has_the_bits_of_a_sequential_one(classifier, backend):
    X, y = large_data()
    network = classifier((30,), "tanh", tol=0.05, random_state=0)
    search = GridSearchCV(network, {"alpha": [1.0, "auto"]}, cv=2)
    with parallel_config("sequential"):
        expected = GridSearchCV(network, {"alpha": [1.0, "auto"]}, cv=2, n_jobs=1).fit(X, y)
    search.fit(X, y)
    scores = "mean_test_score"
    np.testing.assert_array_equal(search.cv_results_[scores], expected.cv_results_[scores])
    assert_same_network(search.best_estimator_, expected.best_estimator_)


@pytest.mark.parametrize("kind", ["multiclass", "multilabel-indicator"])
def test_restarts_have_the_bits_of_sequential_ones(
    network, backend, kind, iris, targets_of_each_kind
):
    X, y = iris[0], targets_of_each_kind[kind]
    network.set_params(n_init=3)
    expected = clone(network).set_params(n_jobs=1).fit(X, y)
    parallel = network.fit(X, y)
    np.testing.assert_array_equal(parallel.init_losses_, expected.init_losses_)
    assert_same_network(parallel, expected)


def test_restarts_within_a_search_have_the_bits_of_sequential_ones(network, backend, iris):
    network.set_params(n_init=2)
    grid = {"alpha": [0.1, 1.0]}
    expected = GridSearchCV(clone(network).set_params(n_jobs=1), grid, cv=2, n_jobs=1).fit(*iris)
    seen = GridSearchCV(network, grid, cv=2).fit(*iris)
    assert_same_network(seen.best_estimator_, expected.best_estimator_)


# --- Threads --------------------------------------------------------------------------------


def threads_of_a_fit(n_expected, network):
    """How many threads work on the rows while a network is fitted, and what BLAS may use then.

    That so many are there at the same time is made sure of: each waits for the others.
    """
    X, y = large_data()
    meeting = threading.Barrier(n_expected)
    idents, limits = set(), set()

    class Watched(Activation):
        """Hyperbolic tangents that record the threads in which they are computed."""

        def apply(self, z):
            if threading.get_ident() not in idents:
                idents.add(threading.get_ident())
                meeting.wait(timeout=60)
            limits.update(
                each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"
            )
            return ACTIVATIONS["tanh"].apply(z)

        def slope(self, kept, out=None):
            return ACTIVATIONS["tanh"].slope(kept, out)

        def multiply_curvature(self, kept, delta):
            ACTIVATIONS["tanh"].multiply_curvature(kept, delta)

    with patch.dict(ACTIVATIONS, watched=Watched()):
        network.set_params(activation="watched").fit(X, y)
    return len(idents), limits


@pytest.mark.parametrize("limit", [1, 2])
def test_row_threads_follow_the_limit_of_a_loky_worker(limit):
    networks = [
        make((100,), "tanh", alpha=1.0, tol=0.3, random_state=0)
        for make in (SoftmaxMLPClassifier, SigmoidMLPClassifier)
    ]
    with parallel_config("loky", inner_max_num_threads=limit):
        seen = Parallel(n_jobs=2)(delayed(threads_of_a_fit)(limit, one) for one in networks)
    assert seen == [(limit, {1})] * 2


@pytest.mark.usefixtures("client")
def test_row_threads_follow_the_limit_of_a_dask_worker():
    # Dask's nannies tell BLAS to use one thread.
    network = SoftmaxMLPClassifier((100,), "tanh", alpha=1.0, tol=0.3, random_state=0)
    with parallel_config("dask"), threadpool_limits(2):
        seen = Parallel(n_jobs=2)(delayed(threads_of_a_fit)(1, network) for _ in range(2))
    assert seen == [(1, {1})] * 2
