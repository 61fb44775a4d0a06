"""Metrics of binary predictions that depend only on the four counts, for many predictions at once.

With the sums of the weights of true and false positives and negatives, TP, FP, FN and TN::

    accuracy           (TP + TN) / (TP + FP + FN + TN)
    balanced_accuracy  (TP / (TP + FN) + TN / (TN + FP)) / 2
    f1                 2 TP / (2 TP + FP + FN)
    jaccard            TP / (TP + FP + FN)
    matthews_corrcoef  (TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN))
    precision          TP / (TP + FP)
    recall             TP / (TP + FN)

As in scikit-learn, 0 / 0 is 0.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from skneural._typing import FloatArray, Vector


class Counts(NamedTuple):
    """Weighted counts of the outcomes of several predictions of the same rows."""

    tp: Vector
    fp: Vector
    fn: Vector
    tn: Vector


def counts_above(thresholds: Any, probability: Any, is_present: Any, weight: Any) -> Counts:
    """The counts if rows with a probability above each threshold are predicted."""
    order = np.argsort(-probability)
    positive, negative = (
        np.append(0.0, np.cumsum((weight * chosen)[order])) for chosen in (is_present, ~is_present)
    )
    n_above = len(order) - np.searchsorted(probability[order[::-1]], thresholds, side="right")
    tp, fp = positive[n_above], negative[n_above]
    return Counts(tp, fp, positive[-1] - tp, negative[-1] - fp)


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """The quotient, or 0 where the denominator is 0."""
    quotient = np.zeros_like(denominator)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient


def _accuracy(tp: Vector, fp: Vector, fn: Vector, tn: Vector) -> FloatArray:
    return _ratio(tp + tn, tp + fp + fn + tn)


def _balanced_accuracy(tp: Vector, fp: Vector, fn: Vector, tn: Vector) -> FloatArray:
    return np.asarray((_ratio(tp, tp + fn) + _ratio(tn, tn + fp)) / 2)


def _f1(tp: Vector, fp: Vector, fn: Vector, tn: Vector) -> FloatArray:
    return _ratio(2 * tp, 2 * tp + fp + fn)


def _jaccard(tp: Vector, fp: Vector, fn: Vector, tn: Vector) -> FloatArray:
    return _ratio(tp, tp + fp + fn)


def _matthews_corrcoef(tp: Vector, fp: Vector, fn: Vector, tn: Vector) -> FloatArray:
    return _ratio(tp * tn - fp * fn, np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))


def _precision(tp: Vector, fp: Vector, fn: Vector, tn: Vector) -> FloatArray:
    return _ratio(tp, tp + fp)


def _recall(tp: Vector, fp: Vector, fn: Vector, tn: Vector) -> FloatArray:
    return _ratio(tp, tp + fn)


COUNT_METRICS: dict[str, Callable[[Vector, Vector, Vector, Vector], FloatArray]] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1": _f1,
    "jaccard": _jaccard,
    "matthews_corrcoef": _matthews_corrcoef,
    "precision": _precision,
    "recall": _recall,
}
"""Functions of TP, FP, FN and TN, by the names of scikit-learn's scorers."""
