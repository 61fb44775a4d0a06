"""Rows in several chunks, which dask keeps on its workers.

A sum over all rows is one round trip. The function, which contains the weights of the network, is
one node of the graph, and each worker fetches it once. The sums of the chunks are added up in a
tree whose shape depends only on the number of chunks. If a worker is lost, dask computes its
chunks again.

A small sample is fetched into this process, because a round trip for each of its sums would take
longer than the computation.
"""

import pickle
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, final
from uuid import uuid4

import numpy as np
import scipy.sparse as sp

from skneural._dask import chunks as tasks
from skneural._dask.computing import compute, persist, task
from skneural._data import N_SHARDS, BlockIndex, Data, MapShards, Rows, ShardFunction, Sums, SumsT
from skneural._inputs import harden, shown
from skneural._typing import IntArray, Vector

FAN_IN = 16  # the number of results that are merged at once
FETCHED_NUMBERS = 2**21  # the most features in a sample that is fetched; at most 16 megabytes


@final
class DaskRows(Data):
    """Rows in several parts, each of which is a `Rows` that dask keeps.

    Parameters
    ----------
    parts : list of Delayed
    sizes : sequence of int
        The number of rows of each part; positive.
    n_features : int
    dtype : dtype
    """

    joblib_options: ClassVar[dict[str, Any]] = {"require": "sharedmem"}

    def __init__(
        self, parts: list[Any], sizes: Sequence[int], n_features: int, dtype: np.dtype[Any]
    ) -> None:
        self.parts = parts
        self.edges = np.cumsum([0, *sizes])
        self.n_rows = int(self.edges[-1])
        self.n_features = n_features
        self.dtype = dtype

    def reduce(self, function: Callable[[Rows], SumsT]) -> SumsT:
        total: SumsT = compute([self._tree(Whole(function))])[0]
        if not isinstance(total, Sums):
            raise RuntimeError(
                f"A dask worker returned {shown(total)} in place of sums over rows. Does it run "
                "the same version of skneural?"
            )
        return total.in_double()

    def _tree(self, function: Callable[[Rows], Sums]) -> Any:
        """Build the graph of a sum from plain tasks.

        A graph is built for each evaluation, which has to be fast.
        """
        from dask.delayed import Delayed

        token = uuid4().hex
        node = f"function-{token}"
        graph: dict[Any, Any] = {node: function}

        def added(task: tuple[Any, ...]) -> str:
            key = f"{task[0].__name__}-{token}-{len(graph)}"
            graph[key] = task
            return key

        for part in self.parts:
            graph |= part.dask
        level = [added((tasks.sums_of, node, part.key)) for part in self.parts]
        while len(level) > 1:
            groups = [level[i : i + FAN_IN] for i in range(0, len(level), FAN_IN)]
            level = [added((tasks.merge_sums, group)) for group in groups]
        return Delayed(level[0], graph)

    def sums(self, function: ShardFunction[SumsT], map_shards: MapShards = map) -> SumsT:
        return self.reduce(partial(tasks.in_one_thread, function))

    def sample(self, index: Any, n_shards: int = N_SHARDS) -> Data:
        cut, node = task(tasks.sample), task(index)
        if isinstance(index, BlockIndex):
            positions = np.array([index.n_before(int(edge)) for edge in self.edges])
        else:
            positions = np.searchsorted(index, self.edges)
        sizes = np.diff(positions)
        parts = [
            cut(self.parts[i], node, int(self.edges[i]), int(positions[i]), int(sizes[i]), n_shards)
            for i in np.flatnonzero(sizes)
        ]
        if int(positions[-1]) * self.n_features <= FETCHED_NUMBERS:
            return _fetched(parts, n_shards)
        return self._like(persist(parts), sizes[sizes > 0].tolist())

    def where(self, is_chosen: Callable[[Rows, slice], Any]) -> Data:
        cut, node = task(tasks.where), task(Whole(is_chosen))
        parts = persist([cut(part, node) for part in self.parts])
        sizes = compute([task(tasks.n_rows)(part) for part in parts])
        if sum(sizes) in (0, self.n_rows):
            return self
        chosen = [part for part, size in zip(parts, sizes, strict=True) if size]
        return self._like(chosen, [size for size in sizes if size])

    def select(self, columns: IntArray) -> Data:
        cut, node = task(Rows.select), task(columns)
        parts = persist([cut(part, node) for part in self.parts])
        return DaskRows(parts, np.diff(self.edges).tolist(), len(columns), self.dtype)

    def first_row(self) -> Vector:
        return np.asarray(compute([task(Rows.first_row)(self.parts[0])])[0])

    def all_labels(self) -> Any:
        return np.concatenate(compute([task(tasks.hard_labels)(part) for part in self.parts]))

    def all_weights(self) -> Vector:
        return np.concatenate(compute([task(Rows.all_weights)(part) for part in self.parts]))

    def reweighted(self, weight: Vector) -> Data:
        pieces = np.split(weight, self.edges[1:-1])
        change = task(Rows.reweighted)
        chosen = [n for n, piece in enumerate(pieces) if piece.any()]
        parts = persist([change(self.parts[n], task(pieces[n])) for n in chosen])
        return self._like(parts, [int(np.count_nonzero(pieces[n])) for n in chosen])

    def gather(self) -> Rows:
        """Fetch all rows into this process."""
        rows = _fetched(self.parts)
        rows.labels = harden(rows.labels)
        return rows

    def _like(self, parts: list[Any], sizes: Sequence[int]) -> "DaskRows":
        return DaskRows(parts, sizes, self.n_features, self.dtype)


def _fetched(parts: list[Any], n_shards: int = N_SHARDS) -> Rows:
    """The rows of all parts in this process."""
    contents = task(tasks.contents)
    X, labels, weights = zip(*compute([contents(part) for part in parts]), strict=True)
    return Rows(
        # Maybe not all of them are sparse.
        sp.vstack(X, format="csr") if any(map(sp.issparse, X)) else np.concatenate(X),
        np.concatenate(labels),
        np.concatenate(weights),
        n_shards=n_shards,
    )


class Whole:
    """A function that is sent to workers as a single string of bytes.

    Otherwise, dask sends the arrays of the function separately. They may not be aligned in memory
    when they arrive, so that products with them have different bits in different processes.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return pickle.loads, (pickle.dumps(self._function),)


def reduced(values: list[Any], merge: Callable[[list[Any]], Any]) -> Any:
    """Merge values, a few at a time, in one computation."""
    merged = task(merge)
    while len(values) > 1:
        values = [merged(values[i : i + FAN_IN]) for i in range(0, len(values), FAN_IN)]
    return compute(values)[0]
