"""Kronecker factors of the curvature of each layer, and the scales of its inputs."""

from typing import NamedTuple

import numpy as np

from skneural._typing import Vector

_SMALL = 1e-100  # the least variance; its reciprocal does not overflow, even squared


class Factors(NamedTuple):
    """Kronecker factors of a layer's Fisher matrix; A and G are matrices, or their diagonals.

    A holds the central second moments of the inputs divided by `scale`.
    """

    mean: Vector  # of the inputs
    scale: Vector  # of the inputs
    A: Vector
    G: Vector


class Curvature(NamedTuple):
    """The factors of each layer, and the Pearson dispersion of the labels in each layer.

    The dispersion is ``phi_l = sum_i |g_li|^2 / (S tr G_l)``, with the errors g of the observed
    labels propagated back to layer l. It is 1 if labels follow the predicted probabilities,
    independently of each other. Class weights c are squared in the numerator, as the variance of a
    weighted error is, and the ratio is multiplied by ``sum w c / sum w c^2``.
    """

    factors: list[Factors]
    dispersion: Vector

    def is_finite(self) -> bool:
        return all(np.isfinite(part).all() for factors in self.factors for part in factors)


def diagonal(side: Vector) -> Vector:
    """The diagonal of a matrix, or the side itself if it is a diagonal."""
    return side if side.ndim == 1 else side.diagonal()


def floored(variance: Vector) -> Vector:
    """Variances, raised to the median of the positive ones if they are below it.

    A unit that hardly ever differs from its mean must not be scaled up to the others, because the
    few rows in which it differs would outweigh the rest.
    """
    positive = variance[variance > 0]
    return np.maximum(variance, max(np.median(positive), _SMALL) if len(positive) else 1.0)


def robust_scale(variance: Vector, fourth_moment: Vector) -> Vector:
    """The scale of features, from their variances and the fourth moments of ``(x - mean) / sd``.

    It is the standard deviation. But a feature that hardly ever differs from its mean, whose few
    large deviations make up its variance, must not be scaled up to the others. If the fourth
    moment is larger than a normal distribution's, which is 3, the scale is therefore ``sd (m_4 /
    3)^(1/4)``. Units do not matter.
    """
    positive = variance > 0
    scale = np.sqrt(np.maximum(variance, _SMALL))
    scale[~positive] = np.median(scale[positive]) if positive.any() else 1.0
    return np.asarray(scale * np.maximum(fourth_moment / 3, 1) ** 0.25)
