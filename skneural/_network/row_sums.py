"""Sums over rows besides the objective: weights, the log loss, and its expectation."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.special import xlogy

from skneural._data import Data, MapShards, Rows, Shard, Sums, Total, cut
from skneural._network.network import Network, cast, forward, most_rows
from skneural._network.output import Output
from skneural._network.workspace import Workspace
from skneural._typing import FloatArray, LabelArray, Vector

LEAST_WEIGHT = 1e-300  # of all rows together; shares of it would lose digits below 1e-308
_ROUNDING = 1e-9


Measure = Callable[[Output, FloatArray, LabelArray], FloatArray]
"""A figure for each row and target, from an output, logits and labels."""


@dataclass
class WeightedSums(Sums):
    """Weighted sum of a figure of some rows, and the sum of the weights."""

    figure: Any
    weight: Any


def total_weight(
    output: Output, rows: Data, map_shards: MapShards = map, *, power: int = 1
) -> float:
    """S, the sum of sample weights times class weights, averaged over the targets.

    Missing labels have no weight. With a power of 2, class weights are squared.

    Raises
    ------
    ValueError
        If it is less than `LEAST_WEIGHT`, or overflows.
    """
    total = float(rows.sums(partial(_shard_weight, output, power), map_shards).value)
    if not LEAST_WEIGHT <= total < np.inf:
        raise ValueError(
            "sample_weight times class_weight must have a finite sum of at least "
            f"{LEAST_WEIGHT:g}; these weights sum to {total:g}."
        )
    return total


def _shard_weight(output: Output, power: int, rows: Rows, shard: Shard) -> Total:
    weights = partial(output.coding.weights, power=power)
    with np.errstate(over="ignore"):
        blocks = (weights(*rows.labels_and_weights(block)) for block in shard)
        return Total(sum(block.mean(axis=1).sum() for block in blocks))


def frequencies_loss(output: Output, rows: Data, other: Data, unit: float = 1.0) -> float:
    """The log loss on `other` rows of predicting the frequencies of the classes in `rows`.

    If these are other rows, half an observation is added to each class; one has the weight `unit`.
    """
    totals, other_totals = (
        each.reduce(partial(_class_totals, output)).value for each in (rows, other)
    )
    added = 0.0 if other is rows else 0.5 * unit
    parts = np.split(totals + added, output.coding.classes.starts[1:])
    least = np.finfo(float).tiny  # of a target without labels, nothing is predicted
    frequencies = np.concatenate([part / max(part.sum(), least) for part in parts])
    return float(-xlogy(other_totals, frequencies).sum() / other_totals.sum())


def _class_totals(output: Output, rows: Rows) -> Total:
    blocks = (rows.labels_and_weights(block) for block in rows.blocks())
    return Total(sum(output.coding.class_totals(*block) for block in blocks))


def observations_per_weight(rows: Data) -> float:
    """The number of observations that a weight of 1 stands for; at least 1.

    Weights are counts, unless their sum W is less than the effective number of rows, ``W^2 / sum
    w^2``. Weights that are shares of the rows, as in boosting, then count as that number, whatever
    their sum. Weights that are multiplied by a constant cross no threshold on the way.
    """
    total = float(rows.reduce(_sum_of_weights).value)
    if not 0 < total < np.inf:
        return 1.0
    n_effective = 1 / float(rows.reduce(partial(_squared_shares, total)).value)
    ratio = n_effective / total
    # Exactly 1 for counts: weighted rows are equivalent to repeated ones.
    return ratio if ratio > 1 + _ROUNDING else 1.0


def _sum_of_weights(rows: Rows) -> Total:
    with np.errstate(over="ignore"):
        return Total(rows.all_weights().sum())


def _squared_shares(total: float, rows: Rows) -> Total:
    """``sum (w / W)^2``, which neither overflows nor vanishes."""
    weight = rows.all_weights()
    return Total(sum(((weight[block] / total) ** 2).sum() for block in rows.blocks()))


def weighted_rows(output: Output, rows: Data) -> Data:
    """The rows in which any target has a positive weight; all rows if there are none."""
    return rows.where(partial(_has_weight, output))


def _has_weight(output: Output, rows: Rows, block: slice) -> FloatArray:
    return np.asarray(output.coding.weights(*rows.labels_and_weights(block)).any(axis=1))


def log_loss(network: Network, rows: Data, theta: Vector, map_shards: MapShards = map) -> float:
    """The weighted mean over rows and targets of ``-log p`` of the labels; no penalty."""
    return _mean(_log_losses, network, rows, theta, map_shards)


def entropy(network: Network, rows: Data, theta: Vector, map_shards: MapShards = map) -> float:
    """The log loss to be expected: the weighted mean entropy of the predicted probabilities.

    It equals the log loss of the labels if no common factor of all log probabilities improves it.
    """
    return _mean(_entropies, network, rows, theta, map_shards)


def _log_losses(output: Output, logits: FloatArray, labels: LabelArray) -> FloatArray:
    return output.log_losses(logits, labels)


def _entropies(output: Output, logits: FloatArray, _: LabelArray) -> FloatArray:
    return output.entropies(logits)


def _mean(
    measure: Measure, network: Network, rows: Data, theta: Vector, map_shards: MapShards
) -> float:
    """The weighted mean of a figure over rows and targets."""
    shard_sums = partial(_shard_sums, measure, network, cast(theta, rows.dtype))
    sums = rows.sums(shard_sums, map_shards)
    return float(sums.figure / sums.weight)


def _shard_sums(
    measure: Measure, network: Network, theta: FloatArray, rows: Rows, shard: Shard
) -> WeightedSums:
    layers, output = network.layers(theta), network.output
    workspace = Workspace()  # for all blocks
    figure = total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for block in cut(shard, most_rows(layers)):
            labels, row_weight = rows.labels_and_weights(block)
            X = rows.features(block)
            logits = forward(layers, network.activations, X, workspace).logits
            figures = measure(output, logits, labels)
            weights = np.broadcast_to(output.coding.weights(labels, row_weight), figures.shape)
            figure += (weights * figures).sum()
            total += weights.sum()
    return WeightedSums(figure, total)


def scaled_block(rows: Rows, block: slice, scale: float) -> tuple[Any, LabelArray, Vector]:
    """Features and labels of a block, and its weights divided by `scale`."""
    labels, weight = rows.labels_and_weights(block)
    return rows.features(block), labels, weight / scale


def power_of_two(value: float) -> float:
    """The power of two nearest to `value` on a log scale; division by it is exact."""
    return float(np.exp2(np.round(np.log2(value))))
