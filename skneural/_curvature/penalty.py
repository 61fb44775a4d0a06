"""The penalty of each layer: a number, or chosen from the training data by the evidence.

The automatic penalty of a layer is ``alpha ||V||^2 / 2``. V are the coefficients of standardised
inputs: those of the first layer times the scales of the features, so that units do not matter, and
those of a hidden layer times a common scale of its inputs. The curvature ``A kron G`` of V has the
eigenvalues ``lambda_ij = n a_i g_j`` for n observations.

The evidence for a penalty balances the size of the coefficients with the number gamma of them that
the data determine. It assumes that labels are independent and follow the predicted probabilities.
As in quasi-likelihood, this is mended by the Pearson dispersion phi_l of each layer: the squared
errors of the observed labels, propagated back to the layer, over their expectation. If labels
agree with each other, their errors add up in the hidden layers, so that ten copies of a label do
not count as ten observations. For all layers l at once::

    sum_l alpha_l ||V_l||^2 / phi_l = sum_l gamma_l
    gamma_l = sum_ij lambda_ij / (lambda_ij + alpha_l / phi_l)
    alpha_l ||V_l||^2 = e                                           the same for all l

This leaves one unknown, e. The second line holds at every minimum for ReLU units: multiplying the
weights of a unit by a factor, and the next layer's by its inverse, changes nothing but the
penalties. If each layer had a penalty from its own evidence, layers would drift apart.

The dispersion is measured on rows that have not been trained on. On others, to which the weights
have adapted, it is too small by about ``4 sum_l gamma_l / (n n_degrees)``: twice the optimism that
Mallows' C_p adds to squared errors. The factor 4 was chosen on real data.

At last, the penalty is corrected by the surprise of unseen rows, their log loss over the entropy
of the predictions, which is the log loss to be expected. It is 1 if no common factor of the log
probabilities would improve them. If predictions are too cautious, it is below 1, and the penalty,
which was too strong, is multiplied by its fourth power. If they are overconfident, the penalty is
multiplied by its square, less, because the network is to be trained on more rows. The powers were
chosen on real data.

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
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from scipy.linalg import eigvalsh
from scipy.optimize import brentq

from skneural._curvature.factors import Curvature, Factors
from skneural._data import MapShards
from skneural._network import Layer, Network
from skneural._typing import Vector

WEAK = 0.1  # the first penalty, under which networks learn even what looks like noise
BOUND = 1e6  # on alpha and on its inverse
_OPTIMISM = 4.0
_CAUTIOUS, _OVERCONFIDENT = 4, 2  # powers of the surprise
_LEAST_SQUARE = 1e-18  # of the coefficients; if they and the information vanish, alpha is large
_LEAST_E = 1e-12


@dataclass(frozen=True)
class Size:
    """The size of the data for which a penalty is chosen.

    Parameters
    ----------
    total_weight : float
        S, the sum of sample weights times class weights.
    n_observed : float
        n, the number of observations that the weights stand for.
    """

    total_weight: float
    n_observed: float

    @property
    def unit(self) -> float:
        """The weight of one observation."""
        return self.total_weight / self.n_observed


class Penalty(ABC):
    """Chooses the penalty of each layer in the course of a run.

    Parameters
    ----------
    network : Network
    size : Size
    map_layers : callable, default=map
        Maps a function over layers, with BLAS limited to one thread.
    """

    is_fixed: ClassVar[bool] = False
    """Whether the penalties are the same in all stages, whatever the curvature."""
    is_standardised: ClassVar[bool] = True
    """Whether the first layer's penalty is that of the coefficients of standardised features."""

    def __init__(self, network: Network, size: Size, map_layers: MapShards = map) -> None:
        self.network = network
        self.size = size
        self.map_layers = map_layers

    @abstractmethod
    def first(self) -> Vector:
        """The penalty of each layer in a stage that precedes all measurements; (n_layers,)."""

    @abstractmethod
    def update(
        self,
        curvature: Curvature,
        layers: Sequence[Layer],
        *,
        n_observed: float,
        is_unseen: bool,
        surprise: float = 1.0,
    ) -> Vector:
        """The penalty of each layer at the current weights; shape (n_layers,).

        Parameters
        ----------
        curvature : Curvature
            At the current weights.
        layers : sequence of Layer
            The current weights.
        n_observed : float
            The number of observations on which the weights have been trained.
        is_unseen : bool
            Whether the weights have not been trained on the rows whose dispersion was measured.
        surprise : float, default=1.0
            The log loss of unseen rows over that to be expected, by which the penalty is corrected.
        """

    def strongest(self) -> Vector:
        """A penalty under which only the intercepts, which are not penalised, are fitted."""
        return np.full(self.network.n_layers, BOUND * self.size.unit)


PenaltyRule = Callable[[Network, Size, MapShards], Penalty]
"""Makes the penalty of a run: a subclass of `Penalty`, or a `functools.partial` of one."""


class FixedPenalty(Penalty):
    """The same number for all layers, whatever the scales of their inputs."""

    is_fixed = True
    is_standardised = False

    def __init__(
        self, network: Network, size: Size, map_layers: MapShards = map, *, alpha: float
    ) -> None:
        super().__init__(network, size, map_layers)
        self.alpha = np.full(network.n_layers, alpha)

    def first(self) -> Vector:
        return self.alpha

    def update(
        self,
        curvature: Curvature,
        layers: Sequence[Layer],
        *,
        n_observed: float,
        is_unseen: bool,
        surprise: float = 1.0,
    ) -> Vector:
        return self.alpha


class AutoPenalty(Penalty):
    """The penalties of the balanced evidence, with the dispersion of each layer."""

    def __init__(self, network: Network, size: Size, map_layers: MapShards = map) -> None:
        super().__init__(network, size, map_layers)
        self._features: Vector | None = None  # the eigenvalues of A, which stays the same

    def first(self) -> Vector:
        return np.full(self.network.n_layers, WEAK * self.size.unit)

    def update(
        self,
        curvature: Curvature,
        layers: Sequence[Layer],
        *,
        n_observed: float,
        is_unseen: bool,
        surprise: float = 1.0,
    ) -> Vector:
        factors = curvature.factors
        spectrum = partial(self._spectrum, n_observed)
        spectra = list(self.map_layers(spectrum, enumerate(factors)))
        scales = common_scales(factors)
        squares = squared_coefs(factors[0].scale, scales, layers)
        dispersion = curvature.dispersion
        alpha, gamma = balanced_evidence(spectra, squares, dispersion)
        if not is_unseen:
            added = optimism(gamma, n_observed * self.network.output.n_degrees)
            dispersion = dispersion * (1 + added / dispersion[-1])
            alpha, _ = balanced_evidence(spectra, squares, dispersion)
        alpha = alpha * surprise ** (_CAUTIOUS if surprise < 1 else _OVERCONFIDENT)
        return np.clip(alpha, 1 / BOUND, BOUND) * scales**2 * self.size.unit

    def _spectrum(self, n_observed: float, layer: tuple[int, Factors]) -> Vector:
        """The eigenvalues of a layer's curvature, for standardised inputs."""
        number, (_, scale, A, G) = layer
        if number == 0:
            if self._features is None:
                self._features = eigenvalues(A)
            inputs = self._features
        else:
            shares = scale / root_mean_square(scale)
            inputs = eigenvalues(A * (shares**2 if A.ndim == 1 else np.outer(shares, shares)))
        return n_observed * np.outer(inputs, eigenvalues(G)).ravel()


PENALTIES: dict[str, PenaltyRule] = {"auto": AutoPenalty}


def common_scales(factors: Sequence[Factors]) -> Vector:
    """The common scale of each layer's inputs; 1 for the features, which have their own."""
    return np.array([1.0, *(root_mean_square(each.scale) for each in factors[1:])])


def squared_coefs(feature_scale: Vector, common_scale: Vector, layers: Sequence[Layer]) -> Vector:
    """``||V||^2`` of each layer."""
    squares = np.array([(layer.coef**2).sum() for layer in layers]) * common_scale**2
    squares[0] = feature_scale**2 @ (layers[0].coef ** 2).sum(axis=1)
    return np.maximum(squares, _LEAST_SQUARE)


def balanced_evidence(
    spectra: Sequence[Vector], squares: Vector, dispersion: Vector
) -> tuple[Vector, Vector]:
    """Alpha and gamma of each layer, from the eigenvalues of its curvature and ``||V||^2``."""

    def gammas(log_e: float) -> Vector:
        betas = np.exp(log_e) / squares / dispersion
        return np.array([(k / (k + beta)).sum() for k, beta in zip(spectra, betas, strict=True)])

    def excess(log_e: float) -> float:
        return float((np.exp(log_e) / dispersion).sum() - gammas(log_e).sum())

    n_coefs = sum(map(len, spectra))
    low, high = np.log(_LEAST_E), np.log(n_coefs * dispersion.max() + 1)
    root = low if excess(low) >= 0 else brentq(excess, low, high, xtol=1e-6)
    return np.exp(root) / squares, gammas(root)


def optimism(gamma: Vector, n_degrees: float) -> float:
    """By how much the dispersion of unseen rows exceeds that of training rows, roughly."""
    return float(_OPTIMISM * gamma.sum() / n_degrees)


def root_mean_square(scale: Vector) -> float:
    return float(np.sqrt((scale**2).mean()))


def eigenvalues(matrix: Vector) -> Vector:
    """The eigenvalues of a symmetric matrix, or of the diagonal of one."""
    return np.maximum(matrix if matrix.ndim == 1 else eigvalsh(matrix), 0)
