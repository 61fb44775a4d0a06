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
# None, NaN, which is not itself, and pandas's NA, of which that cannot be asked.
_IS_MISSING = np.frompyfunc(
    lambda value: value is None or type(value).__name__ == "NAType" or value != value, 1, 1
)


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
    if y.dtype.kind == "O" and (missing := _IS_MISSING(y).astype(bool)).any():
        if not may_be_missing:
            raise ValueError(f"Input {name} contains NaN or None.")
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
