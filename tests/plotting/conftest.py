"""Fixtures for the tests of the displays."""

from functools import cache, partial

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.datasets import make_multilabel_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import (
    ActivationsDisplay,
    HiddenWeightsDisplay,
    LossCurveDisplay,
    SigmoidMLPClassifier,
    ThresholdDisplay,
)

NETWORK_DISPLAYS = [ActivationsDisplay, HiddenWeightsDisplay, LossCurveDisplay]
SPECIES = ["setosa", "versicolor", "virginica"]


@pytest.fixture(autouse=True)
def _figures():
    with matplotlib.rc_context():
        plt.close("all")  # of other tests
        plt.switch_backend("Agg")
        yield
        plt.close("all")


@pytest.fixture(params=["binary", "multiclass", "multilabel-indicator", "multiclass-multioutput"])
def kind(request):
    """Each kind of target in turn."""
    return request.param


@pytest.fixture(params=NETWORK_DISPLAYS)
def network_display(request):
    """Each display that draws only the classifiers of this package."""
    return request.param


@pytest.fixture(params=[*NETWORK_DISPLAYS, ThresholdDisplay])
def display_class(request):
    """Each display in turn."""
    return request.param


@pytest.fixture(scope="session")
def _fit_once(iris, targets_of_each_kind):
    @cache
    def fit(classifier, kind):
        model = classifier(4, random_state=0, tol=0.05, alpha=1.0)
        return model.fit(iris[0], targets_of_each_kind[kind])

    return fit


@pytest.fixture
def fitted(classifier, _fit_once):
    """A function that returns a classifier of iris, fitted to a kind of target."""
    return partial(_fit_once, classifier)


@pytest.fixture(scope="session")
def labels():
    """A classifier of four labels, and rows on which it was not fitted."""
    X, Y = make_multilabel_classification(600, n_classes=4, random_state=0)
    pipeline = make_pipeline(StandardScaler(), SigmoidMLPClassifier((), alpha=1.0, tol=0.01))
    return pipeline.fit(X[::2], Y[::2]), X[1::2], Y[1::2]


@pytest.fixture
def unit_names():
    """Names of the output units of a classifier of iris, fitted to a kind of target."""
    names = {
        ("softmax", "binary"): ["False", "True"],
        ("softmax", "multiclass"): SPECIES,
        ("softmax", "multilabel-indicator"): [
            f"{j}: {state}" for j in range(3) for state in ("absent", "present")
        ],
        ("softmax", "multiclass-multioutput"): [
            *(f"output 0: {name}" for name in SPECIES),
            "output 1: long",
            "output 1: short",
        ],
        ("logistic", "binary"): ["True"],
        ("logistic", "multiclass"): SPECIES,
        ("logistic", "multilabel-indicator"): ["0", "1", "2"],
        ("logistic", "multiclass-multioutput"): [
            *(f"output 0: {name}" for name in SPECIES),
            "output 1: short",
        ],
    }
    return lambda model, kind: names[model.out_activation_, kind]


@pytest.fixture
def draw():
    """A function that calls `from_estimator` of a display, with data if it requires them."""

    def call(display, estimator, X, y, **kwargs):
        data = (X, y) if display in (ActivationsDisplay, ThresholdDisplay) else ()
        if display is HiddenWeightsDisplay:
            kwargs = {"image_shape": (1, X.shape[1])} | kwargs
        return display.from_estimator(estimator, *data, **kwargs)

    return call


@pytest.fixture
def texts():
    """A function that returns the strings of matplotlib texts."""
    return lambda artists: [artist.get_text() for artist in artists]


@pytest.fixture
def value_at():
    """A function that returns the value of a line of steps at a threshold."""

    def value(line, threshold):
        assert line.get_drawstyle() == "steps-post"
        x, y = line.get_xdata(), line.get_ydata()
        return y[np.searchsorted(x, threshold, side="right") - 1]

    return value


@pytest.fixture
def assert_apart():
    """A function that asserts that artists are within the figure and do not overlap."""

    def check(artists):
        figure = artists[0].figure.canvas.figure
        figure.draw_without_rendering()
        boxes = np.array([artist.get_window_extent().extents for artist in artists])
        low, high = boxes[:, :2], boxes[:, 2:]
        overlap = ((low[:, None] <= high) & (low <= high[:, None])).all(axis=2)
        assert not [(artists[i], artists[j]) for i, j in np.argwhere(np.triu(overlap, 1))]
        figure_box = figure.bbox.padded(2)
        is_inside = ((low >= figure_box.min) & (high <= figure_box.max)).all(axis=1)
        assert not [artists[i] for i in np.flatnonzero(~is_inside)]

    return check
