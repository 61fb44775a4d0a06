"""A data set as blocks of rows, and sums over them.

What a fit asks of its data are sums over rows, wherever these lie: in one place (`Rows`), or in
several, each of which has some of them (`Data` in general).

A block is small enough for its activations to stay in cache. Blocks are dealt, in order, to
a fixed number of *shards*. A shard is worked off by one thread, block after block, and what
the shards give is added up in their order: the result has the same bits however many threads
there are, because neither blocks nor shards depend on that number.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, final

import numpy as np
import scipy.sparse as sp

from skneural._data.threads import MapShards, shard_map
from skneural._typing import IntArray, LabelArray, Vector

N_SHARDS = 16
SMALL_NUMBERS = 2**16  # features and labels of data that are merged and sorted
BLOCK_NUMBERS = 2**17  # of X in a block: a megabyte, or half of one
BLOCK_ROWS = 512, 2048  # the fewest and the most rows in a block of dense X

Shard = list[slice]
Sums = list[Vector]
"""Arrays to be added up, some of them of no dimension."""
ShardSums = Callable[["Rows", Shard], Sums]
"""What some rows give for one of their shards; it may be overwritten."""


class Data(ABC):
    """Rows with labels and weights. Functions given to it can be pickled."""

    n_rows: int
    n_features: int
    dtype: np.dtype[Any]
    """Of the computation."""
    joblib_options: ClassVar[dict[str, Any]] = {}
    """For calls that run at the same time and use these data."""

    @abstractmethod
    def reduce(self, function: Callable[["Rows"], Sums]) -> Sums:
        """The sum over all parts of what `function` gives."""

    @abstractmethod
    def sums(self, function: ShardSums, map_shards: MapShards = map) -> Sums:
        """The sums over all shards of what `function` gives, in float64."""

    @abstractmethod
    def sample(self, index: Any, n_shards: int = N_SHARDS) -> "Data":
        """Some of these rows, which are not copied; `index` is in ascending order."""

    @abstractmethod
    def where(self, is_chosen: Callable[["Rows", slice], Any]) -> "Data":
        """The rows that are chosen, block by block; all if none is."""

    @abstractmethod
    def origin(self) -> Any:
        """A point among the rows: seen from there, variances lose no digits to a large mean."""

    @abstractmethod
    def all_labels(self) -> Any:
        """The labels of all rows, dense or sparse as they are."""


@final
class Rows(Data):
    """Rows of features with their labels and weights, in blocks.

    Parameters
    ----------
    X : ndarray or CSR array or matrix of shape (n_rows, n_features)
        Of any numeric dtype; never copied or converted as a whole.
    labels : ndarray or CSR array of shape (n_rows, n_targets), or soft, optional
    weight : array of shape (n_rows,), optional
    index : sequence of int, optional
        The rows that take part, in the order in which they do; all by default.
    block_rows : int, optional
        The most rows in a block.
    n_shards : int, default=16
        The most shards.
    place : int, default=0
        Of the first row, if these rows are a part of others.
    """

    def __init__(
        self,
        X: Any,
        labels: Any = None,
        weight: Any = None,
        *,
        index: Any = None,
        block_rows: int | None = None,
        n_shards: int = N_SHARDS,
        place: int = 0,
    ) -> None:
        self.X = X
        self.labels = labels
        self.weight = weight
        self.index = index
        self.place = place
        self.n_rows = int(X.shape[0]) if index is None else len(index)
        self.n_features = int(X.shape[1])
        self.dtype = computation_dtype(X.dtype)
        n_blocks = -(-self.n_rows // (block_rows or _default_block_rows(X)))
        edges = np.linspace(0, self.n_rows, n_blocks + 1).astype(int).tolist()
        cuts = np.linspace(0, n_blocks, min(n_shards, n_blocks) + 1).astype(int).tolist()
        blocks = [slice(start, stop) for start, stop in pairwise(edges)]
        self.shards = [blocks[first:last] for first, last in pairwise(cuts)]

    def __sizeof__(self) -> int:
        """Bytes, by which dask decides what to move, and what to keep in memory."""
        stored = (self.X.data, self.X.indices) if sp.issparse(self.X) else (self.X,)
        n_all = max(self.X.shape[0], 1)
        return int(sum(part.nbytes for part in stored) * self.n_rows / n_all) + 16 * self.n_rows

    def __getstate__(self) -> dict[str, Any]:
        """Rows are sent without the others that are not among them."""
        state = self.__dict__.copy()
        if self.index is not None:
            chosen = {name: state[name][self.index] for name in ("X", "labels", "weight")}
            state.update(chosen, index=None)
        return state

    def features(self, rows: slice) -> Any:
        """A block of X, dense or CSR, in the dtype of the computation.

        Where numbers are not aligned in memory, products may have other bits.
        """
        block = self.X[self._of(rows)]
        if sp.issparse(block):
            return block.astype(self.dtype, copy=False)
        return np.require(block, self.dtype, "A")

    def labels_and_weights(self, rows: slice) -> tuple[LabelArray, Vector]:
        """Labels, dense, and weights of a block."""
        return _dense(self.labels[self._of(rows)]), self.weight[self._of(rows)]

    def positions(self, rows: slice) -> tuple[int, int]:
        """Where a block begins and ends among all rows of which these are a part."""
        return self.place + rows.start, self.place + rows.stop

    def all_labels(self) -> Any:
        return self.labels if self.index is None else self.labels[self.index]

    def origin(self) -> Any:
        first = self.features(slice(0, 1))
        return 0.0 if sp.issparse(first) else first[0]

    def reduce(self, function: Callable[["Rows"], Sums]) -> Sums:
        return function(self)

    def all_weights(self) -> Vector:
        """The weights of all rows."""
        return self.weight if self.index is None else np.asarray(self.weight[self.index])

    def sums(self, function: ShardSums, map_shards: MapShards = map) -> Sums:
        total: Sums = []
        for sums in map_shards(partial(function, self), self.shards):
            total = add(total, sums) if total else [np.asarray(part, np.float64) for part in sums]
        return total

    def sample(self, index: Any, n_shards: int = N_SHARDS, place: int = 0) -> "Rows":
        chosen = self._of(index)
        return Rows(self.X, self.labels, self.weight, index=chosen, n_shards=n_shards, place=place)

    def where(self, is_chosen: Callable[["Rows", slice], Any]) -> "Rows":
        blocks = [block for shard in self.shards for block in shard]
        n_chosen = sum(int(is_chosen(self, block).sum()) for block in blocks)
        if n_chosen in (0, self.n_rows):
            return self
        chosen = np.concatenate([is_chosen(self, block) for block in blocks])
        return self.sample(np.flatnonzero(chosen))

    def _of(self, rows: Any) -> Any:
        return rows if self.index is None else self.index[rows]


def computation_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Float32 for float32, in any byte order; float64 for all else."""
    is_single = dtype.kind == "f" and dtype.itemsize == 4
    return np.dtype(np.float32 if is_single else np.float64)


def map_rows(function: Callable[[Any], Any], X: Any, work: float = 0.0) -> Any:
    """What `function` gives for the features of each block, in one array.

    Beside the result, nothing is held but blocks. `work` is in multiplications.
    """
    rows = Rows(X)
    nothing = function(rows.features(slice(0, 0)))
    result = np.empty((rows.n_rows, *nothing.shape[1:]), nothing.dtype)

    def fill(shard: Shard) -> None:
        for block in shard:
            result[block] = function(rows.features(block))

    with shard_map(work) as map_shards:
        deque(map_shards(fill, rows.shards), maxlen=0)
    return result


def add(total: Sums, sums: Sums) -> Sums:
    """Add sums to others, in place."""
    for part, other in zip(total, sums, strict=True):
        part += other
    return total


def _default_block_rows(X: Any) -> int:
    """About 128k numbers of X, in 512 to 2048 rows: few calls, and activations in cache.

    The gradient of a block with respect to the first layer is dense. Where X is sparse, with
    many features, blocks are larger: else adding up their gradients would cost more than
    computing them.
    """
    n_rows, n_features = X.shape
    numbers_per_row = max(1.0, X.nnz / n_rows) if sp.issparse(X) else n_features
    block_rows = int(np.clip(BLOCK_NUMBERS / numbers_per_row, *BLOCK_ROWS))
    return max(block_rows, int(4 * n_features / numbers_per_row))


def merge_repeats(X: Any, labels: Any, weight: Vector) -> tuple[Any, Any, Vector]:
    """Small data in a canonical form: rows of weight 0 left out, equal ones merged, sorted.

    The path of a solver over a function that is not convex amplifies every difference in
    rounding. In this form a fit has the same bits in whatever order the rows come, and
    whether a row is repeated or weighted. Larger data stay as they are.
    """
    if not is_small(X.shape[0], X.shape[1] + labels.shape[1]):
        return X, labels, weight
    used = np.flatnonzero(weight)
    X, labels, weight = X[used], labels[used], weight[used]
    keys = _row_keys(X, labels)
    first = {key: row for row, key in reversed(list(enumerate(keys)))}
    place = {key: i for i, key in enumerate(sorted(first))}
    rows = [first[key] for key in place]
    merged = group_sums(np.array([place[key] for key in keys]), weight, len(rows))
    return X[rows], labels[rows], merged


def is_small(n_rows: int, n_columns: int) -> bool:
    """Whether so many numbers, features and labels, are few."""
    return n_rows * n_columns <= SMALL_NUMBERS


def canonical(rows: Data) -> Data:
    """Small data merged, as `merge_repeats` does; larger ones as they are."""
    if not (
        isinstance(rows, Rows) and is_small(rows.n_rows, rows.n_features + rows.labels.shape[1])
    ):
        return rows
    part = slice(None) if rows.index is None else rows.index
    return Rows(*merge_repeats(rows.X[part], rows.labels[part], rows.weight[part]))


def group_sums(group: IntArray, weight: Vector, n_groups: int) -> Vector:
    """Sums of the weights in each group, with the same bits in whatever order they come."""
    order = np.argsort(weight)
    return np.bincount(group[order], weights=weight[order], minlength=n_groups).astype(np.float64)


def _row_keys(X: Any, labels: Any) -> list[tuple[bytes, bytes]]:
    """For each row something to sort by that is equal for equal rows, dense or sparse."""
    table = sp.csr_array(sp.hstack([sp.csr_array(X.astype(np.float64)), sp.csr_array(labels)]))
    table.sum_duplicates()
    table.eliminate_zeros()
    return [
        (table.indices[start:stop].tobytes(), table.data[start:stop].tobytes())
        for start, stop in pairwise(table.indptr)
    ]


def code_columns(labels: Any) -> Iterator[IntArray]:
    """The codes of each target in turn, dense; shape (n_rows,)."""
    columns = labels.tocsc() if sp.issparse(labels) else labels
    for j in range(labels.shape[1]):
        yield _dense(columns[:, [j]]).ravel()


def _dense(block: Any) -> Any:
    return block.toarray() if sp.issparse(block) else block
