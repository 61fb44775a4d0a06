"""Sigmoid output: the units are independent.

With logits z and targets t::

    p    = 1 / (1 + exp(-z))
    l_ij = sum_k softplus(z_k) - t_k z_k
    dp_u = p_u (1 - p_u) r_u                along a direction r of the logits
    s_u  = sqrt(p_u (1 - p_u)) e_u          the roots of its Fisher matrix
"""

from collections.abc import Sequence
from typing import final

import numpy as np

from skneural._network.output import CanonicalOutput
from skneural._network.softmax import log_softmax, softmax_parts
from skneural._typing import FloatArray, IntArray, Vector
from skneural.activations import sigmoid, softplus


@final
class SigmoidOutput(CanonicalOutput):
    """One unit for a target of two classes, else one-vs-rest units. Loss: binary cross-entropies.

    Parameters
    ----------
    n_classes, label_smoothing, class_weight
        As in `Output`.
    threshold : float or array of shape (n_targets,), default=0.5
        The second of two classes is predicted if its activation is greater.
    """

    name = "logistic"

    def __init__(
        self,
        n_classes: Sequence[int],
        *,
        label_smoothing: float = 0.0,
        class_weight: Sequence[Vector] | None = None,
        threshold: float | Vector = 0.5,
    ) -> None:
        super().__init__(n_classes, label_smoothing=label_smoothing, class_weight=class_weight)
        self._threshold = threshold

    @staticmethod
    def _unit_classes(n_classes: int) -> IntArray:
        return np.array([1]) if n_classes == 2 else np.arange(n_classes)

    @staticmethod
    def _alternatives(n_classes: int) -> int:
        return 2  # yes and no

    def _losses_activations(
        self, logits: FloatArray, targets: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        # softplus(z) - t z, in an order that keeps tiny losses of right and certain units exact.
        losses = np.maximum(logits, 0) - targets * logits + np.log1p(np.exp(-np.abs(logits)))
        return self.coding.units.sums(losses, np.float64), sigmoid(logits)

    def _unit_roots(self, activations: FloatArray, probe: FloatArray) -> FloatArray:
        return np.asarray(probe * np.sqrt(activations * (1 - activations)))

    def activations(self, logits: FloatArray) -> FloatArray:
        return sigmoid(logits)

    def _activation_changes(self, activations: FloatArray, direction: FloatArray) -> FloatArray:
        return np.asarray(activations * (1 - activations) * direction)

    def log_probabilities(self, logits: FloatArray) -> FloatArray:
        return log_softmax(self._log_shares(logits), self.coding.classes)

    def probabilities(self, logits: FloatArray) -> FloatArray:
        return softmax_parts(self._log_shares(logits), self.coding.classes)

    def decision_scores(self, logits: FloatArray) -> FloatArray:
        return logits

    def decide(self, logits: FloatArray) -> IntArray:
        codes = np.empty((len(logits), self.coding.n_targets), np.intp)
        thresholds = np.broadcast_to(self._threshold, self.coding.n_targets)
        for k, targets, units, _ in self.coding.groups:
            z = logits[:, units]
            # With more classes, logits may differ where rounding makes their activations equal.
            codes[:, targets] = (
                sigmoid(z[..., 0]) > thresholds[targets] if k == 2 else z.argmax(axis=2)
            )
        return codes

    def _log_shares(self, logits: FloatArray) -> FloatArray:
        """For each class, the logarithm of its activation; in class space.

        The activation of the first of two classes is ``1 - p``, or the sigmoid of -z.
        """
        return -softplus(-self.coding.signed(logits))
