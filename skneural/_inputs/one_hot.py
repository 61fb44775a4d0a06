"""Detection of class labels that are given as an indicator with a single 1 in every row."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skneural._data import Data, Rows, Shard, Sums

_CHANCE = 1e-3  # the largest probability that independent labels look like this


def is_one_hot(data: Data) -> bool:
    """Whether every row of an indicator has exactly one label, and hardly by chance.

    If labels of the same frequencies f_j were independent, a row would have exactly one with
    probability ``q = sum_j f_j prod_{k != j} (1 - f_k)``. With n rows, ``q^n`` must be small.
    """
    sums = data.sums(_label_counts)
    if sums.n_one_hot < data.n_rows:
        return False
    frequency = sums.n_labels / data.n_rows
    if (frequency == 1).any():
        return False  # the other labels never occur
    q = (frequency / (1 - frequency)).sum() * np.prod(1 - frequency)
    return bool(data.n_rows * np.log(q) < np.log(_CHANCE))


@dataclass
class _LabelCounts(Sums):
    n_one_hot: Any  # complete rows with exactly one label
    n_labels: Any  # rows with each label


def _label_counts(rows: Rows, shard: Shard) -> _LabelCounts:
    n_one_hot, n_labels = 0, np.zeros(rows.labels.shape[1])
    for block in shard:
        codes, _ = rows.labels_and_weights(block)
        n_one_hot += int(((codes.min(axis=1) >= 0) & (codes.sum(axis=1) == 1)).sum())
        n_labels += (codes == 1).sum(axis=0)
    return _LabelCounts(n_one_hot, n_labels)
