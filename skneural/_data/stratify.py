"""Stratified random orders and splits of rows.

Labels are codes of shape (n_rows, n_targets), dense or CSR; soft labels count as their most
probable class. If there are more than `MOST_BLOCKS` rows, blocks of neighbouring rows are drawn
instead, whatever their labels. That needs no memory for each row, and neighbouring rows are read
from disk together.
"""

from typing import Any

import numpy as np
import scipy.sparse as sp

from skneural._data.positions import BlockIndex
from skneural._data.rows import Data, code_columns
from skneural._typing import IntArray

MOST_BLOCKS = 2**18


class RandomOrder:
    """A random order of the rows; for a single target, any first part of it is stratified.

    More than `MOST_BLOCKS` rows are ordered in blocks, and not stratified.
    """

    def __init__(self, rows: Data, rng: np.random.RandomState) -> None:
        self._n_rows = rows.n_rows
        self._block_rows = -(-rows.n_rows // MOST_BLOCKS)
        if self._block_rows == 1:
            self._order = stratified_order(rows.all_labels(), rng)
        else:
            self._order = rng.permutation(-(-rows.n_rows // self._block_rows))

    def part(self, start: int, stop: int) -> Any:
        """Positions of the rows from `start` to `stop` of this order, sorted.

        Both are rounded up to whole blocks.
        """
        first, last = -(-start // self._block_rows), -(-stop // self._block_rows)
        blocks = np.sort(self._order[first:last])
        if self._block_rows == 1:
            return blocks
        return BlockIndex(blocks, self._block_rows, self._n_rows)

    def split(self, n_second: int) -> tuple[Any, Any]:
        """Positions of two parts, the second of about `n_second` rows; neither is empty."""
        last_block = (len(self._order) - 1) * self._block_rows
        cut = min(self._n_rows - n_second, last_block)
        return self.part(0, cut), self.part(cut, self._n_rows)


def random_split(rows: Data, n_second: int, rng: np.random.RandomState) -> tuple[Data, Data]:
    """Two random parts of the rows, the second of `n_second`, with the classes in proportion.

    More than `MOST_BLOCKS` rows are split in blocks, and not stratified.
    """
    if rows.n_rows > MOST_BLOCKS:
        first, second = RandomOrder(rows, rng).split(n_second)
    else:
        first, second = map(np.sort, stratified_split(rows.all_labels(), n_second, rng))
    return rows.sample(first), rows.sample(second)


def split_observations(
    rows: Data, share: float, per_weight: float, rng: np.random.RandomState
) -> tuple[Data, Data]:
    """Two random parts of the rows, the second with this share of the observations.

    A weight of 1 stands for `per_weight` observations. Each of the observations that a row stands
    for may be in either part, so that weighted rows are split like repeated ones; if there are more
    than `MOST_BLOCKS` rows, they are split as a whole.
    """
    n_second = int(np.ceil(share * rows.n_rows))
    if rows.n_rows > MOST_BLOCKS:
        return random_split(rows, n_second, rng)
    weight = rows.all_weights()
    counts = np.maximum(np.rint(weight * per_weight), 1)
    if counts.max() == 1:
        return random_split(rows, n_second, rng)
    order = stratified_order(rows.all_labels(), rng)
    # One in every 1 / share observations, from a random place on.
    passed = np.floor(share * np.cumsum(counts[order]) + rng.uniform())
    share_held = np.empty(rows.n_rows)
    share_held[order] = np.diff(passed, prepend=0.0) / counts[order]
    return rows.reweighted(weight * (1 - share_held)), rows.reweighted(weight * share_held)


def stratified_order(labels: Any, rng: np.random.RandomState) -> IntArray:
    """A random order of the rows; any first part of it has the classes in proportion.

    A row that is the only one of its class comes first. With several targets, the order is not
    stratified.
    """
    order = rng.permutation(labels.shape[0])
    if _n_targets(labels) > 1:
        return order
    code = _single_codes(labels)[order]
    by_class = np.argsort(code, kind="stable")
    counts = np.bincount(code)
    rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    within = np.where(counts > 1, rng.uniform(size=len(counts)), 0.0)
    quantile = (rank + within[code[by_class]]) / counts[code[by_class]]
    return np.asarray(order[by_class[np.argsort(quantile, kind="stable")]])


def stratified_split(
    labels: Any, n_second: int, rng: np.random.RandomState
) -> tuple[IntArray, IntArray]:
    """Positions of two random parts, the second of `n_second` rows, with classes in proportion.

    With several targets, classes are dealt out one by one. The next is always the class with the
    fewest rows left, because it leaves the narrowest choice. If such a class has two rows or more,
    each part gets at least one of them, unless they were dealt out with rarer classes. Missing
    labels do not count.

    References
    ----------
    K. Sechidis, G. Tsoumakas and I. Vlahavas, "On the stratification of multi-label data",
    ECML PKDD 2011, doi:10.1007/978-3-642-23808-6_10.
    """
    n_first = labels.shape[0] - n_second
    if _n_targets(labels) == 1:
        order = stratified_order(labels, rng)
    else:
        order = _rarest_first(_rare_classes(labels), labels.shape[0], n_second, rng)
    return order[:n_first], order[n_first:]


def stratified_folds(labels: Any, n_folds: int, rng: np.random.RandomState) -> IntArray:
    """The fold of each row; every fold holds the classes in proportion."""
    folds = np.zeros(labels.shape[0], dtype=int)
    left = np.arange(len(folds))
    for fold in range(n_folds - 1, 0, -1):
        others, chosen = stratified_split(labels[left], round(len(left) / (fold + 1)), rng)
        folds[left[chosen]] = fold
        left = left[others]
    return folds


def _n_targets(labels: Any) -> int:
    """The number of targets; soft labels have a single one."""
    return 1 if labels.dtype.kind == "f" else int(labels.shape[1])


def _single_codes(labels: Any) -> IntArray:
    if labels.dtype.kind == "f":
        return np.asarray(labels.argmax(axis=1))
    return next(code_columns(labels))


def _rare_classes(labels: Any) -> sp.csc_array:
    """An indicator column for each class of fewer than half of the rows.

    If two classes of a target have half of the rows each, one of them gets a column.
    """
    n_rows = labels.shape[0]
    members = []
    for column in code_columns(labels):
        classes, counts = np.unique(column[column >= 0], return_counts=True)
        if len(classes) and 2 * counts.max() >= n_rows:  # the columns of the other classes imply it
            classes = np.delete(classes, counts.argmax())
        members += [np.flatnonzero(column == k) for k in classes]
    starts = np.cumsum([0, *map(len, members)])
    rows = np.concatenate([np.empty(0, dtype=np.intp), *members])
    shape = n_rows, len(members)
    return sp.csc_array((np.ones(len(rows), dtype=np.intp), rows, starts), shape=shape)


def _rarest_first(
    classes: sp.csc_array, n_rows: int, n_second: int, rng: np.random.RandomState
) -> IntArray:
    """An order of the rows, to be split before its last `n_second`.

    Rows of the rarest classes are farthest from the split. If the counts of the classes do not
    add up to `n_second`, only rows of frequent classes change sides.
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
