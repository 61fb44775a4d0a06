"""Weights and validation data that scikit-learn's metadata routing brings to both classifiers."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.metrics import get_scorer, log_loss
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


@pytest.fixture(autouse=True)
def _routing():
    with config_context(enable_metadata_routing=True):
        yield


def weighted_pipeline(network):
    """A pipeline in which scaling, fitting and scoring all ask for the weights."""
    requests = {"sample_weight": True}
    scaler = StandardScaler().set_fit_request(**requests)
    return make_pipeline(scaler, network.set_fit_request(**requests).set_score_request(**requests))


@pytest.fixture
def kept(digits):
    """A third of the rows of digits."""
    return np.random.default_rng(0).uniform(size=len(digits[1])) < 1 / 3


def test_weights_of_zero_through_a_pipeline_equal_dropping_the_rows(network, digits, kept):
    X, y = digits
    pipeline = weighted_pipeline(network)
    weighted = clone(pipeline).fit(X, y, sample_weight=kept.astype(float))
    dropped = clone(pipeline).fit(X[kept], y[kept])
    np.testing.assert_allclose(weighted.predict_proba(X), dropped.predict_proba(X), atol=1e-6)
    score = weighted.score(X, y, sample_weight=kept.astype(float))
    np.testing.assert_allclose(score, weighted.score(X[kept], y[kept]))
    unweighted = clone(pipeline).fit(X, y)
    assert np.abs(unweighted.predict_proba(X) - dropped.predict_proba(X)).max() > 0.1


def test_weights_of_zero_through_a_search_equal_dropping_the_rows(network, digits, kept):
    X, y = digits
    fold = np.arange(len(y)) % 3
    grid = {f"{type(network).__name__.lower()}__alpha": [1.0, 100.0]}

    def search(rows, **weights):
        pipeline = weighted_pipeline(clone(network))
        folds = PredefinedSplit(fold[rows])
        scoring = get_scorer("neg_log_loss").set_score_request(sample_weight=True)
        search = GridSearchCV(pipeline, grid, cv=folds, scoring=scoring)
        return search.fit(X[rows], y[rows], **weights)

    everything = np.full(len(y), True)
    weighted, dropped = search(everything, sample_weight=kept.astype(float)), search(kept)
    for k in range(3):
        scores = (one.cv_results_[f"split{k}_test_score"] for one in (weighted, dropped))
        np.testing.assert_allclose(*scores, rtol=1e-6)
    np.testing.assert_allclose(weighted.predict_proba(X), dropped.predict_proba(X), atol=1e-6)


def test_a_class_without_weight_is_never_predicted(network, wine):
    X, y = wine
    search = GridSearchCV(
        network.set_fit_request(sample_weight=True).set_score_request(sample_weight=True),
        {"alpha": [1.0, 10.0]},
        cv=3,
    )
    search.fit(X, y, sample_weight=(y != 2).astype(float))
    assert search.classes_.tolist() == [0, 1, 2]
    assert set(search.predict(X)) == {0, 1}
    assert search.best_score_ > 0.95  # the weights count in the scores too


def test_weights_that_nobody_asked_for_are_an_error(network, wine):
    X, y = wine
    with pytest.raises(ValueError, match=r"sample_weight.*not explicitly set"):
        GridSearchCV(network, {"alpha": [1.0]}, cv=3).fit(X, y, sample_weight=np.ones(len(y)))


def test_validation_data_are_transformed_by_the_steps_before(network):
    X, y = load_digits(return_X_y=True)
    network.set_params(early_stopping=True).set_fit_request(X_val=True, y_val=True)
    pipeline = make_pipeline(StandardScaler(), network, transform_input=["X_val"])
    pipeline.fit(X[:900], y[:900], X_val=X[900:], y_val=y[900:])
    expected = log_loss(y[900:], pipeline.predict_proba(X[900:]))
    np.testing.assert_allclose(pipeline[-1].best_validation_loss_, expected)
