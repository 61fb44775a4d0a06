"""Softmax output: the units of a target compete.

With logits z and targets t::

    p    = exp(z) / sum exp(z)
    l_ij = logsumexp(z) - sum_k t_k z_k
    dp_u = p_u (r_u - sum_k p_k r_k)        along a direction r of the logits
    s_u  = sqrt(p_u) (e_u - p)              the roots of its Fisher matrix
"""

from typing import final

import numpy as np

from skneural._network.coding import spread
from skneural._network.output import CanonicalOutput
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
        starts, target = self.coding.starts, self.coding.target
        shifted, powers, others = _compete(logits, starts, target)
        losses = np.log1p(others) - np.add.reduceat(targets * shifted, starts, axis=1)
        powers /= spread(1 + others, target)
        return losses, powers

    def _unit_roots(self, activations: FloatArray, probe: FloatArray) -> FloatArray:
        root = probe * np.sqrt(activations)
        sums = np.add.reduceat(root, self.coding.starts, axis=1)
        root -= activations * spread(sums, self.coding.target)
        return root

    def activations(self, logits: FloatArray) -> FloatArray:
        return group_softmax(logits, self.coding.starts, self.coding.target)

    def _activation_changes(self, activations: FloatArray, direction: FloatArray) -> FloatArray:
        means = np.add.reduceat(activations * direction, self.coding.starts, axis=1)
        return np.asarray(activations * (direction - spread(means, self.coding.target)))

    def log_probabilities(self, logits: FloatArray) -> FloatArray:
        return log_softmax(logits, self.coding.starts, self.coding.target)

    def probabilities(self, logits: FloatArray) -> FloatArray:
        return self.activations(logits)

    def decision_scores(self, logits: FloatArray) -> FloatArray:
        with np.errstate(over="ignore"):
            scores = self.coding.scores(logits)
        largest = np.finfo(logits.dtype).max
        return np.clip(scores, -largest, largest, out=scores)

    def decide(self, logits: FloatArray) -> IntArray:
        return self.coding.argmax(logits)


def group_softmax(z: FloatArray, starts: IntArray, group: IntArray) -> FloatArray:
    """The softmax of groups of columns, which are described as in `log_softmax`."""
    _, powers = _powers(z, starts, group)
    powers /= spread(np.add.reduceat(powers, starts, axis=1), group)
    return powers


def log_softmax(z: FloatArray, starts: IntArray, group: IntArray) -> FloatArray:
    """Logarithm of the softmax of groups of columns.

    `starts` holds the first column of each group, `group` the group of each column.
    """
    shifted, _, others = _compete(z, starts, group)
    return np.asarray(shifted - spread(np.log1p(others), group))


def _powers(z: FloatArray, starts: IntArray, group: IntArray) -> tuple[FloatArray, FloatArray]:
    """``z - max`` of each group, and its exponentials, the greatest of which is 1."""
    with np.errstate(over="ignore"):  # an overflowing difference becomes the lowest finite number
        z = z - spread(np.maximum.reduceat(z, starts, axis=1), group)
    np.maximum(z, np.finfo(z.dtype).min, out=z)
    return z, np.exp(z)


def _compete(
    z: FloatArray, starts: IntArray, group: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """``z - max`` of each group, its exponentials, and the sum of all of them but the greatest.

    The greatest is 1, so ``log1p`` of that sum keeps losses far below 1 accurate.
    """
    z, powers = _powers(z, starts, group)
    greatest = (z == 0).astype(z.dtype)
    ties = np.add.reduceat(greatest, starts, axis=1) - 1
    return z, powers, np.add.reduceat(powers - greatest, starts, axis=1) + ties
