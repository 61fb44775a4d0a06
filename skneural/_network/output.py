"""The contract of an output layer: from logits to losses, probabilities and decisions.

Units, targets t and weights w_ij are those of `TargetCoding`. An output computes, for logits z of
shape (rows, n_units), the loss l_ij of each target and its derivatives. The base class applies
the weights::

    loss       sum_ij w_ij l_ij(z, t)
    gradient   w_ij dl_ij / dz
    Hessian    its product with a direction r of the logits, w_ij (d^2 l_ij / dz^2) r

Losses are linear in the targets t. The curvature of an output is measured by its Fisher matrix,
the expected outer product of the gradient when labels follow the class probabilities p::

    F = sum_s s s'      with a root  s = sqrt(w_ij p_k) dl_ij / dz (z, class k)  for every class

Everything is computed from the logits, never from clipped probabilities, so it is accurate and
finite wherever the logits are.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

import numpy as np
from scipy.special import entr

from skneural._network.coding import TargetCoding
from skneural._typing import FloatArray, IntArray, LabelArray, Vector

Operator = Callable[[FloatArray], FloatArray]
"""A linear map of directions of the logits, both of shape (rows, n_units)."""


class Output(ABC):
    """An output layer with its loss.

    Parameters
    ----------
    n_classes : sequence of int
        K_j, the number of classes of each target.
    label_smoothing : float in [0, 1), default=0.0
        The share of a unit's target that is spread evenly over its alternatives.
    class_weight : sequence of arrays of shape (K_j,), optional
        Weights of the classes of each target; 1 by default.
    """

    name: ClassVar[str]
    competes: ClassVar[bool] = False
    """Whether the activations of a target's units sum to 1."""
    coding_class: ClassVar[type[TargetCoding]] = TargetCoding

    def __init__(
        self,
        n_classes: Sequence[int],
        *,
        label_smoothing: float = 0.0,
        class_weight: Sequence[Vector] | None = None,
    ) -> None:
        self.coding = self.coding_class(
            n_classes,
            self._unit_classes,
            self._alternatives,
            label_smoothing=label_smoothing,
            class_weight=class_weight,
        )

    # To be implemented, beside `name`.
    # Shapes: logits and targets (rows, n_units), losses (rows, n_targets).

    @staticmethod
    @abstractmethod
    def _unit_classes(n_classes: int) -> IntArray:
        """The class of each unit of a target with K classes."""

    @staticmethod
    @abstractmethod
    def _alternatives(n_classes: int) -> int:
        """The number of outcomes over which the units of a target with K classes are smoothed."""

    @abstractmethod
    def _losses_gradient(
        self, logits: FloatArray, targets: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Losses, and their gradient with respect to the logits, without weights."""

    @abstractmethod
    def _linearized(self, logits: FloatArray, targets: FloatArray) -> tuple[FloatArray, Operator]:
        """The gradient, and the product of the Hessian with a direction, without weights."""

    @abstractmethod
    def activations(self, logits: FloatArray) -> FloatArray:
        """Activations of the units, in [0, 1]; shape (rows, n_units)."""

    @abstractmethod
    def log_probabilities(self, logits: FloatArray) -> FloatArray:
        """Logarithms of the class probabilities, in class space."""

    # Subclasses may override these with something simpler or more accurate.

    @property
    def n_degrees(self) -> int:
        """The number of directions of a row's logits that change its probabilities."""
        return self.coding.n_units

    @property
    def n_roots(self) -> int:
        """The number of roots of a row's Fisher matrix."""
        return sum(self.coding.n_classes)

    def probabilities(self, logits: FloatArray) -> FloatArray:
        """Class probabilities, in class space."""
        return np.asarray(np.exp(self.log_probabilities(logits)))

    def decision_scores(self, logits: FloatArray) -> FloatArray:
        """Scores to rank by: one column for a target of two classes, else one per class."""
        return self.coding.scores(self.log_probabilities(logits))

    def decide(self, logits: FloatArray) -> IntArray:
        """The code of the predicted class of each target; shape (rows, n_targets)."""
        return self.coding.argmax(self.log_probabilities(logits))

    def _combined_roots(self, logits: FloatArray, probe: FloatArray) -> FloatArray:
        """``sum_s probe_s s``, without weights; shape (rows, n_units)."""
        roots = np.exp(0.5 * self.log_probabilities(logits)) * probe
        combined = np.zeros_like(logits)
        for root, (units, targets) in zip(roots.T, self.coding.class_targets(), strict=True):
            of_class = np.zeros_like(logits)
            of_class[:, units] = targets
            _, gradient = self._losses_gradient(logits, of_class)
            combined[:, units] += root[:, None] * gradient[:, units]
        return combined

    # All outputs apply the weights in the same way.

    def loss_gradient(
        self, logits: FloatArray, labels: LabelArray, row_weight: Vector
    ) -> tuple[float, FloatArray]:
        """Weighted sum of the losses, and its gradient with respect to the logits."""
        targets = self._targets(logits, labels)
        weights = self.coding.weights(labels, row_weight)
        losses, gradient = self._losses_gradient(logits, targets)
        gradient *= self._unit_weights(weights, logits)
        return float((weights * losses).sum()), gradient

    def linearize(
        self, logits: FloatArray, labels: LabelArray, row_weight: Vector
    ) -> tuple[FloatArray, Operator]:
        """The gradient with respect to the logits, and the product of the Hessian."""
        weights = self._unit_weights(self.coding.weights(labels, row_weight), logits)
        gradient, product = self._linearized(logits, self._targets(logits, labels))
        gradient *= weights

        def weighted_product(direction: FloatArray) -> FloatArray:
            result = product(direction)
            result *= weights
            return result

        return gradient, weighted_product

    def log_losses(self, logits: FloatArray, labels: LabelArray) -> FloatArray:
        """Negative log probabilities of the labels, not smoothed; shape (rows, n_targets)."""
        return self.coding.log_losses(labels, self.log_probabilities(logits))

    def entropies(self, logits: FloatArray) -> FloatArray:
        """Entropies of the class probabilities of each target: expected log losses."""
        return self.coding.classes.sums(entr(self.probabilities(logits)))

    def error_roots(
        self, logits: FloatArray, labels: LabelArray, row_weight: Vector
    ) -> Iterator[FloatArray]:
        """Roots of the observed outer products of each row's gradient; (rows, n_units) each.

        Like a root of the Fisher matrix, ``sqrt(w_i) v dl_ij / dz``, but for the labels that were
        observed, and with the class weight v itself, because the variance of a weighted gradient
        grows with the square of the weight. A soft label has a root for each class.
        """
        for codes, weight in self.coding.hard_labels(labels, row_weight):
            _, root = self._losses_gradient(logits, self._targets(logits, codes))
            root *= self._unit_weights(self.coding.weights(codes, np.sqrt(weight)), logits)
            yield root

    def fisher_root(
        self, logits: FloatArray, labels: LabelArray, row_weight: Vector, probe: FloatArray
    ) -> FloatArray:
        """A combination of the roots of each row's Fisher matrix, ``sum_s probe_s s``.

        A unit vector as `probe`, of shape (n_roots,), selects a root. With independent random
        signs, of shape (rows, n_roots), the expected outer product is the Fisher matrix.
        """
        root = self._combined_roots(logits, probe.astype(logits.dtype, copy=False))
        root *= self._unit_weights(np.sqrt(self.coding.weights(labels, row_weight)), logits)
        return root

    def _targets(self, logits: FloatArray, labels: LabelArray) -> FloatArray:
        return self.coding.targets(labels, logits.dtype)

    def _unit_weights(self, weights: Vector, logits: FloatArray) -> FloatArray:
        """Weights of the losses, in the dtype of the logits: a column per unit, or one for all."""
        return np.asarray(self.coding.units.spread(weights.astype(logits.dtype, copy=False)))


class CanonicalOutput(Output):
    """An output whose activation function is the inverse of its loss's canonical link.

    The gradient of the loss is ``p - t``, and its Hessian is the Fisher matrix, the derivative of
    the activations p::

        dl / dz = p - t      (d^2 l / dz^2) r = dp, the change of p when z moves along r

    The Fisher matrix has a root for each unit.
    """

    @abstractmethod
    def _losses_activations(
        self, logits: FloatArray, targets: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Losses, (rows, n_targets), and activations, (rows, n_units)."""

    @abstractmethod
    def _activation_changes(self, activations: FloatArray, direction: FloatArray) -> FloatArray:
        """The derivative of the activations when the logits move along `direction`."""

    @abstractmethod
    def _unit_roots(self, activations: FloatArray, probe: FloatArray) -> FloatArray:
        """``sum_u probe_u s_u``, with a root s_u for each unit; shape (rows, n_units)."""

    @property
    def n_roots(self) -> int:
        return self.coding.n_units

    def _losses_gradient(
        self, logits: FloatArray, targets: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        losses, gradient = self._losses_activations(logits, targets)
        gradient -= targets
        return losses, gradient

    def _linearized(self, logits: FloatArray, targets: FloatArray) -> tuple[FloatArray, Operator]:
        activations = self.activations(logits)

        def product(direction: FloatArray) -> FloatArray:
            return self._activation_changes(activations, direction)

        return activations - targets, product

    def _combined_roots(self, logits: FloatArray, probe: FloatArray) -> FloatArray:
        return self._unit_roots(self.activations(logits), probe)
