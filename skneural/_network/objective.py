"""The function that is minimised, its gradient, and products with its Hessian.

Over rows i with weights w_i (class weights included), targets j = 1 .. m, layers l::

    J(theta) = (1/S) sum_ij w_ij l_ij  +  1/(2 S) sum_l alpha_l ||W_l||_F^2
    S        = (1/m) sum_ij w_ij

A layer may also have a penalty for each input, ``sum_j alpha_lj ||W_lj||^2``. Biases are not
penalised. The weighted sums of the shards are added up in order, then the penalty is added, and the
total is divided once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from skneural._data import Data, MapShards, Rows, Shard, Sums, Total, cut
from skneural._network.network import Linearization, Network, cast, most_rows
from skneural._network.row_sums import power_of_two, scaled_block, total_weight
from skneural._network.workspace import Workspace
from skneural._typing import FloatArray, Vector

KEPT_NUMBERS = 2**20  # in X and activations, 8 megabytes; a linearization holds a few times as much


@dataclass
class LossSums(Sums):
    """Weighted sum of the losses of some rows, and its gradient."""

    loss: Any
    gradient: Any


class Objective:
    """J, its gradient and its Hessian, as functions of the flat weight vector.

    Parameters
    ----------
    network : Network
    rows : Data
        With labels and weights.
    alpha : sequence of (float or array of shape (fan_in,))
        The penalty of each layer, or of each of its inputs.
    map_shards : callable, default=map

    Raises
    ------
    ValueError
        If S is zero or overflows.
    """

    def __init__(
        self,
        network: Network,
        rows: Data,
        alpha: Sequence[ArrayLike],
        map_shards: MapShards = map,
    ) -> None:
        self.network = network
        self.rows = rows
        self.alpha = alpha
        self.map_shards = map_shards
        self.total_weight = total_weight(network.output, rows, map_shards)
        # Weights are scaled to a mean of about 1, so that float32 can hold their sums.
        self._scale = power_of_two(self.total_weight / rows.n_rows)
        self._divisor = self.total_weight / self._scale
        # Solvers compute many products at the same weights. For small data, the passes that
        # these products share are kept.
        n_numbers = rows.n_rows * sum(network.layer_sizes)
        self._keeps_linearizations = isinstance(rows, Rows) and n_numbers <= KEPT_NUMBERS
        self._workspace = Workspace()
        self._penalty = np.zeros(network.n_parameters)
        for layer, alpha_l in zip(network.layers(self._penalty), alpha, strict=True):
            with np.errstate(over="ignore"):
                layer.coef[...] = np.reshape(alpha_l, (-1, 1)) / self._scale

    def __call__(self, theta: Vector) -> tuple[float, Vector]:
        """J and its gradient at `theta`; not finite if the computation overflows."""
        return self.penalised(theta, self.losses(theta))

    def losses(self, theta: Vector) -> LossSums:
        """The sums of losses and gradients over all rows, which do not depend on the penalty."""
        weights = self._cast(theta)
        if not np.isfinite(weights).all():  # a loss may be finite where units are saturated
            return LossSums(np.nan, np.full_like(theta, np.nan))
        shard_loss = partial(_shard_loss, self.network, self._workspace, weights, self._scale)
        return self.rows.sums(shard_loss, self.map_shards)

    def penalised(self, theta: Vector, losses: LossSums) -> tuple[float, Vector]:
        """J and its gradient at `theta`, from the sums there."""
        with np.errstate(over="ignore", invalid="ignore"):
            gradient = np.asarray(self._penalty * theta)
            value = (float(losses.loss) + 0.5 * float(gradient @ theta)) / self._divisor
            gradient += losses.gradient
            gradient /= self._divisor
        return value, gradient

    def penalty_product(self, direction: Vector) -> Vector:
        """The product of the Hessian of the penalty, which is the same at all weights."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(self._penalty * direction / self._divisor)

    def linearize(self, theta: Vector) -> Callable[[Vector], Vector]:
        """The Hessian at `theta`: a function that returns its product with a direction.

        Products are not finite if the computation overflows.
        """
        kept: dict[int, Linearization] | None = {} if self._keeps_linearizations else None
        return partial(self._hessian_product, self._cast(theta), kept)

    def _hessian_product(
        self, theta: FloatArray, kept: dict[int, Linearization] | None, direction: Vector
    ) -> Vector:
        cast = self._cast(direction)
        shard_product = partial(_shard_product, self.network, theta, cast, self._scale, kept)
        product: Vector = self.rows.sums(shard_product, self.map_shards).value
        with np.errstate(over="ignore", invalid="ignore"):
            product += self._penalty * direction
            product /= self._divisor
        return product

    def _cast(self, vector: Vector) -> FloatArray:
        """A vector in the dtype of the computation."""
        return cast(vector, self.rows.dtype)


def _shard_loss(
    network: Network,
    workspace: Workspace,
    theta: FloatArray,
    scale: float,
    rows: Rows,
    shard: Shard,
) -> LossSums:
    """The weighted sum of the losses of a shard, and its gradient."""
    layers = network.layers(theta)
    # A running sum, which is kept until the shards are added, and the gradient of one block.
    total = np.empty(network.n_parameters, rows.dtype)
    gradient = workspace.empty("gradient", total.shape, rows.dtype)
    loss = 0.0
    # Worker threads do not inherit the caller's floating-point error state.
    with np.errstate(over="ignore", invalid="ignore"):
        for number, block in enumerate(cut(shard, most_rows(layers))):
            into = network.layers(gradient if number else total)
            data = scaled_block(rows, block, scale)
            loss += network.loss_gradient(layers, *data, into, workspace)
            if number:
                total += gradient
    return LossSums(loss, total)


def _shard_product(
    network: Network,
    theta: FloatArray,
    direction: FloatArray,
    scale: float,
    kept: dict[int, Linearization] | None,
    rows: Rows,
    shard: Shard,
) -> Total:
    """The product of the Hessian of a shard's losses with `direction`.

    Linearizations of blocks at `theta` are looked up in `kept`; missing ones are added to it.
    """
    layers, directions = network.layers(theta), network.layers(direction)
    total, product = (np.empty(network.n_parameters, rows.dtype) for _ in range(2))
    with np.errstate(over="ignore", invalid="ignore"):
        for number, block in enumerate(cut(shard, most_rows(layers))):
            at = kept.get(block.start) if kept else None
            if at is None:
                at = network.linearize(layers, *scaled_block(rows, block, scale))
                if kept is not None:
                    kept[block.start] = at
            at.product(directions, network.layers(product if number else total))
            if number:
                total += product
    return Total(total)
