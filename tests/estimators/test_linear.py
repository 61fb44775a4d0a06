import numpy as np
import pytest
from sklearn.datasets import make_multilabel_classification
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.linear_model import LogisticRegression

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

EXACT = {"alpha": 1.0, "tol": 1e-8, "max_iter": 10_000}


def test_the_shapes_and_scores_are_those_of_logistic_regression(classifier, iris, cancer):
    for X, y in (iris, cancer):
        model = classifier((), **EXACT).fit(X, y)
        reference = LogisticRegression().fit(X, y)
        assert model.coef_.shape == reference.coef_.shape
        assert model.intercept_.shape == reference.intercept_.shape
        scores = X @ model.coef_.T + model.intercept_
        decided = model.decision_function(X).reshape(scores.shape)
        np.testing.assert_allclose(scores, decided, rtol=1e-9, atol=1e-9)


def test_two_classes_have_the_coefficients_of_logistic_regression(cancer):
    X, y = cancer
    reference = LogisticRegression(tol=1e-10, max_iter=10_000).fit(X, y)
    sigmoid = SigmoidMLPClassifier((), **EXACT)
    softmax = SoftmaxMLPClassifier((), **EXACT | {"alpha": 2.0})
    for model in (sigmoid.fit(X, y), softmax.fit(X, y)):
        np.testing.assert_allclose(model.coef_, reference.coef_, atol=1e-4)
        np.testing.assert_allclose(model.intercept_, reference.intercept_, atol=1e-4)


def test_labels_have_a_row_each(classifier):
    X, Y = make_multilabel_classification(n_classes=3, random_state=0)
    model = classifier((), tol=0.1).fit(X, Y)
    assert (model.coef_.shape, model.intercept_.shape) == ((3, 20), (3,))


def test_only_linear_fits_have_them(classifier, iris):
    X, y = iris
    assert not hasattr(classifier(()), "coef_")
    assert not hasattr(classifier((3,), tol=1.0).fit(X, y), "coef_")
    several = classifier((), tol=1.0).fit(X, np.column_stack([y, y == 1]))
    assert not hasattr(several, "intercept_")
    with pytest.raises(AttributeError, match=r"intercept_ only if .*hidden_layer_sizes=\(\)"):
        print(several.intercept_)


def test_features_are_selected_by_them(classifier, cancer):
    X, y = cancer
    model = classifier((), alpha=1.0, tol=1e-2)
    assert RFE(model, n_features_to_select=5, step=5).fit(X, y).score(X, y) > 0.9
    assert 1 <= SelectFromModel(model).fit(X, y).transform(X).shape[1] < 30
