"""The result of a run, and the reasons why it stops."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from skneural._training.verdict import Verdict
from skneural._typing import Vector


class StopReason(StrEnum):
    """Why a solver, or a whole run, has stopped."""

    TOL = "tol"
    MAX_ITER = "max_iter"
    EARLY_STOPPING = "early_stopping"
    CALLBACK = "callback"
    PRECISION = "precision"
    OVERFLOW = "overflow"
    INTERRUPTED = "interrupted"
    NO_STRUCTURE = "no_structure"

    @property
    def completes_stage(self) -> bool:
        """Whether the run goes on with the next stage."""
        return self in _COMPLETING


_COMPLETING = {
    StopReason.TOL,
    StopReason.MAX_ITER,
    StopReason.PRECISION,
    StopReason.NO_STRUCTURE,
}


@dataclass(frozen=True)
class Features:
    """Properties of the features that slow a solver down if it is not preconditioned."""

    scale_ratio: float  # of the largest scale to the smallest
    distance: float  # of a mean from 0, at most, in scales


@dataclass(frozen=True)
class Solution:
    """The final weights of a run, measurements there, and the history of the run."""

    theta: Vector
    alpha: Vector
    loss: float
    gradient_norm: float  # the largest magnitude of an entry of the gradient
    loss_curve: tuple[float, ...]  # after each iteration
    gradient_norm_curve: tuple[float, ...]  # likewise
    validation_losses: tuple[float, ...]  # likewise, if there are validation data
    best_validation_loss: float  # including the start; infinite without validation data
    n_fev: int
    stop_reason: StopReason
    is_converged: bool
    verdict: Verdict | None = None
    features: Features | None = None
    is_last: bool = False  # whether a callback requested that no other run follow


Observer = Callable[[Solution], StopReason | None]
"""Called after each iteration with the result so far; a reason that it returns stops the run."""
