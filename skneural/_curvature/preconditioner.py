"""The coordinates in which a solver works: a linear change of variables for each layer.

A layer's curvature is about ``A kron G`` (see `_moments`), plus that of the penalty, which is
``alpha / S``. In coordinates V, in which it is about the same in all directions, a solver
needs few iterations::

    coef       W = P V Q                     P = L^-T,  L L' = A + damping
    intercept  b = v Q / sqrt(1 + d) - mean' W      Q = M^-1,  M M' = G + damping

    gradient   dJ/dV = P' (dJ/dW - mean dJ/db') Q'     dJ/dv = dJ/db Q' / sqrt(1 + d)

The minima are the same, only the path to them is another. The damping is, with s_j^2 the
variances of the inputs, floored, a their geometric mean, and g the mean of G's diagonal::

    of A   d s_j^2 + a p      of G   g (d + p)      p = sqrt(alpha / (S a g))

so that p a p g is the penalty's curvature (factored Tikhonov damping), and d = 1 the share
that keeps the directions of small curvature, which hold most of the noise, from being blown
up to the size of the others.

References
----------
J. Martens and R. Grosse, "Optimizing neural networks with Kronecker-factored approximate
curvature", ICML 2015, section 6.3. https://proceedings.mlr.press/v37/martens15.html

N. Wadia et al., "Whitening and second order optimization both make information in the dataset
unusable during training, and can reduce or prevent generalization", ICML 2021.
https://proceedings.mlr.press/v139/wadia21a.html
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple, final

import numpy as np
from scipy.linalg import LinAlgError, cholesky, solve_triangular

from skneural._curvature.moments import Factors, diagonal, floored
from skneural._data import MapShards
from skneural._network import Layer, Network
from skneural._typing import FloatArray, Vector

DAMPING = 1.0
CHEAP_DIMENSIONS = 2048  # factoring more takes seconds
FREE_DIMENSIONS = 256  # factoring less takes a few milliseconds
LARGEST_DIMENSIONS = 8192  # half a gigabyte for a matrix
_PAYS = 1e6
_EVEN = 100.0
_SMALL = 1e-12  # the least curvature that counts: there is none where all outputs are certain


class Preconditioner(Enum):
    """Which sides of the layers have a matrix for a factor, and which a diagonal."""

    AUTO = "auto"  # matrices where they are cheap
    KRONECKER = "kronecker"  # matrices
    DIAGONAL = "diagonal"  # diagonals

    @staticmethod
    def where_it_pays(work: float, variance: Vector) -> "Preconditioner | None":
        """AUTO, or None for small problems with features of similar scale.

        Those are solved before better coordinates make up for their cost. `work` is a pass
        over the data, in multiplications, `variance` that of each feature, floored.
        """
        is_even = float(variance.max()) <= _EVEN * float(variance.min())
        return None if work < _PAYS and is_even else Preconditioner.AUTO

    def check(self, layer_sizes: Sequence[int]) -> None:
        """Refuse matrices that are too large.

        Raises
        ------
        ValueError
        """
        if self is Preconditioner.KRONECKER and max(layer_sizes) > LARGEST_DIMENSIONS:
            raise ValueError(
                f"preconditioner='kronecker' factors a matrix for every layer's inputs and "
                f"outputs, of at most {LARGEST_DIMENSIONS} dimensions; layer sizes are "
                f"{tuple(layer_sizes)}. Use preconditioner='auto'."
            )

    def largest_dimensions(self, n_rows: int) -> int:
        """The most dimensions of which second moments are taken as a matrix."""
        if self is Preconditioner.KRONECKER:
            return LARGEST_DIMENSIONS
        return min(CHEAP_DIMENSIONS, max(n_rows, FREE_DIMENSIONS))

    def choose(self, factors: Sequence[Factors]) -> Sequence[Factors]:
        """The factors that the coordinates are made of."""
        if self is not Preconditioner.DIAGONAL:
            return factors
        return [Factors(mean, diagonal(A), diagonal(G)) for mean, A, G in factors]


PRECONDITIONERS: dict[str | None, Preconditioner | None] = {
    **{each.value: each for each in Preconditioner},
    None: None,
}


class Coordinates(ABC):
    """A linear change of variables, ``theta = T phi``."""

    @abstractmethod
    def weights(self, phi: Vector) -> Vector:
        """``T phi``."""

    @abstractmethod
    def gradient(self, gradient: Vector) -> Vector:
        """``T' gradient``."""


@final
class Identity(Coordinates):
    def weights(self, phi: Vector) -> Vector:
        return phi

    def gradient(self, gradient: Vector) -> Vector:
        return gradient


class _LayerMap(NamedTuple):
    mean: Vector
    P: Vector  # an upper triangular matrix, or the diagonal of one
    Q: Vector
    intercept_scale: float

    def coef(self, phi: Layer, rows: slice) -> Vector:
        """Some rows of ``P V Q``."""
        if self.P.ndim == 1:
            return _times(self.P[rows, None] * phi.coef[rows], self.Q)
        return _times(self.P[rows, rows.start :] @ phi.coef[rows.start :], self.Q)

    def intercept(self, phi: Layer, coef: Vector) -> Vector:
        return _times(self.intercept_scale * phi.intercept, self.Q) - self.mean @ coef

    def coef_gradient(self, gradient: Layer, rows: slice) -> Vector:
        """Some rows of ``P' (dJ/dW - mean dJ/db') Q'``."""
        used = rows if self.P.ndim == 1 else slice(rows.stop)
        centred = gradient.coef[used] - np.outer(self.mean[used], gradient.intercept)
        if self.P.ndim == 1:
            return _times(self.P[rows, None] * centred, self.Q.T)
        return _times(self.P[used, rows].T @ centred, self.Q.T)

    def intercept_gradient(self, gradient: Layer) -> Vector:
        return self.intercept_scale * _times(gradient.intercept, self.Q.T)


@final
class Kronecker(Coordinates):
    """Coordinates from the Kronecker factors of each layer.

    Parameters
    ----------
    network : Network
    factors : sequence of Factors
        Diagonals stay diagonal.
    penalty : array of shape (n_layers,)
        The curvature of each layer's penalty, ``alpha / S``.
    map_layers : callable, default=map
        Maps a function over layers, or pieces of them, with BLAS held to one thread.
    """

    def __init__(
        self,
        network: Network,
        factors: Sequence[Factors],
        penalty: Vector,
        map_layers: MapShards = map,
    ) -> None:
        self._network = network
        self._map_layers = map_layers
        self._maps = list(map_layers(_layer_map, zip(factors, penalty, strict=True)))
        self._pieces = [
            (number, rows) for number, each in enumerate(factors) for rows in _pieces(len(each.A))
        ]

    def weights(self, phi: Vector) -> Vector:
        theta = np.empty_like(phi)
        inputs, results = self._network.layers(phi), self._network.layers(theta)
        self._write_coefs(_LayerMap.coef, inputs, results)

        def write_intercept(number: int) -> None:
            coef = results[number].coef
            results[number].intercept[...] = self._maps[number].intercept(inputs[number], coef)

        list(self._map_layers(write_intercept, range(len(self._maps))))
        return theta

    def gradient(self, gradient: Vector) -> Vector:
        result = np.empty_like(gradient)
        inputs, results = self._network.layers(gradient), self._network.layers(result)
        self._write_coefs(_LayerMap.coef_gradient, inputs, results)
        for each, layer, written in zip(self._maps, inputs, results, strict=True):
            written.intercept[...] = each.intercept_gradient(layer)
        return result

    def _write_coefs(
        self,
        function: Callable[[_LayerMap, Layer, slice], Vector],
        inputs: Sequence[Layer],
        results: Sequence[Layer],
    ) -> None:
        """Write each layer's coefficients, some rows at a time, as `function` gives them."""

        def write(piece: tuple[int, slice]) -> None:
            number, rows = piece
            results[number].coef[rows] = function(self._maps[number], inputs[number], rows)

        list(self._map_layers(write, self._pieces))


def _pieces(fan_in: int) -> list[slice]:
    """Rows of a layer that a thread transforms at a time: less than all, of a large one."""
    n_pieces = 4 if fan_in > FREE_DIMENSIONS else 1
    edges = np.linspace(0, fan_in, n_pieces + 1).astype(int).tolist()
    return [slice(start, stop) for start, stop in pairwise(edges)]


def _layer_map(layer: tuple[Factors, float]) -> _LayerMap:
    (mean, A, G), penalty = layer
    variance = floored(diagonal(A))
    a = float(np.exp(np.log(variance).mean()))
    g = max(float(diagonal(G).mean()), _SMALL)
    p = np.sqrt(penalty / (a * g))
    P = _inverse_root(A, DAMPING * variance + a * p).T
    Q = _inverse_root(G, np.full(len(G), g * (DAMPING + p)))
    return _LayerMap(mean, P, Q, 1 / np.sqrt(1 + DAMPING))


def _inverse_root(matrix: Vector, damping: Vector) -> Vector:
    """``L^-1`` for ``L L' = matrix + damping``, lower triangular or diagonal."""
    if matrix.ndim == 1:
        return np.asarray(1 / np.sqrt(matrix + damping))
    damped = matrix.copy()
    np.fill_diagonal(damped, matrix.diagonal() + damping)
    try:
        root = cholesky(damped, lower=True, overwrite_a=True)
    except LinAlgError:  # where rounding outweighs the damping, the diagonal has to do
        return _inverse_root(matrix.diagonal(), damping)
    return np.asarray(solve_triangular(root, np.eye(len(root)), lower=True))


def _times(values: FloatArray, factor: Vector) -> Vector:
    return np.asarray(values @ factor if factor.ndim == 2 else values * factor)
