"""Output layers: from logits to activations, losses, gradients, probabilities and decisions.

Units and labels are those of `_units`. With logits z, targets t of the units, from 0 to 1,
and the weight w_ij of the loss of target j::

    softmax    units of a target compete          p = exp(z) / sum exp(z)
               l_ij = logsumexp(z) - sum_k t_k z_k
    sigmoid    units are independent              p = 1 / (1 + exp(-z))
               l_ij = sum_k softplus(z_k) - t_k z_k

    loss       sum_ij w_ij l_ij
    gradient   d loss / d z_u = w_ij (p_u - t_u)       for both outputs
    Hessian    its product with a direction r, as dp is how p changes along r:
               d^2 loss / d z_u d z . r = w_ij dp_u
               dp_u = p_u (r_u - sum_k p_k r_k) of a softmax,  p_u (1 - p_u) r_u of a sigmoid
               which is the Fisher matrix too: sum_u s_u s_u', with roots
               softmax  s_u = sqrt(w_ij p_u) (e_u - p)
               sigmoid  s_u = sqrt(w_ij p_u (1 - p_u)) e_u

A softmax has a unit for every class. A sigmoid has one unit for a target of two classes, and
one-vs-rest units, one per class, otherwise. Everything is computed from the logits, never
from clipped probabilities, so that it is accurate and finite wherever the logits are.

Shapes: logits (rows, n_units), labels and row weights as in `_units`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, final

import numpy as np

from skneural._network.coding import TargetCoding, spread
from skneural._typing import FloatArray, IntArray, LabelArray, Vector
from skneural.activations import sigmoid, softplus


class Output(ABC):
    """An output layer with its loss.

    Parameters
    ----------
    n_classes : sequence of int
        K_j, the number of classes of each target.
    label_smoothing : float in [0, 1), default=0.0
        The share of a hard 0/1 target that is spread evenly over a unit's alternatives.
    class_weight : sequence of arrays of shape (K_j,), optional
        Weights of the classes of each target; 1 where not given.
    """

    name: ClassVar[str]
    competes: ClassVar[bool]  # whether the units of a target share an activation of 1

    def __init__(
        self,
        n_classes: Sequence[int],
        *,
        label_smoothing: float = 0.0,
        class_weight: Sequence[Vector] | None = None,
    ) -> None:
        self.coding = TargetCoding(
            n_classes,
            [self._classes_with_a_unit(k) for k in n_classes],
            [self._alternatives(k) for k in n_classes],
            label_smoothing=label_smoothing,
            class_weight=class_weight,
        )

    def loss_gradient(
        self, logits: FloatArray, labels: LabelArray, row_weight: Vector
    ) -> tuple[float, FloatArray]:
        """Weighted sum of the losses, and its gradient with respect to the logits."""
        targets = self.coding.targets(labels).astype(logits.dtype, copy=False)
        weights = self.coding.weights(labels, row_weight)
        losses, gradient = self._losses_activations(logits, targets)
        gradient -= targets
        gradient *= self._unit_weights(weights, logits)
        return float((weights * losses).sum()), gradient

    def linearize(
        self, logits: FloatArray, labels: LabelArray, row_weight: Vector
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Gradient with respect to the logits, and what products with the Hessian are made of.

        Those are the activations, and the weight of each unit's loss.
        """
        weights = self._unit_weights(self.coding.weights(labels, row_weight), logits)
        activations = self.activations(logits)
        gradient = activations - self.coding.targets(labels).astype(logits.dtype, copy=False)
        gradient *= weights
        return gradient, activations, weights

    def hessian_product(
        self, activations: FloatArray, weights: FloatArray, direction: FloatArray
    ) -> FloatArray:
        """The Hessian's product with a direction of the logits, after `linearize`."""
        product = self._activation_changes(activations, direction)
        product *= weights
        return product

    def log_losses(self, logits: FloatArray, labels: LabelArray) -> FloatArray:
        """Minus the logarithm of the labels' probabilities, not smoothed; (rows, n_targets)."""
        return self.coding.log_losses(labels, self.log_probabilities(logits))

    def squared_errors(
        self, logits: FloatArray, labels: LabelArray, row_weight: Vector
    ) -> tuple[float, float]:
        """Weighted sums of ``(t - p)^2``, and of what it is expected to be, ``p (1 - p)``."""
        weights = self._unit_weights(self.coding.weights(labels, row_weight), logits)
        p = self.activations(logits)
        residual = weights * self.coding.squared_errors(labels, p)
        return float(residual.sum()), float((weights * p * (1 - p)).sum())

    def _unit_weights(self, weights: Vector, logits: FloatArray) -> FloatArray:
        """Weights of the losses, in the dtype of the logits: a column per unit, or one for all."""
        return np.asarray(spread(weights.astype(logits.dtype, copy=False), self.coding.target))

    def fisher_root(
        self, logits: FloatArray, labels: LabelArray, row_weight: Vector, mix: FloatArray
    ) -> FloatArray:
        """``sum_u mix_u s_u``, the roots of the Fisher matrix of each row, mixed.

        The rows of an identity matrix as `mix`, of shape (n_units,), give the roots one by
        one; independent random signs, of shape (rows, n_units), vectors whose outer product
        is the Fisher matrix on average.
        """
        root = self._mixed_roots(self.activations(logits), mix.astype(logits.dtype, copy=False))
        root *= self._unit_weights(np.sqrt(self.coding.weights(labels, row_weight)), logits)
        return root

    @property
    @abstractmethod
    def n_degrees(self) -> int:
        """The number of directions in which the logits of a row can change what it says."""

    @staticmethod
    @abstractmethod
    def _classes_with_a_unit(n_classes: int) -> IntArray:
        """The classes of a target that have a unit of their own."""

    @staticmethod
    @abstractmethod
    def _alternatives(n_classes: int) -> int:
        """The number of outcomes over which a unit of a target with K classes is smoothed."""

    @abstractmethod
    def _losses_activations(
        self, logits: FloatArray, targets: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Unweighted losses, (rows, n_targets), and activations, (rows, n_units)."""

    @abstractmethod
    def _mixed_roots(self, activations: FloatArray, mix: FloatArray) -> FloatArray:
        """Unweighted ``sum_u mix_u s_u``; shape (rows, n_units)."""

    @abstractmethod
    def activations(self, logits: FloatArray) -> FloatArray:
        """What the units say; shape (rows, n_units)."""

    @abstractmethod
    def _activation_changes(self, activations: FloatArray, direction: FloatArray) -> FloatArray:
        """The derivative of the activations when the logits move in `direction`."""

    @abstractmethod
    def log_probabilities(self, logits: FloatArray) -> FloatArray:
        """Logarithms of the class probabilities, in class space."""

    @abstractmethod
    def decision_scores(self, logits: FloatArray) -> FloatArray:
        """Scores to rank by: one column for a target of two classes, else one per class."""

    @abstractmethod
    def decide(self, logits: FloatArray) -> IntArray:
        """The code of the predicted class of each target; shape (rows, n_targets)."""


@final
class SoftmaxOutput(Output):
    """Units of a target compete: their activations sum to 1. Loss: cross-entropy."""

    name = "softmax"
    competes = True

    @property
    def n_degrees(self) -> int:
        return self.coding.n_units - self.coding.n_targets

    @staticmethod
    def _classes_with_a_unit(n_classes: int) -> IntArray:
        return np.arange(n_classes)

    @staticmethod
    def _alternatives(n_classes: int) -> int:
        return n_classes

    def _losses_activations(
        self, logits: FloatArray, targets: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        shifted, powers, others = _compete(logits, self.coding.starts, self.coding.target)
        losses = np.log1p(others) - np.add.reduceat(targets * shifted, self.coding.starts, axis=1)
        powers /= spread(1 + others, self.coding.target)
        return losses, powers

    def _mixed_roots(self, activations: FloatArray, mix: FloatArray) -> FloatArray:
        root = mix * np.sqrt(activations)
        sums = np.add.reduceat(root, self.coding.starts, axis=1)
        root -= activations * spread(sums, self.coding.target)
        return root

    def activations(self, logits: FloatArray) -> FloatArray:
        _, powers = _powers(logits, self.coding.starts, self.coding.target)
        sums = np.add.reduceat(powers, self.coding.starts, axis=1)
        return np.asarray(powers / spread(sums, self.coding.target))

    def _activation_changes(self, activations: FloatArray, direction: FloatArray) -> FloatArray:
        means = np.add.reduceat(activations * direction, self.coding.starts, axis=1)
        return np.asarray(activations * (direction - spread(means, self.coding.target)))

    def log_probabilities(self, logits: FloatArray) -> FloatArray:
        return _log_softmax(logits, self.coding.starts, self.coding.target)

    def decision_scores(self, logits: FloatArray) -> FloatArray:
        targets = self.coding.split(logits)
        with np.errstate(over="ignore"):
            columns = [z[:, 1:] - z[:, :1] if z.shape[1] == 2 else z for z in targets]
        largest = np.finfo(logits.dtype).max
        return np.asarray(np.clip(np.hstack(columns), -largest, largest))

    def decide(self, logits: FloatArray) -> IntArray:
        return np.stack([z.argmax(axis=1) for z in self.coding.split(logits)], axis=1)


@final
class SigmoidOutput(Output):
    """Units are independent of each other. Loss: a binary cross-entropy for each.

    Parameters
    ----------
    threshold : float or array of shape (n_targets,), default=0.5
        A target of two classes is decided for the second if its activation is greater.
    """

    name = "logistic"
    competes = False

    def __init__(
        self,
        n_classes: Sequence[int],
        *,
        label_smoothing: float = 0.0,
        class_weight: Sequence[Vector] | None = None,
        threshold: float | Vector = 0.5,
    ) -> None:
        super().__init__(n_classes, label_smoothing=label_smoothing, class_weight=class_weight)
        self._thresholds = np.broadcast_to(threshold, self.coding.n_targets)

    @property
    def n_degrees(self) -> int:
        return self.coding.n_units

    @staticmethod
    def _classes_with_a_unit(n_classes: int) -> IntArray:
        return np.array([1]) if n_classes == 2 else np.arange(n_classes)

    @staticmethod
    def _alternatives(n_classes: int) -> int:
        return 2  # yes and no

    def _losses_activations(
        self, logits: FloatArray, targets: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        # softplus(z) - t z, in an order that is exact where a unit is both right and sure.
        losses = np.maximum(logits, 0) - targets * logits + np.log1p(np.exp(-np.abs(logits)))
        sums = np.add.reduceat(losses, self.coding.starts, axis=1, dtype=np.float64)
        return sums, sigmoid(logits)

    def _mixed_roots(self, activations: FloatArray, mix: FloatArray) -> FloatArray:
        return np.asarray(mix * np.sqrt(activations * (1 - activations)))

    def activations(self, logits: FloatArray) -> FloatArray:
        return sigmoid(logits)

    def _activation_changes(self, activations: FloatArray, direction: FloatArray) -> FloatArray:
        return np.asarray(activations * (1 - activations) * direction)

    def log_probabilities(self, logits: FloatArray) -> FloatArray:
        columns = []
        for z, k in zip(self.coding.split(logits), self.coding.n_classes, strict=True):
            log_yes, log_no = -softplus(-z), -softplus(z)
            columns += [log_no, log_yes] if k == 2 else [log_yes]
        target = np.repeat(np.arange(self.coding.n_targets), self.coding.n_classes)
        return _log_softmax(np.hstack(columns), self.coding.class_starts, target)

    def decision_scores(self, logits: FloatArray) -> FloatArray:
        return logits

    def decide(self, logits: FloatArray) -> IntArray:
        # The largest activation is that of the largest logit, which is not lost to rounding.
        targets = zip(
            self.coding.split(logits), self.coding.n_classes, self._thresholds, strict=True
        )
        columns = [
            sigmoid(z[:, 0]) > threshold if k == 2 else z.argmax(axis=1)
            for z, k, threshold in targets
        ]
        return np.stack(columns, axis=1).astype(np.intp)


def _powers(z: FloatArray, starts: IntArray, group: IntArray) -> tuple[FloatArray, FloatArray]:
    """``z - max`` of groups of columns, and its exponentials, of which the greatest is 1.

    `starts` holds the first column of each group, `group` the group of each column.
    """
    with np.errstate(over="ignore"):  # a difference beyond the range is as good as its bound
        z = z - spread(np.maximum.reduceat(z, starts, axis=1), group)
    np.maximum(z, np.finfo(z.dtype).min, out=z)
    return z, np.exp(z)


def _compete(
    z: FloatArray, starts: IntArray, group: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What the loss of a softmax is made of.

    Returns ``z - max``, its exponentials, and the sum of a group's exponentials minus 1, taken
    without the greatest, which is 1: ``log1p`` of that keeps losses far below 1 accurate.
    """
    z, powers = _powers(z, starts, group)
    greatest = (z == 0).astype(z.dtype)
    ties = np.add.reduceat(greatest, starts, axis=1) - 1
    return z, powers, np.add.reduceat(powers - greatest, starts, axis=1) + ties


def _log_softmax(z: FloatArray, starts: IntArray, group: IntArray) -> FloatArray:
    shifted, _, others = _compete(z, starts, group)
    return np.asarray(shifted - spread(np.log1p(others), group))
