"""The function that is minimised, and its gradient.

Over rows i with weights w_i (class weights included), targets j = 1 .. m, layers l::

    J(theta) = (1/S) sum_ij w_ij l_ij  +  1/(2 S) sum_l alpha_l ||W_l||_F^2
    S        = (1/m) sum_ij w_ij

Biases are not penalised. Lanes of rows give weighted sums, which are added up in order, to
the penalty, and divided once.
"""

from functools import partial

import numpy as np

from skneural._network import Network
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
        self._penalty = np.zeros(network.n_parameters)
        for layer, alpha_l in zip(network.layers(self._penalty), alpha, strict=True):
            layer.coef[...] = alpha_l

    def __call__(self, theta: Vector) -> tuple[float, Vector]:
        """J and its gradient at `theta`; not finite where the computation overflows."""
        with np.errstate(over="ignore", invalid="ignore"):
            gradient = self._penalty * theta
            loss = 0.5 * float(gradient @ theta)
            lane_sums = partial(self._lane_sums, theta.astype(self.rows.dtype, copy=False))
            for lane_loss, lane_gradient in self.map_lanes(lane_sums, self.rows.lanes):
                loss += lane_loss
                gradient += lane_gradient
            gradient /= self.total_weight
        return loss / self.total_weight, gradient

    def _lane_sums(self, theta: FloatArray, lane: Lane) -> tuple[float, FloatArray]:
        """Sums of loss and gradient over the blocks of a lane, in the dtype of the data."""
        network = self.network
        layers = network.layers(theta)
        total, block = np.zeros_like(theta), np.empty_like(theta)
        block_layers = network.layers(block)
        loss = 0.0
        # Worker threads do not inherit the caller's floating-point error state.
        with np.errstate(over="ignore", invalid="ignore"):
            for rows in lane:
                labels = self.rows.labels(rows)
                loss += network.loss_gradient(
                    layers, self.rows.features(rows), *labels, block_layers
                )
                total += block
        return loss, total

    def _lane_weight(self, lane: Lane) -> float:
        output = self.network.output
        with np.errstate(over="ignore"):
            sums = [output.weights(*self.rows.labels(rows)).sum() for rows in lane]
            return float(np.sum(sums)) / output.n_targets
