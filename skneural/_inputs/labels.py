"""Checks of labels in any container, and of missing labels."""

from numbers import Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import assert_all_finite, check_array

from skneural._inputs.masks import refuse_masked
from skneural._inputs.shown import shown

MAY_BE_MISSING = (
    "Only a multilabel y, an indicator of zeros and ones with a column for each label, can have "
    "missing labels (NaN)"
)


def is_missing(value: Any) -> bool:
    """Whether a label is None, NaN, or pandas.NA (whose comparisons return NA)."""
    return value is None or type(value).__name__ == "NAType" or bool(value != value)


_ARE_MISSING = np.frompyfunc(is_missing, 1, 1)


def check_labels(y: Any, name: str, may_be_missing: bool = False) -> Any:
    """Convert labels to an array or a CSR matrix; missing labels, if allowed, become NaN.

    Raises
    ------
    ValueError
        If there are no labels, or if any are infinite, or missing when that is not allowed.
    """
    if y is None:
        raise ValueError("The call requires y to be passed, but the target y is None.")
    refuse_masked(y, name)
    _refuse_lists_of_labels(y, name)
    given = y
    y = check_array(
        y,
        accept_sparse="csr",
        ensure_2d=False,
        dtype=None,
        ensure_all_finite=False,
        input_name=name,
    )
    values = y.data if sp.issparse(y) else y
    if values.dtype.kind in "biuSU":
        _refuse_nan_as_text(given, values, name)
        return y
    are_objects = values.dtype.kind == "O"
    missing = _ARE_MISSING(values).astype(bool) if are_objects else values != values
    if missing.any() and not may_be_missing:
        hint = " With missing_labels='ignore', labels of a multilabel y may be missing."
        raise ValueError(f"Input {name} contains NaN or None.{hint if y.ndim == 2 else ''}")
    if are_objects and missing.any():
        others = y[~missing]
        if not all(isinstance(value, Real | np.bool_) for value in others):
            raise ValueError(
                f"{MAY_BE_MISSING}; {name} has other labels, such as {shown(others[0])}."
            )
        y = np.where(missing, np.nan, y).astype(np.float64)
    assert_all_finite(y, allow_nan=may_be_missing, input_name=name)
    return y


def _refuse_nan_as_text(given: Any, values: Any, name: str) -> None:
    """Refuse a list of strings with NaN, which numpy turns into the string "nan"."""
    if values.dtype.kind == "U" and isinstance(given, list | tuple):
        objects = np.asarray(given, dtype=object)
        if _ARE_MISSING(objects).any():
            raise ValueError(f"Input {name} contains NaN or None.")


def _refuse_lists_of_labels(y: Any, name: str) -> None:
    """Refuse a list of labels for each row, unless all rows have the same number of labels."""
    kind = getattr(getattr(y, "dtype", None), "kind", None)
    if not isinstance(y, list | tuple) and (kind != "O" or y.ndim != 1):
        return
    rows = [row for row in y if isinstance(row, list | tuple | set | frozenset)]
    if any(isinstance(row, set | frozenset) for row in rows) or len(set(map(len, rows))) > 1:
        raise ValueError(
            f"{name} has a list of labels for each row, of different lengths. "
            "sklearn.preprocessing.MultiLabelBinarizer turns these into an indicator of zeros and "
            "ones, with a column for each label."
        )


def split_missing(y: Any) -> tuple[Any, Any]:
    """`y` with 0 for NaN, and a mask of NaN among its (stored) values, or None without NaN."""
    if sp.issparse(y):
        y = y.copy()
        y.sum_duplicates()
        y.data, missing = split_missing(y.data)
        return y, missing
    if y.dtype.kind != "f" or not (missing := np.isnan(y)).any():
        return y, None
    return np.where(missing, 0, y), missing
