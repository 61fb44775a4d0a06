"""Both classifiers in scikit-learn's searches, cross-validation and curves."""

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import accuracy_score, average_precision_score, log_loss
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    learning_curve,
    validation_curve,
)

FOLDS = StratifiedKFold(3, shuffle=True, random_state=0)


# --- Searches ------------------------------------------------------------------------------


def test_a_grid_search_finds_layers_and_activation_by_one_of_several_scores(network, digits):
    X, y = digits
    rows = slice(900)
    grid = {"hidden_layer_sizes": [(), (2,), (20,)], "activation": ["tanh", "softplus"]}
    scoring = ["accuracy", "roc_auc_ovr", "neg_log_loss"]
    search = GridSearchCV(network, grid, scoring=scoring, refit="neg_log_loss", cv=FOLDS)
    search.set_params(estimator__alpha=10.0, estimator__tol="auto").fit(X[rows], y[rows])
    means = {score: search.cv_results_[f"mean_test_{score}"] for score in scoring}
    assert search.best_index_ == np.argmax(means["neg_log_loss"])
    assert search.best_params_ == {"hidden_layer_sizes": (20,), "activation": "softplus"}
    for score in scoring:
        by_hand = cross_val_score(search.best_estimator_, X[rows], y[rows], scoring=score, cv=FOLDS)
        np.testing.assert_allclose(means[score][search.best_index_], by_hand.mean())
    assert means["roc_auc_ovr"][search.best_index_] > 0.99
    assert accuracy_score(y[900:], search.predict(X[900:])) > 0.9


def test_a_grid_search_avoids_a_penalty_that_hides_the_data(network, cancer):
    X, y = cancer
    grid = {"alpha": ["auto", 1.0, 1e5]}
    search = GridSearchCV(network, grid, scoring="neg_log_loss", cv=FOLDS).fit(X, y)
    auto, small, huge = search.cv_results_["mean_test_score"]
    assert search.best_params_["alpha"] == ("auto" if auto > small else 1.0)
    assert min(auto, small) > -0.1
    assert huge == pytest.approx(-log_loss(y, np.full(len(y), y.mean())), abs=0.001)


def test_a_grid_search_scores_several_labels(network, yeast):
    X, Y = yeast
    rows, others = slice(1500), slice(1500, None)
    scoring = ["average_precision", "roc_auc_ovr", "f1_micro"]
    grid = {"hidden_layer_sizes": [(), (5,)], "alpha": [10.0, 1e6]}
    search = GridSearchCV(network, grid, scoring=scoring, refit="average_precision", cv=3)
    search.set_params(estimator__tol=1e-2).fit(X[rows], Y[rows])
    assert search.best_params_["alpha"] == 10.0
    for score in scoring:
        mean = search.cv_results_[f"mean_test_{score}"][search.best_index_]
        by_hand = cross_val_score(search.best_estimator_, X[rows], Y[rows], scoring=score, cv=3)
        np.testing.assert_allclose(mean, by_hand.mean())
    precision = average_precision_score(Y[others], search.predict_proba(X[others]))
    assert precision > Y[others].mean() + 0.1  # that of scores that say nothing


def test_a_random_search_draws_penalties_and_layers(network, digits):
    X, y = digits
    settings = {"alpha": loguniform(1e-1, 1e5), "hidden_layer_sizes": [(5,), (20,)]}
    search = RandomizedSearchCV(
        network, settings, n_iter=8, scoring="neg_log_loss", cv=FOLDS, random_state=0
    ).fit(X[:900], y[:900])
    alphas = np.array([drawn["alpha"] for drawn in search.cv_results_["params"]])
    scores = search.cv_results_["mean_test_score"]
    assert len(set(alphas)) == 8
    assert search.best_params_["alpha"] == alphas[np.argmax(scores)] < 30
    assert scores[np.argmax(alphas)] == pytest.approx(-np.log(10), abs=0.01)  # it hides the data
    assert search.best_estimator_.alpha_.tolist() == [search.best_params_["alpha"]] * 2


def test_a_halving_search_gives_more_rows_to_the_better_half(network, digits):
    grid = {"alpha": [1.0, 10.0, 1e4, 1e5]}
    search = HalvingGridSearchCV(
        network, grid, factor=2, min_resources=400, scoring="neg_log_loss", cv=3, random_state=0
    ).fit(*digits)
    assert search.n_resources_ == [400, 800, 1600]
    assert search.n_candidates_ == [4, 2, 1]
    survivors = np.array(search.cv_results_["param_alpha"], dtype=float)[4:]
    assert survivors.max() <= 10
    assert search.best_params_["alpha"] == survivors[-1]
    assert search.best_score_ > -0.4


# --- Cross-validation ----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
@pytest.mark.parametrize("data", ["cancer", "digits"])
def test_cross_val_predict_is_what_each_fold_predicts_by_hand(network, data, method, request):
    X, y = request.getfixturevalue(data)
    predicted = cross_val_predict(network, X, y, cv=FOLDS, method=method)
    for train, test in FOLDS.split(X, y):
        by_hand = getattr(clone(network).fit(X[train], y[train]), method)(X[test])
        np.testing.assert_array_equal(predicted[test], by_hand)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_cross_val_predict_knows_several_labels(network, method, yeast):
    X, Y = yeast[0][:600], yeast[1][:600]
    network.set_params(tol=1e-2)
    predicted = cross_val_predict(network, X, Y, cv=KFold(2), method=method)
    assert predicted.shape == Y.shape
    for train, test in KFold(2).split(X):
        by_hand = getattr(clone(network).fit(X[train], Y[train]), method)(X[test])
        np.testing.assert_array_equal(predicted[test], by_hand)


def test_cross_val_predict_knows_several_outputs(network, wine):
    X, y = wine
    outputs = np.column_stack([y, np.digitize(X[:, 0], [-1, 0, 1])])
    folds = KFold(2, shuffle=True, random_state=0)
    predicted = cross_val_predict(network, X, outputs, cv=folds, method="predict_proba")
    assert [p.shape for p in predicted] == [(178, 3), (178, 4)]
    for train, test in folds.split(X):
        by_hand = clone(network).fit(X[train], outputs[train]).predict_proba(X[test])
        for p, q in zip(predicted, by_hand, strict=True):
            np.testing.assert_array_equal(p[test], q)


# --- Curves --------------------------------------------------------------------------------


def test_a_learning_curve_rises_with_the_rows(network, digits):
    sizes, _, scores = learning_curve(network, *digits, train_sizes=[50, 200, 1000], cv=FOLDS)
    assert sizes.tolist() == [50, 200, 1000]
    assert (np.diff(scores.mean(axis=1)) > 0.02).all()
    assert scores[-1].mean() > 0.94


def test_a_validation_curve_shows_the_penalty_fit_less_and_less(network, digits):
    alphas = [0.01, 1.0, 10.0, 100.0, 1000.0]
    trained, tested = validation_curve(
        network, *digits, param_name="alpha", param_range=alphas, scoring="neg_log_loss", cv=FOLDS
    )
    trained, tested = trained.mean(axis=1), tested.mean(axis=1)
    assert (np.diff(trained) < 0).all()
    assert 0 < np.argmax(tested) < len(alphas) - 1  # neither over- nor underfitted
    assert (trained > tested).all()
