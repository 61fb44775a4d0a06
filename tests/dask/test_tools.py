"""Dask collections in scikit-learn's tools and in ours."""

import warnings

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import cross_val_score

from skneural import (
    ActivationsDisplay,
    SigmoidMLPClassifier,
    SoftmaxMLPClassifier,
    ThresholdDisplay,
    TunedThresholdsClassifierCV,
)

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
pytest.importorskip("matplotlib")


@pytest.fixture(autouse=True)
def _sync():
    with dask.config.set(scheduler="sync"):
        yield


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(900, 3))
    return X, (X + rng.normal(size=X.shape) > 0).astype(int)


def chunked(values):
    return da.from_array(values, chunks=(250, *values.shape[1:]))


def network(**parameters):
    return SigmoidMLPClassifier(3, "tanh", tol=0.1, random_state=0, **parameters)


def test_thresholds_are_tuned_as_in_memory(data):
    X, Y = data
    tuned = TunedThresholdsClassifierCV(network(), cv=2)
    expected = tuned.fit(X, Y).thresholds_
    tuned.fit(chunked(X), chunked(Y))
    np.testing.assert_array_equal(tuned.thresholds_, expected)
    np.testing.assert_array_equal(tuned.predict(chunked(X)), tuned.predict(X))
    assert tuned.score(chunked(X), chunked(Y)) == tuned.score(X, Y)


def test_cross_validation_has_the_scores_of_rows_in_memory(data):
    X, y = data[0], data[1][:, 0]
    scores = cross_val_score(network(), chunked(X), chunked(y), cv=2)
    np.testing.assert_array_equal(scores, cross_val_score(network(), X, y, cv=2))


@pytest.mark.parametrize(
    ("display", "names"),
    [
        (ActivationsDisplay, ["activations", "is_true"]),
        (ThresholdDisplay, ["thresholds", "precision", "recall"]),
    ],
)
def test_displays_show_what_they_show_of_rows_in_memory(display, names, data):
    X, y = data[0], data[1][:, 0]
    model = network().fit(X, y)
    shown = display.from_estimator(model, chunked(X), chunked(y))
    expected = vars(display.from_estimator(model, X, y))
    for name in names:
        np.testing.assert_array_equal(getattr(shown, name), expected[name])


def test_runs_at_the_same_time_share_the_chunks_whatever_the_backend():
    X = np.random.default_rng(0).normal(size=(8000, 10))
    lazy = chunked(X)
    model = SoftmaxMLPClassifier(3, "tanh", n_init=2, n_jobs=2, max_iter=3, random_state=0)
    with warnings.catch_warnings(), parallel_config(backend="loky"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(lazy, lazy[:, 0] > 0)
    assert model.init_losses_.shape == (2,)


def test_callbacks_are_called_and_may_score():
    callback = pytest.importorskip("sklearn.callback")  # of scikit-learn 1.9
    X = np.random.default_rng(0).normal(size=(8000, 10))
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = SoftmaxMLPClassifier(3, "tanh", max_iter=3, tol=0.0, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.set_callbacks(monitor).fit(chunked(X), chunked(X[:, 0] > 0))
    accuracy = monitor.get_logs().data[-1]["accuracy"]
    assert accuracy == model.score(X, X[:, 0] > 0)
