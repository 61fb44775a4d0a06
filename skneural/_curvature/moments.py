"""Moments over rows: of features, and of what a layer's Fisher matrix is made of.

With weights w_i, a layer's inputs a_i and its errors g_iu, which are the roots s_iu of the
output's Fisher matrix propagated back, the layer's Fisher matrix is approximated by a
Kronecker product, as in K-FAC::

    mean  = sum_i w_i a_i / S                       (fan_in,)
    A     = sum_i w_i a_i a_i' / S - mean mean'     (fan_in, fan_in), or its diagonal
    G     = sum_iu g_iu g_iu' / S                   (fan_out, fan_out), or its diagonal
    F     = (A kron G) for the coefficients; their inputs are centred

The expectation over the classes is exact: up to 4096 rows, weights equal repeats, and the order
of rows does not matter. Of more rows a sample is taken, evenly spaced, and of more than 32
output units the roots are mixed with random signs.

References
----------
J. Martens and R. Grosse, "Optimizing neural networks with Kronecker-factored approximate
curvature", ICML 2015. https://proceedings.mlr.press/v37/martens15.html
"""

from collections.abc import Callable, Iterable
from functools import partial, reduce
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from skneural._data import Data, MapShards, Rows, Shard, Sums, add
from skneural._network import Network, Output, forward, power_of_two, total_weight
from skneural._typing import FloatArray, Vector

SAMPLE_ROWS = 4096  # moments of more rows hardly differ
SAMPLE_SHARDS = 2  # each holds second moments of its own
EXACT_UNITS = 32  # of more output units, roots are mixed
N_MIXES = 8
DISPERSIONS = 1e-3, 100.0  # beyond, there is no more to say than that outputs are very certain
_SMALL = 1e-100  # a variance; its reciprocal and its square are far from overflow


class Factors(NamedTuple):
    """The Kronecker factors of a layer's Fisher matrix; matrices, or diagonals of those."""

    mean: Vector
    A: Vector
    G: Vector


class Curvature(NamedTuple):
    """The factors of each layer, and how far the labels are from what the outputs say."""

    factors: list[Factors]
    dispersion: float  # sum w |t - p|^2 / sum w p (1 - p): 1 where the outputs are calibrated


def feature_moments(output: Output, rows: Data, map_shards: MapShards) -> tuple[Vector, Vector]:
    """Weighted mean and variance of each feature, from a sample of the rows."""
    rows = _sample(rows)
    origin = rows.origin()
    scale = power_of_two(total_weight(output, rows, map_shards) / rows.n_rows)
    block_sums = partial(_feature_sums, output, scale, origin)
    weight, first, second = rows.sums(partial(_shard_sums, block_sums), map_shards)
    mean, variance = _central(weight, first, second, rows.dtype)
    return origin + mean, variance


def _feature_sums(
    output: Output, scale: float, origin: FloatArray, rows: Rows, block: slice
) -> Sums:
    """``[S, sum w x, sum w x^2]``, with x relative to the origin."""
    x = _shifted(rows.features(block), origin)
    weight = _mean_weight(output, rows, block, scale)
    return [_double(weight.sum()), _double(weight @ x), _diagonal_moment(x, weight)]


def diagonal(side: Vector) -> Vector:
    """Of a matrix, or of one of which there is only the diagonal."""
    return side if side.ndim == 1 else side.diagonal()


def floored(variance: Vector) -> Vector:
    """Variances, none of them below the median of those that are not zero.

    A feature that hardly ever differs from its mean must not be scaled up to the others': the
    few rows where it does would outweigh the rest.
    """
    positive = variance[variance > 0]
    return np.maximum(variance, max(np.median(positive), _SMALL) if len(positive) else 1.0)


def layer_curvature(
    network: Network,
    theta: Vector,
    rows: Data,
    map_shards: MapShards,
    largest: int,
    features: Factors | None = None,
) -> Curvature:
    """Factors and dispersion at weights `theta`, from a sample of the rows.

    Of a side with more than `largest` dimensions, only the diagonal is taken. The first layer's
    mean and A do not depend on the weights; where they are known, `features` has them.
    """
    rows = _sample(rows)
    origin = rows.origin()
    scale = power_of_two(total_weight(network.output, rows, map_shards) / rows.n_rows)
    known = 1 if features else 0
    theta = theta.astype(rows.dtype)
    block_sums = partial(_block_sums, network, theta, scale, origin, largest, known)
    shard_sums = partial(_shard_sums, block_sums)
    weight, residual, expected, *sums = rows.sums(shard_sums, map_shards)
    n_layers = len(network.layer_sizes) - 1
    errors, sums = sums[:n_layers], sums[n_layers:]
    inputs = [(features.mean, features.A)] if features else []
    for first, second in zip(sums[::2], sums[1::2], strict=True):
        mean, A = _central(weight, first, second, rows.dtype)
        inputs.append((mean if inputs else origin + mean, A))
    factors = [Factors(*each, G / weight) for each, G in zip(inputs, errors, strict=True)]
    dispersion = float(residual / expected) if expected > 0 else 1.0
    return Curvature(factors, float(np.clip(dispersion, *DISPERSIONS)))


def _block_sums(
    network: Network,
    theta: Vector,
    scale: float,
    origin: FloatArray,
    largest: int,
    known: int,
    rows: Rows,
    block: slice,
) -> Sums:
    """``[S, residual, expected, sum g g' of each layer, (sum w a, sum w a a') of each]``.

    The last are left out for the first layers, of which they are `known`.
    """
    output = network.output
    layers = network.layers(theta)
    labels, row_weight = rows.labels_and_weights(block)
    row_weight = row_weight / scale
    *inputs, logits = forward(layers, network.activations, rows.features(block))
    roots = (
        output.fisher_root(logits, labels, row_weight, mix)
        for mix in _mixes(output.coding.n_units, *rows.positions(block))
    )
    errors = (
        [_moment(g, None, largest) for _, g in network.backpropagate(layers, inputs, root)][::-1]
        for root in roots
    )
    weight = _mean_weight(output, rows, block, scale)
    squared_errors = output.squared_errors(logits, labels, row_weight)
    sums = [weight.sum(), *squared_errors, *reduce(add, errors)]
    inputs[0] = _shifted(inputs[0], origin)
    for a in inputs[known:]:
        sums += [weight @ a, _moment(a, weight, largest)]
    return list(map(_double, sums))


def _mean_weight(output: Output, rows: Rows, block: slice, scale: float) -> FloatArray:
    """The weight of each row, class weights included, in the dtype of the computation."""
    weights = output.coding.weights(*rows.labels_and_weights(block)).mean(axis=1) / scale
    return np.asarray(weights, dtype=rows.dtype)


def _central(
    weight: Vector, first: Vector, second: Vector, dtype: np.dtype[Any]
) -> tuple[Vector, Vector]:
    """Mean and covariance, or its diagonal, from weighted sums that were taken in `dtype`.

    What differs from its mean by no more than rounding counts as constant.
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


def _moment(a: Any, weight: FloatArray | None, largest: int) -> Vector:
    """``sum_i w_i a_i a_i'``, or its diagonal if there are more than `largest` dimensions."""
    if a.shape[1] > largest:
        return _diagonal_moment(a, weight)
    if weight is None:
        return _double(a.T @ a)
    if sp.issparse(a):
        return _double((a.T @ (sp.diags_array(weight) @ a)).toarray())
    return _double(a.T @ (a * weight[:, None]))


def _diagonal_moment(a: Any, weight: FloatArray | None) -> Vector:
    squares = a.multiply(a) if sp.issparse(a) else a * a
    return _double(squares.sum(axis=0) if weight is None else weight @ squares)


def _double(values: Any) -> Vector:
    return np.asarray(values, dtype=np.float64)


def _mixes(n_units: int, start: int, stop: int) -> Iterable[FloatArray]:
    """What the roots of the output's Fisher matrix are multiplied with; unit vectors or signs.

    The signs belong to the places of the rows, not to the blocks that these happen to be in.
    """
    if n_units <= EXACT_UNITS:
        return np.eye(n_units)
    return (_signs(n_units, start, stop, seed) / np.sqrt(N_MIXES) for seed in range(N_MIXES))


def _signs(n_units: int, start: int, stop: int, seed: int) -> FloatArray:
    """Random signs of shape (rows, n_units), from bits that are counted on from row to row."""
    draws_per_row = -(-n_units // 256)  # of Philox, which gives 256 bits at a time
    generator = np.random.Philox(key=seed).advance(start * draws_per_row)
    words = generator.random_raw((stop - start) * draws_per_row * 4)
    bits = np.unpackbits(words.astype("<u8").view(np.uint8)).reshape(stop - start, -1)
    return 2.0 * bits[:, :n_units] - 1


def _sample(rows: Data) -> Data:
    """At most `SAMPLE_ROWS` of the rows, evenly spaced, in few shards."""
    n_rows = min(rows.n_rows, SAMPLE_ROWS)
    index = np.linspace(0, rows.n_rows - 1, n_rows).astype(np.intp)
    return rows.sample(index, n_shards=SAMPLE_SHARDS)


def _shifted(x: Any, origin: Any) -> Any:
    return x if sp.issparse(x) else x - origin


def _shard_sums(block_sums: Callable[[Rows, slice], Sums], rows: Rows, shard: Shard) -> Sums:
    """The sums of what the blocks of a shard give, which may be overwritten."""
    with np.errstate(over="ignore", invalid="ignore"):
        return reduce(add, (block_sums(rows, block) for block in shard))
