"""Sums over rows besides the objective: weights, and the log loss."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from skneural._data import Data, MapShards, Rows, Shard, Sums, Total
from skneural._network.network import Network, forward
from skneural._network.output import Output
from skneural._typing import FloatArray, LabelArray, Vector


@dataclass
class LogLossSums(Sums):
    """Weighted sum of ``-log p`` of the labels of some rows, and of the weights."""

    loss: Any
    weight: Any


def total_weight(output: Output, rows: Data, map_shards: MapShards = map) -> float:
    """S, the sum of sample weights times class weights.

    Raises
    ------
    ValueError
        If it is zero or overflows.
    """
    total = float(rows.sums(partial(_shard_weight, output), map_shards).value)
    if not 0 < total < np.inf:
        raise ValueError(
            "Sample weights times class weights must have a positive, finite sum; these weights "
            f"sum to {total:g}."
        )
    return total


def _shard_weight(output: Output, rows: Rows, shard: Shard) -> Total:
    with np.errstate(over="ignore"):
        weights = (output.coding.weights(*rows.labels_and_weights(block)) for block in shard)
        return Total(sum(block.mean(axis=1).sum() for block in weights))


def weighted_rows(output: Output, rows: Data) -> Data:
    """The rows in which any target has a positive weight; all rows if there are none."""
    return rows.where(partial(_has_weight, output))


def _has_weight(output: Output, rows: Rows, block: slice) -> FloatArray:
    return np.asarray(output.coding.weights(*rows.labels_and_weights(block)).any(axis=1))


def log_loss(network: Network, rows: Data, theta: Vector, map_shards: MapShards = map) -> float:
    """The weighted mean over rows and targets of ``-log p`` of the labels; no penalty."""
    theta = theta.astype(rows.dtype, copy=False)
    sums = rows.sums(partial(_shard_log_loss, network, theta), map_shards)
    return float(sums.loss / sums.weight)


def _shard_log_loss(network: Network, theta: FloatArray, rows: Rows, shard: Shard) -> LogLossSums:
    layers, output = network.layers(theta), network.output
    loss = total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for block in shard:
            labels, row_weight = rows.labels_and_weights(block)
            logits = forward(layers, network.activations, rows.features(block)).logits
            losses = output.log_losses(logits, labels)
            weights = np.broadcast_to(output.coding.weights(labels, row_weight), losses.shape)
            loss += (weights * losses).sum()
            total += weights.sum()
    return LogLossSums(loss, total)


def scaled_block(rows: Rows, block: slice, scale: float) -> tuple[Any, LabelArray, Vector]:
    """Features and labels of a block, and its weights divided by `scale`."""
    labels, weight = rows.labels_and_weights(block)
    return rows.features(block), labels, weight / scale


def power_of_two(value: float) -> float:
    """The power of two nearest to `value` on a log scale; division by it is exact."""
    return float(np.exp2(np.round(np.log2(value))))
