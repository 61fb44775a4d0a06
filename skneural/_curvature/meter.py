"""Measurement of the moments of the features and of the Fisher matrix of each layer.

The Fisher matrix of a layer is approximated by a Kronecker product, as in K-FAC. With weights w_i,
the inputs a_i of the layer and its errors g_ir, the back-propagated roots r of the output's Fisher
matrix::

    mean  = sum_i w_i a_i / S                       (fan_in,)
    A     = sum_i w_i a_i a_i' / S - mean mean'     (fan_in, fan_in), or its diagonal
    G     = sum_ir g_ir g_ir' / S                   (fan_out, fan_out), or its diagonal
    F     = (A kron G) for the coefficients, with centred inputs

With up to 32 roots, the expectation over the classes is exact; more roots are combined by random
probes. Up to 4096 rows are all used; with more, one row is drawn at random from each of 4096
sections of equal length. If neither rows nor roots are sampled, weights are equivalent to repeats,
and the order of the rows does not matter.

References
----------
J. Martens and R. Grosse, "Optimizing neural networks with Kronecker-factored approximate
curvature", ICML 2015. https://proceedings.mlr.press/v37/martens15.html
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial, reduce
from operator import iadd
from typing import Any

import numpy as np
import scipy.sparse as sp

from skneural._curvature.factors import Curvature, Factors, diagonal
from skneural._data import Data, MapShards, Rows, Shard, Sums, SumsT
from skneural._network import Network, Output, forward, power_of_two, total_weight
from skneural._typing import FloatArray, Vector

SAMPLE_ROWS = 4096  # moments of more rows hardly differ
SAMPLE_SHARDS = 2  # few, because each holds its own second moments
EXACT_ROOTS = 32  # more roots are combined by probes
N_PROBES = 8
DISPERSIONS = 1e-3, 100.0  # bounds; more extreme values come from outputs that are very certain


@dataclass
class FeatureSums(Sums):
    """``sum w``, ``sum w x`` and ``sum w x^2``, with features x relative to the origin."""

    weight: Any
    first: Any
    second: Any


@dataclass
class CurvatureSums(Sums):
    """Sums from which a `Curvature` is computed, each list with an item for each layer."""

    weight: Any
    observed: Any  # squared errors
    expected: Any
    errors: list[Any]  # sum g g'
    first: list[Any]  # sum w a; without the first layer if it was measured before
    second: list[Any]  # sum w a a', likewise


def feature_moments(
    output: Output, rows: Data, rng: np.random.RandomState, map_shards: MapShards = map
) -> tuple[Vector, Vector]:
    """Weighted mean and variance of each feature, from a sample of the rows."""
    rows = _sample(rows, rng)
    origin = rows.origin()
    scale = power_of_two(total_weight(output, rows, map_shards) / rows.n_rows)
    block_sums = partial(_feature_sums, output, scale, origin)
    sums = rows.sums(partial(_shard_sums, block_sums), map_shards)
    mean, variance = _central(sums.weight, sums.first, sums.second, rows.dtype)
    return origin + mean, variance


class CurvatureMeter:
    """Measures the curvature of a network at changing weights.

    The moments of the features do not depend on the weights, and are kept for later measurements.

    Parameters
    ----------
    network : Network
    largest : int
        Factors with more dimensions than this are measured as diagonals.
    rng : RandomState
        Draws the samples of the rows.
    map_shards : callable, default=map
    """

    def __init__(
        self,
        network: Network,
        largest: int,
        rng: np.random.RandomState,
        map_shards: MapShards = map,
    ) -> None:
        self._network = network
        self._largest = largest
        self._rng = rng
        self._map_shards = map_shards
        self._features: tuple[Vector, Vector] | None = None

    def measure(self, theta: Vector, rows: Data, *, is_last: bool = False) -> Curvature:
        """Factors and dispersion at weights `theta`, from a sample of the rows.

        With `is_last`, the moments of the features are not kept.
        """
        network = self._network
        rows = _sample(rows, self._rng)
        origin = rows.origin()
        scale = power_of_two(total_weight(network.output, rows, self._map_shards) / rows.n_rows)
        n_known = 0 if self._features is None else 1
        cast = theta.astype(rows.dtype)
        block_sums = partial(_block_sums, network, cast, scale, origin, self._largest, n_known)
        sums = rows.sums(partial(_shard_sums, block_sums), self._map_shards)
        inputs = [] if self._features is None else [self._features]
        for first, second in zip(sums.first, sums.second, strict=True):
            mean, A = _central(sums.weight, first, second, rows.dtype)
            inputs.append((mean if inputs else origin + mean, A))
        self._features = None if is_last else inputs[0]
        factors = [
            Factors(mean, A, G / sums.weight)
            for (mean, A), G in zip(inputs, sums.errors, strict=True)
        ]
        dispersion = float(sums.observed / sums.expected) if sums.expected > 0 else 1.0
        return Curvature(factors, float(np.clip(dispersion, *DISPERSIONS)))


def _feature_sums(
    output: Output, scale: float, origin: FloatArray, rows: Rows, block: slice
) -> FeatureSums:
    x = _shifted(rows.features(block), origin)
    weight = _mean_weight(output, rows, block, scale)
    return FeatureSums(weight.sum(), weight @ x, _diagonal_moment(x, weight)).in_double()


def _block_sums(
    network: Network,
    theta: Vector,
    scale: float,
    origin: FloatArray,
    largest: int,
    n_known: int,
    rows: Rows,
    block: slice,
) -> CurvatureSums:
    """The sums of a block, without moments of the inputs of the first `n_known` layers."""
    output = network.output
    layers = network.layers(theta)
    labels, row_weight = rows.labels_and_weights(block)
    row_weight = row_weight / scale
    inputs, kept, logits = forward(layers, network.activations, rows.features(block))
    errors: list[Any] = [0.0] * network.n_layers
    for probe in _probes(output.n_roots, *rows.positions(block)):
        root = output.fisher_root(logits, labels, row_weight, probe)
        for depth, g in network.backpropagate(layers, kept, root):
            errors[depth] = errors[depth] + _moment(g, None, largest)
    weight = _mean_weight(output, rows, block, scale)
    observed, expected = output.squared_errors(logits, labels, row_weight)
    inputs[0] = _shifted(inputs[0], origin)
    return CurvatureSums(
        weight=weight.sum(),
        observed=observed,
        expected=expected,
        errors=errors,
        first=[weight @ a for a in inputs[n_known:]],
        second=[_moment(a, weight, largest) for a in inputs[n_known:]],
    ).in_double()


def _shard_sums(block_sums: Callable[[Rows, slice], SumsT], rows: Rows, shard: Shard) -> SumsT:
    """The sum of a function of blocks over a shard."""
    with np.errstate(over="ignore", invalid="ignore"):
        return reduce(iadd, (block_sums(rows, block) for block in shard))


def _mean_weight(output: Output, rows: Rows, block: slice, scale: float) -> FloatArray:
    """The weight of each row, with class weights, averaged over targets and scaled."""
    weights = output.coding.weights(*rows.labels_and_weights(block)).mean(axis=1) / scale
    return np.asarray(weights, dtype=rows.dtype)


def _central(
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


def _moment(a: Any, weight: FloatArray | None, largest: int) -> Vector:
    """``sum_i w_i a_i a_i'``, or its diagonal if it has more than `largest` dimensions."""
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


def _shifted(x: Any, origin: Any) -> Any:
    return x if sp.issparse(x) else x - origin


def _sample(rows: Data, rng: np.random.RandomState) -> Data:
    """At most `SAMPLE_ROWS` rows, one from each section of equal length, in few shards."""
    if rows.n_rows <= SAMPLE_ROWS:
        return rows.sample(np.arange(rows.n_rows), n_shards=SAMPLE_SHARDS)
    edges = np.linspace(0, rows.n_rows, SAMPLE_ROWS + 1).astype(np.intp)
    shifts = rng.uniform(size=SAMPLE_ROWS) * np.diff(edges)
    return rows.sample(edges[:-1] + shifts.astype(np.intp), n_shards=SAMPLE_SHARDS)


def _probes(n_roots: int, start: int, stop: int) -> Iterable[FloatArray]:
    """Combinations of the roots of the output's Fisher matrix: unit vectors, or random signs.

    The signs of a row depend on its position in the sample, not on its block.
    """
    if n_roots <= EXACT_ROOTS:
        return np.eye(n_roots)
    return (_signs(n_roots, start, stop, seed) / np.sqrt(N_PROBES) for seed in range(N_PROBES))


def _signs(n_roots: int, start: int, stop: int, seed: int) -> FloatArray:
    """Random signs of shape (rows, n_roots), from one stream of bits for all rows."""
    draws_per_row = -(-n_roots // 256)  # Philox gives 256 bits at a time
    generator = np.random.Philox(key=seed).advance(start * draws_per_row)
    words = generator.random_raw((stop - start) * draws_per_row * 4)
    bits = np.unpackbits(words.astype("<u8").view(np.uint8)).reshape(stop - start, -1)
    return 2.0 * bits[:, :n_roots] - 1
