"""Simple objectives, and problems made of them."""

import numpy as np

from skneural._curvature import Identity
from skneural._network import LossSums
from skneural._training.problem import Problem
from skneural._training.progress import Progress


class Function:
    """An objective without rows and penalty; subclasses define `__call__`."""

    rows = None

    def losses(self, theta):
        return LossSums(*self(theta))

    def penalised(self, theta, losses):
        return losses.loss, losses.gradient


class Bowl(Function):
    """The objective ``theta' theta``."""

    def __call__(self, theta):
        return float(theta @ theta), 2 * theta

    def linearize(self, theta):
        return lambda direction: 2 * direction


class Doubled(Identity):
    """Weights are twice the solver's steps from the origin."""

    def weights(self, phi):
        return 2 * phi

    def gradient(self, gradient):
        return 2 * gradient


def make(
    objective=None,
    start=(1.0, -2.0),
    max_iter=3,
    transformation=None,
    tol=1e-3,
    goal=-np.inf,
    **settings,
):
    """A problem, and the progress to which it adds iterates."""
    progress = Progress(np.array(start), tol=tol, **settings)
    transformation = transformation or Identity()
    return Problem(objective or Bowl(), transformation, progress, max_iter, goal), progress
