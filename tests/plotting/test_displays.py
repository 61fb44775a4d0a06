"""The displays: what is drawn is what was measured."""

import pickle
import subprocess
import sys
import textwrap

import matplotlib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import f1_score, precision_score, recall_score
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import LinearSVC

from skneural import (
    ActivationsDisplay,
    HiddenWeightsDisplay,
    LossCurveDisplay,
    SigmoidMLPClassifier,
    SoftmaxMLPClassifier,
    ThresholdDisplay,
)

KINDS = ["binary", "multiclass", "multilabel-indicator", "multiclass-multioutput"]
NETWORK_DISPLAYS = [ActivationsDisplay, HiddenWeightsDisplay, LossCurveDisplay]


@pytest.fixture(autouse=True)
def _figures():
    with matplotlib.rc_context():
        plt.close("all")  # of other tests
        plt.switch_backend("Agg")
        yield
        plt.close("all")


@pytest.fixture
def fitted(classifier, iris, targets_of_each_kind):
    """A function that fits the rows of iris to a kind of target."""
    return lambda kind: classifier(4, random_state=0, tol=0.05, alpha=1.0).fit(
        iris[0], targets_of_each_kind[kind]
    )


@pytest.fixture(scope="module")
def labels():
    """A classifier of four labels, and rows that it was not fitted on."""
    X, Y = make_multilabel_classification(600, n_classes=4, random_state=0)
    pipeline = make_pipeline(StandardScaler(), SigmoidMLPClassifier((), alpha=1.0, tol=0.01))
    return pipeline.fit(X[::2], Y[::2]), X[1::2], Y[1::2]


def texts(labels):
    return [label.get_text() for label in labels]


def call(display, estimator, X, y, **kwargs):
    """`from_estimator`, with the data if it takes them."""
    data = (X, y) if display in (ActivationsDisplay, ThresholdDisplay) else ()
    if display is HiddenWeightsDisplay:
        kwargs = {"image_shape": (1, X.shape[1])} | kwargs
    return display.from_estimator(estimator, *data, **kwargs)


def assert_apart(artists):
    """No two of these share a part of the picture, and all are within the figure."""
    figure = artists[0].figure.canvas.figure
    figure.draw_without_rendering()
    boxes = [artist.get_window_extent() for artist in artists]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i]), artists[i]
        assert figure.bbox.padded(2).contains(*box.min), artists[i]
        assert figure.bbox.padded(2).contains(*box.max), artists[i]


# --- All -----------------------------------------------------------------------------------


def test_matplotlib_is_imported_for_a_picture_only():
    code = """
        import sys
        import numpy as np
        import skneural
        one = np.array([0.5])
        displays = [
            skneural.LossCurveDisplay(one, one),
            skneural.ActivationsDisplay(one[None], ["a"]),
            skneural.HiddenWeightsDisplay(one[None, None]),
            skneural.ThresholdDisplay([one], [one], [one], [one]),
        ]
        assert not [name for name in sys.modules if name.split(".")[0] == "matplotlib"]
        sys.modules["matplotlib"] = None  # importing it now is an ImportError
        for display in displays:
            try:
                display.plot()
            except ImportError as error:
                assert f"{type(display).__name__}.plot" in str(error)
                assert 'pip install "skneural[plot]"' in str(error)
            else:
                raise AssertionError(display)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


@pytest.mark.parametrize("display", [*NETWORK_DISPLAYS, ThresholdDisplay])
def test_unfitted_estimators_and_others_are_refused(display, classifier, cancer):
    X, y = cancer
    with pytest.raises(NotFittedError, match=classifier.__name__):
        call(display, classifier(), X, y)
    with pytest.raises(NotFittedError):
        call(display, make_pipeline(StandardScaler(), classifier()), X, y)
    with pytest.raises(TypeError, match="got LinearRegression"):
        call(display, LinearRegression().fit(X, y), X, y)
    with pytest.raises(TypeError, match="LinearRegression"):
        call(display, make_pipeline(StandardScaler(), LinearRegression()).fit(X, y), X, y)
    with pytest.raises(TypeError, match="NoneType"):
        call(display, None, X, y)


@pytest.mark.parametrize("display", NETWORK_DISPLAYS)
def test_classifiers_that_are_no_networks_of_ours_are_refused(display, cancer):
    X, y = cancer
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    with pytest.raises(TypeError, match="got Pipeline that ends with LogisticRegression"):
        call(display, pipeline, X, y)


@pytest.mark.parametrize("display", [*NETWORK_DISPLAYS, ThresholdDisplay])
def test_an_axes_of_the_users_is_drawn_into(display, fitted, iris, targets_of_each_kind):
    X, y = iris[0], targets_of_each_kind["binary"]
    figure = plt.figure(layout="constrained")
    ax = figure.subfigures(1, 2)[1].subplots()
    shown = call(display, fitted("binary"), X, y, ax=ax)
    assert isinstance(shown, display)
    assert (shown.axes_[0] if display is ThresholdDisplay else shown.ax_) is ax
    assert shown.figure_ is ax.figure
    assert len(plt.get_fignums()) == 1
    figure.canvas.draw()
    pickle.dumps(figure)
    with pytest.raises(TypeError, match=f"ax of {display.__name__}.*got str"):
        call(display, fitted("binary"), X, y, ax="left")


# --- LossCurveDisplay ----------------------------------------------------------------------


def test_loss_curves_are_those_of_the_fit(classifier, digits):
    X, y = digits
    model = classifier(20, random_state=0, tol=0.01, early_stopping=True).fit(X, y)
    display = LossCurveDisplay.from_estimator(model)
    iterations = np.arange(1, model.n_iter_ + 1)
    for line, values in [
        (display.line_, model.loss_curve_),
        (display.gradient_norm_line_, model.gradient_norm_curve_),
        (display.validation_line_, model.validation_losses_),
    ]:
        np.testing.assert_array_equal(line.get_xdata(), iterations)
        np.testing.assert_array_equal(line.get_ydata(), values)
    best = int(np.argmin(model.validation_losses_))
    assert display.validation_line_.get_markevery() == [best]
    assert display.best_text_.get_text() == str(best + 1)
    assert display.ax_.get_yscale() == display.gradient_norm_ax_.get_yscale() == "log"
    label = " ".join(display.ax_.get_ylabel().split())
    assert "penalty and rows of the stage" in label
    legend = texts(display.ax_.get_legend().get_texts())
    assert legend == ["training loss", "validation loss", "gradient norm"]


def test_fits_on_the_same_axes_share_the_axes_of_the_gradient_norm(cancer):
    models = {
        "softmax": SoftmaxMLPClassifier(5, random_state=0, tol=0.01).fit(*cancer),
        "sigmoid": SigmoidMLPClassifier(5, random_state=0, tol=0.01).fit(*cancer),
    }
    _, axes = plt.subplots(2, 2, sharex=True)
    displays = [
        LossCurveDisplay.from_estimator(model, name=name, ax=axes[0, 0])
        for name, model in models.items()
    ]
    one, two = displays
    assert one.gradient_norm_ax_ is two.gradient_norm_ax_
    assert one.line_.get_color() != two.line_.get_color()
    assert two.line_.get_color() == two.gradient_norm_line_.get_color()
    assert texts(one.ax_.get_legend().get_texts()) == [
        "softmax: training loss",
        "sigmoid: training loss",
        "softmax: gradient norm",
        "sigmoid: gradient norm",
    ]
    assert one.validation_line_ is one.best_text_ is None
    other = LossCurveDisplay.from_estimator(models["softmax"], ax=axes[1, 1], color="red")
    assert other.gradient_norm_ax_ is not one.gradient_norm_ax_
    assert other.gradient_norm_line_.get_color() == "red"


def test_validation_that_began_later_is_drawn_where_it_was_measured(classifier, cancer):
    X, y = cancer
    model = classifier(5, random_state=0, tol=0.0, max_iter=3, warm_start=True)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y, X_val=X, y_val=y)
    display = LossCurveDisplay.from_estimator(make_pipeline(StandardScaler(), model))
    assert display.line_.get_xdata().tolist() == [1, 2, 3, 4, 5, 6]
    assert display.validation_line_.get_xdata().tolist() == [4, 5, 6]


def test_a_fit_without_iterations_has_empty_curves(classifier, cancer):
    display = LossCurveDisplay.from_estimator(classifier(5, tol=1e6).fit(*cancer))
    assert len(display.line_.get_ydata()) == 0
    display.figure_.canvas.draw()


def test_curves_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="got lengths 1, 2 and 0"):
        LossCurveDisplay([2.0, 1.0], [1.0]).plot()
    with pytest.raises(ValueError, match="got lengths 2, 2 and 3"):
        LossCurveDisplay([2.0, 1.0], [1.0, 2.0], validation_losses=[1, 2, 3]).plot()
    display = LossCurveDisplay([2.0, 1.0], [1.0, 2.0], validation_losses=[np.nan, np.nan]).plot()
    assert display.validation_line_ is None


# --- ActivationsDisplay --------------------------------------------------------------------

UNITS = {
    ("softmax", "binary"): ["False", "True"],
    ("softmax", "multiclass"): ["setosa", "versicolor", "virginica"],
    ("softmax", "multilabel-indicator"): [
        f"{j}: {s}" for j in range(3) for s in ("absent", "present")
    ],
    ("softmax", "multiclass-multioutput"): [
        "output 0: setosa",
        "output 0: versicolor",
        "output 0: virginica",
        "output 1: long",
        "output 1: short",
    ],
    ("logistic", "binary"): ["True"],
    ("logistic", "multiclass"): ["setosa", "versicolor", "virginica"],
    ("logistic", "multilabel-indicator"): ["0", "1", "2"],
    ("logistic", "multiclass-multioutput"): [
        "output 0: setosa",
        "output 0: versicolor",
        "output 0: virginica",
        "output 1: short",
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_activations_of_each_kind_of_target(kind, fitted, iris, targets_of_each_kind):
    X, y = iris[0][::10], targets_of_each_kind[kind][::10]
    model = fitted(kind)
    display = ActivationsDisplay.from_estimator(model, X, y)
    activations = model.predict_activations(X)
    activations = np.hstack(activations) if isinstance(activations, list) else activations
    np.testing.assert_array_equal(display.im_.get_array(), activations)
    assert display.im_.get_clim() == (0, 1)
    names = UNITS[model.out_activation_, kind]
    assert texts(display.ax_.get_xticklabels()) == [*names, "sum"]
    assert ActivationsDisplay.from_estimator(model, X).unit_names == names
    assert [text.get_text() for text in display.text_.ravel()] == [
        f"{value:.2f}" for value in activations.ravel()
    ]
    assert texts(display.sum_text_) == [f"{value:.2f}" for value in activations.sum(axis=1)]
    if model.out_activation_ == "softmax":
        n_targets = y.shape[1] if y.ndim == 2 else 1
        assert set(texts(display.sum_text_)) == {f"{n_targets}.00"}


@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_around_the_units_that_should_be_one(kind, fitted, iris, targets_of_each_kind):
    X, y = iris[0][::10], targets_of_each_kind[kind][::10]
    model = fitted(kind)
    display = ActivationsDisplay.from_estimator(model, X, y)
    is_sigmoid = model.out_activation_ == "logistic"
    columns = {
        "binary": [y == value for value in ([True] if is_sigmoid else [False, True])],
        "multiclass": [y == name for name in ("setosa", "versicolor", "virginica")],
    }
    if kind == "multilabel-indicator":
        expected = y == 1 if is_sigmoid else np.stack([y == 0, y == 1], axis=2).reshape(15, 6)
    elif kind == "multiclass-multioutput":
        names = [name.split(": ") for name in display.unit_names]
        expected = np.column_stack([y[:, int(output[-1])] == name for output, name in names])
    else:
        expected = np.column_stack(columns[kind])
    np.testing.assert_array_equal(display.is_true, expected)
    centers = [path.vertices[:4].mean(axis=0) for path in display.true_.get_paths()]
    rows, columns = np.nonzero(expected)
    np.testing.assert_allclose(centers, np.column_stack([columns, rows]), atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_called_by_their_labels(kind, fitted, iris, targets_of_each_kind):
    X, y = iris[0][::10], targets_of_each_kind[kind][::10]
    names = {
        "binary": ["no", "yes"],
        "multiclass": ["se", "ve", "vi"],
        "multilabel-indicator": ["a", "b", "c"],
        "multiclass-multioutput": [["se", "ve", "vi"], ["l", "s"]],
    }[kind]
    display = ActivationsDisplay.from_estimator(fitted(kind), X, y, display_labels=names)
    assert texts(display.ax_.get_yticklabels()) == display.sample_names
    assert display.ax_.get_ylabel() == "true label"
    expected = {
        "binary": {"no", "yes"},
        "multiclass": {"se", "ve", "vi"},
        "multilabel-indicator": {"a", "b", "a, b", "b, c", "c", "a, b, c", "none", "a, c"},
        "multiclass-multioutput": {f"{i}, {j}" for i in ("se", "ve", "vi") for j in "ls"},
    }[kind]
    assert set(display.sample_names) <= expected
    assert len(set(display.sample_names)) > 1
    if kind == "multilabel-indicator":
        for name, row in zip(display.sample_names, y, strict=True):
            assert name == (", ".join(np.array(names)[row == 1]) or "none")


def test_a_pipeline_transforms_and_data_may_be_sparse(labels):
    pipeline, X, Y = labels
    nested = make_pipeline(pipeline)
    display = ActivationsDisplay.from_estimator(nested, X[:9], sp.csr_array(Y[:9]))
    expected = pipeline[-1].predict_activations(pipeline[0].transform(X[:9]))
    np.testing.assert_array_equal(display.activations, expected)
    np.testing.assert_array_equal(display.is_true, Y[:9] == 1)


def test_labels_that_are_not_known_have_no_frame():
    activations = np.full((2, 4), 0.5)
    Y = np.array([[1.0, np.nan], [0.0, 1.0]])
    display = ActivationsDisplay.from_predictions(activations, Y)
    np.testing.assert_array_equal(display.is_true, [[0, 1, 0, 0], [1, 0, 0, 1]])
    assert display.sample_names == ["0", "1"]
    y = np.array(["a", None], dtype=object)
    display = ActivationsDisplay.from_predictions(activations[:, :2], y, classes=["a", "b"])
    np.testing.assert_array_equal(display.is_true, [[1, 0], [0, 0]])
    assert display.sample_names == ["a", "?"]


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


def test_activations_that_do_not_fit_are_refused():
    good = np.full((3, 3), 0.5)
    draw = ActivationsDisplay.from_predictions
    with pytest.raises(ValueError, match=r"in \[0, 1\].*got values from 0.5 to 2.5"):
        draw(good + 2 * np.eye(3))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        draw(good, [0, 1])
    with pytest.raises(ValueError, match=r"not classes: \[7\]; the classes are \[0, 1, 2\]"):
        draw(good, [0, 1, 7])
    with pytest.raises(ValueError, match=r"not classes: \['x'\]"):
        draw(good, ["a", "b", "x"], classes=["a", "b", "c"])
    with pytest.raises(ValueError, match=r"not classes: \[2\]"):
        draw(good, np.diag([1, 1, 2]))
    with pytest.raises(ValueError, match=r"\[3\] classes and \[2\] names"):
        draw(good, classes=[1, 2, 3], display_labels=["a", "b"])
    with pytest.raises(ValueError, match="a column for each of the 3 labels; got 2"):
        draw(good, np.eye(3)[:, :2], classes=[1, 2, 3])
    with pytest.raises(ValueError, match="3 output units cannot stand for 2 names"):
        draw(good, np.eye(3)[:, :2])
    with pytest.raises(ValueError, match="a column for each of the 2 outputs; got 1"):
        draw([good, good], [0, 1, 2])
    with pytest.raises(ValueError, match=r"2 outputs, \[3\] classes"):
        draw([good, good], classes=[[0, 1, 2]])


def test_names_are_short_on_one_line_and_no_formulas():
    names = ["from $5 to $10", "a\nb", "a name of very many letters, of which some are left out"]
    display = ActivationsDisplay.from_predictions(
        np.eye(3), [0, 1, 2], classes=range(3), display_labels=names
    )
    assert texts(display.ax_.get_xticklabels()[:3]) == [
        r"from \$5 to \$10",
        "a b",
        "a name of v…are left out",
    ]
    display.figure_.canvas.draw()


def test_many_samples_have_stripes_and_names_of_runs():
    y = np.repeat([0, 1, 2], 200)
    activations = np.eye(3)[y] * 0.8
    display = ActivationsDisplay.from_predictions(activations, y)
    assert display.text_ is None
    assert display.sum_text_ == []
    assert texts(display.ax_.get_yticklabels()) == ["0", "1", "2"]
    np.testing.assert_allclose(display.ax_.get_yticks(), [99.5, 299.5, 499.5])
    widths = [np.ptp(path.vertices[:, 0]) for path in display.true_.get_paths()]
    assert max(widths) < 0.2
    bars = [np.ptp(path.vertices[:, 0]) for path in display.sum_bars_.get_paths()]
    np.testing.assert_allclose(bars, bars[0])
    shuffled = np.random.default_rng(0).permutation(600)
    display = ActivationsDisplay.from_predictions(activations[shuffled], y[shuffled])
    assert display.ax_.get_ylabel() == "sample"


def test_bars_are_as_long_as_the_sums():
    display = ActivationsDisplay.from_predictions([[0.5, 0.0], [1.0, 1.0], [0.0, 0.0]])
    widths = [np.ptp(path.vertices[:, 0]) for path in display.sum_bars_.get_paths()]
    np.testing.assert_allclose(np.array(widths) / widths[1], [0.25, 1, 0])


@pytest.mark.parametrize("n_units", [2, 10, 26])
@pytest.mark.parametrize("n_samples", [1, 20])
def test_nothing_overlaps(n_units, n_samples):
    activations = np.random.default_rng(0).uniform(size=(n_samples, n_units))
    names = [f"class number {j}" for j in range(n_units)]
    y = np.arange(n_samples) % n_units
    display = ActivationsDisplay.from_predictions(activations, y, display_labels=names)
    ticks = [*display.ax_.get_yticklabels(), display.ax_.yaxis.label, display.ax_.xaxis.label]
    assert_apart([display.ax_, *ticks])
    assert_apart([*display.text_.ravel(), *display.sum_text_])


def test_numbers_are_left_out_where_there_is_no_room():
    _, ax = plt.subplots(figsize=(2, 2), layout="constrained")
    display = ActivationsDisplay.from_predictions(np.full((40, 30), 0.5), ax=ax, colorbar=False)
    assert display.text_ is None
    assert display.sum_text_ == []
    assert texts(ax.get_xticklabels()) == ["Σ"]
    assert len(ax.figure.axes) == 1


def test_colors_are_the_users():
    display = ActivationsDisplay.from_predictions([[0.1, 0.9]], cmap="viridis", vmax=2)
    assert display.im_.get_cmap().name == "viridis"
    assert display.im_.get_clim() == (0, 2)
    dark, light = (to_rgba(text.get_color()) for text in display.text_.ravel())
    assert dark == light == to_rgba("white")  # on the dark half of viridis
    norm = matplotlib.colors.LogNorm(0.01, 1)
    assert ActivationsDisplay.from_predictions([[0.1, 0.9]], norm=norm).im_.norm is norm


# --- HiddenWeightsDisplay ------------------------------------------------------------------


def test_weights_are_images_of_the_hidden_units(classifier, digits):
    X, y = digits
    model = classifier(7, random_state=0, tol=0.1).fit(X, y)
    display = HiddenWeightsDisplay.from_estimator(make_pipeline(StandardScaler(), model))
    np.testing.assert_array_equal(display.images, model.coefs_[0].T.reshape(7, 8, 8))
    mosaic = display.im_.get_array()
    shown = np.ma.compressed(mosaic)
    np.testing.assert_array_equal(np.sort(shown), np.sort(model.coefs_[0], axis=None))
    limit = np.abs(model.coefs_[0]).max()
    assert display.im_.get_clim() == (-limit, limit)
    top, left = np.argwhere(~np.ma.getmaskarray(mosaic))[0]
    np.testing.assert_array_equal(mosaic[top : top + 8, left : left + 8], display.images[0])
    assert display.text_ == []


@pytest.mark.parametrize("kind", KINDS)
def test_without_hidden_layers_images_have_the_names_of_the_units(
    classifier, kind, iris, targets_of_each_kind
):
    X, y = iris[0], targets_of_each_kind[kind]
    model = classifier((), random_state=0, tol=0.1).fit(X, y)
    display = HiddenWeightsDisplay.from_estimator(model)
    assert display.titles == UNITS[model.out_activation_, kind]
    assert display.images.shape == (len(display.titles), 2, 2)
    assert len(display.text_) == len(display.titles)


@pytest.mark.parametrize(("n", "name"), [(2, "a name of many letters"), (10, ""), (26, "class ")])
def test_titles_do_not_overlap(n, name):
    images = np.random.default_rng(0).normal(size=(n, 16, 16))
    titles = [f"{name}{j}" for j in range(n)]
    display = HiddenWeightsDisplay(images, titles=titles).plot()
    assert_apart(display.text_)


def test_image_shapes(classifier, digits, cancer):
    wide = HiddenWeightsDisplay.from_estimator(
        classifier(3, random_state=0, tol=0.1).fit(*digits), image_shape=(4, 16)
    )
    assert wide.images.shape == (3, 4, 16)
    model = classifier(3, random_state=0, tol=0.1).fit(*cancer)
    draw = HiddenWeightsDisplay.from_estimator
    with pytest.raises(ValueError, match="30 features do not form a square image"):
        draw(model)
    with pytest.raises(ValueError, match=r"image_shape=\(5, 5\) requires 25 features.* has 30"):
        draw(model, image_shape=(5, 5))
    for bad in [30, (30,), (-5, -6), (5.0, 6.0), "56", (1, 5, 6)]:
        with pytest.raises(ValueError, match="two positive integers"):
            draw(model, image_shape=bad)
    assert draw(model, image_shape=[5, 6]).images.shape == (3, 5, 6)


def test_features_that_steps_have_made_need_an_image_shape(classifier, digits):
    pipeline = make_pipeline(PCA(16), classifier(3, random_state=0, tol=0.1)).fit(*digits)
    with pytest.raises(ValueError, match="turn 64 features into 16"):
        HiddenWeightsDisplay.from_estimator(pipeline)
    shape = HiddenWeightsDisplay.from_estimator(pipeline, image_shape=(4, 4)).images.shape
    assert shape == (3, 4, 4)
    scaled = make_pipeline(MinMaxScaler(), clone(pipeline[-1])).fit(*digits)
    assert HiddenWeightsDisplay.from_estimator(scaled).images.shape == (3, 8, 8)


def test_weights_of_zero_and_options():
    display = HiddenWeightsDisplay(np.zeros((2, 3, 3))).plot(colorbar=False, cmap="PuOr")
    assert display.im_.get_clim() == (-1, 1)
    assert display.im_.get_cmap().name == "PuOr"
    assert len(display.figure_.axes) == 1


# --- ThresholdDisplay ----------------------------------------------------------------------


def value_at(line, threshold):
    """What a line of steps shows."""
    x, y = line.get_xdata(), line.get_ydata()
    assert line.get_drawstyle() == "steps-post"
    return y[np.searchsorted(x, threshold, side="right") - 1]


@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.5, 0.77])
def test_curves_are_the_metrics_of_the_predictions_at_each_threshold(labels, threshold):
    pipeline, X, Y = labels
    display = ThresholdDisplay.from_estimator(pipeline, X, Y)
    predicted = pipeline.predict_proba(X) > threshold
    for j, lines in enumerate(display.lines_):
        for line, score in zip(lines, (precision_score, recall_score, f1_score), strict=True):
            assert value_at(line, threshold) == pytest.approx(score(Y[:, j], predicted[:, j]))


def test_the_threshold_in_use_gives_the_score_of_predict(labels):
    pipeline, X, Y = labels
    thresholds = [0.2, 0.4, 0.6, 0.8]
    pipeline = pipeline[:-1], clone(pipeline[-1]).set_params(threshold=thresholds)
    pipeline = make_pipeline(*pipeline).fit(X, Y)
    display = ThresholdDisplay.from_estimator(pipeline, X, Y)
    f1 = f1_score(Y, pipeline.predict(X), average=None)
    for j, line in enumerate(display.threshold_lines_):
        assert set(line.get_xdata()) == {thresholds[j]}
        assert value_at(display.lines_[j, 2], thresholds[j]) == pytest.approx(f1[j])


def test_values_at_the_ends():
    probability = np.array([0.2, 0.4, 0.4, 0.9])
    display = ThresholdDisplay.from_predictions([0, 1, 0, 1], probability)
    np.testing.assert_array_equal(display.thresholds[0], [0, 0.2, 0.4, 0.9, 1])
    np.testing.assert_allclose(display.precision[0], [1 / 2, 2 / 3, 1, np.nan, np.nan])
    np.testing.assert_allclose(display.recall[0], [1, 1, 1 / 2, 0, 0])
    np.testing.assert_allclose(display.f1[0], [2 / 3, 4 / 5, 2 / 3, 0, 0])
    display = ThresholdDisplay.from_predictions([0, 1], [1.0, 0.0])
    precision, recall, f1 = (value_at(line, 0.5) for line in display.lines_[0])
    assert (precision, recall, f1) == (0, 0, 0)


def test_labels_that_are_not_known_do_not_count(labels):
    pipeline, X, Y = labels
    partly = Y.astype(float)
    partly[::3, 1] = np.nan
    probability = pipeline.predict_proba(X)
    display = ThresholdDisplay.from_estimator(pipeline, X, partly)
    known = np.arange(len(Y)) % 3 > 0
    alone = ThresholdDisplay.from_predictions(Y[known, 1], probability[known, 1])
    np.testing.assert_array_equal(display.precision[1], alone.precision[0])
    np.testing.assert_array_equal(display.f1[1], alone.f1[0])
    partly[:, 2] = np.where(Y[:, 2] == 1, np.nan, 0)
    display = ThresholdDisplay.from_predictions(partly, probability)
    assert display.axes_[2].get_title() == "2 (never present)"
    assert np.isnan(display.f1[2]).all()


@pytest.mark.parametrize("as_labels", [lambda y: y, lambda y: np.array(["no", "yes"])[y]])
def test_of_two_classes_the_second_is_shown(classifier, cancer, as_labels):
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


def test_the_threshold_in_use_is_the_estimators(cancer):
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


def test_forests_give_probabilities_of_labels_in_another_form(labels):
    _, X, Y = labels
    forest = RandomForestClassifier(10, random_state=0).fit(X[::2], Y[::2])
    display = ThresholdDisplay.from_estimator(forest, X[1::2], sp.csr_matrix(Y[1::2]))
    f1 = f1_score(
        Y[1::2], np.transpose([p[:, 1] > 0.5 for p in forest.predict_proba(X[1::2])]), average=None
    )
    for j in range(4):
        assert value_at(display.lines_[j, 2], 0.5) == pytest.approx(f1[j])


@pytest.mark.parametrize("n_labels", [2, 3, 5, 14])
def test_panels_have_their_place(n_labels):
    rng = np.random.default_rng(0)
    Y, probability = rng.integers(0, 2, (60, n_labels)), rng.uniform(size=(60, n_labels))
    names = [f"label with a long name {j}" for j in range(n_labels)]
    display = ThresholdDisplay.from_predictions(Y, probability, label_names=names)
    assert len(display.figure_.axes) == len(display.axes_) == n_labels
    titles = [ax.title for ax in display.axes_]
    assert all(text.endswith(str(j)) for j, text in enumerate(texts(titles)))
    assert_apart([*display.axes_, *titles, *display.figure_.legends])
    assert all(ax.get_xticklabels()[0].get_visible() for ax in display.axes_[-2:])


def test_panels_may_be_the_users():
    rng = np.random.default_rng(0)
    Y, probability = rng.integers(0, 2, (60, 2)), rng.uniform(size=(60, 2))
    _, axes = plt.subplots(2, 2)
    display = ThresholdDisplay.from_predictions(Y, probability, ax=axes[:, 0])
    assert list(display.axes_) == list(axes[:, 0])
    assert not axes[0, 1].has_data()
    assert [ax.get_xlabel() for ax in display.axes_] == ["threshold"] * 2
    ThresholdDisplay.from_predictions(Y[:, 0], probability[:, 0], ax=[axes[0, 1]])
    with pytest.raises(ValueError, match="one Axes for each of the 2 labels; got 1"):
        ThresholdDisplay.from_predictions(Y, probability, ax=axes[0, 0])


def test_predictions_that_do_not_fit_are_refused(labels, iris):
    draw = ThresholdDisplay.from_predictions
    with pytest.raises(ValueError, match=r"shape of Y_true, \(2,\); got \(2, 2\)"):
        draw([0, 1], [[0.5, 0.5], [0.1, 0.9]])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        draw([0, 1], [0.5])
    with pytest.raises(ValueError, match=r"Y_true has labels that are not classes: \[2\]"):
        draw([0, 2], [0.5, 0.5])
    with pytest.raises(ValueError, match=r"in \[0, 1\]; got values from -1 to 0.5"):
        draw([0, 1], [0.5, -1])
    with pytest.raises(ValueError, match="a name for each of the 1 labels; got 2"):
        draw([0, 1], [0.5, 0.5], label_names=["a", "b"])
    for bad in (1.5, "auto", [-0.1], np.nan, None):
        with pytest.raises(ValueError, match=r"threshold must be in \[0, 1\]"):
            draw([0, 1], [0.5, 0.5], threshold=bad)
    with pytest.raises(ValueError, match="one for each of the 1 labels"):
        draw([0, 1], [0.5, 0.5], threshold=[0.1, 0.2])
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


def test_labels_that_are_not_known_may_be_none_or_na(cancer):
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
