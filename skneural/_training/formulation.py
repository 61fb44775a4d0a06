"""The objective of each stage, with its penalty, and the variables in which it is minimised."""

import numpy as np

from skneural._curvature import (
    Curvature,
    CurvatureMeter,
    Identity,
    Preconditioner,
    Reparametrization,
    Size,
    feature_moments,
)
from skneural._data import Data, MapShards
from skneural._network import Network, Objective, total_weight
from skneural._training.settings import Settings
from skneural._training.solution import Features
from skneural._typing import Vector

TOO_LARGE = (
    "Loss or gradient overflow at the initial weights: X is too large or too small for its dtype, "
    "or alpha too large for the sum of sample_weight. Scale the features first, for example with "
    "StandardScaler."
)


class Formulation:
    """Formulates the problem of each stage of a run.

    A penalty does not depend on the number of rows: on a sample, it is as strong, and therefore
    matters more, than on all rows.

    Parameters
    ----------
    network : Network
    rows : Data
        All rows of the run.
    settings : Settings
    observations_per_weight : float
        The number of observations that a sample weight of 1 stands for.
    rng : RandomState
        Draws the initial weights, and the samples of the curvature.
    map_shards : callable

    Raises
    ------
    ValueError
        If the moments of the features overflow.
    """

    def __init__(
        self,
        network: Network,
        rows: Data,
        settings: Settings,
        observations_per_weight: float,
        rng: np.random.RandomState,
        map_shards: MapShards,
    ) -> None:
        self._network = network
        self._rng = rng
        self._map_shards = map_shards
        self._n_rows = rows.n_rows
        self._total_weight = total_weight(network.output, rows, map_shards)
        self._mean, self._scale = feature_moments(network.output, rows, map_shards)
        if not np.isfinite([self._mean, self._scale]).all():
            raise ValueError(TOO_LARGE)
        self._preconditioner = settings.preconditioner
        if self._preconditioner is Preconditioner.AUTO:
            work = float(rows.n_rows) * network.n_parameters
            self._preconditioner = Preconditioner.where_it_pays(work, self._mean, self._scale)
        largest = (self._preconditioner or Preconditioner.AUTO).largest_dimensions(rows.n_rows)
        squared = total_weight(network.output, rows, map_shards, power=2)
        # Class weights that differ leave fewer observations, in effect.
        share = self._total_weight / squared  # divided first, as the square may overflow
        n_observed = observations_per_weight * self._total_weight * share
        self.size = Size(self._total_weight, n_observed)
        self.penalty = settings.penalty(network, self.size, map_shards)
        self._meter = CurvatureMeter(
            network, self._mean, self._scale, largest, rng, map_shards, unit=self.size.unit
        )

    def initial_weights(self) -> Vector:
        return self._network.initial_weights(self._rng, self._mean, self._scale)

    @property
    def measures_curvature(self) -> bool:
        return not self.penalty.is_fixed or self._preconditioner is not None

    def curvature(self, theta: Vector, rows: Data, *, is_last: bool) -> Curvature | None:
        """The curvature at some weights, or None if nothing depends on it."""
        if not self.measures_curvature:
            return None
        return self._meter.measure(theta, rows, is_last=is_last)

    def updated_penalty(
        self,
        curvature: Curvature,
        theta: Vector,
        rows: Data,
        unseen_rows: Data | None,
        *,
        surprise: float,
    ) -> Vector:
        """The penalty of each layer for a network that is trained on some of the rows."""
        if unseen_rows is not None:
            dispersion = self._meter.dispersion(theta, unseen_rows)
            curvature = curvature._replace(dispersion=dispersion)
        share = total_weight(self._network.output, rows, self._map_shards) / self._total_weight
        return self.penalty.update(
            curvature,
            self._network.layers(theta),
            n_observed=share * self.size.n_observed,
            is_unseen=unseen_rows is not None,
            surprise=surprise,
        )

    def reparametrization(
        self, curvature: Curvature | None, alpha: Vector
    ) -> Reparametrization | None:
        """The change of variables for a curvature, or None if it or the penalty overflows."""
        if curvature is not None and not curvature.is_finite():
            return None
        with np.errstate(over="ignore"):
            is_finite = np.isfinite(2 * self._n_rows * (alpha / self._total_weight)).all()
        if not is_finite:
            return None
        if curvature is None or self._preconditioner is None:
            return Identity()
        penalties = self._input_penalties(alpha / self._total_weight)
        return self._preconditioner.reparametrization(
            self._network, curvature, penalties, self._map_shards
        )

    def objective(self, rows: Data, alpha: Vector) -> Objective:
        """The objective for some of the rows."""
        return Objective(self._network, rows, self._input_penalties(alpha), self._map_shards)

    def features(self) -> Features:
        ratio = float(self._scale.max() / self._scale.min())
        return Features(ratio, float((abs(self._mean) / self._scale).max()))

    def _input_penalties(self, alpha: Vector) -> list[Vector]:
        """The penalty of the coefficients of each input, in each layer."""
        sizes = self._network.layer_sizes[:-1]
        penalties = [np.full(size, alpha_l) for size, alpha_l in zip(sizes, alpha, strict=True)]
        if self.penalty.is_standardised:
            with np.errstate(over="ignore"):
                penalties[0] *= self._scale**2
        return penalties
