"""What is watched while a solver runs: history, reasons to stop, progress."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from skneural._typing import Vector


class Stop(Exception):
    """Raised inside a solver to end it; carries the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Solution:
    """The last iterate of a run, what was measured there, and how the run went."""

    theta: Vector
    loss: float = np.nan
    gradient_norm: float = np.nan  # the largest magnitude of an entry of the gradient
    loss_curve: list[float] = field(default_factory=list)  # after each iteration
    n_fev: int = 0
    stop_reason: str = "precision"  # where a solver gives up unless it was stopped


class Monitor:
    """Stands between a function and its solver, and keeps the last iterate in a `Solution`.

    `evaluate` goes to the solver as the function, `hessian_product` as the product with its
    Hessian, `after_iteration` as the callback.

    Parameters
    ----------
    function : callable
        Gives the loss and its gradient at a vector.
    hessian_product : callable
        Gives the product of the loss's Hessian at a vector with another vector.
    solution : Solution
        Holds the start; is kept up to date.
    tol : float
        Stop when the gradient norm is not greater.
    max_iter : int
        Stop after so many iterations.
    verbose : bool
        Print a line per iteration.
    """

    def __init__(
        self,
        function: Callable[[Vector], tuple[float, Vector]],
        hessian_product: Callable[[Vector, Vector], Vector],
        solution: Solution,
        *,
        tol: float,
        max_iter: int,
        verbose: bool,
    ) -> None:
        self.solution = solution
        self._function = function
        self._hessian_product = hessian_product
        self._tol = tol
        self._max_iter = max_iter
        self._verbose = verbose

    def evaluate(self, theta: Vector) -> tuple[float, Vector]:
        """Loss and gradient; raises `Stop` where they are not finite."""
        loss, gradient = self._function(theta)
        self.solution.n_fev += 1
        norm = float(np.abs(gradient).max())
        if not (np.isfinite(loss) and np.isfinite(norm)):
            raise Stop("overflow")
        self._evaluated = theta.copy(), loss, norm
        return loss, gradient

    def hessian_product(self, theta: Vector, direction: Vector) -> Vector:
        """The Hessian's product with `direction`; raises `Stop` where it is not finite."""
        product = self._hessian_product(theta, direction)
        if not np.isfinite(product).all():
            raise Stop("overflow")
        return product

    def start(self) -> None:
        """Evaluate at the first weights, which become the first iterate.

        Raises
        ------
        ValueError
            If loss or gradient are not finite there.
        """
        self._started = perf_counter()
        try:
            self.evaluate(self.solution.theta)
        except Stop:
            raise ValueError(
                "Loss or gradient overflow at the initial weights: the features are too large "
                "for this dtype. Scale them first, for example with StandardScaler."
            ) from None
        if self._verbose:
            print(f"{'iteration':>9}  {'loss':>14}  {'gradient norm':>13}  {'seconds':>8}")
        self._accept()

    def after_iteration(self, theta: Vector) -> None:
        """Take note of an iterate; raises `Stop` if it is the last."""
        if not np.array_equal(theta, self._evaluated[0]):
            self.evaluate(theta)  # a line search need not end where it looked last
        self.solution.loss_curve.append(self._evaluated[1])
        self._accept()

    def _accept(self) -> None:
        solution = self.solution
        solution.theta, solution.loss, solution.gradient_norm = self._evaluated
        n_iter = len(solution.loss_curve)
        if self._verbose:
            seconds = perf_counter() - self._started
            numbers = f"{solution.loss:14.8g}  {solution.gradient_norm:13.3e}  {seconds:8.2f}"
            print(f"{n_iter:9d}  {numbers}", flush=True)
        if solution.gradient_norm <= self._tol:
            raise Stop("tol")
        if n_iter >= self._max_iter:
            raise Stop("max_iter")
