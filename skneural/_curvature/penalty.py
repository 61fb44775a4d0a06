"""The penalty of each layer: a number, or chosen from the training data by the evidence.

A layer's curvature ``A kron G`` has the eigenvalues ``lambda_ij = S a_i g_j``. The number of
coefficients that the data determine, and the penalty, are::

    gamma_l = sum_ij lambda_ij / (lambda_ij + alpha_l)      alpha_l = gamma_l / ||W_l||^2

The evidence assumes that labels are drawn from the predicted probabilities. It penalises too much
if labels agree with the predictions better than that, and too little if the predictions are
overconfident. As in quasi-likelihood, the penalty is therefore multiplied by the Pearson dispersion
of the labels around the predictions::

    phi = sum w (t - p)^2 / sum w p (1 - p)

It is measured on rows that have not been trained on, if there are any. On training rows this ratio
is too small, because the weights have adapted to their labels, so the penalty uses::

    phi = sum w (t - p)^2 / sum w p (1 - p)  +  4 sum_l gamma_l / (S n_degrees)

The added term is twice the optimism that Mallows' C_p adds to squared errors; the factor 4 was
chosen on real data. Random initial weights have not adapted to labels, so nothing is added for
them. A dispersion measured on unseen rows is kept for later stages without unseen rows.

Features have different units, so no single penalty of the first layer suits them all. For the
first layer, the formulas hold for standardised features, with coefficients ``s_j W_j``, and alpha
is multiplied by the harmonic mean of the variances ``s_j^2``. Small variances dominate this mean,
so that features of small numbers, which need large coefficients, are not penalised too much.

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

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
from scipy.linalg import eigvalsh
from scipy.optimize import brentq

from skneural._curvature.factors import Curvature, Factors, diagonal, floored
from skneural._data import MapShards
from skneural._network import Layer, Network
from skneural._typing import Vector

_OPTIMISM = 4.0
_BOUND = 1e6  # on alpha and on its inverse, for inputs of variance 1


class Penalty(ABC):
    """Chooses the penalty of each layer at the start of every stage of a run.

    Parameters
    ----------
    network : Network
    total_weight : float
        S, the sum of sample weights times class weights.
    n_rows : int
    map_layers : callable, default=map
        Maps a function over layers, with BLAS limited to one thread.
    """

    is_fixed: ClassVar[bool] = False
    """Whether the penalties are the same in all stages, whatever the curvature."""

    def __init__(
        self, network: Network, total_weight: float, n_rows: int, map_layers: MapShards = map
    ) -> None:
        self.network = network
        self.total_weight = total_weight
        self.n_rows = n_rows
        self.map_layers = map_layers

    @abstractmethod
    def update(
        self,
        curvature: Curvature | None,
        layers: Sequence[Layer],
        *,
        is_trained: bool,
        is_unseen: bool,
    ) -> Vector:
        """The penalty of each layer; shape (n_layers,).

        Parameters
        ----------
        curvature : Curvature or None
            At the current weights; may be None for a fixed penalty.
        layers : sequence of Layer
            The current weights.
        is_trained : bool
            Whether the weights have been trained, in this run or an earlier one.
        is_unseen : bool
            Whether earlier stages have trained the weights, but not on the rows on which the
            curvature was measured.
        """


PenaltyRule = Callable[[Network, float, int, MapShards], Penalty]
"""Makes the penalty of a run: a subclass of `Penalty`, or a `functools.partial` of one."""


class FixedPenalty(Penalty):
    """The same number for all layers."""

    is_fixed = True

    def __init__(
        self,
        network: Network,
        total_weight: float,
        n_rows: int,
        map_layers: MapShards = map,
        *,
        alpha: float,
    ) -> None:
        super().__init__(network, total_weight, n_rows, map_layers)
        self.alpha = np.full(network.n_layers, alpha)

    def update(
        self,
        curvature: Curvature | None,
        layers: Sequence[Layer],
        *,
        is_trained: bool,
        is_unseen: bool,
    ) -> Vector:
        return self.alpha


class AutoPenalty(Penalty):
    """The alpha of each layer that the evidence gives, times the dispersion of the labels."""

    def __init__(
        self, network: Network, total_weight: float, n_rows: int, map_layers: MapShards = map
    ) -> None:
        super().__init__(network, total_weight, n_rows, map_layers)
        # Weights that sum to 1 or less, as in boosting, are shares of the rows, not counts.
        are_shares = total_weight < 1 + 1e-9
        self._n_observed = float(n_rows) if are_shares else total_weight
        self._spectrum: Vector | None = None  # of the features
        self._unseen_dispersion: float | None = None

    def update(
        self,
        curvature: Curvature | None,
        layers: Sequence[Layer],
        *,
        is_trained: bool,
        is_unseen: bool,
    ) -> Vector:
        assert curvature is not None
        factors = curvature.factors
        if self._spectrum is None:
            self._spectrum = next(iter(self.map_layers(_feature_spectrum, [factors[0].A])))
        alpha, gamma = evidence(
            factors, layers, self._n_observed, self.map_layers, spectrum=self._spectrum
        )
        alpha *= self.total_weight / self._n_observed  # the penalty is relative to the weights
        if is_unseen:
            self._unseen_dispersion = curvature.dispersion
        if self._unseen_dispersion is not None:
            return alpha * self._unseen_dispersion
        if not is_trained:
            return alpha * curvature.dispersion
        n_observations = self._n_observed * self.network.output.n_degrees
        return alpha * (curvature.dispersion + optimism(gamma, n_observations))


PENALTIES: dict[str, PenaltyRule] = {"auto": AutoPenalty}


def evidence(
    factors: Sequence[Factors],
    layers: Sequence[Layer],
    n_observed: float,
    map_layers: MapShards = map,
    *,
    spectrum: Vector | None = None,
) -> tuple[Vector, Vector]:
    """Alpha and gamma of each layer, without the dispersion.

    Both formulas hold at the same time for the given weights. If the weights, or the information
    about them, shrink to nothing, alpha is at a bound. `spectrum` holds the eigenvalues of the
    first layer's standardised A, if they were computed before.
    """

    def solve(layer: tuple[Factors, Layer, Vector]) -> tuple[float, float]:
        (_, A, G), weights, variance = layer
        if spectrum is not None and weights is layers[0]:
            inputs = spectrum
        else:
            inputs = standardised_spectrum(A, variance)
        curvature = n_observed * np.outer(inputs, _eigenvalues(G))
        squares = float(variance @ (weights.coef**2).sum(axis=1))
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
    """Estimate by how much the dispersion of unseen rows exceeds that of training rows."""
    return float(_OPTIMISM * gamma.sum() / n_observations)


def _feature_spectrum(A: Vector) -> Vector:
    return standardised_spectrum(A, floored(diagonal(A)))


def _fixed_point(curvature: Vector, squares: float) -> tuple[float, float]:
    """Alpha and gamma at the root of ``alpha squares = gamma(alpha)``; both sides are monotonic."""

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
