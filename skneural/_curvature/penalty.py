"""The penalty of each layer, found from the training data by the evidence.

With the eigenvalues ``lambda_ij = S a_i g_j`` of a layer's curvature, ``A kron G`` of
`_moments`, the number of coefficients that the data determine, and the penalty, are::

    gamma_l = sum_ij lambda_ij / (lambda_ij + alpha_l)      alpha_l = gamma_l / ||W_l||^2

The evidence takes the labels for draws from what the outputs say. Where they agree with them
better than that, it penalises too much, and where the outputs are too sure of themselves, too
little. So, as in quasi-likelihood, the penalty is multiplied by the dispersion of the labels
around the outputs::

    phi = sum w (t - p)^2 / sum w p (1 - p)

on rows that have not been trained on yet, where there are any. On rows that have been, that
is too small by what the fit has adapted to their labels, and phi is::

    phi = sum w (t - p)^2 / sum w p (1 - p)  +  4 sum_l gamma_l / (S n_degrees)

which adds twice the optimism that Mallows' C_p adds to squared errors; the 4 was chosen on
real data. At random first weights nothing has adapted yet, and nothing is added. What was
measured on unseen rows holds for all later rounds.

Features come in units of their own, which the one penalty of the first layer cannot suit all.
There, the formulas hold for standardised features, with coefficients ``s_j W_j``, and alpha is
multiplied by the harmonic mean of the variances ``s_j^2``: a feature of small numbers, which
needs large coefficients, is not penalised away for the sake of the others.

References
----------
D. J. C. MacKay, "The evidence framework applied to classification networks", Neural
Computation 4, 1992. doi:10.1162/neco.1992.4.5.720

A. Immer et al., "Scalable marginal likelihood estimation for model selection in deep
learning", ICML 2021. https://proceedings.mlr.press/v139/immer21a.html

R. W. M. Wedderburn, "Quasi-likelihood functions, generalized linear models, and the
Gauss-Newton method", Biometrika 61, 1974. doi:10.1093/biomet/61.3.439

C. L. Mallows, "Some comments on C_p", Technometrics 15, 1973.
doi:10.1080/00401706.1973.10489103
"""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import eigvalsh
from scipy.optimize import brentq

from skneural._curvature.moments import Factors, diagonal, floored
from skneural._data import MapShards
from skneural._network import Layer
from skneural._typing import Vector

_OPTIMISM = 4.0
_BOUND = 1e6  # of alpha, both ways, where inputs have variance 1


def evidence(
    factors: Sequence[Factors],
    layers: Sequence[Layer],
    total_weight: float,
    map_layers: MapShards = map,
    *,
    spectrum: Vector | None = None,
) -> tuple[Vector, Vector]:
    """Alpha and gamma of each layer, before the dispersion counts.

    `spectrum` holds the eigenvalues of the first layer's A, standardised, if they are known.

    The weights are taken as they are, and alpha and gamma to agree with each other. Where
    the weights, or what the data say of them, shrink to nothing, alpha ends at its bounds.
    """

    def solve(place: tuple[Factors, Layer, Vector]) -> tuple[float, float]:
        (_, A, G), layer, variance = place
        if spectrum is not None and layer is layers[0]:
            inputs = spectrum
        else:
            inputs = standardised_spectrum(A, variance)
        curvature = total_weight * np.outer(inputs, _eigenvalues(G))
        squares = float(variance @ (layer.coef**2).sum(axis=1))
        alpha, gamma = _fixed_point(curvature, squares)
        return alpha / float((1 / variance).mean()), gamma

    variances = [diagonal(A) for _, A, _ in factors]
    units = [floored(variances[0]), *(floored(np.full(len(v), v.mean())) for v in variances[1:])]
    alpha, gamma = np.array(list(map_layers(solve, zip(factors, layers, units, strict=True)))).T
    return alpha, gamma


def standardised_spectrum(A: Vector, variance: Vector) -> Vector:
    """The eigenvalues of A for inputs divided by the roots of `variance`."""
    scale = np.sqrt(variance)
    return _eigenvalues(A / (variance if A.ndim == 1 else np.outer(scale, scale)))


def optimism(gamma: Vector, n_observations: float) -> float:
    """What the dispersion on rows that were trained on lacks to that on others."""
    return float(_OPTIMISM * gamma.sum() / n_observations)


def _fixed_point(curvature: Vector, squares: float) -> tuple[float, float]:
    """The root of ``alpha squares = gamma(alpha)``, in which both sides are monotonic."""

    def gamma(log_alpha: float) -> float:
        return float((curvature / (curvature + np.exp(log_alpha))).sum())

    def excess(log_alpha: float) -> float:
        return float(np.exp(log_alpha)) * squares - gamma(log_alpha)

    low, high = -np.log(_BOUND), np.log(_BOUND)
    if excess(high) <= 0:
        root = high
    elif excess(low) >= 0:
        root = low
    else:
        root = brentq(excess, low, high, xtol=1e-6)
    return float(np.exp(root)), gamma(root)


def _eigenvalues(matrix: Vector) -> Vector:
    values = matrix if matrix.ndim == 1 else eigvalsh(matrix)
    return np.maximum(values, 0)
