"""Functions that run as tasks on single chunks; they do not use dask themselves.

A chunk of features, labels and weights is checked and converted to `Rows`. Other tasks compute sums
over these rows or draw samples from them. Chunks are numbered in the collection of features.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from operator import iadd
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_array

from skneural._data import Rows, Shard, ShardFunction, Sums, SumsT, Total, shard_map
from skneural._inputs import (
    Targets,
    check_labels,
    check_weights,
    distinct_columns,
    shown,
    union_columns,
)
from skneural._inputs import parameters as check


@dataclass(frozen=True)
class Reading:
    """Checks chunks and encodes their labels.

    Parameters
    ----------
    features, labels, weights : str
        The names of the collections in error messages.
    may_be_missing : bool
        Whether labels may be missing.
    targets : Targets, optional
        The classes of the labels, to encode them.
    """

    features: str
    labels: str
    weights: str
    may_be_missing: bool
    targets: Targets | None = None

    def check_features(self, X: Any, number: int) -> Any:
        with self._note_on_errors(number):
            return check_features(X, self.features)

    def distinct_labels(self, y: Any, number: int) -> list[Any]:
        """Find the distinct labels in each column."""
        with self._note_on_errors(number):
            return distinct_columns(self._check_labels(y))

    def rows(self, X: Any, y: Any, weight: Any, number: int) -> Rows:
        """Convert a chunk to rows with encoded labels."""
        with self._note_on_errors(number):
            labels = self._encode(y)
            if weight is None:
                weight = np.broadcast_to(1.0, X.shape[0])
            return Rows(X, labels, check_weights(weight, self.weights))

    @contextmanager
    def _note_on_errors(self, number: int) -> Iterator[None]:
        """Name the chunk in a note on errors; they keep their type and arguments."""
        try:
            yield
        except Exception as error:
            error.add_note(f"This is in chunk {number} of {self.features}, counted from 0.")
            raise

    def _encode(self, y: Any) -> Any:
        assert self.targets is not None
        return self.targets.encode(without_column(self._check_labels(y)), self.labels)

    def _check_labels(self, y: Any) -> Any:
        if sp.issparse(y):
            raise TypeError(
                f"Sparse data was passed for {self.labels}, but dense data is required."
            )
        return check_labels(y, self.labels, may_be_missing=self.may_be_missing)


def check_features(X: Any, name: str = "X") -> Any:
    """Convert features to an array or a CSR matrix, and check that all numbers are finite."""
    X = check_array(
        X,
        accept_sparse="csr",
        dtype="numeric",
        ensure_all_finite=False,
        ensure_min_samples=0,
        input_name=name,
    )
    check.check_numbers(X, name)
    return X


def predict_chunk(X: Any, function: Callable[[Any], Any], n_features: int) -> Any:
    """Check the features of a chunk, and predict from them with `function`."""
    shape, _ = shape_and_dtype(X)
    if not shape:
        raise ValueError(f"A chunk of X is neither an array nor a data frame; got {shown(X)}.")
    if len(shape) != 2 or shape[1] != n_features:
        raise ValueError(f"A chunk of X has shape {shape}, but X has {n_features} features.")
    return function(check_features(X))


def without_column(values: Any) -> Any:
    """Flatten a table with a single column."""
    values = np.asarray(values)
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


def shape_and_dtype(values: Any) -> tuple[tuple[int, ...], Any]:
    """Return the shape and the dtype.

    The dtype of a data frame is None. The shape is empty if the values are neither an array nor a
    data frame.
    """
    return getattr(values, "shape", ()), getattr(values, "dtype", None)


def join(parts: list[Any], start: int, size: int) -> Any:
    """Join chunks, and return `size` rows from position `start` on."""
    return np.concatenate([np.asarray(part) for part in parts])[start : start + size]


def merge_labels(columns: list[list[Any]]) -> list[Any]:
    """Merge the distinct labels of several chunks."""
    return reduce(union_columns, columns)


def sums_of(function: Callable[[Rows], SumsT], rows: Rows) -> SumsT:
    return function(rows)


def in_one_thread(function: ShardFunction[SumsT], rows: Rows) -> SumsT:
    """Sum over shards in one thread, as each task uses one thread of its worker."""
    with shard_map(0.0) as map_shards:
        return rows.sums(function, map_shards)


def merge_sums(sums: list[Sums]) -> Sums:
    """Add up sums in the given order, without changing them."""
    return reduce(iadd, sums[1:], sums[0].in_double())


def sample(rows: Rows, index: Any, start: int, position: int, size: int, n_shards: int) -> Rows:
    """Select the rows of a sample that are in this chunk.

    Parameters
    ----------
    rows : Rows
        The rows of this chunk.
    index : sequence of int
        The positions of the whole sample among the rows of all chunks.
    start : int
        The position of this chunk among the rows of all chunks.
    position : int
        The position in `index` of the first row from this chunk.
    size : int
        The number of rows of the sample in this chunk.
    n_shards : int
        The maximum number of shards.
    """
    return rows.sample(index[position : position + size] - start, n_shards, position)


def contents(rows: Rows) -> tuple[Any, Any, Any]:
    """Features in use, labels and weights."""
    return rows.features(slice(0, rows.n_rows)), rows.all_labels(), rows.all_weights()


def where(rows: Rows, is_chosen: Callable[[Rows, slice], Any]) -> Rows:
    """Select the rows that are chosen, block by block; there may be none."""
    return rows.chosen(is_chosen)


def n_rows(rows: Rows) -> int:
    return rows.n_rows


def hard_labels(rows: Rows) -> Any:
    """Return the codes of the labels; soft labels become their most probable class."""
    labels = rows.all_labels()
    return labels.argmax(axis=1)[:, None] if labels.dtype.kind == "f" else labels


def total_weight(rows: Rows) -> Total:
    return Total(rows.all_weights().sum())


def n_known(rows: Rows, shard: Shard) -> Total:
    """Count the rows in which each label of an indicator is not missing."""
    known = [(rows.labels_and_weights(block)[0] >= 0).sum(axis=0) for block in shard]
    return Total(np.sum(known, axis=0))
