import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier, ThresholdDisplay


def test_the_threshold_in_use_gives_the_score_of_predict(labels, value_at):
    pipeline, X, Y = labels
    thresholds = [0.2, 0.4, 0.6, 0.8]
    pipeline = clone(pipeline).set_params(sigmoidmlpclassifier__threshold=thresholds).fit(X, Y)
    display = ThresholdDisplay.from_estimator(pipeline, X, Y)
    f1 = f1_score(Y, pipeline.predict(X), average=None)
    assert len(display.threshold_lines_) == 4
    for j, line in enumerate(display.threshold_lines_):
        assert set(line.get_xdata()) == {thresholds[j]}
        assert value_at(display.lines_[j, 2], thresholds[j]) == pytest.approx(f1[j])


@pytest.mark.parametrize("as_labels", [lambda y: y, lambda y: np.array(["no", "yes"])[y]])
def test_the_second_of_two_classes_is_shown(classifier, cancer, as_labels, value_at):
    X, y = cancer
    model = classifier((), random_state=0, tol=0.01).fit(X[::2], as_labels(y[::2]))
    display = ThresholdDisplay.from_estimator(model, X[1::2], as_labels(y[1::2]))
    predicted = model.predict(X[1::2]) == model.classes_[1]
    assert value_at(display.lines_[0, 2], 0.5) == pytest.approx(f1_score(y[1::2], predicted))
    assert display.axes_[0].get_title() == str(model.classes_[1])
    column = as_labels(y[1::2])[:, None]
    again = ThresholdDisplay.from_estimator(model, X[1::2], column, label_names=["it"])
    np.testing.assert_array_equal(again.f1[0], display.f1[0])
    assert again.axes_[0].get_title() == "it"


def test_the_threshold_in_use_is_the_estimators(cancer, texts):
    X, y = cancer
    model = SigmoidMLPClassifier((), random_state=0, tol=0.01, threshold=0.3).fit(X, y)
    fixed = FixedThresholdClassifier(LogisticRegression(), threshold=0.8).fit(X, y)
    search = GridSearchCV(make_pipeline(model), {}, cv=2).fit(X, y)
    expected = [(model, 0.3), (fixed, 0.8), (search, 0.3), (fixed.estimator_, 0.5)]
    automatic = FixedThresholdClassifier(LogisticRegression()).fit(X, y)
    for estimator, threshold in [*expected, (automatic, 0.5)]:
        display = ThresholdDisplay.from_estimator(estimator, X, y)
        assert set(display.threshold_lines_[0].get_xdata()) == {threshold}
    display = ThresholdDisplay.from_estimator(model, X, y, threshold=0.6, lw=4)
    assert set(display.threshold_lines_[0].get_xdata()) == {0.6}
    assert {line.get_linewidth() for line in display.lines_[0]} == {4}
    assert "threshold 0.6" in texts(display.axes_[0].get_legend().get_texts())


def test_forests_give_probabilities_of_labels_in_another_form(labels, value_at):
    _, X, Y = labels
    forest = RandomForestClassifier(10, random_state=0).fit(X[::2], Y[::2])
    display = ThresholdDisplay.from_estimator(forest, X[1::2], sp.csr_matrix(Y[1::2]))
    f1 = f1_score(
        Y[1::2], np.transpose([p[:, 1] > 0.5 for p in forest.predict_proba(X[1::2])]), average=None
    )
    for j in range(4):
        assert value_at(display.lines_[j, 2], 0.5) == pytest.approx(f1[j])


def test_estimators_and_labels_that_do_not_fit_are_refused(labels, iris):
    pipeline, X, Y = labels
    with pytest.raises(ValueError, match="requires a classifier of two classes; this Sigmoid"):
        ThresholdDisplay.from_estimator(pipeline, X, Y[:, 0])
    X, y = iris
    model = SoftmaxMLPClassifier((), tol=0.1).fit(X, y)
    with pytest.raises(ValueError, match=r"two classes; this SoftmaxMLPClassifier.*\[0 1 2\]"):
        ThresholdDisplay.from_estimator(model, X, y)
    model.fit(X, np.column_stack([y, y == 0]))
    with pytest.raises(ValueError, match=r"classes 0 and 1, for absent and present; one has"):
        ThresholdDisplay.from_estimator(model, X, np.column_stack([y, y == 0]))
    model = SoftmaxMLPClassifier((), tol=0.1).fit(X, y == 0)
    with pytest.raises(ValueError, match=r"Y has labels that are not classes: \[2\]"):
        ThresholdDisplay.from_estimator(model, X, y)
    with pytest.raises(TypeError, match=r"predict_proba.*got LinearSVC"):
        ThresholdDisplay.from_estimator(LinearSVC().fit(X, y == 0), X, y == 0)
