"""Rows of class probabilities in place of labels."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

NAMES = np.array(["setosa", "versicolor", "virginica"])


@pytest.fixture(scope="module")
def soft(iris):
    """Iris with probabilities of three annotators who sometimes err."""
    X, y = iris
    rng = np.random.default_rng(0)
    votes = np.where(rng.uniform(size=(150, 3)) < 0.7, y[:, None], rng.integers(3, size=(150, 3)))
    return X, (votes[..., None] == np.arange(3)).mean(axis=1)


@pytest.mark.parametrize("settings", [{}, {"class_weight": {0: 3.0}}, {"label_smoothing": 0.2}])
def test_a_row_of_probabilities_is_the_row_once_for_each_class(classifier, settings, soft):
    X, P = soft
    weight = np.random.default_rng(1).uniform(0.5, 2, 150)
    model = classifier((), alpha=1.0, tol=1e-8, max_iter=10_000, **settings)
    once = clone(model).fit(X, P, sample_weight=weight, classes=[0, 1, 2])
    rows, codes = np.nonzero(P)
    each = clone(model).fit(X[rows], codes, sample_weight=weight[rows] * P[rows, codes])
    np.testing.assert_allclose(once.loss_, each.loss_, rtol=1e-9)
    np.testing.assert_allclose(once.predict_proba(X), each.predict_proba(X), atol=1e-6)


def test_that_holds_for_balanced_weights_too(classifier, soft):
    X, P = soft
    model = classifier((), alpha=1.0, class_weight="balanced", tol=1e-7, max_iter=2000)
    rows, codes = np.nonzero(P)
    once = clone(model).fit(X, P, classes=[0, 1, 2])
    each = clone(model).fit(X[rows], codes, sample_weight=P[rows, codes])
    np.testing.assert_allclose(once.predict_proba(X), each.predict_proba(X), atol=1e-4)


def test_the_loss_is_the_cross_entropy_with_the_probabilities(iris, soft):
    X, P = soft
    model = SoftmaxMLPClassifier(4, "tanh", alpha=0.0, tol=1e-2, random_state=0, max_iter=500)
    model.fit(X, P, classes=NAMES)
    log_p = model.predict_log_proba(X)
    np.testing.assert_allclose(model.loss_, -(P * log_p).sum(axis=1).mean(), rtol=1e-9)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_one_hot_rows_give_exactly_the_fit_of_the_labels(classifier, early_stopping, digits):
    X, y = digits
    settings = {"random_state": 0, "tol": 1e-2, "early_stopping": early_stopping}
    hard = classifier(10, **settings).fit(X, y)
    one_hot = classifier(10, **settings).fit(X, np.eye(10)[y], classes=np.arange(10))
    for a, b in zip(
        hard.coefs_ + hard.intercepts_, one_hot.coefs_ + one_hot.intercepts_, strict=True
    ):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(hard.predict(X), one_hot.predict(X))


def test_classes_name_the_columns(classifier, soft):
    X, P = soft
    frame = pd.DataFrame(P, columns=NAMES)
    model = classifier(4, "tanh", random_state=0, tol=1e-2).fit(X, frame, classes=frame.columns)
    np.testing.assert_array_equal(model.classes_, NAMES)
    assert set(model.predict(X)) == set(NAMES)
    assert model.predict_proba(X).shape == P.shape


def test_a_student_comes_closer_to_its_teacher_by_probabilities_than_by_labels(digits):
    X, y = digits
    X_train, X_test, y_train, _ = train_test_split(X, y, train_size=0.7, random_state=3)
    teacher = SoftmaxMLPClassifier(50, random_state=0, tol=1e-3).fit(X_train, y_train)
    P, P_test = teacher.predict_proba(X_train), teacher.predict_proba(X_test)
    student = SoftmaxMLPClassifier((), alpha=0.01, tol=1e-3, random_state=0)
    taught = clone(student).fit(X_train, P, classes=teacher.classes_)
    alone = clone(student).fit(X_train, teacher.predict(X_train))
    losses = [
        -(P_test * one.predict_log_proba(X_test)).sum(axis=1).mean() for one in (taught, alone)
    ]
    assert losses[0] < 0.9 * losses[1]


def test_validation_takes_labels_or_probabilities(classifier, soft, iris):
    X, P = soft
    y = iris[1]
    settings = {"random_state": 0, "tol": 1e-2}
    one = classifier(4, "tanh", **settings).fit(X, P, classes=[0, 1, 2], X_val=X, y_val=P)
    expected = -(P * one.predict_log_proba(X)).sum(axis=1).mean()
    np.testing.assert_allclose(one.validation_losses_[-1], expected, rtol=1e-6)
    one.fit(X, P, classes=[0, 1, 2], X_val=X, y_val=y)
    np.testing.assert_allclose(
        one.validation_losses_[-1], log_loss(y, one.predict_proba(X)), rtol=1e-6
    )


def test_the_score_is_the_probability_that_the_prediction_is_right(classifier, soft, iris):
    X, P = soft
    model = classifier(4, "tanh", random_state=0, tol=1e-2).fit(X, P, classes=[0, 1, 2])
    expected = P[np.arange(150), model.predict(X)]
    np.testing.assert_allclose(model.score(X, P), expected.mean())
    weight = np.arange(150.0)
    np.testing.assert_allclose(
        model.score(X, P, sample_weight=weight), np.average(expected, weights=weight)
    )
    np.testing.assert_allclose(model.score(X, np.eye(3)[iris[1]]), model.score(X, iris[1]))


def test_pipelines_searches_and_cross_validation_pass_probabilities_on(classifier, soft):
    X, P = soft
    model = classifier((), alpha=1.0, tol=1e-2)
    pipeline = make_pipeline(StandardScaler(), model)
    name = f"{classifier.__name__.lower()}__classes"
    pipeline.fit(X, P, **{name: NAMES})
    assert pipeline.score(X, P) > 0.6
    search = GridSearchCV(model, {"alpha": [1.0, 1e4]}, cv=3).fit(X, P, classes=NAMES)
    np.testing.assert_array_equal(search.classes_, NAMES)
    scores = cross_val_score(model, X, P, cv=3, params={"classes": NAMES})
    assert scores.shape == (3,)
    assert np.isfinite(scores).all()


def test_two_classes_and_many_rows(classifier, cancer):
    X, y = cancer
    X = np.repeat(X, 5, axis=0)  # more than are put in a canonical form
    P = np.repeat(np.column_stack([0.9 - 0.8 * y, 0.1 + 0.8 * y]), 5, axis=0)
    model = classifier(5, "tanh", alpha=1.0, random_state=0, tol=1e-3, max_iter=500)
    model.fit(X, P, classes=["benign", "malignant"])
    assert model.predict_proba(X).max() < 0.97
    np.testing.assert_allclose(model.predict_proba(X)[:, 1].mean(), P[:, 1].mean(), atol=0.01)


GOOD = np.full((150, 3), 1 / 3)


@pytest.mark.parametrize(
    ("P", "classes", "message"),
    [
        (GOOD, None, r"Unknown label type: continuous.*pass their classes to fit"),
        (GOOD, [0, 1], "a row of 2 class probabilities for each sample; got float64 of shape"),
        (GOOD, 3, "classes must be a list of two or more .* got 3"),
        (GOOD, ["a", 1, None], "in sorted order.* got"),
        (GOOD, [0, 2, 1], r"sorted order, like the result of np.unique, or .*; got \[0, 2, 1\]"),
        (GOOD, [0, 1, 1], "two or more different classes"),
        (GOOD[:, :1], [0], "two or more different classes"),
        (GOOD * 0.9, [0, 1, 2], r"row 0 is \[0.3.*with a sum of 0.9"),
        (GOOD * [3, 3, -3], [0, 1, 2], "none may be negative or missing"),
        (np.where(np.eye(150, 3), np.nan, GOOD), [0, 1, 2], "y contains NaN"),
        (np.full((150, 3), "a"), [0, 1, 2], "got <U1 of shape"),
    ],
)
def test_bad_probabilities_are_errors(classifier, P, classes, message, iris):
    model = classifier()
    with pytest.raises(ValueError, match=message):
        model.fit(iris[0], P, classes=classes)
    assert not hasattr(model, "coefs_")


def test_probabilities_of_other_classes_cannot_be_scored(classifier, soft):
    X, P = soft
    model = classifier(2, tol=1.0).fit(X, P, classes=NAMES)
    with pytest.raises(ValueError, match="a row of 3 class probabilities"):
        model.score(X, P[:, :2])


def test_sigmoid_units_learn_the_probability_of_their_own_class(soft):
    X, P = soft
    joint = SigmoidMLPClassifier((), alpha=1.0, tol=1e-8, max_iter=10_000)
    joint.fit(X, P, classes=NAMES)
    for k in range(3):
        own = np.column_stack([1 - P[:, k], P[:, k]])
        alone = SigmoidMLPClassifier((), alpha=1.0, tol=1e-8, max_iter=10_000)
        alone.fit(X, own, classes=[0, 1])
        np.testing.assert_allclose(joint.coefs_[0][:, [k]], alone.coefs_[0], atol=1e-5)


def test_probabilities_with_rounding_are_taken_for_what_they_mean(classifier, soft):
    X, P = soft
    model = classifier(4, "tanh", alpha=1.0, random_state=0, tol=1e-3)
    expected = model.fit(X, P, classes=NAMES).predict_proba(X)
    for rounded in (P.round(3), P.astype(np.float16)):
        p = model.fit(X, rounded, classes=NAMES).predict_proba(X)
        np.testing.assert_allclose(p, expected, atol=0.05)


def test_probabilities_cannot_be_missing(classifier, soft):
    X, P = soft
    P = np.where(np.eye(150, 3), np.nan, P)
    model = classifier(2, tol=1.0, missing_labels="ignore")
    with pytest.raises(ValueError, match=r"none may be negative or missing.* row 0 is \[nan"):
        model.fit(X, P, classes=NAMES)
    model.fit(X, soft[1], classes=NAMES)
    with pytest.raises(ValueError, match="none may be negative or missing"):
        model.score(X, P)


def test_columns_named_after_the_classes_must_be_in_their_order(classifier, iris):
    X, y = iris
    P = pd.DataFrame(np.eye(3)[y], columns=["a", "b", "c"])
    model = classifier((), tol=0.1, random_state=0)
    fitted = clone(model).fit(X, P, classes=list("abc"))
    with pytest.raises(
        ValueError, match=r"columns of y must be in the order.*got \['c', 'b', 'a'\]"
    ):
        model.fit(X, P[list("cba")], classes=list("abc"))
    with pytest.raises(ValueError, match="columns of y_val must be in the order"):
        model.fit(X, P, classes=list("abc"), X_val=X, y_val=P[list("cba")])
    with pytest.raises(ValueError, match="columns of y must be in the order"):
        fitted.score(X, P[list("cba")])
    numbered = P.set_axis(["0", "1", "2"], axis=1)  # names of columns may have to be text
    numbers = clone(model).fit(X, numbered, classes=[0, 1, 2])
    np.testing.assert_array_equal(numbers.coefs_[0], fitted.coefs_[0])
    unnamed = clone(model).fit(X, P.set_axis(range(3), axis=1), classes=list("abc"))
    np.testing.assert_array_equal(unnamed.coefs_[0], fitted.coefs_[0])
