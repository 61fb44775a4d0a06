"""What is done with a chunk of rows where it lies; nothing here knows of dask.

A chunk of features, labels and weights is checked, and becomes `Rows`; of these there are sums,
and samples. The chunk of which an error speaks is numbered as in the collection of features.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_array

from skneural._data import Rows, Shard, ShardFunction, Sums, SumsT, Total, shard_map
from skneural._inputs import (
    Targets,
    check_labels,
    check_probabilities,
    check_weights,
    distinct_columns,
    union_columns,
)
from skneural._inputs import parameters as check


@dataclass(frozen=True)
class Reading:
    """How chunks are read: what they are called, and what their labels may be."""

    features: str
    labels: str
    weights: str
    may_be_missing: bool
    targets: Targets | None = None
    are_soft: bool = False

    def check_features(self, X: Any, number: int) -> Any:
        with self._note_on_errors(number):
            return check_features(X, self.features)

    def distinct_labels(self, y: Any, number: int) -> list[Any]:
        """The labels that occur in each column."""
        with self._note_on_errors(number):
            return distinct_columns(self._check_labels(y))

    def rows(self, X: Any, y: Any, weight: Any, number: int) -> Rows:
        """Rows with encoded labels."""
        with self._note_on_errors(number):
            labels = self._encode(y)
            if weight is None:
                weight = np.broadcast_to(1.0, X.shape[0])
            return Rows(X, labels, check_weights(weight, self.weights))

    @contextmanager
    def _note_on_errors(self, number: int) -> Iterator[None]:
        """Name the chunk in a note, which keeps the type and the arguments of an error."""
        try:
            yield
        except Exception as error:
            error.add_note(f"This is in chunk {number} of {self.features}, counted from 0.")
            raise

    def _encode(self, y: Any) -> Any:
        assert self.targets is not None
        if self.are_soft:
            return check_probabilities(np.asarray(y), self.targets.classes, self.labels)
        return self.targets.encode(without_column(self._check_labels(y)))

    def _check_labels(self, y: Any) -> Any:
        if sp.issparse(y):
            raise TypeError(
                f"Sparse data was passed for {self.labels}, but dense data is required."
            )
        return check_labels(y, self.labels, may_be_missing=self.may_be_missing)


def check_features(X: Any, name: str = "X") -> Any:
    """Features as an array, or a CSR matrix, of finite numbers."""
    X = check_array(X, accept_sparse="csr", dtype="numeric", ensure_min_samples=0, input_name=name)
    return check.check_numbers(X)


def predict_chunk(X: Any, function: Callable[[Any], Any]) -> Any:
    """What a function gives for the rows of a chunk."""
    return function(check_features(X))


def without_column(values: Any) -> Any:
    """The only column of a table that has one."""
    values = np.asarray(values)
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


def shape_and_dtype(values: Any) -> tuple[tuple[int, ...], Any]:
    return values.shape, getattr(values, "dtype", None)


def join(parts: list[Any], start: int, size: int) -> Any:
    """So many rows of several chunks, from a place in the first one."""
    return np.concatenate([np.asarray(part) for part in parts])[start : start + size]


def merge_labels(columns: list[list[Any]]) -> list[Any]:
    """The labels that occur in several chunks."""
    return reduce(union_columns, columns)


def sums_of(function: Callable[[Rows], SumsT], rows: Rows) -> SumsT:
    return function(rows)


def in_one_thread(function: ShardFunction[SumsT], rows: Rows) -> SumsT:
    """Sums over shards; a task takes one of the threads of its worker."""
    with shard_map(0.0) as map_shards:
        return rows.sums(function, map_shards)


def merge_sums(sums: list[Sums]) -> Sums:
    """Sums added up in their order; those that are given are not changed."""
    total = sums[0].in_double()
    for part in sums[1:]:
        total += part
    return total


def sample(rows: Rows, index: Any, start: int, place: int, size: int, n_shards: int) -> Rows:
    """Of all rows that are asked for, those `size` that are among these.

    These begin at `start`, and the rows asked for that are among them at `place`.
    """
    return rows.sample(index[place : place + size] - start, n_shards, place)


def where(rows: Rows, is_chosen: Callable[[Rows, slice], Any]) -> Rows:
    """The rows that are chosen, which may be none."""
    return rows.chosen(is_chosen)


def n_rows(rows: Rows) -> int:
    return rows.n_rows


def hard_labels(rows: Rows) -> Any:
    """Codes, which are those of the most probable classes where labels are soft."""
    labels = rows.all_labels()
    return labels.argmax(axis=1)[:, None] if labels.dtype.kind == "f" else labels


def total_weight(rows: Rows) -> Total:
    return Total(rows.all_weights().sum())


def n_known(rows: Rows, shard: Shard) -> Total:
    """Of how many rows each label of an indicator is known."""
    known = [(rows.labels_and_weights(block)[0] >= 0).sum(axis=0) for block in shard]
    return Total(np.sum(known, axis=0))
