"""Display of first-layer weights as images."""

from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from skneural._inputs import shown
from skneural._plotting.drawing import check_axes, label_text, pyplot, size_in_points, with_limits
from skneural._plotting.inspection import fitted_network
from skneural._plotting.units import UnitLayout
from skneural._typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage
    from matplotlib.text import Text


class HiddenWeightsDisplay:
    """Weights of the first layer, drawn as one image per unit.

    It is recommended to create it with :meth:`from_estimator`. Units are drawn in order, row by
    row. A network without hidden layers has one image per output unit, with the unit's name as
    its title. All images share a colour scale, which is symmetric around zero. Biases are not
    shown.

    Parameters
    ----------
    images : array-like of shape (n_units, height, width)
        Weights of each unit.
    titles : list of str of length n_units, default=None
        Titles of the images; none by default.

    Attributes
    ----------
    im_ : matplotlib AxesImage
        All images side by side, with masked pixels between them.
    text_ : list of matplotlib Text
        Titles of the images.
    ax_ : matplotlib Axes
        Axes of the images.
    figure_ : matplotlib Figure
        Figure of the axes.

    See Also
    --------
    SoftmaxMLPClassifier, SigmoidMLPClassifier : Their `coefs_` are drawn.
    ActivationsDisplay : Activations of the output units.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_digits
    >>> from skneural import HiddenWeightsDisplay, SoftmaxMLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = SoftmaxMLPClassifier((16,), tol=0.01, random_state=0)
    >>> display = HiddenWeightsDisplay.from_estimator(classifier.fit(X / 16, y))
    >>> display.images.shape
    (16, 8, 8)
    >>> plt.close(display.figure_)
    """

    im_: "AxesImage"
    text_: "list[Text]"
    ax_: "Axes"
    figure_: "Figure | SubFigure"

    def __init__(self, images: FloatArray, *, titles: Sequence[Any] | None = None) -> None:
        self.images = images
        self.titles = titles

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        image_shape: tuple[int, int] | None = None,
        ax: "Axes | None" = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the first-layer weights of a classifier.

        Parameters
        ----------
        estimator : SoftmaxMLPClassifier, SigmoidMLPClassifier or Pipeline
            Fitted classifier, or a fitted pipeline that ends with one. In a pipeline, the weights
            belong to the transformed features; `image_shape` is required if the number of
            features changes.
        image_shape : tuple of two int, default=None
            Height and width of the images. The features are their pixels, row by row. Images
            are square by default.
        ax : matplotlib Axes, default=None
            Axes to draw on; a new figure by default.
        **kwargs : dict
            Passed to :meth:`plot`.

        Returns
        -------
        HiddenWeightsDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `estimator` is not one of these, or `ax` is not an Axes.
        ValueError
            If `image_shape` is invalid or does not match the number of features.
        sklearn.exceptions.NotFittedError
            If `estimator` is not fitted.
        """
        classifier = fitted_network(estimator, cls)
        coef = classifier.coefs_[0]
        n_given = getattr(estimator, "n_features_in_", len(coef))
        if image_shape is None and n_given != len(coef):
            raise ValueError(
                f"The steps before {type(classifier).__name__} turn {n_given} features into "
                f"{len(coef)}. If these form an image, pass image_shape=(height, width)."
            )
        height, width = _image_shape(image_shape, len(coef))
        is_linear = len(classifier.coefs_) == 1
        titles = UnitLayout.of_classifier(classifier).unit_names() if is_linear else None
        display = cls(coef.T.reshape(-1, height, width), titles=titles)
        return display.plot(ax, **kwargs)

    def plot(self, ax: "Axes | None" = None, *, colorbar: bool = True, **kwargs: Any) -> Self:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; a new figure by default.
        colorbar : bool, default=True
            Whether to add a colorbar.
        **kwargs : dict
            Passed to :meth:`matplotlib.axes.Axes.imshow`, for example ``cmap`` or ``vmax``.

        Returns
        -------
        self : HiddenWeightsDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `ax` is not an Axes.
        """
        plt = pyplot(self)
        images = np.asarray(self.images)
        gap = max(1, round(0.06 * min(images.shape[1:])))
        above = gap if self.titles is None else max(2, round(0.35 * images.shape[1]))
        mosaic, corners = _mosaic(images, gap, above)
        if ax is None:
            scale = _inches_per_pixel(images.shape, mosaic.shape)
            height, width = np.multiply(mosaic.shape, scale)
            _, ax = plt.subplots(figsize=(width + 1.2, height + 0.2), layout="constrained")
        self.ax_ = check_axes(ax, self)
        self.figure_ = ax.figure
        limit = np.abs(images).max() or 1.0
        kwargs = {"cmap": "RdBu_r", "interpolation": "nearest"} | with_limits(kwargs, -limit, limit)
        self.im_ = ax.imshow(np.ma.masked_invalid(mosaic), **kwargs)
        ax.set_axis_off()
        if colorbar:
            ax.figure.colorbar(self.im_, ax=ax, label="weight", aspect=30)
        self._write_titles(corners, mosaic.shape[1])
        return self

    def _write_titles(self, corners, n_pixels):
        self.text_ = []
        if self.titles is None:
            return
        width = np.shape(self.images)[2]
        per_pixel = size_in_points(self.ax_)[0] / n_pixels
        above = corners[0][0]
        size = float(np.clip(0.75 * above * per_pixel, 4, 11))
        n_letters = int(width * per_pixel / (0.65 * size))
        for title, (top, left) in zip(self.titles, corners, strict=True):
            self.text_.append(
                self.ax_.text(
                    left + (width - 1) / 2,
                    top - 1,
                    label_text(title, max(n_letters, 5)),
                    ha="center",
                    va="bottom",
                    fontsize=size,
                )
            )


def _image_shape(image_shape, n_features):
    """Return a valid image shape, or raise an error if it does not match the features."""
    if image_shape is None:
        side = round(n_features**0.5)
        if side**2 != n_features:
            raise ValueError(
                f"{n_features} features do not form a square image; pass image_shape=(height, "
                f"width), or (1, {n_features}) if they are not an image."
            )
        return side, side
    shape = tuple(image_shape) if isinstance(image_shape, list | tuple) else ()
    if len(shape) != 2 or not all(isinstance(n, Integral) and int(n) > 0 for n in shape):
        raise ValueError(
            f"image_shape must be two positive integers, (height, width); got {shown(image_shape)}."
        )
    if shape[0] * shape[1] != n_features:
        raise ValueError(
            f"image_shape={shape} requires {shape[0] * shape[1]} features, but the first layer has "
            f"{n_features}."
        )
    return shape


def _mosaic(images, gap, above):
    """Arrange images side by side with NaN between them; also return their top left corners."""
    n, height, width = images.shape
    ideal = np.sqrt(1.2 * n * (height + above) / (width + gap))  # slightly wider than tall
    choices = range(max(int(0.8 * ideal), 1), int(np.ceil(1.2 * ideal)) + 1)
    n_columns = min(choices, key=lambda k: (-n % k, abs(k - ideal)))  # few empty cells
    n_rows = -(-n // n_columns)
    shape = (n_rows * (height + above) + gap, n_columns * (width + gap) + gap)
    mosaic = np.full(shape, np.nan)
    corners = []
    for number, image in enumerate(images):
        row, column = divmod(number, n_columns)
        top, left = row * (height + above) + above, column * (width + gap) + gap
        mosaic[top : top + height, left : left + width] = image
        corners.append((top, left))
    return mosaic, corners


def _inches_per_pixel(images_shape, mosaic_shape):
    """Return a scale that draws images one inch wide, on a figure of 3 to 9 inches."""
    return float(np.clip(1 / max(images_shape[1:]), 3 / max(mosaic_shape), 9 / max(mosaic_shape)))
