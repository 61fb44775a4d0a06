"""Rows in a random order, or in random parts, that hold the classes in proportion.

It is by labels: an array of shape (n_rows, n_targets), or a CSR matrix of such codes; or soft
labels, which count as their most probable class. Of more than `MOST_BLOCKS` rows, *blocks* of
consecutive rows come in a random order, whatever their labels: that takes no memory for each
row, and reads from disk what lies together.
"""

from typing import Any

import numpy as np
import scipy.sparse as sp

from skneural._data.rows import Data, code_columns
from skneural._typing import IntArray

MOST_BLOCKS = 2**18


class BlockIndex:
    """Places of rows, in ascending order, that are worked out when they are asked for.

    Parameters
    ----------
    blocks : array of int
        In ascending order.
    size : int
        Rows of a block.
    n_rows : int
        Of all blocks, of which the last may be shorter.
    """

    def __init__(self, blocks: IntArray, size: int, n_rows: int) -> None:
        self._blocks = blocks
        self._size = size
        end = (int(blocks[-1]) + 1) * size if len(blocks) else 0
        self._length = len(blocks) * size - max(end - n_rows, 0)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, places: Any) -> Any:
        if isinstance(places, BlockIndex):
            return _IndexOfIndex(self, places)
        if isinstance(places, slice):
            places = np.arange(*places.indices(self._length))
        block, row = np.divmod(places, self._size)
        return np.asarray(self._blocks[block] * self._size + row)

    def first_from(self, row: int) -> int:
        """How many of the places are below that of a row."""
        block, within = divmod(row, self._size)
        i = int(np.searchsorted(self._blocks, block))
        is_chosen = i < len(self._blocks) and self._blocks[i] == block
        return min(i * self._size + (within if is_chosen else 0), self._length)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> IntArray:
        return np.asarray(self[:], dtype=dtype or np.intp)


class _IndexOfIndex:
    """The places that some rows of a sample have among all rows, likewise worked out when asked.

    Parameters
    ----------
    sample : sequence of int
        What can be indexed by slices and arrays.
    chosen : BlockIndex
        Which of these.
    """

    def __init__(self, sample: Any, chosen: BlockIndex) -> None:
        self._sample = sample
        self._chosen = chosen

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, places: Any) -> Any:
        if isinstance(places, BlockIndex):
            return _IndexOfIndex(self, places)
        return self._sample[self._chosen[places]]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> IntArray:
        return np.asarray(self[:], dtype=dtype or np.intp)


class RandomOrder:
    """A random order of the rows, with the classes of a single target in proportion throughout.

    Of more than `MOST_BLOCKS` rows it is one of blocks.
    """

    def __init__(self, rows: Data, rng: np.random.RandomState) -> None:
        self._n_rows = rows.n_rows
        self._block_rows = -(-rows.n_rows // MOST_BLOCKS)
        if self._block_rows == 1:
            self._order = stratified_order(rows.all_labels(), rng)
        else:
            self._order = rng.permutation(-(-rows.n_rows // self._block_rows))

    def part(self, start: int, stop: int) -> Any:
        """The rows from one place to another, to a block, in their own order."""
        first, last = -(-start // self._block_rows), -(-stop // self._block_rows)
        blocks = np.sort(self._order[first:last])
        return (
            blocks if self._block_rows == 1 else BlockIndex(blocks, self._block_rows, self._n_rows)
        )


def random_split(rows: Data, n_second: int, rng: np.random.RandomState) -> tuple[Data, Data]:
    """Two random parts of the rows, the second of `n_second`, both with the classes in proportion.

    Of more than `MOST_BLOCKS` rows they are made of blocks.
    """
    n_first = rows.n_rows - n_second
    if rows.n_rows > MOST_BLOCKS:
        order = RandomOrder(rows, rng)
        return rows.sample(order.part(0, n_first)), rows.sample(order.part(n_first, rows.n_rows))
    first, second = stratified_split(rows.all_labels(), n_second, rng)
    return rows.sample(np.sort(first)), rows.sample(np.sort(second))


def stratified_order(labels: Any, rng: np.random.RandomState) -> IntArray:
    """The rows in a random order, of which every beginning holds the classes in proportion.

    A row that is the only one of its class comes first. With several targets, the order is random
    alone.
    """
    order = rng.permutation(labels.shape[0])
    if _n_targets(labels) > 1:
        return order
    code = _single_codes(labels)[order]
    by_class = np.argsort(code, kind="stable")
    counts = np.bincount(code)
    rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    within = np.where(counts > 1, rng.uniform(size=len(counts)), 0.0)
    place = (rank + within[code[by_class]]) / counts[code[by_class]]
    return np.asarray(order[by_class[np.argsort(place, kind="stable")]])


def stratified_split(
    labels: Any, n_second: int, rng: np.random.RandomState
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
    n_first = labels.shape[0] - n_second
    if _n_targets(labels) == 1:
        order = stratified_order(labels, rng)
    else:
        order = _rarest_first(_rare_classes(labels), labels.shape[0], n_second, rng)
    return order[:n_first], order[n_first:]


def stratified_folds(labels: Any, n_folds: int, rng: np.random.RandomState) -> IntArray:
    """The number of the fold of each row, with the classes in proportion in each fold."""
    folds = np.zeros(labels.shape[0], dtype=int)
    left = np.arange(len(folds))
    for fold in range(n_folds - 1, 0, -1):
        others, chosen = stratified_split(labels[left], round(len(left) / (fold + 1)), rng)
        folds[left[chosen]] = fold
        left = left[others]
    return folds


def _n_targets(labels: Any) -> int:
    """Soft labels are of a single target."""
    return 1 if labels.dtype.kind == "f" else int(labels.shape[1])


def _single_codes(labels: Any) -> IntArray:
    if labels.dtype.kind == "f":
        return np.asarray(labels.argmax(axis=1))
    return next(code_columns(labels))


def _rare_classes(labels: Any) -> sp.csc_array:
    """A column of ones and zeros for each class that fewer than half of the rows have.

    Of two classes with half each, it is one.
    """
    n_rows = labels.shape[0]
    members = []
    for column in code_columns(labels):
        classes, counts = np.unique(column[column >= 0], return_counts=True)
        if len(classes) and 2 * counts.max() >= n_rows:  # the others say what has to be said
            classes = np.delete(classes, counts.argmax())
        members += [np.flatnonzero(column == k) for k in classes]
    starts = np.cumsum([0, *map(len, members)])
    rows = np.concatenate([np.empty(0, dtype=np.intp), *members])
    shape = n_rows, len(members)
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
