"""The linear change of variables in which a solver works.

For inputs that are centred and divided by their scales s, a layer's curvature is about ``A kron G``
(see `CurvatureMeter`), plus the curvature r_j of the penalty of input j. A solver needs few
iterations for weights V, v whose curvature is about the same in all directions::

    coef       W = P V Q                            P = L^-T / s,  L L' = A + damping
    intercept  b = v Q / sqrt(1 + d) - mean' W      Q = M^-1,      M M' = G + damping

    gradient   dJ/dV = P' (dJ/dW - mean dJ/db') Q'     dJ/dv = dJ/db Q' / sqrt(1 + d)

The minima are the same; only the path to them changes. With the mean g of G's diagonal and the
geometric mean r of the r_j, the damping is::

    of A   d + p r_j / r      of G   g (d + p)      p = sqrt(r / g)

so that ``(p r_j / r) (g p)`` is the curvature of the penalty (factored Tikhonov damping). The share
d = 1 keeps directions of small curvature, which hold most of the noise, from being scaled up to the
others.

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
from itertools import pairwise
from typing import NamedTuple, final

import numpy as np
from scipy.linalg import LinAlgError, cholesky, solve_triangular

from skneural._curvature.factors import Factors, diagonal
from skneural._data import MapShards
from skneural._network import Layer, Network
from skneural._typing import FloatArray, Vector

DAMPING = 1.0
WHOLE_FEATURES = 256  # layers with more inputs are transformed in at least four pieces
PIECE_FEATURES = 4096  # in a piece of a layer with very many inputs
_SMALL = 1e-12  # the least curvature to divide by; it vanishes if all outputs are certain
_BOUNDS = 1e-300, 1e290  # on the curvature of a penalty
_LARGEST_LOG = 300.0  # of such a curvature, relative to the geometric mean of its layer


class Reparametrization(ABC):
    """A linear change of variables, ``theta = T phi``."""

    is_scaled: bool = False
    """Whether the Hessian is so near the identity that the gradient's length is a step's."""

    @abstractmethod
    def weights(self, phi: Vector) -> Vector:
        """``T phi``."""

    @abstractmethod
    def gradient(self, gradient: Vector) -> Vector:
        """``T' gradient``."""

    @abstractmethod
    def inverse(self, theta: Vector) -> Vector:
        """``T^-1 theta``."""


@final
class Identity(Reparametrization):
    def weights(self, phi: Vector) -> Vector:
        return phi

    def gradient(self, gradient: Vector) -> Vector:
        return gradient

    def inverse(self, theta: Vector) -> Vector:
        return theta


class _LayerMap(NamedTuple):
    mean: Vector
    P: Vector  # an upper triangular matrix, or the diagonal of one
    Q: Vector
    intercept_scale: float

    def write_coef(self, phi: Layer, rows: slice, out: FloatArray) -> None:
        """Write some rows of ``P V Q``."""
        if self.P.ndim == 1:
            product = self.P[rows, None] * phi.coef[rows]
        else:
            product = self.P[rows, rows.start :] @ phi.coef[rows.start :]
        _times(product, self.Q, out)

    def intercept(self, phi: Layer, coef: Vector) -> Vector:
        return _times(self.intercept_scale * phi.intercept, self.Q) - self.mean @ coef

    def write_coef_gradient(self, gradient: Layer, rows: slice, out: FloatArray) -> None:
        """Write some rows of ``P' (dJ/dW - mean dJ/db') Q'``."""
        used = rows if self.P.ndim == 1 else slice(rows.stop)
        centred = np.outer(self.mean[used], gradient.intercept)
        np.subtract(gradient.coef[used], centred, out=centred)
        if self.P.ndim == 1:
            centred *= self.P[rows, None]
        else:
            centred = self.P[used, rows].T @ centred
        _times(centred, self.Q.T, out)

    def intercept_gradient(self, gradient: Layer) -> Vector:
        return self.intercept_scale * _times(gradient.intercept, self.Q.T)

    def write_inverse(self, theta: Layer, out: Layer) -> None:
        """Write ``V = P^-1 W Q^-1`` and ``v = sqrt(1 + d) (b + mean' W) Q^-1``."""
        intercept = (theta.intercept + self.mean @ theta.coef) / self.intercept_scale
        if self.P.ndim == 1:
            coef = theta.coef / self.P[:, None]
        else:
            coef = solve_triangular(self.P, theta.coef)
        if self.Q.ndim == 1:
            out.intercept[...], out.coef[...] = intercept / self.Q, coef / self.Q
        else:
            right_sides = np.vstack([intercept, coef]).T
            solved = solve_triangular(self.Q, right_sides, trans="T", lower=True).T
            out.intercept[...], out.coef[...] = solved[0], solved[1:]


@final
class KroneckerReparametrization(Reparametrization):
    """A change of variables from the Kronecker factors of each layer.

    Parameters
    ----------
    network : Network
    factors : sequence of Factors
        Matrices, or diagonals.
    penalty : sequence of arrays of shape (fan_in,)
        The curvature of the penalty of the coefficients of each input, in each layer.
    map_layers : callable, default=map
        Maps a function over layers, or pieces of them, with BLAS limited to one thread.
    """

    def __init__(
        self,
        network: Network,
        factors: Sequence[Factors],
        penalty: Sequence[Vector],
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
        self._write_coefs(_LayerMap.write_coef, inputs, results)

        def write_intercept(number: int) -> None:
            coef = results[number].coef
            results[number].intercept[...] = self._maps[number].intercept(inputs[number], coef)

        list(self._map_layers(write_intercept, range(len(self._maps))))
        return theta

    def gradient(self, gradient: Vector) -> Vector:
        result = np.empty_like(gradient)
        inputs, results = self._network.layers(gradient), self._network.layers(result)
        self._write_coefs(_LayerMap.write_coef_gradient, inputs, results)
        for each, layer, written in zip(self._maps, inputs, results, strict=True):
            written.intercept[...] = each.intercept_gradient(layer)
        return result

    def inverse(self, theta: Vector) -> Vector:
        phi = np.empty_like(theta)
        layers = zip(self._maps, *map(self._network.layers, (theta, phi)), strict=True)
        list(self._map_layers(lambda each: _LayerMap.write_inverse(*each), layers))
        return phi

    def _write_coefs(
        self,
        write_rows: Callable[[_LayerMap, Layer, slice, FloatArray], None],
        inputs: Sequence[Layer],
        results: Sequence[Layer],
    ) -> None:
        """Write each layer's coefficients, some rows at a time."""

        def write(piece: tuple[int, slice]) -> None:
            number, rows = piece
            write_rows(self._maps[number], inputs[number], rows, results[number].coef[rows])

        list(self._map_layers(write, self._pieces))


def _pieces(fan_in: int) -> list[slice]:
    """Slices of the rows of a layer, each transformed by one thread; one for a small layer."""
    n_pieces = max(4, fan_in // PIECE_FEATURES) if fan_in > WHOLE_FEATURES else 1
    edges = np.linspace(0, fan_in, n_pieces + 1).astype(int).tolist()
    return [slice(start, stop) for start, stop in pairwise(edges)]


def _layer_map(layer: tuple[Factors, Vector]) -> _LayerMap:
    (mean, scale, A, G), penalty = layer
    g = max(float(diagonal(G).mean()), _SMALL)
    with np.errstate(over="ignore"):
        r = np.log(np.clip(penalty / scale**2, *_BOUNDS))
    shares = np.exp(np.minimum(r - r.mean(), _LARGEST_LOG))
    p = np.sqrt(np.exp(r.mean()) / g)
    root = _inverse_root(A, DAMPING + p * shares).T
    P = root / (scale if root.ndim == 1 else scale[:, None])
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
    except LinAlgError:  # rounding outweighs the damping: use the diagonal
        return _inverse_root(matrix.diagonal(), damping)
    return np.asarray(solve_triangular(root, np.eye(len(root)), lower=True))


def _times(values: FloatArray, factor: Vector, out: FloatArray | None = None) -> Vector:
    times = np.matmul if factor.ndim == 2 else np.multiply
    return np.asarray(times(values, factor, out=out))
