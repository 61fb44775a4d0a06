"""Checks of classes that are passed to `fit`."""

from typing import Any

import numpy as np

from skneural._inputs.labels import check_labels
from skneural._inputs.shown import shown

PASS_CLASSES = (
    "If a part of the data lacks some classes, pass all of them to fit: classes=... (of several "
    "outputs, a list with the classes of each)."
)


def check_classes(classes: Any, fewest: int = 2) -> Any:
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
    if not is_sorted or len(array) < fewest:
        raise ValueError(
            f"classes must be a list of {'two' if fewest == 2 else 'one'} or more different "
            "classes in sorted order, like the result of np.unique, or a list of such lists for "
            f"several outputs; got {shown(classes)}."
        )
    return array


def are_of_outputs(classes: Any) -> bool:
    """Whether `classes` has a list of classes for each of several outputs."""
    try:
        return len(classes) > 0 and all(np.ndim(each) == 1 for each in classes)
    except (TypeError, ValueError):  # a number, or lists within these lists
        return False
