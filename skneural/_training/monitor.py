"""What is watched while a solver runs: history, reasons to stop, progress, validation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from skneural._curvature import Coordinates
from skneural._network import Objective
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
    alpha: Vector
    loss: float = np.nan
    gradient_norm: float = np.nan  # the largest magnitude of an entry of the gradient
    loss_curve: list[float] = field(default_factory=list)  # after each iteration
    gradient_norm_curve: list[float] = field(default_factory=list)  # likewise
    validation_losses: list[float] = field(default_factory=list)
    best_validation_loss: float = np.inf
    n_fev: int = 0
    stop_reason: str = "precision"  # where a solver gives up unless it was stopped
    is_last: bool = False  # whether a callback wants no more runs after this one


Observer = Callable[[Solution], None]
"""Is shown the solution after each iteration, and may raise `Stop`."""


class Validation:
    """Measures each iterate on data that are not trained on, and remembers the best.

    Parameters
    ----------
    score : callable
        Gives the validation loss at a vector of weights.
    patience : int or None
        Stop after so many iterations in a row without a lower score than before.
    """

    def __init__(self, score: Callable[[Vector], float], patience: int | None) -> None:
        self._score = score
        self._patience = patience
        self._n_idle = 0
        self.best_theta: Vector | None = None

    def consider(self, solution: Solution) -> float:
        """The score of the solution, whose weights are kept if it is the best so far."""
        score = self._score(solution.theta)
        if score < solution.best_validation_loss:
            solution.best_validation_loss, self.best_theta = score, solution.theta
            self._n_idle = 0
        else:
            self._n_idle += 1
        return score

    def __call__(self, solution: Solution) -> None:
        solution.validation_losses.append(self.consider(solution))
        if self._n_idle == self._patience:
            self._n_idle = 0
            raise Stop("early_stopping")


class Monitor:
    """Stands between an objective and its solver, and keeps the last iterate in a `Solution`.

    The solver works in coordinates around the weights from which it started: ``theta = origin
    + T phi``. `evaluate` goes to it as the function of phi, `hessian_product` as the product
    with its Hessian, `after_iteration` as the callback.

    Parameters
    ----------
    solution : Solution
        Holds the start; is kept up to date.
    tol : float
        Stop when the gradient norm, that of the original coordinates, is not greater.
    verbose : bool
        Print a line per iteration.
    observers : sequence of callables
        Called with the solution after each iteration; they may raise `Stop`.
    """

    def __init__(
        self,
        solution: Solution,
        *,
        tol: float,
        verbose: bool = False,
        observers: Sequence[Observer] = (),
    ) -> None:
        self.solution = solution
        self._tol = tol
        self._verbose = verbose
        self._observers = observers
        self._started = perf_counter()
        if verbose:
            print(f"{'iteration':>9}  {'loss':>14}  {'gradient norm':>13}  {'seconds':>8}")

    def begin(self, objective: Objective, coordinates: Coordinates, max_iter: int) -> None:
        """Take the current weights for the origin, and evaluate there.

        The solver is stopped when `max_iter` iterations have been made in all. Raises `Stop`
        if it need not start.
        """
        self._objective = objective
        self._coordinates = coordinates
        self._max_iter = max_iter
        self._origin = self.solution.theta
        self._evaluated_at = np.full(1, np.nan)
        self.evaluate(np.zeros_like(self._origin))
        self._accept()

    def evaluate(self, phi: Vector) -> tuple[float, Vector]:
        """Loss and gradient; raises `Stop` where they are not finite."""
        if not np.array_equal(phi, self._evaluated_at):
            theta = self._theta(phi)
            loss, gradient = self._objective(theta)
            self.solution.n_fev += 1
            norm = float(np.abs(gradient).max())
            if not (np.isfinite(loss) and np.isfinite(norm)):
                raise Stop("overflow")
            self._evaluated_at = phi.copy()
            self._evaluated = theta, loss, norm, self._coordinates.gradient(gradient)
        return self._evaluated[1], self._evaluated[3].copy()

    def hessian_product(self, phi: Vector, direction: Vector) -> Vector:
        """The Hessian's product with `direction`; raises `Stop` where it is not finite."""
        is_known = np.array_equal(phi, self._evaluated_at)  # as a rule
        theta = self._evaluated[0] if is_known else self._theta(phi)
        direction = self._coordinates.weights(direction)
        product = self._objective.hessian_product(theta, direction)
        if not np.isfinite(product).all():
            raise Stop("overflow")
        return self._coordinates.gradient(product)

    def after_iteration(self, phi: Vector) -> None:
        """Take note of an iterate; raises `Stop` if it is the last."""
        loss, _ = self.evaluate(phi)  # a line search need not end where it looked last
        self.solution.loss_curve.append(loss)
        self.solution.gradient_norm_curve.append(self._evaluated[2])
        self._accept(is_new=True)

    def _theta(self, phi: Vector) -> Vector:
        return self._origin + self._coordinates.weights(phi)

    def _accept(self, is_new: bool = False) -> None:
        solution = self.solution
        solution.theta, solution.loss, solution.gradient_norm, _ = self._evaluated
        n_iter = len(solution.loss_curve)
        if self._verbose and (is_new or n_iter == 0):
            seconds = perf_counter() - self._started
            numbers = f"{solution.loss:14.8g}  {solution.gradient_norm:13.3e}  {seconds:8.2f}"
            print(f"{n_iter:9d}  {numbers}", flush=True)
        if is_new:
            self._show()
        if solution.gradient_norm <= self._tol:
            raise Stop("tol")
        if n_iter >= self._max_iter:
            raise Stop("max_iter")

    def _show(self) -> None:
        """Show all observers the iterate, also when one of them wants to stop."""
        stops = []
        for observer in self._observers:
            try:
                observer(self.solution)
            except Stop as stop:
                stops.append(stop)
        if stops:
            raise stops[0]
