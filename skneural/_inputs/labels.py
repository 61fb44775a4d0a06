"""Checks of labels in any container, and of missing labels."""

from numbers import Real
from types import NoneType
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

    Objects that are numbers or booleans become numbers or booleans. Only if there is text in
    another column do they remain objects (`label_columns` converts each column).

    Raises
    ------
    ValueError
        If there are no labels; if any are neither text nor numbers nor booleans, or have named
        fields; or if any are infinite, or missing when that is not allowed.
    """
    if y is None:
        raise ValueError("The call requires y to be passed, but the target y is None.")
    refuse_masked(y, name)
    if sp.issparse(y) and (y.ndim == 1 or y.shape[1] == 1):
        raise ValueError(
            f"A sparse {name} must be a multilabel indicator of two or more columns; got shape "
            f"{y.shape}. Use {name}.toarray() for labels of a single target."
        )
    y = label_array(y)
    if y.dtype.names:
        raise ValueError(
            f"{name} has rows of named fields, {', '.join(y.dtype.names)}. Pass one of them, such "
            f"as {name}[{y.dtype.names[0]!r}], or several as the columns of an array."
        )
    y = check_array(
        y,
        accept_sparse="csr",
        ensure_2d=False,
        dtype=None,
        ensure_all_finite=False,
        input_name=name,
    )
    if y.dtype.kind == "O":
        y = _typed(y, name, may_be_missing)
    values = y.data if sp.issparse(y) else y
    if values.dtype.kind in "biuSUO":
        return y
    if not may_be_missing and (values != values).any():
        raise ValueError(_contains_nan(y.ndim, name))
    assert_all_finite(y, allow_nan=may_be_missing, input_name=name)
    return y


def label_array(y: Any) -> Any:
    """Convert a dense container to an array, in which numbers, booleans and NaN are not text."""
    if sp.issparse(y):
        return y
    try:
        array = np.asarray(y)
    except ValueError:  # lists of different lengths
        return np.asarray(y, dtype=object)
    if array.dtype.kind == "U" and isinstance(y, list | tuple):
        objects = np.asarray(y, dtype=object)
        return array if np.array_equal(array, objects) else objects
    return array.astype(object) if array.dtype.kind == "T" else array


def label_columns(y: Any) -> list[Any]:
    """The columns of checked labels, each in its own dtype; a 1-d `y` is a single column."""
    columns = list(np.atleast_2d(y.T))
    if y.dtype.kind != "O":
        return columns
    return [c if isinstance(c[0], str) else np.array(c.tolist()) for c in columns]


def stack_columns(columns: list[Any]) -> Any:
    """The inverse of `label_columns`: objects if some columns are text, as others are not."""
    if len(set(map(are_text, columns))) == 2:
        columns = [column.astype(object) for column in columns]
    return np.column_stack(columns)


def are_text(labels: Any) -> bool:
    """Whether the labels of a column in its own dtype are text, and not numbers or booleans."""
    return labels.dtype.kind in "OSU"


def check_same_type(labels: Any, classes: Any, name: str) -> None:
    """Refuse text in place of numbers or booleans, and vice versa."""
    if are_text(labels) != are_text(classes):
        raise ValueError(
            f"The labels of a column must be all text or all numbers; {name} has both, such as "
            f"{shown(labels.tolist()[0])} and {shown(classes.tolist()[0])}."
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


def check_column_order(y: Any, expected: Any, name: str) -> None:
    """Refuse a dataframe whose columns have the expected names in another order.

    Raises
    ------
    ValueError
    """
    columns, expected = (list(map(str, each)) for each in (getattr(y, "columns", ()), expected))
    if columns != expected and sorted(columns) == sorted(expected):
        raise ValueError(
            f"The columns of {name} must be in the order {shown(expected)}; got {shown(columns)}."
        )


def _typed(y: Any, name: str, may_be_missing: bool) -> Any:
    """Convert objects to one dtype, unless one column is text and another is not."""
    columns = [_typed_column(c, y.ndim, name, may_be_missing) for c in np.atleast_2d(y.T)]
    if not any(map(are_text, columns)):
        return columns[0] if y.ndim == 1 else np.column_stack(columns)
    if any(c.dtype.kind == "f" and np.isnan(c).any() for c in columns):
        raise ValueError(f"{MAY_BE_MISSING}; {name} has a column of text.")
    return y


def _typed_column(column: Any, ndim: int, name: str, may_be_missing: bool) -> Any:
    """Convert objects to numbers or booleans, with NaN for missing ones; text stays."""
    labels = column.tolist()
    types = set(map(type, labels))
    for each in types:
        if not issubclass(each, str | Real | np.bool_ | NoneType) and each.__name__ != "NAType":
            _refuse(next(label for label in labels if type(label) is each), name)
    if all(issubclass(each, str) for each in types):
        return column
    missing = _ARE_MISSING(column).astype(bool)
    if missing.any() and not may_be_missing:
        raise ValueError(_contains_nan(ndim, name))
    known = column[~missing].tolist()
    if texts := [label for label in known if isinstance(label, str)]:
        if missing.any():
            raise ValueError(
                f"{MAY_BE_MISSING}; {name} has other labels, such as {shown(texts[0])}."
            )
        other = next(label for label in known if not isinstance(label, str))
        raise ValueError(
            "The labels of a column must be all text or all numbers; "
            f"{name} has both, such as {shown(texts[0])} and {shown(other)}."
        )
    numbers = np.array(known)
    if numbers.dtype.kind not in "biuf":
        _refuse(known[0], name)
    if not missing.any():
        return numbers
    values = np.full(len(column), np.nan)
    values[~missing] = numbers
    return values


def _contains_nan(ndim: int, name: str) -> str:
    hint = " With missing_labels='ignore', labels of a multilabel y may be missing."
    return f"Input {name} contains NaN or None.{hint if ndim == 2 else ''}"


def _refuse(value: Any, name: str) -> None:
    """Raise the error for a value that is not a label."""
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        raise ValueError(
            f"{name} has a list of labels for a row: {shown(value)}. "
            "sklearn.preprocessing.MultiLabelBinarizer turns such lists into an indicator of zeros "
            "and ones, with a column for each label. For several outputs, all rows must have the "
            "same number of labels."
        )
    raise ValueError(
        f"Labels must be text, booleans or numbers of at most 64 bits; {name} has {shown(value)}, "
        f"a {type(value).__name__}. Convert labels to text, for example by {name}.astype(str)."
    )
