"""The callbacks of scikit-learn: what they are told of a fit, its runs and iterations.

They are experimental there, and come with scikit-learn 1.9; nothing else knows of them.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from skneural._training import Solution, Stop

try:
    from sklearn.callback import CallbackSupportMixin as CallbackSupportMixin
    from sklearn.callback import with_callbacks as with_callbacks
except ImportError:  # before scikit-learn 1.9 there are no callbacks
    CallbackSupportMixin = type("CallbackSupportMixin", (), {})

    def with_callbacks(method: Any) -> Any:
        """The method as it is."""
        return method


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
