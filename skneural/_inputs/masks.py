"""Masked arrays, whose masks scikit-learn drops."""

from typing import Any

import numpy as np


def refuse_masked(values: Any, name: str) -> None:
    """Refuse an array with masked values: without the mask, they would count.

    Raises
    ------
    ValueError
    """
    if np.ma.is_masked(values):
        raise ValueError(
            f"{name} has masked values. Fill them, impute them, or leave out their rows; missing "
            "labels of a multilabel y can be NaN."
        )
