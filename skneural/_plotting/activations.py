"""Display of output activations as a heatmap."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, check_consistent_length

from skneural._plotting.drawing import check_axes, pyplot
from skneural._plotting.heatmap import Heatmap, figure_size
from skneural._plotting.inspection import as_last_step_sees, dense_labels, fitted_network
from skneural._plotting.units import UnitLayout
from skneural._typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage
    from matplotlib.text import Text


class ActivationsDisplay:
    """Heatmap of output activations, with their sum for each sample.

    It is recommended to create it with :meth:`from_estimator` or :meth:`from_predictions`. The
    heatmap has a row for each sample and a column for each output unit. If labels are given, the
    units that should be 1 are framed, or marked by a stripe on their left where rows are too thin.
    Values are written where there is room.

    Bars on the right show the sum of each row, with a line at 1. Softmax activations sum to
    exactly 1 for each target; sigmoid activations may have any sum.

    Parameters
    ----------
    activations : ndarray of shape (n_samples, n_units)
        Activations of the output units, in [0, 1].
    unit_names : list of str of length n_units
        Names of the output units.
    is_true : ndarray of shape (n_samples, n_units), default=None
        Whether each unit should be 1; nothing is marked by default.
    sample_names : list of str of length n_samples, default=None
        Names of the rows; numbers by default.

    Attributes
    ----------
    im_ : matplotlib AxesImage
        Heatmap.
    text_ : ndarray of shape (n_samples, n_units) of matplotlib Text, or None
        Values in the cells; None if there is no room.
    true_ : matplotlib PolyCollection or None
        Frames or stripes that mark the units that should be 1.
    sum_bars_ : matplotlib PolyCollection
        Sums of the rows, as bars.
    sum_text_ : list of matplotlib Text
        Sums of the rows, as numbers; empty if there is no room.
    ax_ : matplotlib Axes
        Axes of the heatmap and the sums.
    figure_ : matplotlib Figure
        Figure of the axes.

    See Also
    --------
    SoftmaxMLPClassifier, SigmoidMLPClassifier : Their `predict_activations` is drawn.
    ThresholdDisplay : Precision, recall and F1 over the threshold.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_iris
    >>> from skneural import ActivationsDisplay, SigmoidMLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = SigmoidMLPClassifier(
    ...     hidden_layer_sizes=(10,), activation="tanh", alpha=1.0,
    ...     max_iter=500, random_state=0,
    ... ).fit(X, y)
    >>> display = ActivationsDisplay.from_estimator(classifier, X[::10], y[::10])
    >>> display.activations.shape
    (15, 3)
    >>> plt.close(display.figure_)
    """

    im_: "AxesImage"
    text_: NDArray[Any] | None
    true_: "PolyCollection | None"
    sum_bars_: "PolyCollection"
    sum_text_: "list[Text]"
    ax_: "Axes"
    figure_: "Figure | SubFigure"

    def __init__(
        self,
        activations: FloatArray,
        unit_names: list[str],
        *,
        is_true: ArrayLike | None = None,
        sample_names: list[str] | None = None,
    ) -> None:
        self.activations = activations
        self.unit_names = unit_names
        self.is_true = is_true
        self.sample_names = sample_names

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        display_labels: Any = None,
        ax: "Axes | None" = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the output activations of a classifier.

        Parameters
        ----------
        estimator : SoftmaxMLPClassifier, SigmoidMLPClassifier or Pipeline
            Fitted classifier, or a fitted pipeline that ends with one.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.
        y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_outputs), \
default=None
            Labels, in the same form as the `y` passed to `fit`.
        display_labels : array-like of shape (n_classes,) or list of them, default=None
            Names of the classes, or of the labels if `y` is multilabel; a list with the names
            for each output if there are several. `classes_` by default.
        ax : matplotlib Axes, default=None
            Axes to draw on; a new figure by default.
        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        ActivationsDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `estimator` is not one of these, or `ax` is not an Axes.
        ValueError
            If `y` or `display_labels` does not match the estimator.
        sklearn.exceptions.NotFittedError
            If `estimator` is not fitted.
        """
        classifier = fitted_network(estimator, cls)
        layout = UnitLayout.of_classifier(classifier, display_labels)
        activations = classifier.predict_activations(as_last_step_sees(estimator, X))
        blocks = activations if isinstance(activations, list) else [activations]
        if y is not None:
            y = dense_labels(y, "y")
            check_consistent_length(*blocks, y)
        return cls._drawn(blocks, layout, y, "y", ax, kwargs)

    @classmethod
    def from_predictions(
        cls,
        activations: Any,
        y_true: Any = None,
        *,
        classes: Any = None,
        display_labels: Any = None,
        ax: "Axes | None" = None,
        **kwargs: Any,
    ) -> Self:
        """Draw given activations.

        Parameters
        ----------
        activations : array-like of shape (n_samples, n_units) or list of ndarray
            Activations as returned by `predict_activations`: a column for each class, a single
            column for the second of two classes, a column for each label, or two columns (absent,
            present) for each label. A list with an array for each output if there are several.
        y_true : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_outputs), \
default=None
            Labels: classes, a 0/1 indicator of several labels, or a column of classes for each
            output. Missing labels are NaN, None or pandas.NA.
        classes : array-like of shape (n_classes,) or list of them, default=None
            Classes, as in `classes_`; a list with those of each output if there are several.
            0, 1, ... by default.
        display_labels : array-like of shape (n_classes,) or list of them, default=None
            Names of the classes, or of the labels if `y_true` is an indicator; a list with the
            names for each output if there are several. `classes` by default.
        ax : matplotlib Axes, default=None
            Axes to draw on; a new figure by default.
        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        ActivationsDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `ax` is not an Axes.
        ValueError
            If shapes do not match, activations are not in [0, 1], or labels are not among the
            classes.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from skneural import ActivationsDisplay
        >>> display = ActivationsDisplay.from_predictions(
        ...     [[0.9, 0.2], [0.7, 0.8]], [0, 1], display_labels=["cat", "dog"]
        ... )
        >>> display.unit_names
        ['cat', 'dog']
        >>> display.sample_names
        ['cat', 'dog']
        >>> plt.close(display.figure_)
        """
        is_list = isinstance(activations, list) and len(activations) > 0
        several = is_list and np.ndim(activations[0]) == 2
        blocks = list(map(_check_activations, activations if several else [activations]))
        check_consistent_length(*blocks)
        n_labels = None  # columns of an indicator
        if y_true is not None:
            y_true = dense_labels(y_true, "y_true")
            check_consistent_length(*blocks, y_true)
            if not several and y_true.ndim == 2 and y_true.shape[1] > 1:
                n_labels = y_true.shape[1]
        layout = UnitLayout.of_activations(
            [block.shape[1] for block in blocks],
            is_multioutput=several,
            n_labels=n_labels,
            classes=classes,
            display_labels=display_labels,
        )
        return cls._drawn(blocks, layout, y_true, "y_true", ax, kwargs)

    @classmethod
    def _drawn(
        cls,
        blocks: list[FloatArray],
        layout: UnitLayout,
        y: Any,
        name: str,
        ax: "Axes | None",
        kwargs: dict[str, Any],
    ) -> Self:
        """Draw the activations of each output, and mark the units of dense labels `y`."""
        display = cls(np.hstack(blocks), layout.unit_names())
        if y is not None:
            display.is_true, display.sample_names = layout.true_units(y, name)
        return display.plot(ax, **kwargs)

    def plot(self, ax: "Axes | None" = None, *, colorbar: bool = True, **kwargs: Any) -> Self:
        """Draw the activations.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; a new figure by default.
        colorbar : bool, default=True
            Whether to add a colorbar.
        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.imshow`, for example ``cmap``.

        Returns
        -------
        self : ActivationsDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `ax` is not an Axes.
        """
        plt = pyplot(self)
        n_samples = len(self.activations)
        if ax is None:
            size = figure_size(self.unit_names, self.sample_names, n_samples)
            _, ax = plt.subplots(figsize=size, layout="constrained")
        self.ax_ = check_axes(ax, self)
        self.figure_ = ax.figure
        heatmap = Heatmap(ax, self.activations, kwargs)
        self.im_ = heatmap.image
        if colorbar:
            ax.figure.colorbar(self.im_, ax=ax, label="activation", aspect=30)
        heatmap.name_columns(self.unit_names)
        ax.set_xlabel("output unit")
        if self.sample_names is not None and heatmap.name_rows(self.sample_names):
            ax.set_ylabel("true label")
        else:
            locator: Any = ax.yaxis.get_major_locator()
            locator.set_params(integer=True)
            ax.set_ylabel("sample")
        self.true_ = None if self.is_true is None else heatmap.mark(self.is_true)
        self.text_ = heatmap.write_values()
        self.sum_bars_, self.sum_text_ = heatmap.draw_sums()
        return self


def _check_activations(activations):
    activations = check_array(
        activations,
        dtype=[np.float64, np.float32],
        ensure_2d=False,
        allow_nd=True,
        ensure_min_samples=0,
        ensure_min_features=0,
        input_name="activations",
    )
    if activations.ndim != 2 or activations.size == 0:
        raise ValueError(
            "activations must have a row for each of one or more samples and a column for each "
            f"unit, as returned by predict_activations; got shape {activations.shape}."
        )
    if activations.min() < 0 or activations.max() > 1 + 1e-6:
        raise ValueError(
            "activations must be in [0, 1], as returned by predict_activations; got values from "
            f"{activations.min():.3g} to {activations.max():.3g}."
        )
    return activations
