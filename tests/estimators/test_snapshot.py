"""Predictions while another thread fits the same estimator to other data."""

import numpy as np
import pytest
from sklearn.base import clone

from skneural import SigmoidMLPClassifier, TunedThresholdsClassifierCV
from skneural._inputs import parameters as _parameters
from tests.estimators.helpers import PREDICTIONS


def as_list(values):
    return values if isinstance(values, list) else [values]


def refitted(model, X, y):
    """Fit a model to fewer features, fewer classes and other layers."""
    model.set_params(hidden_layer_sizes=(7, 3), activation="relu").fit(X[:100, :2], y[:100])


def refit_before(monkeypatch, owner, name, model, X, y):
    """Let the next call of a function refit the model first."""
    function = getattr(owner, name)

    def interrupted(*arguments, **keywords):
        monkeypatch.undo()
        refitted(model, X, y)
        return function(*arguments, **keywords)

    monkeypatch.setattr(owner, name, interrupted)


@pytest.mark.parametrize("method", [*PREDICTIONS, "score"])
def test_a_fit_in_the_middle_of_a_prediction_does_not_change_it(
    classifier, method, iris, monkeypatch
):
    X, y = iris
    model = classifier(5, "tanh", alpha=1.0, tol=0.01, random_state=0).fit(X, y)
    arguments = (X, y) if method == "score" else (X,)
    expected = as_list(getattr(model, method)(*arguments))
    refit_before(monkeypatch, _parameters, "validate_data", model, X, y)
    for seen, part in zip(as_list(getattr(model, method)(*arguments)), expected, strict=True):
        np.testing.assert_array_equal(seen, part)
    assert model.n_features_in_ == 2


@pytest.mark.parametrize(
    "read", [lambda m: m.to_sklearn().coefs_[0], lambda m: m.coef_, lambda m: m.intercept_]
)
def test_a_fit_in_the_middle_of_reading_weights_does_not_change_them(
    classifier, read, iris, monkeypatch
):
    X, y = iris[0], iris[1] > 0
    model = classifier((), alpha=1.0, tol=0.01).fit(X, y)
    expected = read(model)
    refit_before(monkeypatch, classifier, "_make_output", model, X, y)
    np.testing.assert_array_equal(read(model), expected)
    assert model.n_features_in_ == 2


@pytest.mark.parametrize("method", ["predict", "predict_proba", "score"])
def test_a_fit_in_the_middle_of_tuned_predictions_does_not_change_them(
    method, iris, targets_of_each_kind, monkeypatch
):
    X, Y = iris[0], targets_of_each_kind["multilabel-indicator"]
    network = SigmoidMLPClassifier((), alpha=1.0, tol=0.01)
    tuned = TunedThresholdsClassifierCV(network, cv=2).fit(X, Y)
    other = clone(tuned).fit(X[:, :2], Y[:, :2])
    arguments = (X, Y) if method == "score" else (X,)
    expected = getattr(tuned, method)(*arguments)
    predict_proba = type(network).predict_proba

    def interrupted(*arguments, **keywords):
        tuned.__dict__ = dict(vars(other))  # as a fit ends
        return predict_proba(*arguments, **keywords)

    monkeypatch.setattr(type(network), "predict_proba", interrupted)
    np.testing.assert_array_equal(getattr(tuned, method)(*arguments), expected)
    assert tuned.n_features_in_ == 2
