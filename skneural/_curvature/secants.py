"""Secant pairs, by which a solver hands on to the next what it has learned about the curvature.

A step and the change of the gradient along it are a secant pair (s, y). Applied to a matrix that
approximates the inverse Hessian, the BFGS formula gives one that maps y to s. As a product with its
transpose, it is a change of variables in which another solver can start: it then need not learn the
same again. The penalty may change from one solver to the next, and its curvature is known; so the
gradients are those of the losses, and the present penalty is added. Starting from a change of
variables T, with pairs s = T^-1 ds and y = T' dg::

    T E   with   E = sqrt(s_m'y_m / y_m'y_m) F_1 ... F_m

    F_k = I - u w' / u'v        u = E_(k-1)^-1 s_k      w = v - sqrt(u'v) / |u| u
                                v = E_(k-1)' y_k

All F together are ``I - U' M W``, where M is an upper triangular matrix of as many rows as pairs.

References
----------
K. W. Brodlie, A. R. Gourlay and J. Greenstadt, "Rank-one and rank-two corrections to positive
definite matrices expressed in product form", IMA Journal of Applied Mathematics 11, 1973.
doi:10.1093/imamat/11.1.73
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple, final

import numpy as np

from skneural._curvature.reparametrization import Reparametrization
from skneural._typing import Vector

MOST_PAIRS = 5
_LEAST_COSINE = 1e-8  # between s and y


class SecantPair(NamedTuple):
    """A step, and the change of a gradient along it."""

    step: Vector
    change: Vector

    def is_convex(self) -> bool:
        """Whether the gradient grows along the step, by more than rounding makes it grow."""
        with np.errstate(over="ignore", invalid="ignore"):
            lengths = np.linalg.norm(self.step) * np.linalg.norm(self.change)
            return bool(self.step @ self.change > _LEAST_COSINE * lengths)


class Secants:
    """The last secant pairs of the solvers of a run, with gradients of the losses."""

    def __init__(self) -> None:
        self._pairs: deque[SecantPair] = deque(maxlen=MOST_PAIRS)
        self._last: tuple[Vector, Vector] | None = None

    def start(self, theta: Vector, gradient: Vector) -> None:
        """Set where the next step begins."""
        self._last = theta, gradient

    def add(self, theta: Vector, gradient: Vector) -> None:
        """Add the step to some weights; the arrays are kept, and must not change."""
        assert self._last is not None
        before, gradient_before = self._last
        self._pairs.append(SecantPair(theta - before, gradient - gradient_before))
        self._last = theta, gradient

    def clear(self) -> None:
        """Forget all pairs."""
        self._pairs.clear()

    def refine(
        self, T: Reparametrization, penalty_product: Callable[[Vector], Vector]
    ) -> Reparametrization:
        """The change of variables T, followed by what the pairs teach.

        `penalty_product` multiplies by the Hessian of the penalty. Pairs along which the gradient
        does not grow are left out.
        """
        local = (
            SecantPair(T.inverse(step), T.gradient(change + penalty_product(step)))
            for step, change in self._pairs
        )
        pairs = [pair for pair in local if pair.is_convex()]
        return SecantReparametrization(T, pairs) if pairs else T


@final
class SecantReparametrization(Reparametrization):
    """``T E``, where E is made of secant pairs.

    Parameters
    ----------
    T : Reparametrization
    pairs : sequence of SecantPair
        At least one, in the variables of T, in the order in which they were seen.
    """

    is_scaled = True

    def __init__(self, T: Reparametrization, pairs: Sequence[SecantPair]) -> None:
        self._T = T
        s, y = pairs[-1]
        self._scale = float(np.sqrt(s @ y) / np.linalg.norm(y))
        self._U, self._W = np.empty((2, 0, len(s)))
        self._M = np.empty((0, 0))
        for pair in pairs:
            self._add(*pair)

    def weights(self, phi: Vector) -> Vector:
        return self._T.weights(self._combined(phi, self._M @ (self._W @ phi), self._U))

    def gradient(self, gradient: Vector) -> Vector:
        return self._transposed(self._T.gradient(gradient))

    def inverse(self, theta: Vector) -> Vector:
        return self._inverse(self._T.inverse(theta))

    def _transposed(self, gradient: Vector) -> Vector:
        """``E' gradient``."""
        return self._combined(gradient, (self._U @ gradient) @ self._M, self._W)

    def _combined(self, vector: Vector, factors: Vector, vectors: Vector) -> Vector:
        """Subtract multiples of other vectors; in one array, as the vectors may be long."""
        result = factors @ vectors
        np.subtract(vector, result, out=result)
        result *= self._scale
        return np.asarray(result)

    def _inverse(self, vector: Vector) -> Vector:
        """``E^-1 vector``, from ``(I - U'MW)^-1 = I + U' (I - M W U')^-1 M W``."""
        small = np.eye(len(self._M)) - self._M @ (self._W @ self._U.T)
        factors = np.linalg.solve(small, self._M @ (self._W @ vector))
        return np.asarray((vector + factors @ self._U) / self._scale)

    def _add(self, s: Vector, y: Vector) -> None:
        """Multiply E by the factor of another pair."""
        u, v = self._inverse(s), self._transposed(y)
        product = u @ v
        w = v - np.sqrt(product) / np.linalg.norm(u) * u
        column = -self._M @ (self._W @ u)
        self._M = np.block([[self._M, column[:, None]], [np.zeros(len(column)), 1.0]])
        self._M[:, -1] /= product
        self._U = np.vstack([self._U, u])
        self._W = np.vstack([self._W, w])
