"""Softmax output: the units of a target compete.

With logits z and targets t::

    p    = exp(z) / sum exp(z)
    l_ij = logsumexp(z) - sum_k t_k z_k
    dp_u = p_u (r_u - sum_k p_k r_k)        along a direction r of the logits
    s_u  = sqrt(p_u) (e_u - p)              the roots of its Fisher matrix
"""

from typing import final

import numpy as np

from skneural._network.output import CanonicalOutput
from skneural._network.partition import Partition
from skneural._typing import FloatArray, IntArray


@final
class SoftmaxOutput(CanonicalOutput):
    """A unit for every class of a target; their activations sum to 1. Loss: cross-entropy."""

    name = "softmax"
    competes = True

    @property
    def n_degrees(self) -> int:
        return self.coding.n_units - self.coding.n_targets

    @staticmethod
    def _unit_classes(n_classes: int) -> IntArray:
        return np.arange(n_classes)

    @staticmethod
    def _alternatives(n_classes: int) -> int:
        return n_classes

    def _losses_activations(
        self, logits: FloatArray, targets: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        units = self.coding.units
        shifted, powers, others = _compete(logits, units)
        shifted *= targets
        losses = np.log1p(others) - units.sums(shifted)
        powers /= units.spread(1 + others)
        return losses, powers

    def _unit_roots(self, activations: FloatArray, probe: FloatArray) -> FloatArray:
        root = probe * np.sqrt(activations)
        units = self.coding.units
        root -= activations * units.spread(units.sums(root))
        return root

    def activations(self, logits: FloatArray) -> FloatArray:
        return softmax_parts(logits, self.coding.units)

    def _activation_changes(self, activations: FloatArray, direction: FloatArray) -> FloatArray:
        units = self.coding.units
        means = units.sums(activations * direction)
        return np.asarray(activations * (direction - units.spread(means)))

    def log_probabilities(self, logits: FloatArray) -> FloatArray:
        return log_softmax(logits, self.coding.units)

    def probabilities(self, logits: FloatArray) -> FloatArray:
        return self.activations(logits)

    def decision_scores(self, logits: FloatArray) -> FloatArray:
        with np.errstate(over="ignore"):
            scores = self.coding.scores(logits)
        largest = np.finfo(logits.dtype).max
        return np.clip(scores, -largest, largest, out=scores)

    def decide(self, logits: FloatArray) -> IntArray:
        return self.coding.argmax(logits)


def softmax_parts(z: FloatArray, parts: Partition) -> FloatArray:
    """The softmax of each part of the columns."""
    _, powers = _powers(z, parts)
    powers /= parts.spread(parts.sums(powers))
    return powers


def log_softmax(z: FloatArray, parts: Partition) -> FloatArray:
    """The logarithm of the softmax of each part of the columns."""
    shifted, _, others = _compete(z, parts)
    shifted -= parts.spread(np.log1p(others))
    return shifted


def _powers(z: FloatArray, parts: Partition) -> tuple[FloatArray, FloatArray]:
    """``z - max`` of each part, and its exponentials, the greatest of which is 1."""
    with np.errstate(over="ignore"):  # an overflowing difference becomes the lowest finite number
        z = z - parts.spread(parts.maxima(z))
    np.maximum(z, np.finfo(z.dtype).min, out=z)
    return z, np.exp(z)


def _compete(z: FloatArray, parts: Partition) -> tuple[FloatArray, FloatArray, FloatArray]:
    """``z - max`` of each part, its exponentials, and the sum of all of them but the greatest.

    The greatest is 1, so ``log1p`` of that sum keeps losses far below 1 accurate.
    """
    z, powers = _powers(z, parts)
    greatest = (z == 0).astype(z.dtype)
    ties = parts.sums(greatest) - 1
    return z, powers, parts.sums(powers - greatest) + ties
