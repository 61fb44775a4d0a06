"""Small data in a canonical form: equal rows merged, and sorted."""

from itertools import pairwise
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
    return Rows(*merge_repeats(rows.X[part], rows.labels[part], rows.weight[part]))


def merge_repeats(X: Any, labels: Any, weight: Vector) -> tuple[Any, Any, Vector]:
    """Distinct rows with positive weights, sorted, and the sum of the weights of each."""
    used = np.flatnonzero(weight)
    X, labels, weight = X[used], labels[used], weight[used]
    keys = _row_keys(X, labels)
    first = {key: row for row, key in reversed(list(enumerate(keys)))}
    position = {key: i for i, key in enumerate(sorted(first))}
    rows = [first[key] for key in position]
    merged = group_sums(np.array([position[key] for key in keys]), weight, len(rows))
    return X[rows], labels[rows], merged


def group_sums(group: IntArray, weight: Vector, n_groups: int) -> Vector:
    """The sum of the weights in each group, with the same bits for any order of the weights."""
    order = np.argsort(weight)
    return np.bincount(group[order], weights=weight[order], minlength=n_groups).astype(np.float64)


def _row_keys(X: Any, labels: Any) -> list[tuple[bytes, bytes]]:
    """A sort key for each row, equal for equal rows, dense or sparse."""
    table = sp.csr_array(sp.hstack([sp.csr_array(X.astype(np.float64)), sp.csr_array(labels)]))
    table.sum_duplicates()
    table.eliminate_zeros()
    return [
        (table.indices[start:stop].tobytes(), table.data[start:stop].tobytes())
        for start, stop in pairwise(table.indptr)
    ]
