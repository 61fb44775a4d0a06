"""Target coding: from labels to the targets of output units and the weights of losses.

A data set has one or several *targets*; target j has K_j classes, and the label of a sample is a
*code* in 0 .. K_j - 1, or -1 if it is missing. Every output *unit* u belongs to one target and to
one class c_u of it. With sample weights w_i, class weights v_j and label smoothing s::

    t_u  = [y_ij = c_u]        the target of a unit; smoothed: (1 - s) t_u + s / alternatives
    w_ij = w_i v_j[y_ij]       the weight of the loss of target j; 0 if y_ij is -1

*Soft* labels are probabilities q_ijk of the classes. They are equivalent to repeating the row for
each class k, with label k and weight ``w_i q_ijk``. Because losses are linear in the targets, one
row is enough::

    t_u  = q_ij[c_u] v_j[c_u] / sum_k q_ijk v_j[k]      w_ij = w_i sum_k q_ijk v_j[k]

A subclass may relate labels and units in another way, such as ``t_u = [y_ij > c_u]``.

Shapes: codes (rows, n_targets), row weights (rows,). *Class space* has a column for every class
of every target, (rows, sum_j K_j); soft labels are floats in class space.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from skneural._network.layout import target_layout
from skneural._typing import FloatArray, IntArray, LabelArray, Vector


class TargetCoding:
    """The units of an output layer; computes their targets and weights from labels.

    Parameters
    ----------
    n_classes : sequence of int
        K_j, the number of classes of each target.
    unit_classes : callable
        Returns c_u, the class of each unit, for a target with K classes.
    alternatives : callable
        Returns the number of outcomes over which the units of such a target are smoothed.
    label_smoothing : float in [0, 1)
        The share of a unit's target that is spread evenly over the alternatives.
    class_weight : sequence of arrays of shape (K_j,), or None
        Weights of the classes of each target; None for 1.
    """

    def __init__(
        self,
        n_classes: Sequence[int],
        unit_classes: Callable[[int], IntArray],
        alternatives: Callable[[int], int],
        *,
        label_smoothing: float,
        class_weight: Sequence[Vector] | None,
    ) -> None:
        self.n_classes = tuple(n_classes)
        self.n_targets = len(self.n_classes)
        self._layout = layout = target_layout(self.n_classes, unit_classes)
        self.units, self.classes = layout.units, layout.classes
        self.n_units = layout.units.n_columns
        self.unit_class, self.groups = layout.unit_class, layout.groups
        self._alternatives = alternatives
        self._label_smoothing = label_smoothing
        self._class_weight = None if class_weight is None else np.concatenate(class_weight)

    def targets(self, labels: LabelArray, dtype: DTypeLike = np.float64) -> FloatArray:
        """The target of each unit, smoothed; shape (rows, n_units)."""
        shares = self._shares(labels)
        if self._label_smoothing > 0:
            shares = shares * (1.0 - self._label_smoothing) + self._spread_share
        return np.asarray(shares.astype(dtype, order="F", copy=False))

    def class_targets(self) -> Iterator[tuple[IntArray, Vector]]:
        """For each column of class space, the units concerned and their targets for that class."""
        for target, k in enumerate(self.n_classes):
            units = np.flatnonzero(self.units.part == target)
            for code in range(k):
                codes = np.full((1, self.n_targets), -1)
                codes[0, target] = code
                yield units, self.targets(codes)[0, units]

    def weights(self, labels: LabelArray, row_weight: Vector, *, power: int = 1) -> Vector:
        """The weight w_ij of each loss: a column for each target, or one for all targets.

        With a power of 2, class weights are squared.
        """
        # `total_weight` refuses a sum that is not finite.
        with np.errstate(over="ignore", invalid="ignore"):
            class_weight = None if self._class_weight is None else self._class_weight**power
            if _are_soft(labels):
                weighted: Any = labels if class_weight is None else labels * class_weight
                return np.asarray(row_weight[:, None] * self.classes.sums(weighted))
            weights: Vector = row_weight[:, None]
            if class_weight is not None:
                weights = weights * class_weight[labels + self.classes.starts]
            known = labels >= 0
            return weights if known.all() else np.asarray(weights * known)

    def hard_labels(
        self, labels: LabelArray, row_weight: Vector
    ) -> Iterator[tuple[LabelArray, Vector]]:
        """Equivalent codes and row weights; if labels are soft, a pair for each class."""
        if not _are_soft(labels):
            yield labels, row_weight
            return
        for code, shares in enumerate(labels.T):
            yield np.full((len(labels), 1), code), row_weight * shares

    def class_totals(self, labels: LabelArray, row_weight: Vector) -> Vector:
        """The sum of the weights w_ij of the rows of each class; in class space."""
        totals = np.zeros(self.classes.n_columns)
        for codes, weight in self.hard_labels(labels, row_weight):
            weights = np.broadcast_to(self.weights(codes, weight), codes.shape)
            columns = np.maximum(codes, 0) + self.classes.starts
            totals += np.bincount(columns.ravel(), weights.ravel(), len(totals))
        return totals

    def log_losses(self, labels: LabelArray, log_probabilities: FloatArray) -> FloatArray:
        """Negative log probabilities of the labels, from class space; (rows, n_targets).

        They are arbitrary for missing labels, whose weights are 0.
        """
        if _are_soft(labels):
            return -self.classes.sums(self._class_shares(labels) * log_probabilities)
        columns = labels + self.classes.starts
        return -np.take_along_axis(log_probabilities, columns, axis=1)

    def argmax(self, values: FloatArray) -> IntArray:
        """The code of the greatest value of each target, from class space; (rows, n_targets)."""
        codes = np.empty((len(values), self.n_targets), np.intp)
        for k, targets, _, columns in self.groups:
            of_target = values[:, columns]
            codes[:, targets] = (  # argmax is slow along an axis of two
                of_target[..., 1] > of_target[..., 0] if k == 2 else of_target.argmax(axis=2)
            )
        return codes

    def scores(self, values: FloatArray) -> FloatArray:
        """From class space, the difference of the classes of a target that has two, else all."""
        scores = np.array(values[:, self._layout.scored])
        scores[:, self._layout.paired] -= values[:, self._layout.firsts]
        return scores

    def signed(self, scores: FloatArray) -> FloatArray:
        """The reverse of `scores`: in class space, minus the score for the first of two classes."""
        values = np.empty((len(scores), self.classes.n_columns), scores.dtype, order="F")
        values[:, self._layout.scored] = scores
        values[:, self._layout.firsts] = -scores[:, self._layout.paired]
        return values

    def split_scores(self, values: FloatArray) -> list[FloatArray]:
        """The decision scores of each target: 1-d for two classes, else a column per class."""
        parts = self._layout.scores.split(values)
        return [part[:, 0] if part.shape[1] == 1 else part for part in parts]

    @cached_property
    def _spread_share(self) -> Vector:
        """The share that each unit gets from all labels."""
        alternatives = [self._alternatives(k) for k in self.n_classes]
        return np.asarray(self._label_smoothing / np.array(alternatives)[self.units.part])

    def _shares(self, labels: LabelArray) -> Any:
        """The unsmoothed target of each unit: 0 or 1 unless labels are soft."""
        if _are_soft(labels):
            return self._soft_shares(self._class_shares(labels))
        return self._hard_shares(self.units.spread(labels))

    def _hard_shares(self, codes: Any) -> Any:
        """Whether the target of each unit is 1, from codes spread over the units."""
        return (self.unit_class.astype(codes.dtype)[:, None] == codes.T).T

    def _soft_shares(self, shares: Vector) -> Any:
        """Hard targets, averaged over the classes with weights `shares`, in class space."""
        return shares[:, self.classes.starts[self.units.part] + self.unit_class]

    def _class_shares(self, labels: LabelArray) -> Vector:
        """Soft labels times class weights, scaled to sum to 1 over the classes of a target."""
        weighted: Vector = self._weighted(labels)
        sums = np.broadcast_to(self.classes.spread(self.classes.sums(weighted)), weighted.shape)
        shares = np.divide(weighted, sums, out=np.zeros_like(weighted), where=sums > 0)
        return np.asarray(shares)

    def _weighted(self, labels: LabelArray) -> Any:
        return labels if self._class_weight is None else labels * self._class_weight


def _are_soft(labels: LabelArray) -> bool:
    return labels.dtype.kind == "f"
