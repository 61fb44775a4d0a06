"""What the output units say of some samples, in a picture."""

import numpy as np
from sklearn.utils import check_array, check_consistent_length

from skneural._plotting.drawing import one_axes, pyplot
from skneural._plotting.heatmap import Heatmap, figure_size
from skneural._plotting.inspection import (
    as_last_step_sees,
    dense_labels,
    fitted_network,
    names_of_classes,
    true_units,
    unit_names,
    unit_names_of_several,
)


class ActivationsDisplay:
    """What each output unit says of each sample, and what a sample's units say in sum.

    It is recommended to use :meth:`from_estimator` or :meth:`from_predictions`. A heatmap has a
    row for each sample and a column for each output unit. Where the labels are known, the units
    that should be 1 have a frame, or a stripe on their left where rows are too low for it.
    Values are written where there is room for them.

    On the right is the sum of each row, with a line at 1. The units of a softmax share exactly
    1 for each target; sigmoids may say any number of times yes, or never.

    Parameters
    ----------
    activations : ndarray of shape (n_samples, n_units)
        What each unit says of each sample, in [0, 1].
    unit_names : list of str of length n_units
        What each unit stands for.
    is_true : ndarray of shape (n_samples, n_units), default=None
        The units that should be 1; none are marked by default.
    sample_names : list of str of length n_samples, default=None
        What is written beside the rows; by default their numbers.

    Attributes
    ----------
    im_ : matplotlib AxesImage
        The heatmap.
    text_ : ndarray of shape (n_samples, n_units) of matplotlib Text, or None
        The values, if there is room for them.
    true_ : matplotlib PolyCollection or None
        The frames or stripes.
    sum_bars_ : matplotlib PolyCollection
        The sums, as bars.
    sum_text_ : list of matplotlib Text
        The sums, as numbers, if there is room for them.
    ax_ : matplotlib Axes
        The axes of the heatmap and the sums.
    figure_ : matplotlib Figure
        The figure that it is in.

    See Also
    --------
    SoftmaxMLPClassifier, SigmoidMLPClassifier : Their `predict_activations` is shown.
    ThresholdDisplay : Where a label's activation should be cut into yes and no.

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

    def __init__(self, activations, unit_names, *, is_true=None, sample_names=None):
        self.activations = activations
        self.unit_names = unit_names
        self.is_true = is_true
        self.sample_names = sample_names

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, display_labels=None, ax=None, **kwargs):
        """Draw what a classifier's output units say.

        Parameters
        ----------
        estimator : SoftmaxMLPClassifier, SigmoidMLPClassifier or Pipeline
            Fitted; a pipeline has to end with one of the two.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.
        y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_outputs), \
default=None
            Their labels, in the form of the `y` that was fitted.
        display_labels : array-like of shape (n_classes,) or list of them, default=None
            Names of the classes, or of the labels if `y` is multilabel; for several outputs, a
            list with those of each. By default `classes_`.
        ax : matplotlib Axes, default=None
            Where to draw; by default in a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        ActivationsDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `estimator` is something else, or `ax` is no Axes.
        ValueError
            If `y` or `display_labels` do not suit the estimator.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        """
        classifier = fitted_network(estimator, cls)
        activations = classifier.predict_activations(as_last_step_sees(estimator, X))
        return cls.from_predictions(
            activations,
            y,
            classes=classifier.classes_,
            display_labels=display_labels,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls, activations, y_true=None, *, classes=None, display_labels=None, ax=None, **kwargs
    ):
        """Draw activations.

        Parameters
        ----------
        activations : array-like of shape (n_samples, n_units) or list of ndarray
            In the form of `predict_activations`: a column for each class; a single one, for the
            second of two classes; a column for each label; or two for each label, absent and
            present in turn. Of several outputs, a list.
        y_true : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_outputs), \
default=None
            The labels. Of shape (n_samples, n_labels), they are a 0/1 indicator. NaN or None
            mean that a label is not known.
        classes : array-like of shape (n_classes,) or list of them, default=None
            The classes that the units stand for, as in `classes_`. By default 0, 1, ...
        display_labels : array-like of shape (n_classes,) or list of them, default=None
            Names of the classes, or of the labels if `y_true` is an indicator; for several
            outputs, a list with those of each. By default `classes`.
        ax : matplotlib Axes, default=None
            Where to draw; by default in a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        ActivationsDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `ax` is no Axes.
        ValueError
            If shapes do not agree, if activations are not in [0, 1], or if there are labels
            that are no classes.

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
        several = isinstance(activations, list) and np.ndim(activations[0]) == 2
        blocks = [_in_range(block) for block in (activations if several else [activations])]
        n_units = [block.shape[1] for block in blocks]
        n_labels = None  # of an indicator
        if y_true is not None:
            y_true = dense_labels(y_true, "y_true")
            check_consistent_length(*blocks, y_true)
            if not several and y_true.ndim == 2 and y_true.shape[1] > 1:
                n_labels = y_true.shape[1]
        if not several:
            classes = None if classes is None else [classes]
            display_labels = None if display_labels is None else [display_labels]
        if classes is None:
            n_names = [n_labels or max(k, 2) for k in n_units]
            n_names = n_names if display_labels is None else [len(some) for some in display_labels]
            classes = [range(k) for k in n_names]
        names = names_of_classes(classes, display_labels, n_labels, len(blocks))
        display = cls(
            np.hstack(blocks),
            unit_names_of_several(n_units, names) if several else unit_names(n_units[0], names[0]),
        )
        if y_true is not None:
            display.is_true, display.sample_names = true_units(
                n_units, classes, names, y_true, n_labels
            )
        return display.plot(ax, **kwargs)

    def plot(self, ax=None, *, colorbar=True, **kwargs):
        """Draw the activations.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; by default in a new figure.
        colorbar : bool, default=True
            Whether to add a colorbar.
        **kwargs : dict
            For :meth:`matplotlib.axes.Axes.imshow`, such as ``cmap``.

        Returns
        -------
        self : ActivationsDisplay
            This display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `ax` is no Axes.
        """
        plt = pyplot(self)
        n_samples = len(self.activations)
        if ax is None:
            size = figure_size(self.unit_names, self.sample_names, n_samples)
            _, ax = plt.subplots(figsize=size, layout="constrained")
        self.ax_ = one_axes(ax, self)
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
            ax.yaxis.get_major_locator().set_params(integer=True)
            ax.set_ylabel("sample")
        self.true_ = None if self.is_true is None else heatmap.mark(self.is_true)
        self.text_ = heatmap.write_values()
        self.sum_bars_, self.sum_text_ = heatmap.draw_sums()
        return self


def _in_range(activations):
    activations = check_array(activations, dtype=[np.float64, np.float32], input_name="activations")
    if activations.min() < 0 or activations.max() > 1 + 1e-6:
        raise ValueError(
            "activations must be in [0, 1], as those of predict_activations are; got values from "
            f"{activations.min():.3g} to {activations.max():.3g}."
        )
    return activations
