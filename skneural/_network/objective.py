"""The function that is minimised, its gradient, and products with its Hessian.

Over rows i with weights w_i (class weights included), targets j = 1 .. m, layers l::

    J(theta) = (1/S) sum_ij w_ij l_ij  +  1/(2 S) sum_l alpha_l ||W_l||_F^2
    S        = (1/m) sum_ij w_ij

Biases are not penalised. Shards of rows give weighted sums, which are added up in order, to
the penalty, and divided once.
"""

from functools import partial
from typing import Any

import numpy as np

from skneural._data import Data, MapShards, Rows, Shard, Sums
from skneural._network.network import Linearization, Network, forward
from skneural._network.outputs import Output
from skneural._typing import FloatArray, LabelArray, Vector

KEPT_NUMBERS = 2**20  # 8 megabytes, or some more


class Objective:
    """J, its gradient and its Hessian's products, as functions of the flat weight vector.

    Parameters
    ----------
    network : Network
    rows : Data
        With labels and weights.
    alpha : array of shape (n_layers,)
        The penalty of each layer.
    map_shards : callable, default=map

    Raises
    ------
    ValueError
        If S is zero or overflows.
    """

    def __init__(
        self, network: Network, rows: Data, alpha: Vector, map_shards: MapShards = map
    ) -> None:
        self.network = network
        self.rows = rows
        self.map_shards = map_shards
        self.total_weight = total_weight(network.output, rows, map_shards)
        # Sums are taken with weights of mean about 1, so that float32 can hold them.
        self._scale = power_of_two(self.total_weight / rows.n_rows)
        self._divisor = self.total_weight / self._scale
        # A solver asks for many products at the same weights. What they have in common is kept
        # for small data alone.
        n_numbers = rows.n_rows * sum(network.layer_sizes)
        self._keeps_linearizations = isinstance(rows, Rows) and n_numbers <= KEPT_NUMBERS
        self._linearized_at = np.empty(0)
        self._linearizations: dict[int, Linearization] | None = None
        self._penalty = np.zeros(network.n_parameters)
        for layer, alpha_l in zip(network.layers(self._penalty), alpha, strict=True):
            layer.coef[...] = alpha_l / self._scale

    def __call__(self, theta: Vector) -> tuple[float, Vector]:
        """J and its gradient at `theta`; not finite where the computation overflows."""
        shard_loss = partial(_shard_loss, self.network, self._cast(theta), self._scale)
        loss, gradient = self.rows.sums(shard_loss, self.map_shards)
        with np.errstate(over="ignore", invalid="ignore"):
            penalty = self._penalty * theta
            value = (float(loss) + 0.5 * float(penalty @ theta)) / self._divisor
            gradient += penalty
            gradient /= self._divisor
        return value, gradient

    def hessian_product(self, theta: Vector, direction: Vector) -> Vector:
        """The product of J's Hessian at `theta` with `direction`; not finite at overflow."""
        if self._keeps_linearizations and not np.array_equal(theta, self._linearized_at):
            self._linearized_at, self._linearizations = theta.copy(), {}
        shard_product = partial(
            _shard_product,
            self.network,
            self._cast(theta),
            self._cast(direction),
            self._scale,
            self._linearizations,
        )
        (product,) = self.rows.sums(shard_product, self.map_shards)
        with np.errstate(over="ignore", invalid="ignore"):
            product += self._penalty * direction
            product /= self._divisor
        return product

    def _cast(self, vector: Vector) -> FloatArray:
        """A vector in the dtype of the computation."""
        return vector.astype(self.rows.dtype, copy=False)


def _shard_loss(
    network: Network, theta: FloatArray, scale: float, rows: Rows, shard: Shard
) -> Sums:
    """The weighted sum of the losses of a shard, and its gradient."""
    layers = network.layers(theta)
    # In two pieces: the first outlives the second.
    total, gradient = (np.empty(network.n_parameters, rows.dtype) for _ in range(2))
    loss = 0.0
    # Worker threads do not inherit the caller's floating-point error state.
    with np.errstate(over="ignore", invalid="ignore"):
        for block in shard:
            into = total if block is shard[0] else gradient
            loss += network.loss_gradient(layers, *_block(rows, block, scale), network.layers(into))
            if into is gradient:
                total += gradient
    return [np.asarray(loss), total]


def _shard_product(
    network: Network,
    theta: FloatArray,
    direction: FloatArray,
    scale: float,
    linearizations: dict[int, Linearization] | None,
    rows: Rows,
    shard: Shard,
) -> Sums:
    """The product of the Hessian of a shard's losses with `direction`.

    Linearizations of blocks at `theta` are taken from, and added to, those given.
    """
    layers, directions = network.layers(theta), network.layers(direction)
    total, product = (np.empty(network.n_parameters, rows.dtype) for _ in range(2))
    with np.errstate(over="ignore", invalid="ignore"):
        for block in shard:
            into = total if block is shard[0] else product
            at = linearizations.get(block.start) if linearizations else None
            if at is None:
                at = network.linearize(layers, *_block(rows, block, scale))
                if linearizations is not None:
                    linearizations[block.start] = at
            network.hessian_product(layers, directions, at, network.layers(into))
            if into is product:
                total += product
    return [total]


def _block(rows: Rows, block: slice, scale: float) -> tuple[Any, LabelArray, Vector]:
    """Features, labels and scaled weights of a block."""
    labels, weight = rows.labels_and_weights(block)
    return rows.features(block), labels, weight / scale


def power_of_two(value: float) -> float:
    """The one that is nearest to `value`; to divide by it changes no bit."""
    return float(np.exp2(np.round(np.log2(value))))


def weighted_rows(output: Output, rows: Data) -> Data:
    """The rows of which a loss has a weight, or all if none has."""
    return rows.where(partial(_has_weight, output))


def _has_weight(output: Output, rows: Rows, block: slice) -> FloatArray:
    return np.asarray(output.coding.weights(*rows.labels_and_weights(block)).any(axis=1))


def total_weight(output: Output, rows: Data, map_shards: MapShards = map) -> float:
    """S, the sum of sample weights times class weights.

    Raises
    ------
    ValueError
        If it is zero or overflows.
    """
    total = float(rows.sums(partial(_shard_weight, output), map_shards)[0])
    if not 0 < total < np.inf:
        raise ValueError(
            "Sample weights times class weights must have a positive, finite sum; these weights "
            f"sum to {total:g}."
        )
    return total


def _shard_weight(output: Output, rows: Rows, shard: Shard) -> Sums:
    with np.errstate(over="ignore"):
        weights = (output.coding.weights(*rows.labels_and_weights(block)) for block in shard)
        return [np.asarray(sum(block.mean(axis=1).sum() for block in weights))]


def log_loss(network: Network, rows: Data, theta: Vector, map_shards: MapShards = map) -> float:
    """The weighted mean over rows and targets of ``-log p`` of the labels; no penalty."""
    theta = theta.astype(rows.dtype, copy=False)
    loss, weight = rows.sums(partial(_shard_log_loss, network, theta), map_shards)
    return float(loss / weight)


def _shard_log_loss(network: Network, theta: FloatArray, rows: Rows, shard: Shard) -> Sums:
    layers, output = network.layers(theta), network.output
    loss = total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for block in shard:
            labels, row_weight = rows.labels_and_weights(block)
            *_, logits = forward(layers, network.activations, rows.features(block))
            losses = output.log_losses(logits, labels)
            weights = np.broadcast_to(output.coding.weights(labels, row_weight), losses.shape)
            loss += (weights * losses).sum()
            total += weights.sum()
    return [np.asarray(loss), np.asarray(total)]
