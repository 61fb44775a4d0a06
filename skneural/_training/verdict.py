"""Whether a network has learned something: its log loss beside that of the class frequencies."""

from dataclasses import dataclass

import numpy as np

from skneural._data import Data, MapShards
from skneural._network import Network, entropy, frequencies_loss, log_loss, total_weight
from skneural._typing import Vector

# Shares of the frequencies' log loss at which a network has learned its rows, and at which more
# iterations would only make it surer of them than of others.
LEARNED, WELL_LEARNED = 0.5, 0.15
NOTHING = 1e-3  # a log loss of the frequencies that leaves nothing to learn
NATS = 12.0  # added to the surprise above and below, as few rows may be right by chance


@dataclass(frozen=True)
class Verdict:
    """The log loss of predictions for some rows, and that of predicting the class frequencies."""

    loss: float
    frequencies_loss: float
    n_rows: int
    n_observed: float  # the number of observations that the rows stand for
    is_held_out: bool  # whether the rows were not trained on

    @property
    def finds_structure(self) -> bool:
        """Whether the predictions are better than the frequencies, not by rounding or chance.

        On held-out rows, their deviance must be smaller by at least 1.
        """
        gain = self.frequencies_loss - self.loss
        is_chance = self.is_held_out and 2 * self.n_observed * gain < 1
        return gain > 0.001 * self.frequencies_loss and not is_chance

    @property
    def is_learned(self) -> bool:
        """Whether the network fits the rows, or there is nothing to learn from them."""
        return self.leaves_nothing or self.loss < LEARNED * self.frequencies_loss

    @property
    def leaves_nothing(self) -> bool:
        """Whether the frequencies are as good as certain."""
        return self.frequencies_loss < NOTHING


class Judge:
    """Judges what a network predicts.

    Parameters
    ----------
    network : Network
    unit : float
        The weight of one observation.
    map_shards : callable
    """

    def __init__(self, network: Network, unit: float, map_shards: MapShards) -> None:
        self._network = network
        self._unit = unit
        self._map_shards = map_shards

    def compare(self, trained: Data, rows: Data, theta: Vector) -> Verdict:
        """Compare the predictions for some rows with the frequencies in those trained on."""
        output = self._network.output
        return Verdict(
            self.loss(rows, theta),
            frequencies_loss(output, trained, rows, self._unit),
            n_rows=rows.n_rows,
            n_observed=self._n_observed(rows),
            is_held_out=rows is not trained,
        )

    def loss(self, rows: Data, theta: Vector) -> float:
        """The log loss of some rows."""
        return log_loss(self._network, rows, theta, self._map_shards)

    def surprise(self, rows: Data, theta: Vector) -> float:
        """The log loss of some rows over that to be expected; 1 if it overflows."""
        n_labels = self.n_labels(rows)
        expected = entropy(self._network, rows, theta, self._map_shards)
        surprise = (n_labels * self.loss(rows, theta) + NATS) / (n_labels * expected + NATS)
        return surprise if np.isfinite(surprise) else 1.0

    def n_labels(self, rows: Data) -> float:
        """The number of observed labels, whose log losses add up to nats."""
        return self._n_observed(rows) * self._network.output.coding.n_targets

    def goal(self, rows: Data) -> float:
        """The loss at which a network has learned some rows well."""
        return WELL_LEARNED * frequencies_loss(self._network.output, rows, rows)

    def _n_observed(self, rows: Data) -> float:
        """The number of observations that some rows stand for."""
        return total_weight(self._network.output, rows, self._map_shards) / self._unit
