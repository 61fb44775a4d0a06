"""The state of a run: its last iterate and its history."""

from collections.abc import Sequence
from time import perf_counter

import numpy as np

from skneural._training.solution import Observer, Solution, StopReason
from skneural._training.validation import Validation
from skneural._typing import Vector


class Progress:
    """Records iterates, reports them, and tests whether the run should stop.

    Parameters
    ----------
    theta : Vector
        The initial weights.
    alpha : array of shape (n_layers,)
        The penalty of each layer.
    tol : float
        Stop when the gradient norm is not greater than this.
    verbose : bool, default=False
        Print a line for each iteration.
    validation : Validation, optional
    observers : sequence of Observer
    """

    def __init__(
        self,
        theta: Vector,
        alpha: Vector,
        *,
        tol: float,
        verbose: bool = False,
        validation: Validation | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        self.theta = theta
        self.alpha = alpha
        self.loss = np.nan
        self.gradient_norm = np.nan
        self.n_fev = 0
        self.validation = validation
        self._history: list[tuple[float, float, float]] = []
        self._tol = tol
        self._verbose = verbose
        self._observers = observers
        self._started = perf_counter()
        if verbose:
            print(f"{'iteration':>9}  {'loss':>14}  {'gradient norm':>13}  {'seconds':>8}")

    @property
    def n_iter(self) -> int:
        return len(self._history)

    @property
    def is_evaluated(self) -> bool:
        """Whether the objective has been evaluated at any weights."""
        return not np.isnan(self.loss)

    def begin_stage(self, theta: Vector, loss: float, gradient_norm: float) -> StopReason | None:
        """Record the start of a stage, and return a reason if its weights are good enough."""
        self.theta, self.loss, self.gradient_norm = theta, loss, gradient_norm
        if self.n_iter == 0:
            self._print()
        return self._tested()

    def add_iterate(self, theta: Vector, loss: float, gradient_norm: float) -> StopReason | None:
        """Record an iterate, and return a reason if it is the last."""
        # First, as an interruption here must not leave histories of different lengths.
        validation_loss = np.nan if self.validation is None else self.validation.measure(theta)
        self.theta, self.loss, self.gradient_norm = theta, loss, gradient_norm
        self._history.append((loss, gradient_norm, validation_loss))
        self._print()
        reasons = [] if self.validation is None else [self.validation.tested()]
        reasons += [observer(self.solution(StopReason.CALLBACK)) for observer in self._observers]
        return next((reason for reason in reasons if reason is not None), self._tested())

    def solution(self, reason: StopReason) -> Solution:
        """The result of the run if it stops here."""
        validation = self.validation
        columns = zip(*self._history, strict=True) if self._history else ((), (), ())
        losses, gradient_norms, validation_losses = columns
        return Solution(
            theta=self.theta,
            alpha=self.alpha,
            loss=self.loss,
            gradient_norm=self.gradient_norm,
            loss_curve=losses,
            gradient_norm_curve=gradient_norms,
            validation_losses=() if validation is None else validation_losses,
            best_validation_loss=np.inf if validation is None else validation.best_loss,
            n_fev=self.n_fev,
            stop_reason=reason,
        )

    def _tested(self) -> StopReason | None:
        return StopReason.TOL if self.gradient_norm <= self._tol else None

    def _print(self) -> None:
        if self._verbose:
            seconds = perf_counter() - self._started
            numbers = f"{self.loss:14.8g}  {self.gradient_norm:13.3e}  {seconds:8.2f}"
            print(f"{self.n_iter:9d}  {numbers}", flush=True)
