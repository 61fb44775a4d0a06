import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import LossCurveDisplay, SigmoidMLPClassifier, SoftmaxMLPClassifier


def test_loss_curves_are_those_of_the_fit(classifier, digits, texts):
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


def test_fits_on_the_same_axes_share_the_axes_of_the_gradient_norm(cancer, texts):
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
    display = LossCurveDisplay.from_estimator(classifier(5, alpha=1.0, tol=1e6).fit(*cancer))
    assert len(display.line_.get_ydata()) == 0
    display.figure_.canvas.draw()


def test_curves_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="got lengths 1, 2 and 0"):
        LossCurveDisplay([2.0, 1.0], [1.0]).plot()
    with pytest.raises(ValueError, match="got lengths 2, 2 and 3"):
        LossCurveDisplay([2.0, 1.0], [1.0, 2.0], validation_losses=[1, 2, 3]).plot()
    display = LossCurveDisplay([2.0, 1.0], [1.0, 2.0], validation_losses=[np.nan, np.nan]).plot()
    assert display.validation_line_ is None
