"""Rows that lie in the chunks of dask collections, and predictions for them.

Chunks stay where they are. Each becomes `Rows` there, with encoded labels, and is kept. A sum over
all rows is one round trip: a function, with the weights of the network in it, goes out as one
node of the graph, which each worker fetches once; each chunk gives its sums; and these are added up
as a tree whose shape depends on nothing but the number of chunks. A chunk that is lost with its
worker is made again by dask. This is the only module that knows of dask, which is imported where it
is used.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial, reduce
from typing import Any, final

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from skneural import _parameters as check
from skneural._lanes import MapLanes, lane_map
from skneural._rows import (
    N_LANES,
    Data,
    Lane,
    LaneSums,
    Rows,
    Sums,
    add,
    computation_dtype,
    is_small,
)
from skneural._soft_labels import check_probabilities, harden
from skneural._stratify import Pages
from skneural._targets import (
    Targets,
    check_something_is_known,
    distinct_labels,
    find_targets,
    targets_of_classes,
)
from skneural._weights import check_weights

FAN_IN = 8  # sums that are added up at once


def is_dask(X: Any) -> bool:
    """Whether something is a collection of dask."""
    dask = sys.modules.get("dask")  # where it is not imported, there are none
    return dask is not None and bool(dask.is_dask_collection(X))


def dask_data(estimator, X, y, sample_weight, classes) -> tuple[Data, Targets]:
    """Features, labels and weights for a fit, in chunks, and what the labels stand for.

    Small data are fetched, to be treated like small data in memory.
    """
    validate_data(estimator, _stand_in(X), ensure_min_samples=0)
    table = _Table(estimator, X, y, sample_weight, ("X", "y", "sample_weight"))
    targets = table.find_targets() if classes is None else targets_of_classes(classes)
    data = table.encoded(targets, are_soft=classes is not None)
    if targets.is_multilabel:
        check_something_is_known(data.sums(_n_known)[0])
    n_targets = len(targets.n_classes)
    return data.gather() if is_small(data.n_rows, data.n_features + n_targets) else data, targets


def dask_validation_data(estimator, X, y, sample_weight, targets: Targets) -> Data:
    """The validation data that were given to `fit`, in chunks."""
    validate_data(estimator, _stand_in(X), reset=False, ensure_min_samples=0)
    names = "X_val", "y_val", "sample_weight_val"
    return _Table(estimator, X, y, sample_weight, names).encoded(targets, are_soft=False)


def check_names(estimator, X) -> Any:
    """Features to predict from, as a dask array, if they are those of the fit."""
    validate_data(estimator, _stand_in(X), reset=False, ensure_min_samples=0)
    return _as_array(X)


def map_chunks(function: Callable[[Any], Any], X) -> Any:
    """A lazy array of what `function` gives for the rows of each chunk."""
    nothing = function(np.empty((0, X.shape[1]), computation_dtype(X.dtype)))
    return X.map_blocks(
        partial(_map_chunk, function),
        dtype=nothing.dtype,
        meta=nothing,
        drop_axis=1 if nothing.ndim == 1 else None,
        chunks=(X.chunks[0], *((size,) for size in nothing.shape[1:])),
    )


@final
class DaskRows(Data):
    """Rows in several parts, each of them `Rows` that dask keeps.

    Parameters
    ----------
    parts : list of Delayed
    sizes : sequence of int
        The number of rows of each part; none of them is 0.
    n_features : int
    dtype : dtype
    """

    joblib_options = {"require": "sharedmem"}  # noqa: RUF012

    def __init__(
        self, parts: list[Any], sizes: Sequence[int], n_features: int, dtype: np.dtype[Any]
    ) -> None:
        self.parts = parts
        self.edges = np.cumsum([0, *sizes])
        self.n_rows = int(self.edges[-1])
        self.n_features = n_features
        self.dtype = dtype

    def reduce(self, function: Callable[[Rows], Sums]) -> Sums:
        call, merge = _delayed(_call), _delayed(_merge)
        node = _delayed(function)
        sums = [call(node, part) for part in self.parts]
        while len(sums) > 1:
            sums = [merge(sums[i : i + FAN_IN]) for i in range(0, len(sums), FAN_IN)]
        (total,) = _compute(sums)
        return [np.array(part, dtype=np.float64) for part in total]

    def sums(self, function: LaneSums, map_lanes: MapLanes = map) -> Sums:
        return self.reduce(partial(_sums_in_one_thread, function))

    def sample(self, index: Any, n_lanes: int = N_LANES) -> Data:
        cut, node = _delayed(_sample), _delayed(index)
        if isinstance(index, Pages):
            places = np.array([index.first_from(int(edge)) for edge in self.edges])
        else:
            places = np.searchsorted(index, self.edges)
        sizes = np.diff(places)
        parts = [
            cut(self.parts[i], node, int(self.edges[i]), int(places[i]), int(sizes[i]), n_lanes)
            for i in np.flatnonzero(sizes)
        ]
        return self._like(parts, sizes[sizes > 0].tolist())

    def where(self, is_chosen: Callable[[Rows, slice], Any]) -> Data:
        cut, node = _delayed(_where), _delayed(is_chosen)
        parts = _persist([cut(node, part) for part in self.parts])
        sizes = _compute([_delayed(_n_rows)(part) for part in parts])
        if sum(sizes) in (0, self.n_rows):
            return self
        chosen = [part for part, size in zip(parts, sizes, strict=True) if size]
        return self._like(chosen, [size for size in sizes if size])

    def origin(self) -> Any:
        return _compute([_delayed(Rows.origin)(self.parts[0])])[0]

    def all_labels(self) -> Any:
        return np.concatenate(_compute([_delayed(_hard_labels)(part) for part in self.parts]))

    def gather(self) -> Rows:
        """The same rows in one place."""
        parts = _compute(self.parts)
        X = [part.X for part in parts]
        return Rows(
            sp.vstack(X, format="csr") if sp.issparse(X[0]) else np.concatenate(X),
            harden(np.concatenate([part.labels for part in parts])),
            np.concatenate([part.weight for part in parts]),
        )

    def _like(self, parts: list[Any], sizes: Sequence[int]) -> "DaskRows":
        return DaskRows(_persist(parts), sizes, self.n_features, self.dtype)


class _Table:
    """Chunks of features, with those of labels and weights for the same rows."""

    def __init__(self, estimator, X, y, sample_weight, names: tuple[str, str, str]) -> None:
        if y is None:
            raise ValueError("The call requires y to be passed, but the target y is None.")
        self._estimator = estimator
        self._names = names
        features = _delayed(_check_features)
        chunks = _row_chunks(X)
        checked = _persist([features(part, names[0], i) for i, part in enumerate(chunks)])
        shapes = _compute([_delayed(_shape_and_dtype)(part) for part in checked])
        sizes = tuple(shape[0] for shape, _ in shapes)
        used = [i for i, size in enumerate(sizes) if size]
        if not used:
            raise ValueError(f"Found array with 0 sample(s) in {names[0]}: there are no rows.")
        self._features = [checked[i] for i in used]
        self._sizes = [sizes[i] for i in used]
        self._n_features = shapes[used[0]][0][1]
        self._dtype = np.result_type(*(shapes[i][1] for i in used))
        self.labels = [_chunks_beside(y, sizes, names[1])[i] for i in used]
        self._weights: list[Any] = [None] * len(used)
        if sample_weight is not None:
            weights = _chunks_beside(sample_weight, sizes, names[2])
            self._weights = [weights[i] for i in used]

    def find_targets(self) -> Targets:
        """What the labels stand for, from those that occur in each chunk."""
        find = _delayed(_distinct_labels)
        found = _compute([find(part, self._estimator, self._names[1]) for part in self.labels])
        return find_targets(np.concatenate(found))

    def encoded(self, targets: Targets, are_soft: bool) -> DaskRows:
        """The rows, with encoded labels."""
        make = _delayed(_rows)
        node = _delayed(partial(_encoded, self._estimator, targets, are_soft, self._names[1]))
        parts = [
            make(node, X, y, weight, self._names[2])
            for X, y, weight in zip(self._features, self.labels, self._weights, strict=True)
        ]
        return DaskRows(_persist(parts), self._sizes, self._n_features, self._dtype)


def _stand_in(X: Any) -> Any:
    """No rows, with the features and their names, for scikit-learn's validation."""
    if hasattr(X, "columns"):
        import pandas as pd

        return pd.DataFrame(np.empty((0, len(X.columns))), columns=X.columns)
    if getattr(X, "ndim", None) != 2:
        raise ValueError(
            f"X must be a dask array of two dimensions or a dask dataframe, got {X!r}."
        )
    return np.empty((0, X.shape[1]))


def _as_array(X: Any) -> Any:
    """A dask array with whole rows in each chunk."""
    X = X.to_dask_array() if hasattr(X, "to_dask_array") else X
    return X.rechunk({1: -1}) if X.ndim == 2 and X.numblocks[1] > 1 else X


def _row_chunks(X: Any) -> list[Any]:
    if hasattr(X, "columns"):
        return list(X.to_delayed())
    return list(_as_array(X).to_delayed().ravel())


def _chunks_beside(values: Any, sizes: tuple[int, ...], name: str) -> list[Any]:
    """Labels or weights, in chunks of so many rows."""
    import dask.array as da

    if hasattr(values, "to_dask_array"):
        values = values.to_dask_array(lengths=True)
    elif not is_dask(values):
        values = check_array(
            values, ensure_2d=False, dtype=None, ensure_all_finite=False, input_name=name
        )
        values = da.from_array(values, chunks=-1)
    if np.isnan(values.shape[0]):
        values = values.compute_chunk_sizes()
    if values.shape[0] != sum(sizes):
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: X has {sum(sizes)}, "
            f"{name} has {values.shape[0]}."
        )
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    return list(values.rechunk((sizes, *values.shape[1:])).to_delayed().ravel())


# --- What runs where the chunks are ---------------------------------------------------------


def _check_features(X: Any, name: str, number: int) -> Any:
    try:
        X = check_array(
            X, accept_sparse="csr", dtype="numeric", ensure_min_samples=0, input_name=name
        )
    except ValueError as error:
        raise ValueError(f"In chunk {number} of {name}: {error}") from None
    return check.check_numbers(X)


def _shape_and_dtype(X: Any) -> tuple[tuple[int, int], np.dtype[Any]]:
    return X.shape, Rows(X).dtype


def _distinct_labels(y: Any, estimator, name: str) -> Any:
    return distinct_labels(estimator._check_labels(np.asarray(y), name))


def _encoded(estimator, targets: Targets, are_soft: bool, name: str, y: Any) -> Any:
    y = np.asarray(y)
    if are_soft:
        return check_probabilities(y, targets.classes, name)
    return targets.encode(estimator._check_labels(y, name))


def _rows(encode: Callable[[Any], Any], X: Any, y: Any, weight: Any, name: str) -> Rows:
    ones = np.broadcast_to(1.0, X.shape[0])
    return Rows(X, encode(y), ones if weight is None else check_weights(weight, name))


def _map_chunk(function: Callable[[Any], Any], X: Any) -> Any:
    X = check_array(X, accept_sparse="csr", dtype="numeric", ensure_min_samples=0, input_name="X")
    return function(check.check_numbers(X))


def _call(function: Callable[[Rows], Sums], rows: Rows) -> Sums:
    return function(rows)


def _sums_in_one_thread(function: LaneSums, rows: Rows) -> Sums:
    """A task of dask takes one of the threads of its worker."""
    with lane_map(0.0) as map_lanes:
        return rows.sums(function, map_lanes)


def _merge(sums: list[Sums]) -> Sums:
    total = [np.array(part, dtype=np.float64) for part in sums[0]]  # dask keeps what it is given
    return reduce(add, sums[1:], total)


def _sample(rows: Rows, index: Any, start: int, place: int, size: int, n_lanes: int) -> Rows:
    """Of all rows that are asked for, those `size` that are among these."""
    return rows.sample(index[place : place + size] - start, n_lanes, place)


def _where(is_chosen: Callable[[Rows, slice], Any], rows: Rows) -> Rows:
    blocks = [block for lane in rows.lanes for block in lane]
    chosen = [is_chosen(rows, block) for block in blocks]
    return rows.sample(np.flatnonzero(np.concatenate(chosen)))


def _n_rows(rows: Rows) -> int:
    return rows.n_rows


def _hard_labels(rows: Rows) -> Any:
    labels = rows.all_labels()
    return labels.argmax(axis=1)[:, None] if labels.dtype.kind == "f" else labels


def _n_known(rows: Rows, lane: Lane) -> Sums:
    """Of how many rows each label of an indicator is known."""
    known = [(rows.labels_and_weights(block)[0] >= 0).sum(axis=0) for block in lane]
    return [np.sum(known, axis=0)]


# --- What dask is asked for -----------------------------------------------------------------


def _delayed(value: Any) -> Any:
    from dask.delayed import delayed

    return delayed(value, pure=False, traverse=False)


def _persist(values: list[Any]) -> list[Any]:
    from dask.base import persist

    with _cluster_errors():
        return list(persist(*values))


def _compute(values: list[Any]) -> list[Any]:
    from dask.base import compute

    with _cluster_errors():
        return list(compute(*values, traverse=False))


@contextmanager
def _cluster_errors() -> Iterator[None]:
    """Say what it means for a fit that a cluster is gone."""
    try:
        yield
    except (CancelledError, OSError) as error:  # TimeoutError and lost connections are the latter
        raise RuntimeError(
            "The dask cluster was lost, or did not answer, while it was asked for data or sums "
            f"({type(error).__name__}: {error}). Nothing was changed by this call; connect to a "
            "cluster and call again."
        ) from error
