"""The loss on validation data, measured after each iteration."""

from collections.abc import Callable

import numpy as np

from skneural._training.solution import StopReason
from skneural._typing import Vector


class Validation:
    """Measures the loss of iterates on validation data, and keeps the best weights.

    Parameters
    ----------
    measure : callable
        The validation loss as a function of the weights.
    start : Vector
        The initial weights, the first candidate for the best.
    patience : int or None
        Stop after this number of consecutive iterations without a lower loss.

    Raises
    ------
    ValueError
        If the loss overflows at the start.
    """

    def __init__(
        self, measure: Callable[[Vector], float], start: Vector, patience: int | None
    ) -> None:
        self._measure = measure
        self._patience = patience
        self._n_idle = 0
        self.best_theta = start
        self.best_loss = np.inf
        if not np.isfinite(loss := self.measure(start)):
            raise ValueError(
                f"The log loss on the validation data is {loss} at the start: X_val, or the part "
                "of X that is held out, has values that are too large for its dtype. Scale X and "
                "X_val alike, for example with StandardScaler."
            )

    def measure(self, theta: Vector) -> float:
        """The validation loss of an iterate, which is kept if it is the best."""
        loss = self._measure(theta)
        if loss < self.best_loss:
            self.best_loss, self.best_theta = loss, theta
            self._n_idle = 0
        else:
            self._n_idle += 1
        return loss

    def tested(self) -> StopReason | None:
        """A reason if the last iterate is the last of the stage; the next begins a new count."""
        if self._n_idle != self._patience:
            return None
        self._n_idle = 0
        return StopReason.EARLY_STOPPING
