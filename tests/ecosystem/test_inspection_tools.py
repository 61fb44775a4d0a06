"""What scikit-learn's inspection tools and displays find in both classifiers."""

import numpy as np
import pytest
from sklearn.calibration import CalibrationDisplay, calibration_curve
from sklearn.datasets import load_wine
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.inspection import PartialDependenceDisplay, permutation_importance
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    RocCurveDisplay,
    confusion_matrix,
    roc_auc_score,
    roc_curve,
)

# Matplotlib 3.9 calls functions of pyparsing by names that newer releases of it deprecate.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated - use:DeprecationWarning:matplotlib")

PROLINE, FLAVANOIDS = (load_wine().feature_names.index(name) for name in ("proline", "flavanoids"))


@pytest.fixture
def ax():
    """Axes that need no window."""
    from matplotlib.figure import Figure

    return Figure().subplots()


@pytest.fixture
def fitted(network, cancer):
    """Each network, fitted on half of the rows, and the other half."""
    X, y = cancer
    return network.fit(X[::2], y[::2]), X[1::2], y[1::2]


@pytest.fixture(scope="module")
def wine_in_noise(wine):
    """Two features that tell the wines apart, in columns 2 and 5, and six of noise."""
    X, y = wine
    noisy = np.random.default_rng(0).normal(size=(len(y), 8))
    noisy[:, [2, 5]] = X[:, [PROLINE, FLAVANOIDS]]
    return noisy, y


# --- Features ------------------------------------------------------------------------------


def test_permutation_importance_finds_the_features_among_noise(network, wine_in_noise):
    X, y = wine_in_noise
    network.set_params(alpha=10.0).fit(X[::2], y[::2])
    found = permutation_importance(network, X[1::2], y[1::2], n_repeats=10, random_state=0)
    importances = found.importances_mean
    assert importances[[2, 5]].min() > 0.15
    assert np.abs(np.delete(importances, [2, 5])).max() < 0.05


def test_a_sequential_selector_finds_the_features_among_noise(network, wine_in_noise):
    X, y = wine_in_noise
    selector = SequentialFeatureSelector(network.set_params(tol=1e-2), n_features_to_select=2, cv=3)
    assert selector.fit(X, y).get_support(indices=True).tolist() == [2, 5]
    np.testing.assert_array_equal(selector.transform(X), X[:, [2, 5]])


@pytest.mark.parametrize("method", ["predict_proba", "decision_function"])
def test_partial_dependence_is_the_mean_over_the_rows(fitted, method, ax):
    model, X, _ = fitted
    display = PartialDependenceDisplay.from_estimator(
        model, X, [20], response_method=method, grid_resolution=7, ax=ax
    )
    grid, drawn = display.lines_.ravel()[0].get_data()
    for value, mean in zip(grid, drawn, strict=True):
        moved = X.copy()
        moved[:, 20] = value
        scores = getattr(model, method)(moved)
        np.testing.assert_allclose(mean, (scores[:, 1] if scores.ndim == 2 else scores).mean())
    assert (np.diff(drawn) < 0).all()  # the larger the worst radius, the less is it benign


def test_partial_dependence_of_a_class_among_several(network, wine, ax):
    X, y = wine
    network.fit(X, y)
    display = PartialDependenceDisplay.from_estimator(network, X, [PROLINE], target=0, ax=ax)
    _, drawn = display.lines_.ravel()[0].get_data()
    assert drawn[-1] > drawn[0] + 0.2  # much proline is a sign of the first wine


# --- Displays ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["predict_proba", "decision_function"])
def test_a_roc_curve_is_that_of_probabilities_or_logits(fitted, method, ax):
    model, X, y = fitted
    display = RocCurveDisplay.from_estimator(model, X, y, response_method=method, ax=ax)
    scores = getattr(model, method)(X)
    scores = scores[:, 1] if scores.ndim == 2 else scores
    false_positives, true_positives, _ = roc_curve(y, scores)
    (line,) = (line for line in ax.get_lines() if "AUC" in str(line.get_label()))
    np.testing.assert_array_equal(line.get_xdata(), false_positives)
    np.testing.assert_array_equal(line.get_ydata(), true_positives)
    assert f"AUC = {roc_auc_score(y, scores):.2f}" in line.get_label()
    assert type(model).__name__ in line.get_label()
    assert roc_auc_score(y, scores) > 0.97
    assert display.ax_ is ax


def test_a_calibration_curve_is_near_the_diagonal(fitted, ax):
    model, X, y = fitted
    display = CalibrationDisplay.from_estimator(model, X, y, n_bins=2, ax=ax)
    true, predicted = calibration_curve(y, model.predict_proba(X)[:, 1], n_bins=2)
    np.testing.assert_array_equal(display.prob_true, true)
    np.testing.assert_array_equal(display.prob_pred, predicted)
    np.testing.assert_allclose(true, predicted, atol=0.1)


def test_a_confusion_matrix_names_the_classes(network, digits, ax):
    X, y = digits
    names = np.array([f"digit {k}" for k in range(10)])
    network.fit(X[::2], names[y[::2]])
    display = ConfusionMatrixDisplay.from_estimator(network, X[1::2], names[y[1::2]], ax=ax)
    counts = confusion_matrix(names[y[1::2]], network.predict(X[1::2]))
    np.testing.assert_array_equal(display.confusion_matrix, counts)
    assert [text.get_text() for text in ax.get_xticklabels()] == names.tolist()
    assert np.trace(counts) / counts.sum() > 0.92
