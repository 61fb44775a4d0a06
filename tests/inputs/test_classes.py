"""Classes that are passed to `fit`, because the data may lack some."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_val_score

NAMES = np.array(["setosa", "versicolor", "virginica"])
OUTPUTS = [[0, 1, 2], [0, 1]]


@pytest.fixture(scope="module")
def outputs(iris):
    """Sorted rows: without the last third, both columns are zeros and ones."""
    X, y = iris
    return X, np.column_stack([y, y == 1])


@pytest.fixture
def model(classifier):
    return classifier((), alpha=1.0, tol=1e-2, random_state=0)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_outputs_have_the_same_form_in_all_folds(model, method, outputs):
    options = {"cv": KFold(3), "method": method}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        values = cross_val_predict(model, *outputs, params={"classes": OUTPUTS}, **options)
    shapes = values.shape if method == "predict" else [part.shape for part in values]
    assert shapes in ((150, 2), [(150, 3), (150, 2)], [(150, 3), (150,)])


def test_searches_and_metadata_routing_pass_the_classes_on(model, outputs):
    search = GridSearchCV(model, {"alpha": [1.0]}, cv=KFold(3), error_score="raise")
    search.fit(*outputs, classes=OUTPUTS)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = model.set_fit_request(classes=True)
        scores = cross_val_score(
            routed, *outputs, cv=KFold(3), params={"classes": OUTPUTS}, error_score="raise"
        )
    assert scores.mean() == search.best_score_


def test_errors_where_the_kind_changes_name_the_parameter(model, outputs):
    X, Y = outputs
    model.fit(X[:100], Y[:100])  # zeros and ones
    hint = "pass all of them to fit: classes="
    with pytest.raises(ValueError, match=hint):
        model.score(X, Y)
    with pytest.raises(ValueError, match=f"y_val must be a 0/1 indicator.*{hint}"):
        model.fit(X[:100], Y[:100], X_val=X, y_val=Y)
    with pytest.raises(ValueError, match=hint):
        model.set_params(warm_start=True).fit(X, Y)


def test_classes_that_occur_change_nothing(model, outputs):
    X, Y = outputs
    for y, classes in ((Y, OUTPUTS), (Y[:, 0], [0, 1, 2]), (NAMES[Y[:, 0]], NAMES)):
        plain = model.fit(X, y).coefs_[0]
        np.testing.assert_array_equal(model.fit(X, y, classes=classes).coefs_[0], plain)


@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}, {"class_weight": "balanced"}])
def test_classes_that_do_not_occur_are_improbable(classifier, settings, outputs):
    X, Y = outputs
    model = classifier(4, random_state=0, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X[:100], NAMES[Y[:100, 0]], classes=NAMES, X_val=X[:100], y_val=NAMES[Y[:100, 0]])
    np.testing.assert_array_equal(model.classes_, NAMES)
    assert model.predict_proba(X[:100])[:, 2].max() < 0.1


def test_a_warm_start_may_continue_on_rows_that_lack_a_class(model, iris):
    X, y = iris
    model.set_params(warm_start=True).fit(X, y)
    model.fit(X[:100], y[:100], classes=[0, 1, 2])
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])


def test_an_output_may_be_constant_or_text_beside_numbers(model, iris):
    X, y = iris
    Y = pd.DataFrame({"name": NAMES[y], "constant": 7})
    model.fit(X, Y, classes=[NAMES, [7]])
    assert (model.predict(X)[:, 1] == 7).all()
    assert model.score(X, Y) > 0.9


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([[0, 1], [0, 1]], r"y has labels that are not classes: \[2\]\. If a part"),
        ([["a", "b"], [0, 1]], "all text or all numbers; y has both, such as 0 and 'a'"),
        ([[0, 1, 2]], r"y must have 1 columns, one for each output; got shape \(150, 2\)"),
        ([[0, 2, 1], [0, 1]], r"sorted order.* got \[0, 2, 1\]"),
        ([[0, 1, 2], []], r"one or more different classes.* got \[\]"),
        ([0, 1, 2], "probabilities for each sample; got int64 of shape.* Of several outputs"),
    ],
)
def test_bad_classes_of_outputs_are_errors(model, classes, message, outputs):
    with pytest.raises(ValueError, match=message):
        model.fit(*outputs, classes=classes)
    assert not hasattr(model, "coefs_")


def test_labels_that_are_not_among_the_classes_are_an_error(model, iris):
    with pytest.raises(ValueError, match=r"y has labels that are not classes: \[2\]"):
        model.fit(*iris, classes=[0, 1, 3])
    with pytest.raises(ValueError, match="all text or all numbers"):
        model.fit(*iris, classes=["a", "b"])
