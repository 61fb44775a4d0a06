"""Data for fits from dask collections, and lazy predictions for them.

Chunks of features, labels and weights for the same rows are converted to `Rows` on the workers, and
stay there. Functions import dask when they need it, so that the package works without it.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from skneural._dask import chunks as tasks
from skneural._dask.computing import compute, persist, task
from skneural._dask.rows import DaskRows, reduced
from skneural._data import Data, computation_dtype, is_small
from skneural._inputs import (
    Targets,
    check_no_label_is_always_missing,
    check_sum,
    find_targets,
    label_array,
    short_labels,
    shown,
)


def is_dask(X: Any) -> bool:
    """Whether X is a dask collection."""
    dask = sys.modules.get("dask")  # if it is not imported, X cannot be one
    return dask is not None and bool(dask.is_dask_collection(X))


def in_memory(values: Any) -> Any:
    """Fetch labels or weights if they are a dask collection."""
    return compute([values])[0] if is_dask(values) else values


def dask_data(
    estimator,
    X,
    y,
    sample_weight,
    targets: Targets | None,
    may_be_missing: bool,
    *,
    is_new: bool = True,
) -> tuple[Data, Targets]:
    """Prepare collections for a fit, and find the classes of their labels if not given.

    Small data are fetched, and then treated like small data in memory. A fit that is not new needs
    the features of the last one.
    """
    validate_data(estimator, _stand_in(X, "X"), reset=is_new, ensure_min_samples=0)
    names = "X", "y", "sample_weight", may_be_missing
    table = _Table(tasks.Reading(*names), X, y, sample_weight)
    if targets is None:
        targets = table.find_targets()
    data = table.encoded(targets)
    if targets.is_multilabel:
        check_no_label_is_always_missing(data.sums(tasks.n_known).value)
    is_gathered = is_small(data.n_rows, data.n_features + len(targets.n_classes))
    return data.gather() if is_gathered else data, targets


def dask_validation_data(
    estimator, X, y, sample_weight, targets: Targets, may_be_missing: bool
) -> Data:
    """Prepare the collections of validation data that were passed to `fit`."""
    validate_data(estimator, _stand_in(X, "X_val"), reset=False, ensure_min_samples=0)
    names = "X_val", "y_val", "sample_weight_val", may_be_missing
    return _Table(tasks.Reading(*names), X, y, sample_weight).encoded(targets)


def check_names(estimator, X) -> Any:
    """Check that X has the features of the fit, and convert it to an array of whole rows."""
    validate_data(estimator, _stand_in(X, "X"), reset=False, ensure_min_samples=0)
    if not _is_frame(X):
        return _whole_rows(X)
    import pandas as pd

    # The chunks of a data frame are converted to arrays in the same way as in `fit`.
    no_rows = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in X.dtypes.items()})
    nothing = tasks.check_features(no_rows)
    return X.map_partitions(tasks.check_features, meta=nothing)


def map_chunks(function: Callable[[Any], Any], X) -> Any:
    """Return a lazy array with the results of `function` for each chunk of X."""
    nothing = function(np.empty((0, X.shape[1]), computation_dtype(X.dtype)))
    return X.map_blocks(
        tasks.predict_chunk,
        function=task(function),
        n_features=X.shape[1],
        dtype=nothing.dtype,
        meta=nothing,
        drop_axis=1 if nothing.ndim == 1 else None,
        chunks=(X.chunks[0], *((size,) for size in nothing.shape[1:])),
    )


class _Table:
    """Chunks of features, labels and weights for the same rows, without empty chunks."""

    def __init__(self, reading: tasks.Reading, X, y, sample_weight) -> None:
        if y is None:
            raise ValueError("The call requires y to be passed, but the target y is None.")
        if not is_dask(y):
            y = label_array(y)
        self._reading = reading
        check = task(reading.check_features)
        features = [check(part, i) for i, part in enumerate(_chunks(X, reading.features))]
        chunks = [features, _chunks(y, reading.labels), _chunks(sample_weight, reading.weights)]
        ends = np.cumsum(list(map(len, chunks)))
        # All at once, so that what they have in common is computed once.
        parts = persist([part for each in chunks for part in each])
        self._persisted = parts  # tasks that regroup them do not keep them on the workers
        shapes = compute([task(tasks.shape_and_dtype)(part) for part in parts])
        labels, weights = slice(*ends[:2]), slice(*ends[1:])
        _check_shapes(shapes[: ends[0]], reading.features, (X.shape[1],))
        _check_shapes(shapes[labels], reading.labels)
        _check_shapes(shapes[weights], reading.weights)
        sizes = [shape[0] for shape, _ in shapes]
        self._numbers = [i for i, size in enumerate(sizes[: ends[0]]) if size]
        if not self._numbers:
            raise ValueError(f"Found array with 0 sample(s) in {reading.features}: no rows.")
        self._features = [parts[i] for i in self._numbers]
        self._sizes = [sizes[i] for i in self._numbers]
        self._n_features = X.shape[1]
        self._dtype = np.result_type(*(computation_dtype(shapes[i][1]) for i in self._numbers))
        self._labels = self._beside(y, parts[labels], sizes[labels], reading.labels)
        self._weights = self._beside(sample_weight, parts[weights], sizes[weights], reading.weights)

    def find_targets(self) -> Targets:
        """Find the classes of the targets from the distinct labels of each chunk."""
        find = task(self._reading.distinct_labels)
        found = [find(*numbered) for numbered in zip(self._labels, self._numbers, strict=True)]
        return find_targets(short_labels(reduced(found, tasks.merge_labels), sum(self._sizes)))

    def encoded(self, targets: Targets) -> DaskRows:
        """Return the rows with encoded labels."""
        reading = replace(self._reading, targets=targets)
        make, columns = task(reading.rows), (self._features, self._labels, self._weights)
        parts = [make(*numbered) for numbered in zip(*columns, self._numbers, strict=True)]
        rows = DaskRows(persist(parts), self._sizes, self._n_features, self._dtype)
        if self._weights[0] is not None:
            check_sum(rows.reduce(tasks.total_weight).value, reading.weights)
        return rows

    def _beside(self, values: Any, parts: list[Any], lengths: list[int], name: str) -> list[Any]:
        """Split labels or weights into chunks of the same rows as the features."""
        if values is None:
            return [None] * len(self._sizes)
        if not is_dask(values):
            parts = [
                check_array(
                    values, ensure_2d=False, dtype=None, ensure_all_finite=False, input_name=name
                )
            ]
            lengths = [len(parts[0])]
        if sum(lengths) != sum(self._sizes):
            raise ValueError(
                "Found input variables with inconsistent numbers of samples: "
                f"{self._reading.features} has {sum(self._sizes)}, {name} has {sum(lengths)}."
            )
        if not is_dask(values):
            edges = np.cumsum([0, *self._sizes])
            return [parts[0][start:stop] for start, stop in pairwise(edges)]
        return _regrouped(parts, lengths, self._sizes)


def _check_shapes(
    shapes: list[tuple[tuple[int, ...], Any]], name: str, columns: tuple[int, ...] | None = None
) -> None:
    """Refuse chunks that are no arrays, or whose rows have another shape than in the collection.

    Dask does not check the results of tasks. By default, rows must have the shape of the first.
    """
    for number, (shape, _) in enumerate(shapes):
        if not shape:
            raise ValueError(f"Chunk {number} of {name} is neither an array nor a data frame.")
        columns = shape[1:] if columns is None else columns
        if shape[1:] != columns:
            raise ValueError(
                f"Chunk {number} of {name} has shape {shape}, but its rows must have shape "
                f"{columns}."
            )


def _regrouped(parts: list[Any], lengths: list[int], sizes: list[int]) -> list[Any]:
    """Return the same rows in chunks of the given sizes, which are positive."""
    parts = [part for part, length in zip(parts, lengths, strict=True) if length]
    lengths = [length for length in lengths if length]
    if lengths == sizes:
        return parts
    starts = np.cumsum([0, *lengths])
    regrouped = []
    for start, stop in pairwise(np.cumsum([0, *sizes])):
        first, end = np.searchsorted(starts, start, "right") - 1, np.searchsorted(starts, stop)
        shift = int(start - starts[first])
        regrouped.append(task(tasks.join)(parts[first:end], shift, int(stop - start)))
    return regrouped


def _is_frame(X: Any) -> bool:
    """Whether X is a dask dataframe."""
    return _is_frame_or_series(X) and X.ndim == 2


def _is_frame_or_series(X: Any) -> bool:
    # The type is checked since a Delayed has any attribute.
    return all(hasattr(type(X), name) for name in ("npartitions", "index", "ndim"))


def _stand_in(X: Any, name: str) -> Any:
    """Return features without rows, with their names, for scikit-learn's validation."""
    import dask.array as da

    if _is_frame(X):
        import pandas as pd

        return pd.DataFrame(np.empty((0, len(X.columns))), columns=X.columns)
    if not isinstance(X, da.Array) or X.ndim != 2:
        raise ValueError(
            f"{name} must be a dask array of two dimensions or a dask dataframe; got {shown(X)}."
        )
    if np.isnan(X.shape[1]):
        raise ValueError(
            f"The number of features of {name} is unknown; call {name}.compute_chunk_sizes() first."
        )
    return np.empty((0, X.shape[1]))


def _whole_rows(X: Any) -> Any:
    """Rechunk a dask array such that each chunk has whole rows."""
    return X.rechunk({1: -1}) if X.ndim == 2 and X.numblocks[1] > 1 else X


def _chunks(values: Any, name: str) -> list[Any]:
    """Return the chunks of a collection, or an empty list for values in memory or None."""
    import dask.array as da

    if not is_dask(values):
        return []
    if isinstance(values, da.Array) and values.ndim in (1, 2):
        return list(_whole_rows(values).to_delayed().ravel())
    if _is_frame_or_series(values):
        return list(values.to_delayed())
    raise ValueError(
        f"{name} must be a dask array of one or two dimensions, a dask dataframe or series, or in "
        f"memory; got {shown(values)}."
    )
