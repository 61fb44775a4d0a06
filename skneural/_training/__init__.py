"""Solvers, stopping, validation, the schedule of stages, and one training run."""

from skneural._training.monitor import Solution, Stop
from skneural._training.run import Settings, train
from skneural._training.solvers import OPTIMIZERS

__all__ = ["OPTIMIZERS", "Settings", "Solution", "Stop", "train"]
