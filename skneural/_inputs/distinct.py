"""Distinct labels of long columns, block by block."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from skneural._inputs.labels import check_same_type, label_columns, stack_columns

BLOCK_LABELS = 2**16  # labels that are encoded at a time


def distinct_labels(y: Any) -> Any:
    """A short array of the same kind and classes as `y`, with the same labels in each column."""
    if len(y) <= BLOCK_LABELS:
        return y
    return short_labels(distinct_columns(y), len(y))


def distinct_columns(y: Any) -> list[Any]:
    """The distinct labels of each column; a 1-d `y` is a single column.

    A block has at least as many rows as there are distinct labels before it, so that the work
    grows with the rows and not with rows times classes.
    """
    size = _rows_at_a_time(y)
    distinct = list(map(np.unique, label_columns(y[:size])))
    start = size
    while start < len(y):
        size = max(size, *map(len, distinct))
        block = label_columns(y[start : start + size])
        distinct = union_columns(distinct, list(map(np.unique, block)))
        start += size
    return distinct


def union_columns(distinct: list[Any], others: list[Any]) -> list[Any]:
    """The distinct labels of each column in either of two parts of `y`."""
    pairs = list(zip(distinct, others, strict=True))
    for pair in pairs:
        check_same_type(*pair, "y")
    return [np.union1d(*pair) for pair in pairs]


def short_labels(distinct: list[Any], n_rows: int) -> Any:
    """A short array with these labels in its columns, in place of a `y` of `n_rows`.

    Most labels differ if and only if they do in `y`; scikit-learn warns of that.
    """
    n_short = min(n_rows, 3 * max(map(len, distinct)))
    columns = [np.resize(labels, n_short) for labels in distinct]
    return stack_columns(columns) if len(columns) > 1 else columns[0]


def row_blocks(y: Any) -> Iterator[slice]:
    """Slices of the rows with about `BLOCK_LABELS` labels each."""
    step = _rows_at_a_time(y)
    return (slice(start, start + step) for start in range(0, len(y), step))


def _rows_at_a_time(y: Any) -> int:
    return max(BLOCK_LABELS // (y.shape[1] if y.ndim == 2 else 1), 1)
