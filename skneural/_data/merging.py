"""Small data in a canonical form: equal rows merged, and sorted."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from skneural._data.rows import Data, Rows
from skneural._typing import IntArray, Vector

SMALL_NUMBERS = 2**16  # the most features and labels in data that are merged and sorted


def is_small(n_rows: int, n_columns: int) -> bool:
    """Whether data of this size are merged and sorted; columns are features and labels."""
    return n_rows * n_columns <= SMALL_NUMBERS


def canonical(rows: Data) -> Data:
    """Bring small data in memory to canonical form; return other data unchanged.

    Rows of weight 0 are left out, equal rows are merged, and the rest are sorted. Rounding errors
    depend on the order of the rows, and the path of a solver over a nonconvex function amplifies
    them. In canonical form, a fit gives the same bits for any order of the rows, and for repeated
    rows as for weighted ones.
    """
    if not isinstance(rows, Rows):
        return rows
    if not is_small(rows.n_rows, rows.n_features + rows.labels.shape[1]):
        return rows
    part = slice(None) if rows.index is None else rows.index
    X = rows.X[part]
    if rows.columns is not None:
        X = X[:, rows.columns] if sp.issparse(X) else np.take(X, rows.columns, axis=1)
    return Rows(*merge_repeats(X, rows.labels[part], rows.weight[part]))


def merge_repeats(X: Any, labels: Any, weight: Vector) -> tuple[Any, Any, Vector]:
    """Distinct rows with positive weights, sorted, and the sum of the weights of each.

    Rows are sorted by their values, so that positive factors of the features do not matter.
    """
    used = np.flatnonzero(weight)
    X, labels, weight = X[used], labels[used], weight[used]
    table = np.hstack([_dense(X), _dense(labels)])
    order = np.lexsort(table.T[::-1])
    table = table[order]
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (table[1:] != table[:-1]).any(axis=1)
    group = np.empty(len(order), dtype=np.intp)
    group[order] = np.cumsum(is_new) - 1
    rows = order[is_new]  # lexsort is stable: the first of each group
    return X[rows], labels[rows], group_sums(group, weight, len(rows))


def group_sums(group: IntArray, weight: Vector, n_groups: int) -> Vector:
    """The sum of the weights in each group, with the same bits for any order of the weights."""
    order = np.argsort(weight)
    return np.bincount(group[order], weights=weight[order], minlength=n_groups).astype(np.float64)


def _dense(values: Any) -> Vector:
    values = values.toarray() if sp.issparse(values) else values
    return np.asarray(values, dtype=np.float64)
