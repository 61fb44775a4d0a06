"""Measurement of the moments of the features and of the Fisher matrix of each layer.

The Fisher matrix of a layer is approximated by a Kronecker product, as in K-FAC. With weights w_i,
the inputs a_i of the layer, their scales s, and its errors g_ir, the back-propagated roots r of the
output's Fisher matrix::

    mean  = sum_i w_i a_i / S                                 (fan_in,)
    A     = sum_i w_i a_i a_i' / S - mean mean', over s s'    (fan_in, fan_in), or its diagonal
    G     = sum_ir g_ir g_ir' / S                             (fan_out, fan_out), or its diagonal
    F     = (A kron G) for the coefficients, with centred inputs divided by their scales

With up to 32 roots, the expectation over the classes is exact; more roots are combined by random
probes. The mean and scale of the features are those of all rows. For the other moments, up to 4096
rows are all used; with more, one row is drawn at random from each of 4096 sections of equal length.
If neither rows nor roots are sampled, weights are equivalent to repeats, and the order of the rows
does not matter.

References
----------
J. Martens and R. Grosse, "Optimizing neural networks with Kronecker-factored approximate
curvature", ICML 2015. https://proceedings.mlr.press/v37/martens15.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from skneural._curvature.factors import Curvature, Factors, diagonal, floored
from skneural._curvature.moments import central, diagonal_moment, double, mean_weight, shard_sums
from skneural._curvature.probes import probes
from skneural._data import Data, MapShards, Rows, Shard, Sums, cut
from skneural._network import (
    Network,
    Workspace,
    cast,
    forward,
    most_rows,
    power_of_two,
    total_weight,
)
from skneural._typing import FloatArray, Vector

SAMPLE_ROWS = 4096  # moments of more rows hardly differ
SAMPLE_SHARDS = 2  # few, because each holds its own second moments
UNCERTAIN = 4.0  # observations of complete uncertainty, added to the others
DISPERSIONS = 1e-3, 100.0  # bounds; more extreme values come from outputs that are very certain


@dataclass
class CurvatureSums(Sums):
    """Sums from which a `Curvature` is computed, each list with an item for each layer."""

    weight: Any
    squared: Any  # with class weights squared
    observed: list[Any]  # sum |g|^2 of the observed labels
    expected: list[Any]  # sum g g' of the predicted ones
    first: list[Any]  # sum w a; without the first layer if it was measured before
    second: list[Any]  # sum w a a', likewise


class CurvatureMeter:
    """Measures the curvature of a network at changing weights.

    The moments of the features do not depend on the weights, and are kept for later measurements.

    Parameters
    ----------
    network : Network
    mean, scale : array of shape (n_features,)
        Mean and scale of each feature, over all rows.
    largest : int
        Factors with more dimensions than this are measured as diagonals.
    rng : RandomState
        Draws the samples of the rows.
    map_shards : callable, default=map
    unit : float, default=1.0
        The weight of one observation.
    """

    def __init__(
        self,
        network: Network,
        mean: Vector,
        scale: Vector,
        largest: int,
        rng: np.random.RandomState,
        map_shards: MapShards = map,
        *,
        unit: float = 1.0,
    ) -> None:
        self._network = network
        self._mean = mean
        self._scale = scale
        self._largest = largest
        self._rng = rng
        self._map_shards = map_shards
        self._unit = unit
        self._features: Vector | None = None

    def measure(self, theta: Vector, rows: Data, *, is_last: bool = False) -> Curvature:
        """Factors and dispersion at weights `theta`, from a sample of the rows.

        With `is_last`, the moments of the features are not kept.
        """
        sums, scale = self._sums(theta, rows, n_known=0 if self._features is None else 1)
        inputs = []
        if self._features is not None:
            inputs.append((self._mean, self._scale, self._features))
        for first, second in zip(sums.first, sums.second, strict=True):
            mean, A = central(sums.weight, first, second, rows.dtype)
            inputs.append(_standardised(mean, A) if inputs else (self._mean, self._scale, A))
        self._features = None if is_last else inputs[0][2]
        factors = [
            Factors(*moments, G / sums.weight)
            for moments, G in zip(inputs, sums.expected, strict=True)
        ]
        return Curvature(factors, self._dispersion(sums, scale))

    def dispersion(self, theta: Vector, rows: Data) -> Vector:
        """The dispersion of the labels in each layer, from a sample of the rows."""
        return self._dispersion(*self._sums(theta, rows, n_known=self._network.n_layers))

    def _dispersion(self, sums: CurvatureSums, scale: float) -> Vector:
        """Observed over expected errors of each layer, within bounds.

        Few rows with certain predictions may agree by chance. In the output layer, some
        observations of complete uncertainty are therefore added to both; the other layers change
        by the same factor.
        """
        # Class weights are squared in the observed errors, but not in the expected ones.
        observed = np.array(sums.observed) * (sums.weight / sums.squared)
        expected = np.array([diagonal(G).sum() for G in sums.expected])
        if not (np.isfinite(observed).all() and np.isfinite(expected).all()):
            return np.ones(len(observed))
        dispersion = np.divide(observed, expected, out=np.ones_like(observed), where=expected > 0)
        added = UNCERTAIN * self._unit / scale
        shrunk = (observed[-1] + added) / (expected[-1] + added)
        dispersion *= shrunk / max(dispersion[-1], np.finfo(float).tiny)
        return np.asarray(np.clip(dispersion, *DISPERSIONS))

    def _sums(self, theta: Vector, rows: Data, n_known: int) -> tuple[CurvatureSums, float]:
        """The sums over a sample of the rows, and the number by which weights are divided."""
        network = self._network
        rows = _sample(rows, self._rng)
        scale = power_of_two(total_weight(network.output, rows, self._map_shards) / rows.n_rows)
        standardise = partial(_standardise, self._mean, self._scale)
        block_sums = partial(
            _block_sums,
            network,
            cast(theta, rows.dtype),
            scale,
            standardise,
            self._largest if n_known < network.n_layers else 0,
            n_known,
        )
        narrow_sums = partial(_narrow_sums, block_sums, most_rows(network.layers(theta)))
        return rows.sums(narrow_sums, self._map_shards), scale


def _narrow_sums(
    block_sums: Callable[[Rows, slice], CurvatureSums], n_rows: int, rows: Rows, shard: Shard
) -> CurvatureSums:
    """The sums of a shard, whose blocks are cut to at most `n_rows` rows."""
    return shard_sums(block_sums, rows, list(cut(shard, n_rows)))


def _block_sums(
    network: Network,
    theta: FloatArray,
    scale: float,
    standardise: Callable[[Any], Any],
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
    workspace = Workspace()  # for the passes of all roots
    X = rows.features(block)
    inputs, kept, logits = forward(layers, network.activations, X, workspace)
    expected: list[Any] = [0.0] * network.n_layers
    for probe in probes(output.n_roots, *rows.positions(block)):
        root = output.fisher_root(logits, labels, row_weight, probe)
        for depth, g in network.backpropagate(layers, kept, root, workspace):
            expected[depth] = expected[depth] + _moment(g, None, largest)
    observed: list[Any] = [0.0] * network.n_layers
    for root in output.error_roots(logits, labels, row_weight):
        for depth, g in network.backpropagate(layers, kept, root, workspace):
            observed[depth] += float(np.square(g).sum(dtype=np.float64))
    weight = mean_weight(output, rows, block, scale)
    squared = output.coding.weights(labels, row_weight, power=2).mean(axis=1)
    if n_known == 0:
        inputs[0] = standardise(inputs[0])
    return CurvatureSums(
        weight=weight.sum(),
        squared=squared.sum(),
        observed=observed,
        expected=expected,
        first=[weight @ a for a in inputs[n_known:]],
        second=[_moment(a, weight, largest) for a in inputs[n_known:]],
    ).in_double()


def _standardise(mean: Vector, scale: Vector, x: Any) -> Any:
    """Features as they are measured: centred if they are dense, and divided by their scales."""
    if sp.issparse(x):
        return x @ sp.diags_array(1 / scale).astype(x.dtype)
    return ((x - mean) / scale).astype(x.dtype)


def _standardised(mean: Vector, A: Vector) -> tuple[Vector, Vector, Vector]:
    """Mean, scale and moments of the inputs of a hidden layer."""
    scale = np.sqrt(floored(diagonal(A)))
    with np.errstate(over="ignore", invalid="ignore"):
        return mean, scale, A / (scale**2 if A.ndim == 1 else np.outer(scale, scale))


def _moment(a: Any, weight: FloatArray | None, largest: int) -> Vector:
    """``sum_i w_i a_i a_i'``, or its diagonal if it has more than `largest` dimensions."""
    if a.shape[1] > largest:
        return diagonal_moment(a, weight)
    if weight is None:
        return double(a.T @ a)
    if sp.issparse(a):
        return double((a.T @ (sp.diags_array(weight) @ a)).toarray())
    return double(a.T @ (a * weight[:, None]))


def _sample(rows: Data, rng: np.random.RandomState) -> Data:
    """At most `SAMPLE_ROWS` rows, one from each section of equal length, in few shards."""
    if rows.n_rows <= SAMPLE_ROWS:
        return rows.sample(np.arange(rows.n_rows), n_shards=SAMPLE_SHARDS)
    edges = np.linspace(0, rows.n_rows, SAMPLE_ROWS + 1).astype(np.intp)
    shifts = rng.uniform(size=SAMPLE_ROWS) * np.diff(edges)
    return rows.sample(edges[:-1] + shifts.astype(np.intp), n_shards=SAMPLE_SHARDS)
