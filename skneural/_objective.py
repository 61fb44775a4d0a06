"""The function that is minimised, its gradient, and products with its Hessian.

Over rows i with weights w_i (class weights included), targets j = 1 .. m, layers l::

    J(theta) = (1/S) sum_ij w_ij l_ij  +  1/(2 S) sum_l alpha_l ||W_l||_F^2
    S        = (1/m) sum_ij w_ij

Biases are not penalised. Lanes of rows give weighted sums, which are added up in order, to
the penalty, and divided once.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np

from skneural._network import Layer, Linearization, Network, forward
from skneural._outputs import Output
from skneural._rows import Lane, MapLanes, Rows
from skneural._typing import FloatArray, LabelArray, Vector

KEPT_NUMBERS = 2**20  # 8 megabytes, or some more

T = TypeVar("T")
BlockFunction = Callable[[slice, FloatArray], T]
"""Takes the rows of a block, and a vector in the dtype of the data to write into."""


class Objective:
    """J, its gradient and its Hessian's products, as functions of the flat weight vector.

    Parameters
    ----------
    network : Network
    rows : Rows
        With labels and weights.
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
        self.total_weight = total_weight(network.output, rows, map_lanes)
        # Sums are taken with weights of mean about 1, so that float32 can hold them.
        self._scale = power_of_two(self.total_weight / rows.n_rows)
        self._divisor = self.total_weight / self._scale
        # A solver asks for many products at the same weights. What they have in common is kept
        # for small data alone.
        n_numbers = rows.n_rows * sum(network.layer_sizes)
        self._keeps_linearizations = n_numbers <= KEPT_NUMBERS
        self._linearized_at = np.empty(0)
        self._linearizations: dict[int, Linearization] = {}
        self._penalty = np.zeros(network.n_parameters)
        for layer, alpha_l in zip(network.layers(self._penalty), alpha, strict=True):
            layer.coef[...] = alpha_l / self._scale

    def __call__(self, theta: Vector) -> tuple[float, Vector]:
        """J and its gradient at `theta`; not finite where the computation overflows."""
        with np.errstate(over="ignore", invalid="ignore"):
            gradient = self._penalty * theta
            loss = 0.5 * float(gradient @ theta)
            block_loss = partial(self._block_loss, self._layers(theta))
            for losses, lane_gradient in self._lane_sums(block_loss):
                loss += sum(losses)
                gradient += lane_gradient
            gradient /= self._divisor
        return loss / self._divisor, gradient

    def hessian_product(self, theta: Vector, direction: Vector) -> Vector:
        """The product of J's Hessian at `theta` with `direction`; not finite at overflow."""
        if not np.array_equal(theta, self._linearized_at):
            self._linearized_at, self._linearizations = theta.copy(), {}
        with np.errstate(over="ignore", invalid="ignore"):
            product = self._penalty * direction
            block_product = partial(
                self._block_product, self._layers(theta), self._layers(direction)
            )
            for _, lane_product in self._lane_sums(block_product):
                product += lane_product
            product /= self._divisor
        return product

    def _layers(self, vector: Vector) -> list[Layer]:
        """Layers in the dtype of the data."""
        return self.network.layers(vector.astype(self.rows.dtype, copy=False))

    def _lane_sums(self, function: BlockFunction[T]) -> Iterator[tuple[list[T], FloatArray]]:
        """Of each lane what `function` returns for its blocks, and the sum of what it writes."""
        return self.map_lanes(partial(self._lane_sum, function), self.rows.lanes)

    def _lane_sum(self, function: BlockFunction[T], lane: Lane) -> tuple[list[T], FloatArray]:
        total, block = np.empty((2, self.network.n_parameters), self.rows.dtype)
        first, *others = lane
        # Worker threads do not inherit the caller's floating-point error state.
        with np.errstate(over="ignore", invalid="ignore"):
            results = [function(first, total)]
            for rows in others:
                results.append(function(rows, block))
                total += block
        return results, total

    def _block_loss(self, layers: Sequence[Layer], rows: slice, gradient: FloatArray) -> float:
        """Weighted sum of the losses of a block; its gradient is written into `gradient`."""
        slopes = self.network.layers(gradient)
        return self.network.loss_gradient(layers, *self._block(rows), slopes)

    def _block_product(
        self,
        layers: Sequence[Layer],
        direction: Sequence[Layer],
        rows: slice,
        product: FloatArray,
    ) -> None:
        """Write the product of the Hessian of a block's loss with `direction`."""
        at = self._linearizations.get(rows.start)
        if at is None:
            at = self.network.linearize(layers, *self._block(rows))
            if self._keeps_linearizations:
                self._linearizations[rows.start] = at
        self.network.hessian_product(layers, direction, at, self.network.layers(product))

    def _block(self, rows: slice) -> tuple[Any, LabelArray, Vector]:
        """Features, labels and scaled weights of a block."""
        labels, weight = self.rows.labels_and_weights(rows)
        return self.rows.features(rows), labels, weight / self._scale


def power_of_two(value: float) -> float:
    """The one that is nearest to `value`; to divide by it changes no bit."""
    return float(np.exp2(np.round(np.log2(value))))


def weighted_rows(output: Output, rows: Rows) -> Rows:
    """The rows of which a loss has a weight, or all if none has."""
    blocks = [block for lane in rows.lanes for block in lane]
    used = [output.units.weights(*rows.labels_and_weights(block)).any(axis=1) for block in blocks]
    index = np.flatnonzero(np.concatenate(used))
    return rows.sample(index) if 0 < len(index) < rows.n_rows else rows


def total_weight(output: Output, rows: Rows, map_lanes: MapLanes = map) -> float:
    """S, the sum of sample weights times class weights.

    Raises
    ------
    ValueError
        If it is zero or overflows.
    """

    def lane_weight(lane: Lane) -> float:
        with np.errstate(over="ignore"):
            weights = (output.units.weights(*rows.labels_and_weights(block)) for block in lane)
            return float(sum(block.mean(axis=1).sum() for block in weights))

    total = sum(map_lanes(lane_weight, rows.lanes))
    if not 0 < total < np.inf:
        raise ValueError(
            "Sample weights times class weights must have a positive, finite sum; these weights "
            f"sum to {total:g}."
        )
    return total


def log_loss(network: Network, rows: Rows, theta: Vector, map_lanes: MapLanes = map) -> float:
    """The weighted mean over rows and targets of ``-log p`` of the labels; no penalty."""
    layers, output = network.layers(theta.astype(rows.dtype, copy=False)), network.output

    def lane_sums(lane: Lane) -> Vector:
        sums = np.zeros(2)
        with np.errstate(over="ignore", invalid="ignore"):
            for block in lane:
                labels, row_weight = rows.labels_and_weights(block)
                *_, logits = forward(layers, network.activations, rows.features(block))
                losses = output.log_losses(logits, labels)
                weights = np.broadcast_to(output.units.weights(labels, row_weight), losses.shape)
                sums += (weights * losses).sum(), weights.sum()
        return sums

    loss, weight = np.sum(list(map_lanes(lane_sums, rows.lanes)), axis=0)
    return float(loss / weight)
