import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import (
    f1_score,
    fbeta_score,
    make_scorer,
    precision_recall_curve,
    precision_score,
    recall_score,
)
from sklearn.model_selection import GridSearchCV, KFold, PredefinedSplit, cross_val_predict
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from skneural import SigmoidMLPClassifier, TunedThresholdsClassifierCV
from skneural._data.stratify import stratified_folds
from skneural._estimators.threshold_search import best_threshold, check_scorer

# Parameters with which a fit on yeast takes little time.
QUICK = {"hidden_layer_sizes": (), "alpha": 30.0, "tol": 1e-3, "random_state": 0}


@pytest.fixture(scope="module")
def tuned(yeast):
    """Thresholds of yeast, from its first 1600 rows."""
    X, Y = yeast
    tuned = TunedThresholdsClassifierCV(SigmoidMLPClassifier(**QUICK), thresholds=20)
    return tuned.fit(X[:1600], Y[:1600])


@pytest.fixture
def small(yeast):
    """Some rows and labels of yeast."""
    return yeast[0][:300], yeast[1][:300, :4]


def test_tuned_thresholds_raise_f1_on_rows_that_were_not_seen(tuned, yeast):
    X, Y = (part[1600:] for part in yeast)
    plain = (tuned.predict_proba(X) > 0.5).astype(int)
    assert f1_score(Y, tuned.predict(X), average="macro", zero_division=0) > 0.06 + f1_score(
        Y, plain, average="macro", zero_division=0
    )


def test_thresholds_are_the_best_of_all_on_held_out_predictions(small):
    X, Y = (part[:150] for part in small)
    model = SigmoidMLPClassifier(**QUICK)
    tuned = TunedThresholdsClassifierCV(model, thresholds=150, cv=KFold(5)).fit(X, Y)
    held_out = cross_val_predict(model, X, Y, cv=5, method="predict_proba")
    chosen = zip(Y.T, held_out.T, tuned.thresholds_, tuned.best_scores_, strict=True)
    for y, p, threshold, score in chosen:
        precision, recall, _ = precision_recall_curve(y, p)
        best = np.max(2 * precision * recall / np.maximum(precision + recall, 1e-10))
        np.testing.assert_allclose(score, best)
        np.testing.assert_allclose(f1_score(y, p > threshold), score)


def test_a_number_of_folds_means_folds_that_hold_labels_in_proportion(small):
    X, Y = small
    order = np.lexsort(Y.T)  # in which folds of neighbours would not
    X, Y = X[order], Y[order]
    tuned = TunedThresholdsClassifierCV(SigmoidMLPClassifier(**QUICK), thresholds=20)
    expected = clone(tuned).fit(X, Y).thresholds_
    folds = stratified_folds(Y, 5, np.random.RandomState(0))
    tuned.set_params(cv=PredefinedSplit(folds)).fit(X, Y)
    np.testing.assert_array_equal(tuned.thresholds_, expected)
    shares = [Y[folds == k].mean(axis=0) for k in range(5)]
    np.testing.assert_allclose(shares, np.tile(Y.mean(axis=0), (5, 1)), atol=0.05)


@pytest.mark.parametrize("n_rows", [1, 2, 4, 5])
def test_labels_of_fewer_than_five_rows_keep_the_threshold_of_a_half(n_rows, small):
    X, Y = small
    rare = np.arange(300) < n_rows
    Y = np.column_stack([Y[:, 0], rare, ~rare])
    tuned = TunedThresholdsClassifierCV(SigmoidMLPClassifier(**QUICK), thresholds=10).fit(X, Y)
    np.testing.assert_array_equal(np.isnan(tuned.best_scores_[1:]), n_rows < 5)
    assert n_rows == 5 or (tuned.thresholds_[1:] == 0.5).all()


def test_scores_that_are_not_defined_do_not_win(small):
    X, Y = small
    Y = np.column_stack([Y, np.arange(300) % 50 == 0])  # a label so rare that 0.5 predicts nothing
    scorer = make_scorer(precision_score, zero_division=np.nan)
    model = SigmoidMLPClassifier(**QUICK)
    tuned = TunedThresholdsClassifierCV(model, scoring=scorer, thresholds=10).fit(X, Y)
    assert not (tuned.predict_proba(X)[:, -1] > 0.5).any()
    assert np.isfinite(tuned.best_scores_).all()


def test_among_equal_scores_the_threshold_nearest_to_a_half_wins():
    probability, code = np.arange(20) / 20, np.tile([0, 1], 10)
    scorer = make_scorer(lambda y, predicted: float(predicted.sum() > 12))
    threshold, score = best_threshold(check_scorer(scorer, False), probability, code, 100, {})
    assert score == 1
    assert threshold == pytest.approx(0.325)  # the next one with a score of 1 is 0.225


def test_names_of_features_are_those_of_the_last_fit(small):
    X, Y = small
    tuned = TunedThresholdsClassifierCV(SigmoidMLPClassifier(**QUICK), thresholds=2, cv=2)
    tuned.fit(pd.DataFrame(X).add_prefix("gene"), Y).fit(X[:, :50], Y)
    assert tuned.n_features_in_ == 50
    assert not hasattr(tuned, "feature_names_in_")


class Strange(SigmoidMLPClassifier):
    """Predicts probabilities that are NaN."""

    def predict_proba(self, X):
        return super().predict_proba(X) * np.nan


def test_probabilities_that_are_not_finite_are_an_error(small):
    with pytest.raises(ValueError, match=r"predict_proba of Strange must return a finite.*1200"):
        TunedThresholdsClassifierCV(Strange(**QUICK)).fit(*small)


def test_the_estimator_is_the_one_of_all_rows_and_takes_the_thresholds(tuned, yeast):
    X, Y = (part[:1600] for part in yeast)
    model = SigmoidMLPClassifier(**QUICK, threshold=tuned.thresholds_).fit(X, Y)
    np.testing.assert_array_equal(model.predict(X), tuned.predict(X))
    np.testing.assert_array_equal(model.predict_proba(X), tuned.predict_proba(X))
    np.testing.assert_array_equal(tuned.classes_, np.arange(14))
    assert tuned.n_features_in_ == 103
    np.testing.assert_allclose(tuned.score(X, Y), (tuned.predict(X) == Y).all(axis=1).mean())


@pytest.mark.parametrize(
    ("scoring", "metric"),
    [
        ("balanced_accuracy", lambda y, p: (recall_score(y, p) + recall_score(1 - y, p < 1)) / 2),
        (make_scorer(fbeta_score, beta=2), lambda y, p: fbeta_score(y, p, beta=2)),
    ],
)
def test_scoring_is_a_name_or_a_scorer(classifier, scoring, metric, small):
    X, Y = small
    model = classifier(**QUICK)
    tuned = TunedThresholdsClassifierCV(model, scoring=scoring, thresholds=20, cv=KFold(3))
    tuned.fit(X, Y)
    held_out = cross_val_predict(model, X, Y, cv=3, method="predict_proba")
    for y, p, t, score in zip(Y.T, held_out.T, tuned.thresholds_, tuned.best_scores_, strict=True):
        np.testing.assert_allclose(metric(y, (p > t).astype(int)), score)
        assert score >= metric(y, (p > 0.5).astype(int))


@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestClassifier(20, random_state=0),
        MultiOutputClassifier(GaussianNB()),
        make_pipeline(StandardScaler(), SigmoidMLPClassifier(**QUICK)),
    ],
)
def test_any_classifier_of_several_labels_will_do(estimator, small):
    X, Y = small
    Y = np.column_stack([Y, np.zeros(300, dtype=int)])  # and a label that never occurs
    tuned = TunedThresholdsClassifierCV(estimator, thresholds=20, cv=KFold(3)).fit(X, Y)
    assert tuned.predict(X).shape == Y.shape
    assert tuned.thresholds_[-1] == 0.5
    assert np.isnan(tuned.best_scores_[-1])
    assert not tuned.predict(X)[:, -1].any()
    plain = cross_val_predict(clone(estimator), X, Y, cv=3)
    scores = f1_score(Y, plain, average=None, zero_division=0)
    assert (tuned.best_scores_[:-1] >= scores[:-1]).all()
    assert tuned.best_scores_[:-1].mean() > scores[:-1].mean() + 0.02


def test_missing_labels_do_not_count(small):
    X, Y = small
    masked = np.where(np.random.default_rng(0).uniform(size=Y.shape) < 0.3, np.nan, Y)
    model = SigmoidMLPClassifier(**QUICK, missing_labels="ignore")
    tuned = TunedThresholdsClassifierCV(model, thresholds=20, cv=KFold(3)).fit(X, masked)
    held_out = np.empty(Y.shape)
    for train, test in KFold(3).split(X):
        held_out[test] = clone(model).fit(X[train], masked[train]).predict_proba(X[test])
    for j, threshold in enumerate(tuned.thresholds_):
        known = ~np.isnan(masked[:, j])
        score = f1_score(Y[known, j], held_out[known, j] > threshold)
        np.testing.assert_allclose(score, tuned.best_scores_[j])
    right = ((tuned.predict(X) == Y) | np.isnan(masked)).all(axis=1)
    something = ~np.isnan(masked).all(axis=1)
    np.testing.assert_allclose(tuned.score(X, masked), right[something].mean())
    with pytest.raises(ValueError, match="y contains NaN"):
        TunedThresholdsClassifierCV(SigmoidMLPClassifier(**QUICK)).fit(X, masked)


@pytest.mark.parametrize("routed", [False, True])
def test_weights_count_for_the_fits_and_for_the_metric(routed, small):
    X, Y = small
    weight = np.where(np.arange(300) < 200, np.random.default_rng(0).uniform(0, 3, 300), 0)
    with config_context(enable_metadata_routing=routed):
        model = SigmoidMLPClassifier(**QUICK)
        tuned = TunedThresholdsClassifierCV(model, cv=KFold(3), thresholds=20)
        tuned.fit(X, Y, sample_weight=weight)
        first = clone(model).fit(X[:200], Y[:200], sample_weight=weight[:200])
        held_out = np.empty(Y.shape)
        for train, test in KFold(3).split(X):
            fold = clone(model).fit(X[train], Y[train], sample_weight=weight[train])
            held_out[test] = fold.predict_proba(X[test])
    np.testing.assert_allclose(tuned.predict_proba(X), first.predict_proba(X), atol=1e-3)
    for y, p, t, score in zip(Y.T, held_out.T, tuned.thresholds_, tuned.best_scores_, strict=True):
        np.testing.assert_allclose(f1_score(y, p > t, sample_weight=weight), score)
        assert score >= f1_score(y, p > 0.5, sample_weight=weight)


def test_sparse_and_named_data_give_the_same_thresholds(small):
    X, Y = small
    tuned = TunedThresholdsClassifierCV(SigmoidMLPClassifier(**QUICK), thresholds=20, cv=3)
    expected = tuned.fit(X, Y).thresholds_
    np.testing.assert_allclose(tuned.fit(X, sp.csr_array(Y)).thresholds_, expected)
    named = pd.DataFrame(X).add_prefix("gene")
    np.testing.assert_allclose(tuned.fit(named, pd.DataFrame(Y)).thresholds_, expected)
    assert tuned.feature_names_in_[0] == "gene0"


def test_it_works_within_a_search_and_in_parallel(small):
    X, Y = small
    tuned = TunedThresholdsClassifierCV(
        SigmoidMLPClassifier(**QUICK), thresholds=10, cv=3, n_jobs=2
    )
    grid = {"estimator__alpha": [1.0, 1e4]}
    search = GridSearchCV(tuned, grid, cv=KFold(2), scoring="f1_macro").fit(X, Y)
    assert search.best_score_ > 0.4
    serial = clone(search.best_estimator_).set_params(n_jobs=None).fit(X, Y)
    np.testing.assert_array_equal(serial.thresholds_, search.best_estimator_.thresholds_)


def test_tags_declare_multilabel_targets():
    tags = get_tags(TunedThresholdsClassifierCV(SigmoidMLPClassifier()))
    assert tags.classifier_tags.multi_label
    assert not tags.target_tags.single_output
    assert tags.input_tags.sparse


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.tile([0, 1], 150)}, r"multilabel indicator.*got binary of shape \(300,\)"),
        ({"y": np.tile([[0, 2]], (300, 1))}, "multilabel indicator.*got multiclass-multioutput"),
        ({"y": None}, "requires y to be passed"),
        ({"scoring": "f7"}, "scoring must be the name of a scorer of binary predictions.*got 'f7'"),
        ({"scoring": "roc_auc"}, "scorer of binary predictions.*got 'roc_auc'"),
        ({"scoring": None}, "scorer of binary predictions.*got None"),
        ({"scoring": f1_score}, "returned by sklearn.metrics.make_scorer; got <function f1_score"),
        ({"cv": 1}, "cv == 1, must be >= 2"),
        ({"cv": 301}, "cv must be at most the number of rows, 300; got 301"),
        (
            {"scoring": lambda model, X, y: 0.0, "sample_weight": np.ones(300)},
            r"callable scorer\(estimator, X, y, sample_weight\)",
        ),
        ({"thresholds": 0}, "thresholds == 0, must be >= 1"),
        ({"sample_weight": -np.ones(300)}, "sample_weight must not be negative"),
    ],
)
def test_bad_input_is_an_error(change, message, small):
    X, Y = small
    parameters = {"y": Y, "sample_weight": None, "scoring": "f1", "cv": 3} | change
    y, weight = parameters.pop("y"), parameters.pop("sample_weight")
    tuned = TunedThresholdsClassifierCV(SigmoidMLPClassifier(**QUICK), **parameters)
    with pytest.raises(ValueError, match=message):
        tuned.fit(X, y, sample_weight=weight)
    assert not hasattr(tuned, "thresholds_")


def test_rows_without_weight_do_not_count_for_thresholds(small):
    X, Y = small
    masked = Y.astype(float)
    masked[:200, 0] = np.nan  # of a label that is known where rows have no weight
    weight = np.where(np.arange(300) < 200, 1.0, 0.0)
    model = SigmoidMLPClassifier(**QUICK, missing_labels="ignore")
    tuned = TunedThresholdsClassifierCV(model, thresholds=10, cv=3)
    tuned.fit(X, masked, sample_weight=weight)
    assert tuned.thresholds_[0] == 0.5
    assert np.isfinite(tuned.best_scores_[1:]).all()


def test_an_estimator_without_probabilities_is_an_error(small):
    with pytest.raises(TypeError, match="classifier with predict_proba; got RidgeClassifier"):
        TunedThresholdsClassifierCV(RidgeClassifier()).fit(*small)
