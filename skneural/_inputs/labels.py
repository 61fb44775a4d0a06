"""Labels as they are given: in which container, and which of them are missing."""

from numbers import Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import assert_all_finite, check_array

MAY_BE_MISSING = (
    "Labels can be missing (NaN) in a multilabel y only, an indicator of zeros and ones with a "
    "column for each label"
)


def is_missing(value: Any) -> bool:
    """Whether a label is None, NaN, which is not itself, or pandas's NA, which will not say."""
    return value is None or type(value).__name__ == "NAType" or bool(value != value)


_ARE_MISSING = np.frompyfunc(is_missing, 1, 1)


def check_labels(y: Any, name: str, may_be_missing: bool = False) -> Any:
    """Labels as an array, or a CSR matrix; with NaN for those that are missing, if they may be.

    Raises
    ------
    ValueError
        If there are none, or if they are infinite, or missing and may not be.
    """
    if y is None:
        raise ValueError("The call requires y to be passed, but the target y is None.")
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
        return y
    are_objects = values.dtype.kind == "O"
    missing = _ARE_MISSING(values).astype(bool) if are_objects else values != values
    if missing.any() and not may_be_missing:
        hint = " Those of a multilabel y may be missing with missing_labels='ignore'."
        raise ValueError(f"Input {name} contains NaN or None.{hint if y.ndim == 2 else ''}")
    if are_objects and missing.any():
        others = y[~missing]
        if not all(isinstance(value, Real | np.bool_) for value in others):
            raise ValueError(f"{MAY_BE_MISSING}; {name} has others, such as {others[0]!r}.")
        y = np.where(missing, np.nan, y).astype(np.float64)
    assert_all_finite(y, allow_nan=may_be_missing, input_name=name)
    return y


def split_unknown(y: Any) -> tuple[Any, Any]:
    """`y` with 0 for NaN, and where that was among its (stored) values, or None for nowhere."""
    if sp.issparse(y):
        y = y.copy()
        y.sum_duplicates()
        y.data, unknown = split_unknown(y.data)
        return y, unknown
    if y.dtype.kind != "f" or not (unknown := np.isnan(y)).any():
        return y, None
    return np.where(unknown, 0, y), unknown
