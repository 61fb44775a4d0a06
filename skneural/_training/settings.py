"""Settings of a run."""

from dataclasses import dataclass

from skneural._curvature import PenaltyRule, Preconditioner
from skneural._training.solvers import Solver


@dataclass(frozen=True)
class Settings:
    """Settings of a run, besides the data and the start."""

    penalty: PenaltyRule
    solver: Solver
    preconditioner: Preconditioner | None
    tol: float | None  # None: until the objective has stopped falling
    max_iter: int
    verbose: bool = False
    patience: int | None = None  # iterations without a lower validation loss
