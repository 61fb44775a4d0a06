"""Display of losses and gradient norms during training."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skneural._plotting.drawing import check_axes, label_text, pyplot, size_in_points
from skneural._plotting.inspection import fitted_network

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D
    from matplotlib.text import Annotation

_NORM_AXES = "skneural: gradient norm"
_LOSS = "loss (training: penalty and rows of the stage)"
_NORM = "gradient norm (largest entry)"


class LossCurveDisplay:
    """Training loss, gradient norm and validation loss after each iteration.

    It is recommended to create it with :meth:`from_estimator`. Losses are on the left axis and
    the gradient norm on the right; both axes are logarithmic. The training loss may jump between
    stages, because each stage has its own penalty and rows. The validation loss depends on
    neither; its lowest value is marked.

    To compare fits, give each a `name`, and pass the `ax_` of the first as `ax` to the others.
    Each fit has one colour, with a solid line for the training loss, a dashed line for the
    validation loss and a dotted line for the gradient norm.

    Parameters
    ----------
    loss_curve : array-like of shape (n_iter,)
        Training loss after each iteration.
    gradient_norm_curve : array-like of shape (n_iter,)
        Gradient norm after each iteration.
    validation_losses : array-like of shape (n_validated,), default=None
        Validation loss after each of the last `n_validated` iterations.
    name : str, default=None
        Name of the fit in the legend.

    Attributes
    ----------
    line_ : matplotlib Line2D
        Training loss.
    gradient_norm_line_ : matplotlib Line2D
        Gradient norm.
    validation_line_ : matplotlib Line2D or None
        Validation loss, marked where it is lowest.
    best_text_ : matplotlib Annotation or None
        Iteration with the lowest validation loss.
    ax_ : matplotlib Axes
        Axes of the losses.
    gradient_norm_ax_ : matplotlib Axes
        Axes of the gradient norm, which shares the iterations with `ax_`.
    figure_ : matplotlib Figure
        Figure of both axes.

    See Also
    --------
    SoftmaxMLPClassifier, SigmoidMLPClassifier : Their `loss_curve_`, `gradient_norm_curve_`
        and `validation_losses_` are drawn.
    sklearn.model_selection.LearningCurveDisplay : Scores over the number of training rows.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_iris
    >>> from skneural import LossCurveDisplay, SoftmaxMLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = SoftmaxMLPClassifier(
    ...     hidden_layer_sizes=(10,), activation="tanh", alpha=1.0, tol=1e-4, random_state=0
    ... ).fit(X, y)
    >>> display = LossCurveDisplay.from_estimator(classifier)
    >>> bool(display.gradient_norm_line_.get_ydata()[-1] <= classifier.tol)
    True
    >>> plt.close(display.figure_)
    """

    line_: "Line2D"
    gradient_norm_line_: "Line2D"
    validation_line_: "Line2D | None"
    best_text_: "Annotation | None"
    ax_: "Axes"
    gradient_norm_ax_: "Axes"
    figure_: "Figure | SubFigure"

    def __init__(
        self,
        loss_curve: Sequence[float],
        gradient_norm_curve: Sequence[float],
        *,
        validation_losses: Sequence[float] | None = None,
        name: str | None = None,
    ) -> None:
        self.loss_curve = loss_curve
        self.gradient_norm_curve = gradient_norm_curve
        self.validation_losses = validation_losses
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        name: str | None = None,
        ax: "Axes | None" = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the training history of a classifier.

        Parameters
        ----------
        estimator : SoftmaxMLPClassifier, SigmoidMLPClassifier or Pipeline
            Fitted classifier, or a fitted pipeline that ends with one.
        name : str, default=None
            Name of the fit in the legend.
        ax : matplotlib Axes, default=None
            Axes to draw on; a new figure by default.
        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        LossCurveDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `estimator` is not one of these, or `ax` is not an Axes.
        sklearn.exceptions.NotFittedError
            If `estimator` is not fitted.
        """
        classifier = fitted_network(estimator, cls)
        display = cls(
            classifier.loss_curve_,
            classifier.gradient_norm_curve_,
            validation_losses=getattr(classifier, "validation_losses_", None),
            name=name,
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax: "Axes | None" = None, **kwargs: Any) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; a new figure by default.
        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.plot` for the training loss. The other lines
            use the same colour.

        Returns
        -------
        self : LossCurveDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `ax` is not an Axes.
        ValueError
            If the lengths of the curves do not match.
        """
        plt = pyplot(self)
        iterations = self._iterations()
        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        self.ax_ = check_axes(ax, self)
        self.figure_ = ax.figure
        self.gradient_norm_ax_ = _norm_axes(ax)
        prefix = "" if self.name is None else f"{label_text(self.name)}: "
        kwargs = {"label": f"{prefix}training loss"} | kwargs
        (self.line_,) = ax.plot(iterations, self.loss_curve, **kwargs)
        color = self.line_.get_color()
        self._plot_validation(prefix, color)
        (self.gradient_norm_line_,) = self.gradient_norm_ax_.plot(
            iterations,
            self.gradient_norm_curve,
            ":",
            color=color,
            linewidth=1.2,
            alpha=0.8,
            label=f"{prefix}gradient norm",
        )
        legends = [one.get_legend_handles_labels() for one in (ax, self.gradient_norm_ax_)]
        ax.legend(
            *map(sum, zip(*legends, strict=True), ([], [])), loc="upper right", fontsize="small"
        )
        n_letters = max(int(size_in_points(ax)[1] / 6), 16)  # that fit the height of the axes
        ax.set_ylabel(textwrap.fill(_LOSS, n_letters))
        self.gradient_norm_ax_.set_ylabel(textwrap.fill(_NORM, n_letters))
        return self

    def _iterations(self):
        n_iter = len(self.loss_curve)
        n_validated = 0 if self.validation_losses is None else len(self.validation_losses)
        if len(self.gradient_norm_curve) != n_iter or n_validated > n_iter:
            raise ValueError(
                "gradient_norm_curve must be as long as loss_curve, and validation_losses at most "
                f"as long; got lengths {len(self.gradient_norm_curve)}, {n_iter} and {n_validated}."
            )
        return np.arange(1, n_iter + 1)

    def _plot_validation(self, prefix, color):
        self.validation_line_ = self.best_text_ = None
        if self.validation_losses is None or not np.isfinite(self.validation_losses).any():
            return
        losses = np.asarray(self.validation_losses)
        first = len(self.loss_curve) - len(losses) + 1  # warm starts may add validation data later
        best = int(np.nanargmin(losses))
        (self.validation_line_,) = self.ax_.plot(
            np.arange(first, first + len(losses)),
            losses,
            "--",
            color=color,
            marker="o",
            markevery=[best],
            label=f"{prefix}validation loss",
        )
        self.best_text_ = self.ax_.annotate(
            f"{first + best}",
            (first + best, losses[best]),
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
            fontsize="small",
            color=color,
        )


def _norm_axes(ax):
    """Return the twin of `ax` for gradient norms, which all fits on `ax` share."""
    position = ax.get_position(original=True).bounds
    for other in ax.get_shared_x_axes().get_siblings(ax):
        if other.get_gid() == _NORM_AXES and other.get_position(original=True).bounds == position:
            return other
    twin = ax.twinx()
    twin.set_gid(_NORM_AXES)
    ax.set_yscale("log")
    twin.set_yscale("log")
    # Draw the losses and the legend on top of the gradient norms.
    twin.set_facecolor(ax.get_facecolor())
    twin.patch.set_visible(True)
    ax.patch.set_visible(False)
    ax.set_zorder(twin.get_zorder() + 1)
    ax.set_xlabel("iteration")
    ax.xaxis.get_major_locator().set_params(integer=True)
    return twin
