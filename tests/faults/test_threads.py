"""One estimator in eight threads at the same time."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.base import clone

from tests.estimators.helpers import same_fit

N_THREADS = 8


@pytest.fixture
def pool():
    with ThreadPoolExecutor(N_THREADS) as pool:
        yield pool


def test_predictions_in_threads_have_the_bits_of_predictions_alone(network, iris, pool):
    X, y = iris
    expected = network.fit(X, y).predict_proba(X)
    for p in pool.map(network.predict_proba, [X] * 40):
        np.testing.assert_array_equal(p, expected)


def test_the_same_fit_in_threads_is_that_fit(network, iris, pool):
    expected = clone(network).fit(*iris)
    fits = list(pool.map(lambda _: network.fit(*iris), range(N_THREADS)))
    assert all(model is network for model in fits)
    assert same_fit(network, expected)


def test_predictions_during_refits_are_those_of_one_of_the_fits(network, iris, pool):
    # Predictions read the weights of one fit, since a fit replaces all attributes at once.
    X, y = iris
    labels = y, (y + 1) % 3
    expected = [clone(network).fit(X, each).predict_proba(X) for each in labels]
    network.fit(X, y)
    refits = [pool.submit(network.fit, X, labels[i % 2]) for i in range(8)]
    predictions = [pool.submit(network.predict_proba, X) for _ in range(100)]
    for prediction in predictions:
        assert any(np.array_equal(prediction.result(), p) for p in expected)
    assert all(refit.result() is network for refit in refits)
    assert any(np.array_equal(network.predict_proba(X), p) for p in expected)
