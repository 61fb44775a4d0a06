"""A data set as blocks of rows, and sums over them.

Training uses its data mainly through sums over rows. The rows are stored in one place (`Rows`) or
in several parts (other subclasses of `Data`).

A block is small enough for its activations to stay in cache. Consecutive blocks form a *shard*,
and the number of shards is limited. One thread works through a shard, block after block, and the
sums of the shards are added in order. Neither blocks nor shards depend on the number of threads,
so a sum has the same bits for any number of threads.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import partial, reduce
from itertools import pairwise
from operator import iadd
from typing import Any, ClassVar, TypeVar, final

import numpy as np
import scipy.sparse as sp

from skneural._data.positions import rows_at
from skneural._data.sums import Sums, Total
from skneural._data.threads import MapShards
from skneural._typing import IntArray, LabelArray, Vector

N_SHARDS = 16
BLOCK_NUMBERS = 2**17  # in a block of X in float64: a megabyte; twice as many in float32
COMPACT_NUMBERS = 2**22  # in X of a sample that is copied; 32 megabytes in float64
FEWEST_ROWS, MOST_ROWS = 512, 2048  # in such a block of dense X; twice as many at most in float32

Shard = list[slice]
SumsT = TypeVar("SumsT", bound=Sums)
ShardFunction = Callable[["Rows", Shard], SumsT]
"""Computes sums over a shard of some rows; must be picklable."""


class Data(ABC):
    """Rows with labels and weights."""

    n_rows: int
    n_features: int
    dtype: np.dtype[Any]
    """Dtype of the computation."""
    joblib_options: ClassVar[dict[str, Any]] = {}
    """Options of `joblib.Parallel` for concurrent calls that use these data."""

    @abstractmethod
    def reduce(self, function: Callable[["Rows"], SumsT]) -> SumsT:
        """The sum of the function's results over all parts."""

    @abstractmethod
    def sums(self, function: ShardFunction[SumsT], map_shards: MapShards = map) -> SumsT:
        """The sum of the function's results over all shards, in float64."""

    @abstractmethod
    def sample(self, index: Any, n_shards: int = N_SHARDS) -> "Data":
        """The rows at these positions, which must be ascending; rows in memory are not copied."""

    def compact(self) -> "Data":
        """The same rows, copied if they are few and lie apart: evaluations read copies faster."""
        return self

    @abstractmethod
    def where(self, is_chosen: Callable[["Rows", slice], Any]) -> "Data":
        """The rows for which a function of a block is true; all rows if it is true for none."""

    @abstractmethod
    def select(self, columns: IntArray) -> "Data":
        """The rows with only these features; nothing is copied."""

    @abstractmethod
    def first_row(self) -> Vector:
        """The features of the first row, dense."""

    @abstractmethod
    def all_labels(self) -> Any:
        """The labels of all rows, dense or sparse as they are stored."""

    @abstractmethod
    def all_weights(self) -> Vector:
        """The weights of all rows."""

    @abstractmethod
    def reweighted(self, weight: Vector) -> "Data":
        """The rows with other weights, but without those whose weight is zero."""

    def n_stored(self) -> int:
        """The number of features that all rows store together; a zero of sparse X is not stored."""
        return int(self.reduce(_n_stored).value)

    def varying(self) -> IntArray:
        """Positions of the features that are not the same in all rows."""
        return np.flatnonzero(self.reduce(partial(_n_different, self.first_row())).value)


@final
class Rows(Data):
    """Rows of features with their labels and weights, in memory or in a memory map.

    Parameters
    ----------
    X : ndarray or CSR array or matrix of shape (n_rows, n_features)
        Features of any numeric dtype; never copied or converted as a whole.
    labels : ndarray or CSR array of shape (n_rows, n_targets), optional
        Codes of the classes; or soft labels, an ndarray of shape (n_rows, n_classes).
    weight : array of shape (n_rows,), optional
    index : sequence of int, optional
        Positions of the rows to use, in this order; all rows by default.
    columns : array of int, optional
        Positions of the features to use; all features by default.
    block_rows : int, optional
        The most rows in a block.
    n_shards : int, default=16
        The most shards.
    start : int, default=0
        Position of the first row, if these rows are a part of others.
    """

    def __init__(
        self,
        X: Any,
        labels: Any = None,
        weight: Any = None,
        *,
        index: Any = None,
        columns: IntArray | None = None,
        block_rows: int | None = None,
        n_shards: int = N_SHARDS,
        start: int = 0,
    ) -> None:
        self.X = X
        self.labels = labels
        self.weight = weight
        self.index = index
        self.columns = columns
        self.start = start
        self.n_rows = int(X.shape[0]) if index is None else len(index)
        self.n_features = int(X.shape[1]) if columns is None else len(columns)
        self.dtype = computation_dtype(X.dtype)
        n_blocks = -(-self.n_rows // (block_rows or default_block_rows(X, self.n_features)))
        blocks = _parts(self.n_rows, n_blocks)
        self.shards = [blocks[part] for part in _parts(n_blocks, min(n_shards, n_blocks))]

    def __sizeof__(self) -> int:
        """Size in bytes, by which dask decides what to move and what to keep in memory."""
        stored = (self.X.data, self.X.indices) if sp.issparse(self.X) else (self.X,)
        n_all = max(self.X.shape[0], 1)
        return int(sum(part.nbytes for part in stored) * self.n_rows / n_all) + 16 * self.n_rows

    def __getstate__(self) -> dict[str, Any]:
        """The state to pickle, with only the rows in the index."""
        state = self.__dict__.copy()
        if self.index is not None:
            chosen = {name: state[name][self.index] for name in ("X", "labels", "weight")}
            state.update(chosen, index=None)
        return state

    def features(self, rows: slice) -> Any:
        """A block of X, dense or CSR, in the dtype of the computation."""
        return computable(self._stored_features(rows))

    def labels_and_weights(self, rows: slice) -> tuple[LabelArray, Vector]:
        """Dense labels and the weights of a block."""
        at = self._of(rows)
        return _dense(rows_at(self.labels, at)), rows_at(self.weight, at)

    def positions(self, rows: slice) -> tuple[int, int]:
        """Start and stop of a block, counted in the rows of which these are a part."""
        return self.start + rows.start, self.start + rows.stop

    def all_labels(self) -> Any:
        return self.labels if self.index is None else self.labels[self.index]

    def all_weights(self) -> Vector:
        return self.weight if self.index is None else np.asarray(self.weight[self.index])

    def reweighted(self, weight: Vector) -> "Rows":
        index = np.arange(self.n_rows) if self.index is None else np.asarray(self.index)
        of_all = np.zeros(len(self.weight))
        of_all[index] = weight
        return Rows(self.X, self.labels, of_all, index=index[weight > 0], columns=self.columns)

    def first_row(self) -> Vector:
        return np.asarray(_dense(self.features(slice(0, 1)))[0])

    def reduce(self, function: Callable[["Rows"], SumsT]) -> SumsT:
        return function(self)

    def sums(self, function: ShardFunction[SumsT], map_shards: MapShards = map) -> SumsT:
        parts = map_shards(partial(function, self), self.shards)
        total: SumsT = reduce(iadd, parts, next(parts).in_double())
        return total

    def sample(self, index: Any, n_shards: int = N_SHARDS, start: int = 0) -> "Rows":
        chosen = self._of(index)
        return Rows(
            self.X,
            self.labels,
            self.weight,
            index=chosen,
            columns=self.columns,
            n_shards=n_shards,
            start=start,
        )

    def select(self, columns: IntArray) -> "Rows":
        return Rows(
            self.X,
            self.labels,
            self.weight,
            index=self.index,
            columns=columns if self.columns is None else self.columns[columns],
            start=self.start,
        )

    def compact(self) -> "Rows":
        if self.index is None or self.n_stored() > COMPACT_NUMBERS:
            return self
        return Rows(
            self._stored_features(slice(0, self.n_rows)),
            self.all_labels(),
            self.all_weights(),
            n_shards=len(self.shards),
            start=self.start,
        )

    def where(self, is_chosen: Callable[["Rows", slice], Any]) -> "Rows":
        is_any = any(is_chosen(self, block).any() for block in self.blocks())
        return self.chosen(is_chosen) if is_any else self

    def chosen(self, is_chosen: Callable[["Rows", slice], Any]) -> "Rows":
        """The rows for which a function of a block is true; there may be none."""
        if all(is_chosen(self, block).all() for block in self.blocks()):  # needs no mask of all
            return self
        mask = np.concatenate([is_chosen(self, block) for block in self.blocks()])
        return self.sample(np.flatnonzero(mask))

    def blocks(self) -> Iterator[slice]:
        """All blocks in order."""
        return (block for shard in self.shards for block in shard)

    def _stored_features(self, rows: slice) -> Any:
        """A block of X in its own dtype."""
        block = rows_at(self.X, self._of(rows))
        if self.columns is None:
            return block
        is_sparse = sp.issparse(block)
        return block[:, self.columns] if is_sparse else np.take(block, self.columns, axis=1)

    def _of(self, rows: Any) -> Any:
        return rows if self.index is None else self.index[rows]


def cut(shard: Shard, most_rows: int) -> Iterator[slice]:
    """The blocks of a shard; those of more than `most_rows` rows are cut into equal parts."""
    for block in shard:
        n_rows = block.stop - block.start
        for part in _parts(n_rows, max(-(-n_rows // most_rows), 1)):
            yield slice(block.start + part.start, block.start + part.stop)


def computation_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Float32 for float32 in any byte order, float64 for every other dtype."""
    is_single = dtype.kind == "f" and dtype.itemsize == 4
    return np.dtype(np.float32 if is_single else np.float64)


def computable(X: Any) -> Any:
    """Features in the dtype of the computation.

    Dense ones are aligned in memory, because products with unaligned numbers may be rounded
    differently.
    """
    dtype = computation_dtype(X.dtype)
    return X.astype(dtype, copy=False) if sp.issparse(X) else np.require(X, dtype, "A")


def without_duplicates(x: Any) -> Any:
    """A CSR array in which every number is stored once; several in one place are added up."""
    if not x.has_canonical_format:
        x = x.copy()
        x.sum_duplicates()
    return x


def code_columns(labels: Any) -> Iterator[IntArray]:
    """The codes of each target in turn, dense; shape (n_rows,)."""
    columns = labels.tocsc() if sp.issparse(labels) else labels
    for j in range(labels.shape[1]):
        yield _dense(columns[:, [j]]).ravel()


def _n_stored(rows: Rows) -> Total:
    if not sp.issparse(rows.X):
        return Total(rows.n_rows * rows.n_features)
    of_row = np.diff(rows.X.indptr)
    return Total((of_row if rows.index is None else of_row[rows.index]).sum())


def _n_different(first: Vector, rows: Rows) -> Total:
    """The number of rows that differ from `first` in each feature; counted until each has one."""
    n_different = np.zeros(rows.n_features)
    for block in rows.blocks():
        x = rows.features(block)
        if sp.issparse(x):
            x = without_duplicates(x)
            is_same = x.data == first[x.indices]
            n_same = np.bincount(x.indices[is_same], minlength=len(first))
            n_stored = np.bincount(x.indices, minlength=len(first))
            n_same += (first == 0) * (x.shape[0] - n_stored)
            n_different += x.shape[0] - n_same
        else:
            n_different += (x != first).sum(axis=0)
        if n_different.all():
            break
    return Total(n_different)


def _parts(length: int, n_parts: int) -> list[slice]:
    """Neighbouring slices of about equal lengths."""
    edges = [length * i // n_parts for i in range(n_parts)]
    return [slice(start, stop) for start, stop in pairwise([*edges, length])]


def default_block_rows(X: Any, n_features: int) -> int:
    """The number of rows that hold about a megabyte of the features in use.

    It is from 512 to 2048 in float64, and to 4096 in float32. With such blocks, calls are few and
    activations stay in cache. The gradient of a block with respect to the first layer is dense. If
    X is sparse with many features, blocks are larger, because adding up the gradients of small ones
    would cost more than computing them.
    """
    numbers_per_row = max(1.0, X.nnz / max(X.shape[0], 1)) if sp.issparse(X) else n_features
    n_packed = 8 // computation_dtype(X.dtype).itemsize  # numbers in the place of a float64
    block_rows = n_packed * int(min(BLOCK_NUMBERS / numbers_per_row, MOST_ROWS))
    block_rows = max(block_rows, FEWEST_ROWS)
    return max(block_rows, int(8 * n_features / numbers_per_row))


def _dense(block: Any) -> Any:
    return block.toarray() if sp.issparse(block) else block
