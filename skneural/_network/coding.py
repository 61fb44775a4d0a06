"""Output units: which class each speaks for, and what the labels ask of it.

A data set has one or several *targets*; target j has K_j classes, and the label of a sample
is a *code* in 0 .. K_j - 1, or -1 where it is not known. (A multilabel indicator is a target of
two classes per label.) Every output *unit* u speaks for one class of one target. With sample
weight w_i and class weight c_j, a label asks of a unit of its target::

    t_u  = [y_ij is the class of u]      smoothed: (1 - s) t_u + s / alternatives
    w_ij = w_i c_j[y_ij]                 the weight of the loss of target j; 0 if y_ij is -1

*Soft* labels are probabilities q_ijk of the classes. They stand for the row repeated with each
class k for its label and the weight ``w_i q_ijk``. As losses are linear in the targets, that is::

    t_u  = q_iju c_j[u] / sum_k q_ijk c_j[k]      w_ij = w_i sum_k q_ijk c_j[k]

Shapes: codes (rows, n_targets), row weights (rows,). In *class space* there is a column for
every class of every target, (rows, sum_j K_j): soft labels are floats in class space.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from skneural._typing import FloatArray, IntArray, LabelArray, Vector


class TargetCoding:
    """The units of an output layer.

    Parameters
    ----------
    n_classes : sequence of int
        K_j, the number of classes of each target.
    spoken_for : sequence of arrays of int
        The classes of each target that have a unit of their own.
    alternatives : sequence of int
        The number of outcomes over which a unit of each target is smoothed.
    label_smoothing : float in [0, 1), default=0.0
        The share of a hard 0/1 target that is spread evenly over a unit's alternatives.
    class_weight : sequence of arrays of shape (K_j,), optional
        Weights of the classes of each target; 1 where not given.
    """

    def __init__(
        self,
        n_classes: Sequence[int],
        spoken_for: Sequence[IntArray],
        alternatives: Sequence[int],
        *,
        label_smoothing: float = 0.0,
        class_weight: Sequence[Vector] | None = None,
    ) -> None:
        self.n_classes = tuple(n_classes)
        self.n_targets = len(self.n_classes)
        n_units = [len(classes) for classes in spoken_for]
        self.n_units = sum(n_units)
        self.starts = np.cumsum([0, *n_units[:-1]])
        self.target = np.repeat(np.arange(self.n_targets), n_units)
        self.class_starts = np.cumsum([0, *self.n_classes[:-1]])
        self._class = np.concatenate(spoken_for)
        self._hard_share = 1.0 - label_smoothing
        self._soft_share = label_smoothing / np.repeat(alternatives, n_units)
        self._class_weight = None if class_weight is None else np.concatenate(class_weight)

    def targets(self, labels: LabelArray) -> Vector:
        """What each unit should say, smoothed; shape (rows, n_units)."""
        return np.asarray(self._smoothed(self._shares(labels)))

    def weights(self, labels: LabelArray, row_weight: Vector) -> Vector:
        """The weight w_ij of each loss: a column per target, or one for all."""
        if _are_soft(labels):
            return np.asarray(row_weight[:, None] * self._target_sums(self._weighted(labels)))
        weights: Vector = row_weight[:, None]
        if self._class_weight is not None:
            weights = weights * self._class_weight[labels + self.class_starts]
        known = labels >= 0
        return weights if known.all() else np.asarray(weights * known)

    def squared_errors(self, labels: LabelArray, activations: FloatArray) -> Vector:
        """``(t - p)^2`` of each unit, on average over the labels that soft ones stand for."""
        shares = self._shares(labels)
        yes, no = self._smoothed(1.0) - activations, self._smoothed(0.0) - activations
        return np.asarray(shares * yes**2 + (1 - shares) * no**2)

    def log_losses(self, labels: LabelArray, log_probabilities: FloatArray) -> FloatArray:
        """Minus the logarithm of the labels' probabilities, from class space; (rows, n_targets)."""
        if _are_soft(labels):
            return -self._target_sums(self._class_shares(labels) * log_probabilities)
        columns = np.maximum(labels, 0) + self.class_starts
        return -np.take_along_axis(log_probabilities, columns, axis=1)

    def _smoothed(self, share: Any) -> Any:
        return share * self._hard_share + self._soft_share

    def _shares(self, labels: LabelArray) -> Any:
        """How much of each label is a unit's class: all or nothing, unless it is soft."""
        if _are_soft(labels):
            return self._class_shares(labels)[:, self.class_starts[self.target] + self._class]
        return spread(labels, self.target) == self._class

    def _class_shares(self, labels: LabelArray) -> Vector:
        """Soft labels times class weights, such that those of a target sum to 1."""
        weighted: Vector = self._weighted(labels)
        sums = np.repeat(self._target_sums(weighted), self.n_classes, axis=1)
        shares = np.divide(weighted, sums, out=np.zeros_like(weighted), where=sums > 0)
        return np.asarray(shares)

    def _weighted(self, labels: LabelArray) -> Any:
        return labels if self._class_weight is None else labels * self._class_weight

    def _target_sums(self, values: FloatArray) -> FloatArray:
        return np.add.reduceat(values, self.class_starts, axis=1)

    def split(self, values: FloatArray) -> list[FloatArray]:
        """The columns that belong to the units of each target, as views."""
        return split_columns(values, np.diff([*self.starts, self.n_units]))

    def split_classes(self, values: FloatArray) -> list[FloatArray]:
        """The columns of class space that belong to each target, as views."""
        return split_columns(values, self.n_classes)


def split_columns(values: Any, widths: Sequence[int] | IntArray) -> list[Any]:
    """Groups of neighbouring columns of these widths, as views."""
    edges = np.cumsum([0, *widths]).tolist()
    return [values[:, start:stop] for start, stop in pairwise(edges)]


def _are_soft(labels: LabelArray) -> bool:
    return labels.dtype.kind == "f"


def spread(values: Any, group: IntArray) -> Any:
    """One column per group to one per member; a single column is left to broadcasting."""
    return values if values.shape[1] == 1 else values[:, group]
