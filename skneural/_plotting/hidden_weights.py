"""The weights of a first layer, as images."""

from numbers import Integral

import numpy as np

from skneural._plotting.drawing import in_picture, one_axes, pyplot, size_in_points, with_limits
from skneural._plotting.inspection import fitted_network, names_of_output_units


class HiddenWeightsDisplay:
    """What the units of the first layer look for: their weights, as images.

    It is recommended to use :meth:`from_estimator`. There is an image per hidden unit, in the
    order of the units, row by row; without hidden layers, one per output unit, below its name.
    Colours are symmetric around zero and the same in all images. Weights do not include the
    bias.

    Parameters
    ----------
    images : array-like of shape (n_units, height, width)
        The weights of each unit.
    titles : list of str of length n_units, default=None
        What to write above the images; nothing by default.

    Attributes
    ----------
    im_ : matplotlib AxesImage
        All images in one, with masked pixels between them.
    text_ : list of matplotlib Text
        The titles.
    ax_ : matplotlib Axes
        The axes with the images.
    figure_ : matplotlib Figure
        The figure that it is in.

    See Also
    --------
    SoftmaxMLPClassifier, SigmoidMLPClassifier : Their `coefs_` are shown.
    ActivationsDisplay : What the output units say of samples.

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

    def __init__(self, images, *, titles=None):
        self.images = images
        self.titles = titles

    @classmethod
    def from_estimator(cls, estimator, *, image_shape=None, ax=None, **kwargs):
        """Draw the weights of the first layer of a classifier.

        Parameters
        ----------
        estimator : SoftmaxMLPClassifier, SigmoidMLPClassifier or Pipeline
            Fitted; of a pipeline, the last step. Its weights are those of the features that the
            steps before have made. Where they change the number of features, `image_shape` has
            to be given.
        image_shape : tuple of two int, default=None
            Height and width of the image that the features make up, row by row. By default it
            is a square.
        ax : matplotlib Axes, default=None
            Where to draw; by default in a new figure.
        **kwargs : dict
            Further arguments of :meth:`plot`.

        Returns
        -------
        HiddenWeightsDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `estimator` is something else, or `ax` is no Axes.
        ValueError
            If the features are no image of this shape.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        """
        classifier = fitted_network(estimator, cls)
        coef = classifier.coefs_[0]
        n_given = getattr(estimator, "n_features_in_", len(coef))
        if image_shape is None and n_given != len(coef):
            raise ValueError(
                f"The steps before {type(classifier).__name__} make {len(coef)} features of "
                f"{n_given}. If they are an image, give its image_shape."
            )
        height, width = _image_shape(image_shape, len(coef))
        titles = names_of_output_units(classifier) if len(classifier.coefs_) == 1 else None
        display = cls(coef.T.reshape(-1, height, width), titles=titles)
        return display.plot(ax, **kwargs)

    def plot(self, ax=None, *, colorbar=True, **kwargs):
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; by default in a new figure.
        colorbar : bool, default=True
            Whether to add a colorbar.
        **kwargs : dict
            For :meth:`matplotlib.axes.Axes.imshow`, such as ``cmap`` or ``vmax``.

        Returns
        -------
        self : HiddenWeightsDisplay
            This display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `ax` is no Axes.
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
        self.ax_ = one_axes(ax, self)
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
                    in_picture(title, max(n_letters, 5)),
                    ha="center",
                    va="bottom",
                    fontsize=size,
                )
            )


def _image_shape(image_shape, n_features):
    """The shape of the images, if there are as many features."""
    if image_shape is None:
        side = round(n_features**0.5)
        if side**2 != n_features:
            raise ValueError(
                f"{n_features} features make no square image: give image_shape=(height, width), or "
                f"(1, {n_features}) if they are no image."
            )
        return side, side
    shape = tuple(image_shape) if isinstance(image_shape, list | tuple) else ()
    if len(shape) != 2 or not all(isinstance(n, Integral) and int(n) > 0 for n in shape):
        raise ValueError(
            f"image_shape must be two positive integers, (height, width); got {image_shape!r}."
        )
    if shape[0] * shape[1] != n_features:
        raise ValueError(
            f"image_shape={shape} is for {shape[0] * shape[1]} features, but the first layer has "
            f"{n_features}."
        )
    return shape


def _mosaic(images, gap, above):
    """The images side by side, NaN between them, and where each has its first pixel."""
    n, height, width = images.shape
    ideal = np.sqrt(1.2 * n * (height + above) / (width + gap))  # a bit wider than high
    choices = range(max(int(0.8 * ideal), 1), int(np.ceil(1.2 * ideal)) + 1)
    n_columns = min(choices, key=lambda k: (-n % k, abs(k - ideal)))  # that leave few gaps
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
    """A scale for images of an inch, within pages of 3 to 9 inches."""
    return float(np.clip(1 / max(images_shape[1:]), 3 / max(mosaic_shape), 9 / max(mosaic_shape)))
