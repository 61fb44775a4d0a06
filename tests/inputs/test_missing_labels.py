"""Labels of a multilabel y that are not known."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, KFold

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

EXACT = {"alpha": 1.0, "tol": 5e-9, "max_iter": 10_000}


def nones(Y):
    """With booleans, and None for NaN."""
    return np.where(np.isnan(Y), None, Y == 1)


@pytest.fixture(scope="module")
def masked(iris):
    """Three labels of iris of which a quarter is not known, of some rows nothing at all."""
    X, y = iris
    Y = np.column_stack([y == 0, y != 1, X[:, 0] > 0]).astype(float)
    Y[np.random.default_rng(0).uniform(size=Y.shape) < 0.25] = np.nan
    Y[[7, 80]] = np.nan
    return X, Y


def test_each_label_is_fitted_as_if_its_unknown_rows_were_dropped(masked):
    X, Y = masked
    weight = np.random.default_rng(1).uniform(0.5, 2, len(X))
    tables = [{1: 3.0}, {0: 0.5}, {}]
    joint = SigmoidMLPClassifier((), missing_labels="ignore", class_weight=tables, **EXACT)
    joint.fit(X, Y, sample_weight=weight)
    for j, table in enumerate(tables):
        known = ~np.isnan(Y[:, j])
        alone = SigmoidMLPClassifier((), class_weight=table, **EXACT)
        alone.fit(X[known], Y[known, j], sample_weight=weight[known])
        np.testing.assert_allclose(joint.coefs_[0][:, [j]], alone.coefs_[0], atol=1e-5)


def test_softmax_pairs_are_fitted_without_unknown_rows_too(masked):
    X, Y = masked
    joint = SoftmaxMLPClassifier((), missing_labels="ignore", **EXACT).fit(X, Y)
    for j in range(3):
        known = ~np.isnan(Y[:, j])
        alone = SoftmaxMLPClassifier((), **EXACT).fit(X[known], Y[known, j])
        expected = alone.predict_proba(X)[:, 1]
        np.testing.assert_allclose(joint.predict_proba(X)[:, j], expected, atol=1e-6)


def test_what_stands_for_an_unknown_label_has_no_effect_with_hidden_layers(classifier, masked):
    X, Y = masked
    model = classifier(6, random_state=0, max_iter=30, missing_labels="ignore")
    nothing = np.isnan(Y).all(axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        expected = model.fit(X, Y).predict_proba(X)
        without = model.fit(X[~nothing], Y[~nothing]).predict_proba(X)
    np.testing.assert_array_equal(without, expected)


@pytest.mark.parametrize(
    "convert",
    [
        pd.DataFrame,
        lambda Y: pd.DataFrame(Y).astype("boolean"),
        lambda Y: pl.DataFrame(np.where(np.isnan(Y), 0, Y)).with_columns(
            pl.when(pl.Series(np.isnan(Y[:, j])))
            .then(None)
            .otherwise(pl.col(f"column_{j}"))
            .alias(f"column_{j}")
            for j in range(3)
        ),
        lambda Y: nones(Y),
        lambda Y: np.where(np.isnan(Y), pd.NA, Y),
        lambda Y: sp.csr_array(Y),
        lambda Y: Y.astype(np.float32).tolist(),
    ],
)
def test_missing_labels_may_come_in_any_container(classifier, convert, masked):
    X, Y = masked
    model = classifier(4, "tanh", random_state=0, tol=1e-2, missing_labels="ignore")
    expected = model.fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(model.fit(X, convert(Y)).predict_proba(X), expected)
    np.testing.assert_allclose(model.score(X, convert(Y)), model.score(X, Y))


def test_without_missing_labels_nothing_changes(classifier, targets_of_each_kind, iris):
    for y in targets_of_each_kind.values():
        models = [
            classifier(3, "tanh", random_state=0, tol=1e-1, missing_labels=each).fit(iris[0], y)
            for each in ("error", "ignore")
        ]
        for a, b in zip(models[0].coefs_, models[1].coefs_, strict=True):
            np.testing.assert_array_equal(a, b)


def test_balanced_class_weights_count_what_is_known(masked):
    X, Y = masked
    joint = SigmoidMLPClassifier((), missing_labels="ignore", class_weight="balanced", **EXACT)
    joint.fit(X, Y)
    for j in range(3):
        known = ~np.isnan(Y[:, j])
        alone = SigmoidMLPClassifier((), class_weight="balanced", **EXACT)
        alone.fit(X[known], Y[known, j])
        np.testing.assert_allclose(joint.coefs_[0][:, [j]], alone.coefs_[0], atol=1e-5)


def test_validation_and_score_count_what_is_known(classifier, masked):
    X, Y = masked
    model = classifier(5, "tanh", random_state=0, tol=1e-2, missing_labels="ignore")
    model.fit(X[::2], Y[::2], X_val=X[1::2], y_val=Y[1::2])
    p, known = model.predict_proba(X[1::2]), ~np.isnan(Y[1::2])
    losses = log_loss(Y[1::2][known], p[known])
    np.testing.assert_allclose(model.validation_losses_[-1], losses, rtol=1e-6)
    right = (model.predict(X) == Y) | np.isnan(Y)
    something = ~np.isnan(Y).all(axis=1)
    weight = np.arange(150.0)
    expected = np.average(right.all(axis=1)[something], weights=weight[something])
    np.testing.assert_allclose(model.score(X, Y, sample_weight=weight), expected)


def test_early_stopping_and_searches_work_with_missing_labels(classifier, masked):
    model = classifier((), early_stopping=True, random_state=0, missing_labels="ignore")
    search = GridSearchCV(
        model, {"alpha": [0.1, 1000.0]}, cv=KFold(3, shuffle=True, random_state=0)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search.fit(*masked)
    assert search.best_params_ == {"alpha": 0.1}


def test_masking_labels_of_yeast_costs_little(yeast):
    X, Y = yeast
    rng = np.random.default_rng(0)
    masked = np.where(rng.uniform(size=Y.shape) < 0.3, np.nan, Y)
    train, test = slice(0, 1600), slice(1600, None)
    scores = {}
    for name, labels in {"all": Y, "masked": masked}.items():
        model = SigmoidMLPClassifier((), missing_labels="ignore", tol=1e-3, random_state=0)
        p = model.fit(X[train], labels[train]).predict_proba(X[test])
        scores[name] = np.mean([log_loss(Y[test, j], p[:, j]) for j in range(14)])
    assert scores["masked"] < 1.01 * scores["all"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda Y: (Y, {"missing_labels": "error"}),
            "y contains NaN.* With missing_labels='ignore', labels of a multilabel y may",
        ),
        (lambda Y: (Y, {"missing_labels": "drop"}), "must be one of 'error', 'ignore'; got 'drop'"),
        (lambda Y: (Y, {"missing_labels": True}), "must be one of 'error', 'ignore'; got True"),
        (lambda Y: (Y[:, 0], {}), r"Only a multilabel y.* this one is binary, of shape \(150,\)"),
        (
            lambda Y: (Y[:, :1], {}),
            r"Only a multilabel y.* this one is binary, of shape \(150, 1\)",
        ),
        (lambda Y: (2 * Y, {}), "Only a multilabel y.* this one is multi"),
        (lambda Y: (0.3 * Y, {}), "Unknown label type: continuous"),
        (lambda Y: (np.where(Y == 1, np.inf, Y), {}), "infinity"),
        (
            lambda Y: (np.full_like(Y, np.nan), {}),
            r"All labels are missing in columns \[0, 1, 2\]",
        ),
        (
            lambda Y: (np.where(np.isnan(Y), None, np.where(Y == 1, "a", "b")), {}),
            "Only a multilabel y.*has other labels, such as '[ab]'",
        ),
    ],
)
def test_bad_missing_labels_are_errors(classifier, change, message, masked):
    X, Y = masked
    y, parameters = change(Y)
    model = classifier(**{"missing_labels": "ignore", **parameters})
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert not hasattr(model, "coefs_")


def test_a_score_of_rows_of_which_nothing_is_known_is_an_error(classifier, masked):
    X, Y = masked
    model = classifier(2, tol=1.0, missing_labels="ignore").fit(X, Y)
    with pytest.raises(ValueError, match="all labels of rows with a weight are missing"):
        model.score(X, np.full_like(Y, np.nan))
    with pytest.raises(ValueError, match="y must be an indicator of zeros and ones"):
        model.score(X, 0.9 * np.nan_to_num(Y))
    model.set_params(missing_labels="error")
    for labels in (Y, nones(Y)):
        with pytest.raises(ValueError, match="y contains NaN"):
            model.score(X, labels)


def test_labels_of_other_kinds_cannot_be_missing_in_a_score(classifier, targets_of_each_kind, iris):
    for kind in ("multiclass", "multiclass-multioutput"):
        y = targets_of_each_kind[kind].astype(object)
        model = classifier(2, tol=1.0, missing_labels="ignore").fit(iris[0], y)
        y = np.where(np.arange(y.size).reshape(y.shape) == 3, None, y)
        with pytest.raises(ValueError, match="Only a multilabel y"):
            model.score(iris[0], y)


@pytest.mark.parametrize("container", [list, tuple])
@pytest.mark.parametrize(
    "y", [["a", np.nan, "b"], [["a", "b"], ["b", np.nan], ["a", "a"]]], ids=str
)
def test_nan_in_a_list_of_strings_is_no_class(classifier, y, container):
    with pytest.raises(ValueError, match="Input y contains NaN or None"):
        classifier(3).fit(np.eye(3), container(y))
