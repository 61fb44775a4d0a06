"""Soft labels: rows of class probabilities in place of labels."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from skneural._inputs.shown import shown
from skneural._typing import LabelArray, Vector

_ROUNDING = 2e-3  # in the sum of a row, enough for probabilities in float16 or of three digits


def check_probabilities(y: Any, classes: Any, name: str) -> Vector:
    """Check rows of probabilities of these classes, and divide them by their sums.

    Raises
    ------
    ValueError
        If they have another shape or type, are negative or missing, or do not sum to 1.
    """
    if sp.issparse(y) or y.ndim != 2 or y.shape[1] != len(classes) or y.dtype.kind not in "biuf":
        given = "a sparse one" if sp.issparse(y) else f"{y.dtype} of shape {y.shape}"
        raise ValueError(
            f"{name} must be a dense array of numbers with a row of {len(classes)} class "
            f"probabilities for each sample; got {given}. Of several outputs, pass a list with the "
            "classes of each."
        )
    probabilities: Vector = y.astype(np.float64)
    sums = probabilities.sum(axis=1)
    right = (probabilities >= 0).all(axis=1) & (np.abs(sums - 1) <= _ROUNDING)
    if not right.all():
        row = int(right.argmin())
        raise ValueError(
            f"{name} must hold class probabilities: none may be negative or missing, and each row "
            f"must sum to 1; row {row} is {shown(y[row].tolist())}, with a sum of {sums[row]:.6g}. "
            "Divide rows by their sums if they are unnormalised. Probabilities of several labels "
            "at once are not supported."
        )
    is_hard = ((probabilities == 0) | (probabilities == 1)).all()
    return probabilities if is_hard else probabilities / sums[:, None]


def harden(labels: LabelArray) -> LabelArray:
    """Convert soft labels to codes if all probabilities are 0 or 1."""
    if labels.dtype.kind != "f" or not ((labels == 0) | (labels == 1)).all():
        return labels
    codes = labels.argmax(axis=1)[:, None]
    return np.asarray(codes, dtype=np.min_scalar_type(-labels.shape[1]))
