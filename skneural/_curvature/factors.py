"""Kronecker factors of the curvature of each layer, and the variances of features."""

from typing import NamedTuple

import numpy as np

from skneural._typing import Vector

_SMALL = 1e-100  # the least variance; its reciprocal does not overflow, even squared


class Factors(NamedTuple):
    """Kronecker factors of a layer's Fisher matrix; A and G are matrices, or their diagonals."""

    mean: Vector
    A: Vector
    G: Vector


class Curvature(NamedTuple):
    """The factors of each layer, and the Pearson dispersion of the labels.

    The dispersion is ``sum w |t - p|^2 / sum w p (1 - p)``, which is 1 for calibrated outputs.
    """

    factors: list[Factors]
    dispersion: float

    def is_finite(self) -> bool:
        return all(np.isfinite(part).all() for factors in self.factors for part in factors)


def diagonal(side: Vector) -> Vector:
    """The diagonal of a matrix, or the side itself if it is a diagonal."""
    return side if side.ndim == 1 else side.diagonal()


def floored(variance: Vector) -> Vector:
    """Variances, raised to the median of the positive ones if they are below it.

    A feature that hardly ever differs from its mean must not be scaled up to the others, because
    the few rows in which it differs would outweigh the rest.
    """
    positive = variance[variance > 0]
    return np.maximum(variance, max(np.median(positive), _SMALL) if len(positive) else 1.0)
