"""Validation data and early stopping."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss

from skneural._training.solvers import SOLVERS
from tests.estimators.helpers import same_fit

KINDS = ["binary", "multiclass", "multilabel-indicator", "multiclass-multioutput"]


def val_log_loss(model, X, y, weight=None):
    return log_loss(y, model.predict_proba(X), sample_weight=weight)


@pytest.mark.parametrize("solver", SOLVERS)
def test_early_stopping_keeps_the_weights_of_the_best_validation_loss(classifier, solver, iris):
    X, y = iris
    noisy = np.where(np.random.default_rng(0).uniform(size=150) < 0.2, 0, y)
    X_val, y_val = X[::3], y[::3]
    model = classifier(
        20, "tanh", alpha=0.0, solver=solver, early_stopping=True, n_iter_no_change=4,
        max_iter=400, random_state=0,
    )  # fmt: skip
    model.fit(X, noisy, X_val=X_val, y_val=y_val)
    losses = model.validation_losses_
    assert model.stop_reason_ == "early_stopping"
    assert len(losses) == model.n_iter_ == len(model.loss_curve_)
    assert model.n_iter_ - 1 - np.argmin(losses) == 4
    assert model.best_validation_loss_ == min(losses)
    np.testing.assert_allclose(val_log_loss(model, X_val, y_val), min(losses), rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_validation_data_are_measured_only_unless_stopping_is_asked_for(
    classifier, kind, iris, targets_of_each_kind
):
    X, y = iris[0], targets_of_each_kind[kind]
    weight = np.random.default_rng(0).uniform(0.5, 2, 75)
    model = classifier(5, "tanh", alpha=1.0, max_iter=30, tol=0.0, random_state=0)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y, X_val=X[::2], y_val=y[::2], sample_weight_val=weight)
    with pytest.warns(ConvergenceWarning):
        plain = clone(model).fit(X, y)
    assert same_fit(model, plain)
    assert len(model.validation_losses_) == 30
    assert model.best_validation_loss_ == min(model.validation_losses_)
    assert not hasattr(plain, "validation_losses_")
    p = model.predict_proba(X[::2])
    if kind == "multilabel-indicator":
        columns = [np.column_stack([1 - q, q]) for q in p.T]
    else:
        columns = p if kind == "multiclass-multioutput" else [p]
    targets = y[::2].reshape(75, -1).T
    losses = [log_loss(t, q, sample_weight=weight) for t, q in zip(targets, columns, strict=True)]
    np.testing.assert_allclose(model.validation_losses_[-1], np.mean(losses), rtol=1e-9)


def test_class_weights_count_in_the_validation_loss(classifier, iris):
    X, y = iris
    model = classifier((), alpha=1.0, max_iter=5, class_weight={0: 3.0})
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y, X_val=X, y_val=y)
    expected = val_log_loss(model, X, y, np.where(y == 0, 3.0, 1.0))
    np.testing.assert_allclose(model.validation_losses_[-1], expected, rtol=1e-9)


def test_warm_start_goes_on_with_the_histories(classifier, iris):
    X, y = iris
    model = classifier(
        10, "tanh", early_stopping=True, warm_start=True, n_iter_no_change=3, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
        first = model.best_validation_loss_, model.n_iter_, list(model.validation_losses_)
        model.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    assert model.best_validation_loss_ <= first[0]
    assert model.n_iter_ > first[1]
    assert model.validation_losses_[: first[1]] == first[2]
    assert len(model.validation_losses_) == len(model.loss_curve_) == model.n_iter_
    assert model.best_validation_loss_ == min(model.validation_losses_)


def test_of_several_fits_the_best_on_the_validation_data_is_kept(classifier, iris):
    X, y = iris
    settings = {"early_stopping": True, "n_iter_no_change": 3, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        one, several = (
            classifier(4, n_init=n, **settings).fit(X, y, X_val=X[::2], y_val=y[::2])
            for n in (1, 4)
        )
    assert several.best_validation_loss_ <= one.best_validation_loss_
    assert len(several.init_losses_) == 4


def test_early_stopping_of_a_sparse_indicator_and_of_rows_without_weight(classifier, iris):
    X = iris[0]
    Y = sp.csr_array(np.column_stack([X[:, 0] > 0, X[:, 1] > 0, X[:, 2] > 0]).astype(int))
    weight = np.zeros(150)
    weight[::10] = 1
    model = classifier(5, "tanh", early_stopping=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, Y)
        assert np.isfinite(model.validation_losses_).all()
        model.fit(X, iris[1], sample_weight=weight)
        assert np.isfinite(model.validation_losses_).all()


def test_early_stopping_on_a_sample_ends_only_its_stage(classifier):
    X, y = make_classification(10_000, 20, n_informative=4, flip_y=0.4, n_classes=3, random_state=0)
    model = classifier(30, alpha=0.0, early_stopping=True, n_iter_no_change=2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X[:5000].repeat(4, axis=0), y[:5000].repeat(4), X_val=X[5000:], y_val=y[5000:])
    assert model.stop_reason_ == "early_stopping"
    best = int(np.argmin(model.validation_losses_))
    assert model.n_iter_ - 1 - best >= 2
    np.testing.assert_allclose(
        val_log_loss(model, X[5000:], y[5000:]), model.best_validation_loss_, rtol=1e-9
    )


def test_validation_data_without_weight_are_an_error(classifier, iris):
    X, y = iris
    model = classifier(3, class_weight={0: 0.0})
    with pytest.raises(ValueError, match="class_weight must have a finite sum of at least"):
        model.fit(X, y, X_val=X[:50], y_val=y[:50])


def test_a_warm_start_without_validation_data_forgets_their_history(classifier, iris):
    X, y = iris
    model = classifier(3, "tanh", alpha=1.0, warm_start=True, tol=0.1, random_state=0)
    model.fit(X, y, X_val=X, y_val=y)
    assert model.best_validation_loss_
    model.fit(X, y)
    assert not hasattr(model, "validation_losses_")
    assert not hasattr(model, "best_validation_loss_")


@pytest.mark.parametrize("early_stopping", [True, False])
def test_validation_data_that_overflow_are_an_error_that_names_them(
    classifier, early_stopping, iris
):
    X, y = iris
    X = X.astype(np.float32)
    X_val = np.sign(X) * np.finfo(np.float32).max
    model = classifier(3, early_stopping=early_stopping, random_state=0)
    with pytest.raises(ValueError, match="X_val"):
        model.fit(X, y, X_val=X_val, y_val=y)


def test_bad_values_of_validation_data_are_errors_that_name_them(classifier, iris):
    X, y = iris
    for X_val in (np.where(X > 2, np.nan, X), np.where(X > 2, np.inf, X)):
        with pytest.raises(ValueError, match="Input X_val contains"):
            classifier(3).fit(X, y, X_val=X_val, y_val=y)
    with pytest.raises(ValueError, match="X_val has masked values"):
        classifier(3).fit(X, y, X_val=np.ma.masked_array(X, X > 2), y_val=y)
