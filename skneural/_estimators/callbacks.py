"""Support for scikit-learn's callbacks in a fit, its runs and its iterations.

Callbacks are experimental and need scikit-learn 1.9. No other module depends on them.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from skneural._training import Solution, StopReason

Method = TypeVar("Method", bound=Callable[..., Any])

if TYPE_CHECKING:

    class CallbackSupportMixin:
        """The type of scikit-learn's class, which has no types itself."""

        def set_callbacks(self, *callbacks: Any) -> Self: ...

    def with_callbacks(method: Method) -> Method: ...

else:
    try:
        from sklearn.callback import CallbackSupportMixin, with_callbacks
    except ImportError:  # before scikit-learn 1.9 there are no callbacks
        CallbackSupportMixin = type("CallbackSupportMixin", (), {})

        def with_callbacks(method):
            """Return the method unchanged."""
            return method


class Task:
    """A part of a fit whose beginning and end are reported to scikit-learn's callbacks.

    Parameters
    ----------
    context : CallbackContext
        The task's place among the tasks of the fit.
    attributes : callable
        Returns the attributes that the estimator would have if its fit ended with a solution.
    arguments : dict
        Arguments of all hooks: the estimator, the data, and metadata for scoring.
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
        """Begin a part of this task; parts without ids are numbered in sequence."""
        context = self._context.subcontext(name, task_id, max_subtasks)
        return Task(context, self._attributes, self._arguments)

    def end(self, attributes: Any = None) -> bool:
        """End the task with attributes to complete the estimator, and return whether to stop."""
        context, arguments = self._context, self._arguments
        return bool(context.call_on_fit_task_end(**arguments, reconstruction_attributes=attributes))

    def end_at(self, solution: Solution) -> bool:
        """End the task at a solution, and return whether to stop there."""
        return self.end(partial(self._attributes, solution))


class Iterations:
    """An observer that makes each iteration a subtask.

    Each begins when the one before ends, so the last may begin without being completed.
    """

    def __init__(self, task: Task, max_iter: int) -> None:
        self._task = task
        self._max_iter = max_iter
        self._current: Task | None = task.subtask("iteration")

    def __call__(self, solution: Solution) -> StopReason | None:
        assert self._current is not None
        current, self._current = self._current, None
        if current.end_at(solution):
            return StopReason.CALLBACK
        if len(solution.loss_curve) < self._max_iter:
            self._current = self._task.subtask("iteration")
        return None

    def close(self) -> None:
        """End the iteration that has begun but was not completed, if any."""
        if self._current is not None:
            self._current.end()


class WatchedFit:
    """Reports a fit, its runs and their iterations to the callbacks of an estimator.

    The iterations of a single run are subtasks of the fit itself. If scikit-learn has no
    callbacks, or none are set, nothing is reported.

    Parameters
    ----------
    estimator : estimator
        The estimator that a method decorated by `with_callbacks` is fitting.
    attributes : callable
        Returns the attributes that the estimator would have if its fit ended with a solution.
    n_runs, max_iter : int
        Number of runs, and maximum number of iterations of each.
    X, y, sample_weight
        The arguments of `fit`.
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
        """Train in the run with this number, possibly in another process."""
        if self._task is None:
            return train(seed=seed)
        task = self._task
        if self._has_runs:
            task = task.subtask("run", number, self._max_iter)
        iterations = Iterations(task, self._max_iter)
        solution = train(seed=seed, observers=[iterations])
        iterations.close()
        if self._has_runs:
            solution = replace(solution, is_last=task.end_at(solution))
        return solution

    def end(self) -> None:
        """Report that the fit and the estimator are complete."""
        if self._task is not None:
            self._task.end({})
