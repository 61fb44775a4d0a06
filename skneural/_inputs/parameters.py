"""Checks of constructor parameters and features."""

from collections.abc import Mapping
from functools import partial
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from sklearn.utils import assert_all_finite, check_scalar
from sklearn.utils.validation import validate_data

from skneural._curvature import PENALTIES, FixedPenalty, PenaltyRule
from skneural._data import BLOCK_NUMBERS
from skneural._inputs.masks import refuse_masked
from skneural._inputs.shown import shown
from skneural._network import ACTIVATIONS
from skneural._typing import Vector

T = TypeVar("T")


def choice(name: str, value: Any, choices: Mapping[Any, T]) -> T:
    """Look up a name, or None, in `choices`.

    Raises
    ------
    ValueError
        If it is not one of the choices.
    """
    if not isinstance(value, str | None) or value not in choices:
        raise ValueError(
            f"{name} must be one of {', '.join(map(repr, choices))}; got {shown(value)}."
        )
    return choices[value]


def whole_number(name: str, value: Any, minimum: int) -> int:
    check_scalar(value, name, Integral, min_val=minimum)
    return int(value)


def real_number(name: str, value: Any, **bounds: Any) -> float:
    """Check a finite number; `bounds` are arguments of `sklearn.utils.check_scalar`."""
    check_scalar(value, name, Real, **bounds)
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    if not np.isfinite(number):
        raise ValueError(f"{name} must be finite, got {shown(value)}.")
    return number


def penalty(alpha: Any) -> PenaltyRule:
    """The rule for the penalty of each layer: a number for all, or a rule by name."""
    if isinstance(alpha, str):
        if alpha not in PENALTIES:
            raise ValueError(
                "alpha must be a number that is not negative, or "
                f"{', '.join(map(repr, PENALTIES))}; got {shown(alpha)}."
            )
        return PENALTIES[alpha]
    return partial(FixedPenalty, alpha=real_number("alpha", alpha, min_val=0))


def tolerance(tol: Any) -> float | None:
    """The largest gradient norm of a fit that has converged; None if that is left to the run."""
    if isinstance(tol, str):
        if tol != "auto":
            raise ValueError(
                f"tol must be a number that is not negative, or 'auto'; got {shown(tol)}."
            )
        return None
    return real_number("tol", tol, min_val=0)


def labels_may_be_missing(missing_labels: Any) -> bool:
    """Whether the parameter `missing_labels` allows missing labels."""
    return choice("missing_labels", missing_labels, {"error": False, "ignore": True})


def hidden_layers(hidden_layer_sizes: Any) -> tuple[int, ...]:
    """The sizes of the hidden layers; a number stands for one layer."""
    sizes = hidden_layer_sizes
    sizes = sizes.tolist() if isinstance(sizes, np.ndarray) else sizes
    sizes = sizes if isinstance(sizes, list | tuple) else [sizes]
    if not all(_is_size(n) for n in sizes):
        raise ValueError(
            "hidden_layer_sizes must be a positive integer or a list of positive integers, less "
            f"than 2^31; got {shown(hidden_layer_sizes)}."
        )
    return tuple(int(n) for n in sizes)


def _is_size(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, Integral) and 0 < int(value) < 2**31


def hidden_activations(activation: Any, n_hidden: int) -> list[str]:
    """The name of each hidden layer's activation; a single name stands for all layers."""
    if isinstance(activation, str):
        choice("activation", activation, ACTIVATIONS)
        return [activation] * n_hidden
    if not isinstance(activation, list | tuple) or len(activation) != n_hidden:
        raise ValueError(
            f"activation must be a name, or a list with a name for each of the {n_hidden} hidden "
            f"layers; got {shown(activation)}."
        )
    for name in activation:
        choice("activation", name, ACTIVATIONS)
    return list(activation)


def check_features(estimator: Any, X: Any, *, reset: bool, name: str = "X") -> Any:
    """Convert features to an array or a CSR matrix of finite numbers.

    With `reset`, the estimator stores their number and names; otherwise, they must agree with the
    stored ones. Values are checked block by block, because scikit-learn may allocate an array of
    the size of X to find a value that is not finite.
    """
    refuse_masked(X, name)
    X = validate_data(
        estimator, X, reset=reset, accept_sparse="csr", dtype="numeric", ensure_all_finite=False
    )
    check_numbers(X, name, type(estimator).__name__)
    return X


def check_numbers(X: Any, name: str, estimator_name: str | None = None) -> None:
    """Refuse features that are not numbers, or not finite in the dtype of the computation."""
    if X.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold numbers; got dtype {X.dtype}.")
    values = X.data[:, None] if sp.issparse(X) else X
    step = max(BLOCK_NUMBERS // values.shape[1], 1)
    # Scikit-learn 1.6 does not find NaN in arrays of foreign byte order. Long doubles may be finite
    # but too large for float64.
    is_long = values.dtype.kind == "f" and values.dtype.itemsize > 8
    dtype = np.dtype(np.float64) if is_long else values.dtype.newbyteorder("=")
    for start in range(0, len(values), step):
        with np.errstate(over="ignore", invalid="ignore"):
            _check_finite(
                values[start : start + step].astype(dtype, copy=False), name, estimator_name
            )


def _check_finite(block: Any, name: str, estimator_name: str | None) -> None:
    if not np.isfinite(block).all():  # in 5 us, which matter if there is only one row
        assert_all_finite(block, estimator_name=estimator_name, input_name=name)


def decision_threshold(threshold: Any, n_classes: list[int]) -> Vector:
    """A threshold for all targets, or one for each; with more than two classes it must be 0.5."""
    try:
        thresholds = np.asarray(threshold)
    except ValueError:  # a ragged list
        thresholds = np.asarray(None)
    if thresholds.dtype.kind not in "fiu" or not ((thresholds > 0) & (thresholds < 1)).all():
        raise ValueError(f"threshold must be in the open interval (0, 1), got {shown(threshold)}.")
    if thresholds.shape not in ((), (len(n_classes),)):
        raise ValueError(
            f"threshold must be a number, or one number for each of the {len(n_classes)} outputs; "
            f"got {shown(threshold)}."
        )
    if max(n_classes) > 2 and (unused := np.greater(n_classes, 2) & (thresholds != 0.5)).any():
        raise ValueError(
            f"threshold={shown(threshold)} cannot be used: y has a target of "
            f"{n_classes[unused.argmax()]} classes, and with more than two classes the largest "
            "activation is predicted. Leave the threshold of that target at 0.5."
        )
    return thresholds.astype(np.float64)
