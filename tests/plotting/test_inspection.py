import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import ActivationsDisplay, SigmoidMLPClassifier, ThresholdDisplay


def test_unfitted_estimators_and_others_are_refused(display_class, classifier, cancer, draw):
    X, y = cancer
    with pytest.raises(NotFittedError, match=classifier.__name__):
        draw(display_class, classifier(), X, y)
    with pytest.raises(NotFittedError):
        draw(display_class, make_pipeline(StandardScaler(), classifier()), X, y)
    with pytest.raises(TypeError, match="got LinearRegression"):
        draw(display_class, LinearRegression().fit(X, y), X, y)
    with pytest.raises(TypeError, match="LinearRegression"):
        draw(display_class, make_pipeline(StandardScaler(), LinearRegression()).fit(X, y), X, y)
    with pytest.raises(TypeError, match="NoneType"):
        draw(display_class, None, X, y)


def test_classifiers_of_other_packages_are_refused(network_display, cancer, draw):
    X, y = cancer
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    with pytest.raises(TypeError, match="got Pipeline that ends with LogisticRegression"):
        draw(network_display, pipeline, X, y)


def test_a_pipeline_transforms_and_data_may_be_sparse(labels):
    pipeline, X, Y = labels
    nested = make_pipeline(pipeline)
    display = ActivationsDisplay.from_estimator(nested, X[:9], sp.csr_array(Y[:9]))
    expected = pipeline[-1].predict_activations(pipeline[0].transform(X[:9]))
    np.testing.assert_array_equal(display.activations, expected)
    np.testing.assert_array_equal(display.is_true, Y[:9] == 1)


def test_units_are_numbered_unless_classes_or_names_are_given():
    activations = [[0.1, 0.9, 0.2, 0.8]]
    from_predictions = ActivationsDisplay.from_predictions
    assert from_predictions(activations).unit_names == ["0", "1", "2", "3"]
    assert from_predictions([[0.1]]).unit_names == ["1"]
    assert from_predictions(activations, classes=list("wxyz")).unit_names == list("wxyz")
    names = ["a: absent", "a: present", "b: absent", "b: present"]
    assert from_predictions(activations, display_labels=["a", "b"]).unit_names == names
    assert from_predictions(activations, [[1, 0]], display_labels=["a", "b"]).unit_names == names
    several = [np.array(activations), np.array([[0.5]])]
    assert from_predictions(several).unit_names[-2:] == ["output 0: 3", "output 1: 1"]


def test_missing_labels_are_nan_none_or_na(cancer):
    X, y = cancer
    Y = np.column_stack([y, 1 - y, X[:, 0] > 0]).astype(float)
    Y[::3, 0] = np.nan
    model = SigmoidMLPClassifier((), tol=1e-2, missing_labels="ignore").fit(X, Y)
    expected = ThresholdDisplay.from_estimator(model, X, Y).f1[0]
    for missing in (None, pd.NA):
        labels = np.where(np.isnan(Y), missing, Y)
        display = ThresholdDisplay.from_estimator(model, X, labels)
        np.testing.assert_array_equal(display.f1[0], expected)
        marked = ActivationsDisplay.from_estimator(model, X[:6], labels[:6]).is_true
        np.testing.assert_array_equal(marked, np.nan_to_num(Y[:6]) == 1)
