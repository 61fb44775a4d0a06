"""Display of precision, recall and F1 over the decision threshold."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils.validation import check_is_fitted

from skneural._estimators import presence
from skneural._plotting.drawing import check_axes, pyplot
from skneural._plotting.inspection import dense_labels, last_step
from skneural._plotting.threshold_curves import (
    check_predictions,
    check_threshold,
    of_second_class,
    threshold_curves,
    threshold_in_use,
)
from skneural._plotting.threshold_panels import (
    describe_axes,
    draw_curves,
    draw_thresholds,
    panel_grid,
    write_titles,
)
from skneural._typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D


class ThresholdDisplay:
    """Precision, recall and F1 of each label over its decision threshold.

    It is recommended to create it with :meth:`from_estimator` or :meth:`from_predictions`. As in
    :class:`SigmoidMLPClassifier`, a label is predicted where its probability is greater than the
    threshold. The curves are steps that change only at probabilities that occur. Where
    nothing is predicted, recall and F1 are 0, and precision is undefined and not drawn. A label
    that is never present has no curves.

    Parameters
    ----------
    thresholds : list of ndarray of shape (n_thresholds,)
        Thresholds of each label, in ascending order.
    precision, recall, f1 : list of ndarray of shape (n_thresholds,)
        Score of each label, from each of its thresholds up to the next.
    threshold_in_use : array-like of shape (n_labels,), default=None
        Threshold in use for each label, drawn as a vertical line; none by default.
    label_names : list of str, default=None
        Names of the labels. By default 0, 1, ... for several labels, and none for a single one.

    Attributes
    ----------
    lines_ : ndarray of shape (n_labels, 3) of matplotlib Line2D
        Precision, recall and F1 of each label.
    threshold_lines_ : list of matplotlib Line2D
        Threshold in use of each label; empty if not given.
    axes_ : ndarray of shape (n_labels,) of matplotlib Axes
        Panel of each label.
    figure_ : matplotlib Figure
        Figure of the panels.

    See Also
    --------
    TunedThresholdsClassifierCV : Tunes a threshold for each label by cross-validation.
    sklearn.metrics.PrecisionRecallDisplay : Precision over recall.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skneural import SigmoidMLPClassifier, ThresholdDisplay
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> classifier = SigmoidMLPClassifier((), random_state=0)
    >>> pipeline = make_pipeline(StandardScaler(), classifier).fit(X[::2], y[::2])
    >>> display = ThresholdDisplay.from_estimator(pipeline, X[1::2], y[1::2])
    >>> bool(display.f1[0].max() > 0.95)
    True
    >>> plt.close(display.figure_)
    """

    lines_: NDArray[Any]
    threshold_lines_: "list[Line2D]"
    axes_: NDArray[Any]
    figure_: "Figure | SubFigure"

    def __init__(
        self,
        thresholds: Sequence[FloatArray],
        precision: Sequence[FloatArray],
        recall: Sequence[FloatArray],
        f1: Sequence[FloatArray],
        *,
        threshold_in_use: FloatArray | None = None,
        label_names: Sequence[Any] | None = None,
    ) -> None:
        self.thresholds = thresholds
        self.precision = precision
        self.recall = recall
        self.f1 = f1
        self.threshold_in_use = threshold_in_use
        self.label_names = label_names

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        Y: Any,
        *,
        threshold: ArrayLike | None = None,
        label_names: Sequence[Any] | None = None,
        ax: "Axes | Sequence[Axes] | NDArray[Any] | None" = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the curves of a classifier.

        Parameters
        ----------
        estimator : estimator instance
            Fitted classifier with `predict_proba` for two classes or several labels, or a fitted
            pipeline that ends with one.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, preferably not those used for training.
        Y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
            Labels: a 0/1 indicator, or two classes, of which the second is predicted above the
            threshold. Missing labels (NaN, None or pandas.NA) are ignored.
        threshold : float or array-like of shape (n_labels,), default=None
            Threshold in use. By default that of the estimator, or 0.5 if it has none.
        label_names : list of str of length n_labels, default=None
            Names of the labels. By default 0, 1, ... for several labels, and the second class for
            two classes.
        ax : matplotlib Axes or array-like of shape (n_labels,) of them, default=None
            Axes to draw on, one for each label; a new figure by default.
        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        ThresholdDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `estimator` is not a classifier with `predict_proba`, or `ax` is neither an Axes
            nor an array of them.
        ValueError
            If `estimator` has neither two classes nor several labels, or the other arguments do
            not match it.
        sklearn.exceptions.NotFittedError
            If `estimator` is not fitted.
        """
        classifier = last_step(estimator)
        is_suitable = isinstance(classifier, BaseEstimator) and is_classifier(classifier)
        if not (is_suitable and hasattr(classifier, "predict_proba")):
            raise TypeError(
                f"{cls.__name__}.from_estimator requires a classifier with predict_proba, or a "
                f"Pipeline that ends with one; got {type(classifier).__name__}."
            )
        check_is_fitted(classifier)
        if threshold is None:
            threshold = threshold_in_use(classifier)
        Y = dense_labels(Y, "Y")
        probabilities = estimator.predict_proba(X)
        if Y.ndim == 2 and Y.shape[1] > 1:
            Y_proba = presence(probabilities, classifier.classes_)
        else:
            Y, Y_proba = of_second_class(Y.ravel(), probabilities, classifier)
            label_names = [classifier.classes_[1]] if label_names is None else label_names
        return cls.from_predictions(
            Y, Y_proba, threshold=threshold, label_names=label_names, ax=ax, **kwargs
        )

    @classmethod
    def from_predictions(
        cls,
        Y_true: Any,
        Y_proba: ArrayLike,
        *,
        threshold: ArrayLike = 0.5,
        label_names: Sequence[Any] | None = None,
        ax: "Axes | Sequence[Axes] | NDArray[Any] | None" = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the curves of given probabilities.

        Parameters
        ----------
        Y_true : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
            Labels: 0 (absent) or 1 (present). Missing labels (NaN, None or pandas.NA) are ignored.
        Y_proba : array-like of the shape of `Y_true`
            Probability that the label is present.
        threshold : float or array-like of shape (n_labels,), default=0.5
            Threshold in use.
        label_names : list of str of length n_labels, default=None
            Names of the labels. By default 0, 1, ... for several labels, and none for a single
            one.
        ax : matplotlib Axes or array-like of shape (n_labels,) of them, default=None
            Axes to draw on, one for each label; a new figure by default.
        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        ThresholdDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `ax` is neither an Axes nor an array of them.
        ValueError
            If shapes do not match, values are invalid, or there is not one Axes for each label.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from skneural import ThresholdDisplay
        >>> y_true, y_proba = [0, 1, 1, 0], [0.1, 0.4, 0.9, 0.3]
        >>> display = ThresholdDisplay.from_predictions(y_true, y_proba)
        >>> display.thresholds[0]
        array([0. , 0.1, 0.3, 0.4, 0.9, 1. ])
        >>> display.recall[0]
        array([1. , 1. , 1. , 0.5, 0. , 0. ])
        >>> plt.close(display.figure_)
        """
        true, proba = check_predictions(Y_true, Y_proba)
        n_labels = true.shape[1]
        if label_names is not None and len(label_names) != n_labels:
            raise ValueError(
                f"label_names must have a name for each of the {n_labels} labels; got "
                f"{len(label_names)}."
            )
        curves = zip(*map(threshold_curves, true.T, proba.T), strict=True)
        display = cls(
            *map(list, curves),
            threshold_in_use=check_threshold(threshold, n_labels),
            label_names=label_names,
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax: "Axes | Sequence[Axes] | NDArray[Any] | None" = None, **kwargs: Any) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of shape (n_labels,) of them, default=None
            Axes to draw on, one for each label; a new figure by default.
        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.plot` for all curves, for example ``linewidth``.

        Returns
        -------
        self : ThresholdDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `ax` is neither an Axes nor an array of them.
        ValueError
            If there is not one Axes for each label.
        """
        plt = pyplot(self)
        n_labels = len(self.thresholds)
        axes = panel_grid(plt, n_labels) if ax is None else np.asarray(ax, dtype=object).ravel()
        if len(axes) != n_labels:
            raise ValueError(
                f"ax must be one Axes for each of the {n_labels} labels; got {len(axes)}."
            )
        self.axes_ = np.array([check_axes(panel, self) for panel in axes])
        self.figure_ = axes[0].figure
        scores = zip(self.precision, self.recall, self.f1, strict=True)
        curves = zip(axes, self.thresholds, scores, strict=True)
        self.lines_ = np.array([draw_curves(*curve, kwargs) for curve in curves])
        self.threshold_lines_ = []
        if self.threshold_in_use is not None:
            self.threshold_lines_ = draw_thresholds(axes, self.threshold_in_use)
        if self.label_names is not None or n_labels > 1:
            names = range(n_labels) if self.label_names is None else self.label_names
            write_titles(axes, names, self.f1)
        handles = [*self.lines_[0], *self.threshold_lines_[:1]]
        describe_axes(axes, handles, in_grid=ax is None and n_labels > 1)
        return self
