"""What is watched while a solver runs: history, reasons to stop, progress, callbacks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from skneural._kronecker import Coordinates
from skneural._objective import Objective
from skneural._typing import Vector

try:
    from sklearn.callback import CallbackSupportMixin as CallbackSupportMixin
    from sklearn.callback import with_callbacks as with_callbacks
except ImportError:  # before scikit-learn 1.9 there are no callbacks
    CallbackSupportMixin = type("CallbackSupportMixin", (), {})

    def with_callbacks(method: Any) -> Any:
        """The method as it is."""
        return method


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
    validation_scores: list[float] = field(default_factory=list)
    best_validation_score: float = np.inf
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
        if score < solution.best_validation_score:
            solution.best_validation_score, self.best_theta = score, solution.theta
            self._n_idle = 0
        else:
            self._n_idle += 1
        return score

    def __call__(self, solution: Solution) -> None:
        solution.validation_scores.append(self.consider(solution))
        if self._n_idle == self._patience:
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
        self._evaluated_at: Vector | None = None
        self.evaluate(np.zeros_like(self._origin))
        self._accept()

    def evaluate(self, phi: Vector) -> tuple[float, Vector]:
        """Loss and gradient; raises `Stop` where they are not finite."""
        if self._evaluated_at is None or not np.array_equal(phi, self._evaluated_at):
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
        direction = self._coordinates.weights(direction)
        product = self._objective.hessian_product(self._theta(phi), direction)
        if not np.isfinite(product).all():
            raise Stop("overflow")
        return self._coordinates.gradient(product)

    def after_iteration(self, phi: Vector) -> None:
        """Take note of an iterate; raises `Stop` if it is the last."""
        loss, _ = self.evaluate(phi)  # a line search need not end where it looked last
        self.solution.loss_curve.append(loss)
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


class Task:
    """A part of a fit, of which the callbacks of scikit-learn are told when it begins and ends.

    Parameters
    ----------
    context : CallbackContext
        The task's place among the tasks of the fit.
    attributes : callable
        Gives the attributes that the estimator would have if its fit ended with a solution.
    arguments : dict
        What all hooks are given: the estimator, the data, and metadata to score it with.
    """

    def __init__(
        self,
        context: Any,
        attributes: Callable[[Solution], dict[str, Any]],
        arguments: dict[str, Any],
    ) -> None:
        self._context = context
        self._attributes = attributes
        self._arguments = arguments
        context.call_on_fit_task_begin(**arguments)

    def subtask(self, name: str, task_id: int | None = None, max_subtasks: int = 0) -> "Task":
        """Begin a part of this task; they are numbered in sequence, or else each by its id."""
        context = self._context.subcontext(name, task_id, max_subtasks)
        return Task(context, self._attributes, self._arguments)

    def end(self, attributes: Any = None) -> bool:
        """End the task; `attributes` complete the estimator, if it can be. Whether to stop."""
        context, arguments = self._context, self._arguments
        return bool(context.call_on_fit_task_end(**arguments, reconstruction_attributes=attributes))

    def end_at(self, solution: Solution) -> bool:
        """End the task at a solution; returns whether to stop there."""
        return self.end(partial(self._attributes, solution))


class Iterations:
    """An observer that makes each iteration a subtask.

    The next one begins where one ends, so that the last may have begun and not be made.
    """

    def __init__(self, task: Task, max_iter: int) -> None:
        self._task = task
        self._max_iter = max_iter
        self._current: Task | None = task.subtask("iteration")

    def __call__(self, solution: Solution) -> None:
        assert self._current is not None
        current, self._current = self._current, None
        if current.end_at(replace(solution, stop_reason="callback")):
            raise Stop("callback")
        if len(solution.loss_curve) < self._max_iter:
            self._current = self._task.subtask("iteration")

    def close(self) -> None:
        """End the iteration that has begun, if any, without a solution."""
        if self._current is not None:
            self._current.end()


class WatchedFit:
    """Tells the callbacks that were set for an estimator of a fit, its runs and iterations.

    The iterations of a single run are subtasks of the fit itself. Where scikit-learn has no
    callbacks, or none are set, nothing is done.

    Parameters
    ----------
    estimator : estimator
        Is being fitted, in a method with the decorator `with_callbacks`.
    attributes : callable
        Gives the attributes that the estimator would have if its fit ended with a solution.
    n_runs, max_iter : int
        Number of runs, and the most iterations of each.
    X, y, sample_weight
        What `fit` was given.
    """

    def __init__(
        self,
        estimator: Any,
        attributes: Callable[[Solution], dict[str, Any]],
        *,
        n_runs: int,
        max_iter: int,
        X: Any,
        y: Any,
        sample_weight: Any,
    ) -> None:
        self._task: Task | None = None
        self._max_iter = max_iter
        self._has_runs = n_runs > 1
        if not hasattr(estimator, "set_callbacks"):
            return
        context = estimator._init_callback_context(
            max_subtasks=n_runs if self._has_runs else max_iter,
            sequential_subtasks=not self._has_runs,
        )
        if hasattr(estimator, "_skl_callbacks"):
            metadata = None if sample_weight is None else {"sample_weight": sample_weight}
            arguments = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
            self._task = Task(context, attributes, arguments)

    def run(self, train: Callable[..., Solution], number: int, seed: int) -> Solution:
        """Make the run of this number; it may be in another process."""
        if self._task is None:
            return train(seed=seed)
        task = self._task
        if self._has_runs:
            task = task.subtask("run", number, self._max_iter)
        iterations = Iterations(task, self._max_iter)
        solution = train(seed=seed, observers=[iterations])
        iterations.close()
        if self._has_runs:
            solution.is_last = task.end_at(solution)
        return solution

    def end(self) -> None:
        """The fit is complete, and so is the estimator."""
        if self._task is not None:
            self._task.end({})
