"""Checks of classes that are passed to `fit`."""

from typing import Any

import numpy as np

from skneural._inputs.labels import check_labels
from skneural._inputs.shown import shown

PASS_CLASSES = "If a part of the data lacks some classes, pass all of them to fit: classes=..."


def check_classes(classes: Any) -> Any:
    """Convert the classes of a target to an array.

    Raises
    ------
    ValueError
        If they are not different classes in sorted order, or too few.
    """
    try:
        array = check_labels(classes, "classes")
        is_sorted = array.ndim == 1 and np.array_equal(np.unique(array), array)
    except (TypeError, ValueError):  # they are not labels
        is_sorted = False
    if not is_sorted or len(array) < 2:
        raise ValueError(
            "classes must be a list of two or more different classes in sorted order, like the "
            f"result of np.unique; got {shown(classes)}."
        )
    return array
