"""Weighted moments of features, over all rows, and sums that other measurements share.

With weights w_i (class weights included, averaged over the targets)::

    mean      = sum_i w_i x_i / S                       (n_features,)
    variance  = sum_i w_i x_i^2 / S - mean^2
    m_4       = sum_i w_i ((x_i - mean) / sd)^4 / S     see `robust_scale`
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from operator import iadd
from typing import Any

import numpy as np
import scipy.sparse as sp

from skneural._curvature.factors import diagonal, robust_scale
from skneural._data import Data, MapShards, Rows, Shard, Sums, SumsT, Total, without_duplicates
from skneural._network import Output, power_of_two, total_weight
from skneural._typing import FloatArray, Vector


@dataclass
class MomentSums(Sums):
    """``sum w``, ``sum w x`` and ``sum w x^2``, with features x relative to an origin."""

    weight: Any
    first: Any
    second: Any


def feature_moments(
    output: Output, rows: Data, map_shards: MapShards = map
) -> tuple[Vector, Vector]:
    """Weighted mean and scale (see `robust_scale`) of each feature, over all rows."""
    scale = power_of_two(total_weight(output, rows, map_shards) / rows.n_rows)
    origin = rows.first_row().astype(np.float64)
    block_sums = partial(_moment_sums, output, scale, origin)
    sums = rows.sums(partial(shard_sums, block_sums), map_shards)
    mean, variance = central(sums.weight, sums.first, sums.second, np.dtype(np.float64))
    mean += origin
    deviation = np.sqrt(np.where(variance > 0, variance, np.inf))
    block_powers = partial(_fourth_powers, output, scale, mean, deviation)
    fourth = rows.sums(partial(shard_sums, block_powers), map_shards).value / sums.weight
    return mean, robust_scale(variance, fourth)


def _moment_sums(
    output: Output, scale: float, origin: Vector, rows: Rows, block: slice
) -> MomentSums:
    x = rows.features(block)
    weight = mean_weight(output, rows, block, scale).astype(np.float64)
    first = _sum_of(x, weight, lambda values, at: values - origin[at])
    second = _sum_of(x, weight, lambda values, at: (values - origin[at]) ** 2)
    return MomentSums(weight.sum(), first, second)


def _fourth_powers(
    output: Output, scale: float, mean: Vector, deviation: Vector, rows: Rows, block: slice
) -> Total:
    """``sum w ((x - mean) / sd)^4`` of each feature."""

    def power(values: Vector, at: Any) -> Vector:
        squares = ((values - mean[at]) / deviation[at]) ** 2
        return np.asarray(squares * squares)

    weight = mean_weight(output, rows, block, scale).astype(np.float64)
    return Total(_sum_of(rows.features(block), weight, power))


def _sum_of(x: Any, weight: Vector, function: Callable[[Vector, Any], Vector]) -> Vector:
    """``sum w f(x)`` of each feature, for a function of numbers and the features they belong to.

    Where a sparse feature is stored in all rows, the sum has nothing to cancel out.
    """
    if not sp.issparse(x):
        return np.asarray(weight @ function(x, slice(None)))
    x = without_duplicates(x)
    n_rows, n_features = x.shape
    of_number = np.repeat(weight, np.diff(x.indptr))
    stored = np.bincount(x.indices, of_number, n_features)
    is_full = np.bincount(x.indices, minlength=n_features) == n_rows
    of_zeros = np.where(is_full, 0.0, np.maximum(weight.sum() - stored, 0.0))
    total = np.bincount(x.indices, of_number * function(x.data, x.indices), n_features)
    return np.asarray(total + of_zeros * function(np.zeros(n_features), slice(None)))


def shard_sums(block_sums: Callable[[Rows, slice], SumsT], rows: Rows, shard: Shard) -> SumsT:
    """The sum of a function of blocks over a shard."""
    with np.errstate(over="ignore", invalid="ignore"):
        return reduce(iadd, (block_sums(rows, block) for block in shard))


def mean_weight(output: Output, rows: Rows, block: slice, scale: float) -> FloatArray:
    """The weight of each row, with class weights, averaged over targets and scaled."""
    weights = output.coding.weights(*rows.labels_and_weights(block)).mean(axis=1) / scale
    return np.asarray(weights, dtype=rows.dtype)


def central(
    weight: Vector, first: Vector, second: Vector, dtype: np.dtype[Any]
) -> tuple[Vector, Vector]:
    """Mean and covariance, or its diagonal, from weighted sums computed in `dtype`.

    Inputs that differ from their mean by no more than rounding errors are treated as constant.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        mean, second = first / weight, second / weight
        rounding = 100 * np.finfo(dtype).eps * diagonal(second)
        covariance = second - (np.outer(mean, mean) if second.ndim == 2 else mean**2)
        constant = (diagonal(covariance) <= rounding) & np.isfinite(rounding)
    covariance[constant] = 0
    if covariance.ndim == 2:
        covariance[:, constant] = 0
    return mean, covariance


def diagonal_moment(a: Any, weight: FloatArray | None) -> Vector:
    squares = a.multiply(a) if sp.issparse(a) else a * a
    return double(squares.sum(axis=0) if weight is None else weight @ squares)


def double(values: Any) -> Vector:
    return np.asarray(values, dtype=np.float64)
