"""Rows in a random order, or in two random parts, that hold the classes in proportion."""

import numpy as np
import scipy.sparse as sp

from skneural._rows import Rows
from skneural._typing import IntArray, LabelArray


def stratified_order(rows: Rows, rng: np.random.RandomState) -> IntArray:
    """The rows in a random order, of which every beginning holds the classes in proportion.

    A row that is the only one of its class comes first. A soft label counts as its most
    probable class. With several targets, the order is random alone.
    """
    order = rng.permutation(rows.n_rows)
    if _n_targets(rows) > 1:
        return order
    labels, _ = rows.labels_and_weights(order)
    code = _codes(labels)[:, 0]
    by_class = np.argsort(code, kind="stable")
    counts = np.bincount(code)
    rank = np.arange(rows.n_rows) - np.repeat(np.cumsum(counts) - counts, counts)
    within = np.where(counts > 1, rng.uniform(size=len(counts)), 0.0)
    place = (rank + within[code[by_class]]) / counts[code[by_class]]
    return np.asarray(order[by_class[np.argsort(place, kind="stable")]])


def stratified_split(
    rows: Rows, n_second: int, rng: np.random.RandomState
) -> tuple[IntArray, IntArray]:
    """Two random parts of the rows, the second of `n_second`, both with the classes in proportion.

    With several targets, classes are dealt out one by one: next is always the one of which the
    fewest rows are left, as their choice is the narrowest. Of two rows or more, each part gets at
    least one, if the rarer classes have left the choice. What is not known does not count.

    References
    ----------
    K. Sechidis, G. Tsoumakas and I. Vlahavas, "On the stratification of multi-label data",
    ECML PKDD 2011, doi:10.1007/978-3-642-23808-6_10.
    """
    if _n_targets(rows) == 1:
        order = stratified_order(rows, rng)
    else:
        labels = rows.labels if rows.index is None else rows.labels[rows.index]
        order = _rarest_first(_rare_classes(labels), rows.n_rows, n_second, rng)
    n_first = rows.n_rows - n_second
    return order[:n_first], order[n_first:]


def _n_targets(rows: Rows) -> int:
    """Soft labels are of a single target."""
    return 1 if rows.labels.dtype.kind == "f" else int(rows.labels.shape[1])


def _codes(labels: LabelArray) -> IntArray:
    is_soft = labels.dtype.kind == "f"
    return np.asarray(labels.argmax(axis=1)[:, None] if is_soft else labels)


def _rare_classes(labels: IntArray) -> sp.csc_array:
    """A column of ones and zeros for each class of a target but the most frequent one."""
    columns = sp.csc_array(labels)
    members = []
    for j in range(columns.shape[1]):
        column = columns[:, [j]].toarray().ravel()
        classes, counts = np.unique(column[column >= 0], return_counts=True)
        rare = np.delete(classes, counts.argmax()) if len(classes) else classes
        members += [np.flatnonzero(column == k) for k in rare]
    starts = np.cumsum([0, *map(len, members)])
    rows = np.concatenate([np.empty(0, dtype=np.intp), *members])
    shape = labels.shape[0], len(members)
    return sp.csc_array((np.ones(len(rows), dtype=np.intp), rows, starts), shape=shape)


def _rarest_first(
    classes: sp.csc_array, n_rows: int, n_second: int, rng: np.random.RandomState
) -> IntArray:
    """An order of the rows, to be cut where its last `n_second` begin.

    Rows of the rarest classes are farthest from the cut, so that what does not come out even
    is made up for by frequent ones.
    """
    of_row = classes.tocsr()
    left = np.asarray(classes.sum(axis=0))
    wanted = np.clip(np.rint(left * n_second / n_rows), 1, np.maximum(left - 1, 0)).astype(int)
    is_free = np.ones(n_rows, dtype=bool)
    first, second = [], []
    while left.any():
        rarest = np.argmin(np.where(left > 0, left, n_rows + 1))
        members = classes.indices[classes.indptr[rarest] : classes.indptr[rarest + 1]]
        members = rng.permutation(members[is_free[members]])
        n = np.clip(wanted[rarest], 0, len(members))
        second.append(members[:n])
        first.append(members[n:])
        wanted -= of_row[members[:n]].sum(axis=0)
        left -= of_row[members].sum(axis=0)
        is_free[members] = False
    others = rng.permutation(np.flatnonzero(is_free))
    return np.concatenate([*first, others, *second[::-1]])
