"""Solvers, stopping, validation, the schedule of stages, and one training run."""

from skneural._training.settings import Settings
from skneural._training.solution import Solution, StopReason
from skneural._training.solvers import SOLVERS
from skneural._training.training import train
from skneural._training.verdict import Verdict

__all__ = ["SOLVERS", "Settings", "Solution", "StopReason", "Verdict", "train"]
