"""The state of a run: its last iterate and its history."""

from collections import deque
from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np

from skneural._data import Data
from skneural._network import LossSums
from skneural._training.solution import Observer, Solution, StopReason
from skneural._training.validation import Validation
from skneural._training.verdict import Verdict
from skneural._typing import Vector

WINDOW = 5  # iterations over which the fall of the objective is measured
SLOW_START = 10  # iterations of a stage that say little, as the solver's memory is still short
LEAST_LOSS = 1e-3  # a fall is relative to this if the objective is smaller


def least_fall(n_observed: float) -> float:
    """The least relative fall of the objective in a window, for a number of observations.

    0.4 % for 1000 and 0.2 % for 400,000: the more there are, the more a fall says about others.
    """
    return 0.01 / float(n_observed**0.125)


class Evaluation(NamedTuple):
    """The losses of some rows at some weights, which hold for every penalty."""

    rows: Data
    theta: Vector
    losses: LossSums


class Progress:
    """Records iterates, reports them, and tests whether the run should stop.

    Parameters
    ----------
    theta : Vector
        The initial weights.
    tol : float or None
        Stop when the gradient norm is not greater than this. If None, stop when the objective has
        fallen by less than `fall` in the last 5 iterations of the last stage, after its first 10.
    fall : float, default=0.0
        A share of the objective.
    verbose : bool, default=False
        Print a line for each iteration.
    validation : Validation, optional
    observers : sequence of Observer
    """

    def __init__(
        self,
        theta: Vector,
        *,
        tol: float | None,
        fall: float = 0.0,
        verbose: bool = False,
        validation: Validation | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        self.theta = theta
        self.alpha = np.full(1, np.nan)
        self.verdict: Verdict | None = None
        self.loss = np.nan
        self.gradient_norm = np.nan
        self.n_fev = 0
        self.evaluation: Evaluation | None = None  # the last one
        self.validation = validation
        self._history: list[tuple[float, float, float]] = []
        self._tol = tol
        self._fall = fall
        self._tests_gradient = tol is not None
        self._fallen: deque[float] | None = None
        self._slow_until = 0
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

    def add_evaluation(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self.n_fev += 1

    def begin_stage(self, alpha: Vector, note: str, *, is_whole: bool, is_last: bool) -> None:
        """Begin a stage with a penalty for each layer, and report it with a note.

        Only with all rows may the gradient end it, and only if it is the last, the objective.
        """
        self.alpha = alpha
        self._tests_gradient = is_whole and self._tol is not None
        self._fallen = deque(maxlen=WINDOW + 1) if is_last and self._tol is None else None
        self._slow_until = self.n_iter + SLOW_START
        if self._verbose:
            print(f"{note}, alpha {np.array2string(alpha, precision=3)}", flush=True)

    def add_start(self, theta: Vector, loss: float, gradient_norm: float) -> StopReason | None:
        """Record the start of a solver, and return a reason if its weights are good enough."""
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
            is_converged=self._is_converged(reason),
            verdict=self.verdict,
        )

    def _tested(self) -> StopReason | None:
        if self._tests_gradient and self._tol is not None:
            return StopReason.TOL if self.gradient_norm <= self._tol else None
        if self._fallen is None or self.n_iter < self._slow_until:
            return None
        self._fallen.append(self.loss)
        is_full = len(self._fallen) > WINDOW
        least = self._fall * (abs(self.loss) + LEAST_LOSS)
        has_ended = is_full and self._fallen[0] - self.loss < least
        return StopReason.TOL if has_ended else None

    def ended_by(self, reason: StopReason) -> StopReason:
        """The reason for the end of a stage, given why the solver ended for good."""
        is_last = self._fallen is not None
        return StopReason.TOL if is_last and reason is StopReason.PRECISION else reason

    def _is_converged(self, reason: StopReason) -> bool:
        if self._tol is None:
            return reason in (StopReason.TOL, StopReason.NO_STRUCTURE)
        return self.gradient_norm <= self._tol

    def _print(self) -> None:
        if self._verbose:
            seconds = perf_counter() - self._started
            numbers = f"{self.loss:14.8g}  {self.gradient_norm:13.3e}  {seconds:8.2f}"
            print(f"{self.n_iter:9d}  {numbers}", flush=True)
