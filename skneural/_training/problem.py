"""The problem that a solver minimises."""

from collections.abc import Callable

import numpy as np

from skneural._curvature import Reparametrization, Secants
from skneural._network import LossSums, Objective
from skneural._training.progress import Evaluation, Progress
from skneural._training.solution import StopReason
from skneural._typing import Vector


class Problem:
    """An objective as a function of phi, with ``theta = origin + T phi``.

    The solver starts at the origin, so its first phi is zero. Results are not finite if the
    computation overflows.

    Parameters
    ----------
    objective : Objective
    reparametrization : Reparametrization
        T.
    progress : Progress
        Holds the weights that become the origin, and the last evaluation, by this or another
        problem; records the iterates.
    max_iter : int
        Number of iterations of the whole run at which the solver stops.
    goal : float, default=-inf
        The solver also stops when the loss is not greater than this.
    secants : Secants, optional
        Records the steps from iterate to iterate.
    """

    def __init__(
        self,
        objective: Objective,
        reparametrization: Reparametrization,
        progress: Progress,
        max_iter: int,
        goal: float = -np.inf,
        secants: Secants | None = None,
    ) -> None:
        self.objective = objective
        self._reparametrization = reparametrization
        self._progress = progress
        self._max_iter = max_iter
        self._goal = goal
        self._secants = secants
        self._origin = progress.theta
        self._evaluated_at = np.full(1, np.nan)
        self._theta = self._origin
        self._loss = self._gradient_norm = np.nan
        self._gradient = self._loss_gradient = self._origin

    def evaluate(self, phi: Vector) -> tuple[float, Vector]:
        """The loss at `phi` and its gradient; the loss is not finite if either overflows."""
        self._move_to(phi)
        return self._loss, self._gradient.copy()

    def linearize(self, phi: Vector) -> Callable[[Vector], Vector]:
        """The Hessian at `phi`: a function that returns its product with a direction."""
        is_evaluated = np.array_equal(phi, self._evaluated_at)  # the usual case
        product = self.objective.linearize(self._theta if is_evaluated else self._weights(phi))
        T = self._reparametrization
        return lambda direction: T.gradient(product(T.weights(direction)))

    def begin(self) -> StopReason | None:
        """Evaluate the start, and return a reason if the solver need not run."""
        self._move_to(np.zeros_like(self._origin))
        if not np.isfinite(self._loss):
            return StopReason.OVERFLOW
        if self._secants is not None:
            self._secants.start(self._theta, self._loss_gradient)
        begun = self._progress.add_start(self._theta, self._loss, self._gradient_norm)
        return begun or self._limited()

    def first_step(self) -> float:
        """The length of a promising first step, at most 1."""
        if not self._reparametrization.is_scaled:
            return 1.0
        self._move_to(np.zeros_like(self._origin))
        return min(float(np.linalg.norm(self._gradient)), 1.0)

    def accept(self, phi: Vector) -> StopReason | None:
        """Record an iterate, and return a reason if it is the last."""
        self._move_to(phi)  # a line search may end at an earlier point than its last evaluation
        if self._secants is not None:
            self._secants.add(self._theta, self._loss_gradient)
        added = self._progress.add_iterate(self._theta, self._loss, self._gradient_norm)
        return added or self._limited()

    def _move_to(self, phi: Vector) -> None:
        """Evaluate loss and gradient at `phi`, unless they were just evaluated there."""
        if np.array_equal(phi, self._evaluated_at):
            return
        self._theta = self._weights(phi)
        self._loss, gradient = self.objective.penalised(self._theta, self._losses())
        self._gradient_norm = float(np.abs(gradient).max())
        if not np.isfinite(self._gradient_norm):
            self._loss = np.nan
        with np.errstate(over="ignore", invalid="ignore"):
            self._gradient = self._reparametrization.gradient(gradient)
        if self._secants is not None:
            self._loss_gradient = gradient - self.objective.penalty_product(self._theta)
        self._evaluated_at = phi.copy()

    def _losses(self) -> LossSums:
        """The losses at the weights, computed unless they are those of the last evaluation."""
        last, rows = self._progress.evaluation, self.objective.rows
        if last is not None and last.rows is rows and np.array_equal(last.theta, self._theta):
            return last.losses
        losses = self.objective.losses(self._theta)
        self._progress.add_evaluation(Evaluation(rows, self._theta, losses))
        return losses

    def _weights(self, phi: Vector) -> Vector:
        return self._origin + self._reparametrization.weights(phi)

    def _limited(self) -> StopReason | None:
        is_last = self._progress.n_iter >= self._max_iter or self._loss <= self._goal
        return StopReason.MAX_ITER if is_last else None
