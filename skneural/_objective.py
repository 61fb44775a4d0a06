"""The function that is minimised, and its gradient.

Over rows i with weights w_i (class weights included), targets j = 1 .. m, layers l::

    J(theta) = (1/S) sum_ij w_ij l_ij  +  1/(2 S) sum_l alpha_l ||W_l||_F^2
    S        = (1/m) sum_ij w_ij

Biases are not penalised. Lanes of rows give weighted sums, which are added up in order, to
the penalty, and divided once.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from skneural._network import Layer, Network
from skneural._rows import Lane, MapLanes, Rows
from skneural._typing import FloatArray, Vector


class Objective:
    """J and its gradient, as a function of the flat weight vector.

    Parameters
    ----------
    network : Network
    rows : Rows
        With codes and weights.
    alpha : array of shape (n_layers,)
        The penalty of each layer.
    map_lanes : callable, default=map

    Raises
    ------
    ValueError
        If S is zero or overflows.
    """

    def __init__(
        self, network: Network, rows: Rows, alpha: Vector, map_lanes: MapLanes = map
    ) -> None:
        self.network = network
        self.rows = rows
        self.map_lanes = map_lanes
        self.total_weight: float = sum(map_lanes(self._lane_weight, rows.lanes))
        if not 0 < self.total_weight < np.inf:
            raise ValueError(
                "Sample weights times class weights must have a positive, finite sum; these "
                f"weights sum to {self.total_weight:g}."
            )
        # Sums are taken with weights of mean about 1, so that float32 can hold them. A power
        # of two changes no bit.
        self._scale = float(np.exp2(np.round(np.log2(self.total_weight / rows.n_rows))))
        self._penalty = np.zeros(network.n_parameters)
        for layer, alpha_l in zip(network.layers(self._penalty), alpha, strict=True):
            layer.coef[...] = alpha_l / self._scale

    def __call__(self, theta: Vector) -> tuple[float, Vector]:
        """J and its gradient at `theta`; not finite where the computation overflows."""
        with np.errstate(over="ignore", invalid="ignore"):
            gradient = self._penalty * theta
            loss = 0.5 * float(gradient @ theta)
            lane_sums = partial(self._lane_sums, theta.astype(self.rows.dtype, copy=False))
            for lane_loss, lane_gradient in self.map_lanes(lane_sums, self.rows.lanes):
                loss += lane_loss
                gradient += lane_gradient
            gradient /= self.total_weight / self._scale
        return loss / (self.total_weight / self._scale), gradient

    def _lane_sums(self, theta: FloatArray, lane: Lane) -> tuple[float, FloatArray]:
        """Sums of loss and gradient over the blocks of a lane, in the dtype of the data."""
        layers = self.network.layers(theta)
        total, block = np.empty_like(theta), np.empty_like(theta)
        first, *others = lane
        # Worker threads do not inherit the caller's floating-point error state.
        with np.errstate(over="ignore", invalid="ignore"):
            loss = self._block_loss(layers, first, total)
            for rows in others:
                loss += self._block_loss(layers, rows, block)
                total += block
        return loss, total

    def _block_loss(self, layers: Sequence[Layer], rows: slice, gradient: FloatArray) -> float:
        """Weighted sum of the losses of a block; its gradient is written into `gradient`."""
        features, (codes, weight) = self.rows.features(rows), self.rows.labels(rows)
        slopes = self.network.layers(gradient)
        return self.network.loss_gradient(layers, features, codes, weight / self._scale, slopes)

    def _lane_weight(self, lane: Lane) -> float:
        output = self.network.output
        with np.errstate(over="ignore"):
            weights = (output.weights(*self.rows.labels(rows)) for rows in lane)
            return float(sum(block.mean(axis=1).sum() for block in weights))
