"""Positions of output units, and of the columns of class space, for each target."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from skneural._network.partition import Partition
from skneural._typing import IntArray


class Group(NamedTuple):
    """All targets with the same number of classes, for one array expression."""

    n_classes: int
    targets: IntArray
    units: IntArray
    """Units of each of these targets; shape (targets, units)."""
    columns: IntArray
    """Columns of class space of each of these targets; shape (targets, classes)."""


class Layout(NamedTuple):
    """Positions of units and of columns of class space."""

    units: Partition
    """The units of each target."""
    unit_class: IntArray
    """The class of each unit."""
    classes: Partition
    """The columns of class space of each target."""
    scores: Partition
    """The columns of the decision scores of each target."""
    groups: list[Group]
    scored: Any
    """The columns of class space without the first of two classes."""
    paired: Any
    """Which of these are the second of two classes."""
    firsts: Any
    """The columns of the first of two classes."""


@lru_cache(maxsize=32)
def target_layout(n_classes: tuple[int, ...], unit_classes: Callable[[int], IntArray]) -> Layout:
    """The layout of targets with these numbers of classes.

    `unit_classes` returns the classes of the units of a target with K classes. Layouts are
    remembered, because making one takes longer than predicting a row.
    """
    of_size = {k: unit_classes(k) for k in sorted(set(n_classes))}
    units, classes = Partition([len(of_size[k]) for k in n_classes]), Partition(n_classes)
    groups = []
    for k, own in of_size.items():
        targets = np.flatnonzero(np.equal(n_classes, k))
        group_units = units.starts[targets, None] + np.arange(len(own))
        columns = classes.starts[targets, None] + np.arange(k)
        groups.append(Group(k, targets, group_units, columns))
    firsts = classes.starts[np.equal(n_classes, 2)]
    return Layout(
        units=units,
        unit_class=np.concatenate([of_size[k] for k in n_classes]),
        classes=classes,
        scores=Partition([1 if k == 2 else k for k in n_classes]),
        groups=groups,
        scored=_short(np.delete(np.arange(classes.n_columns), firsts)),
        paired=_short(firsts - np.arange(len(firsts))),
        firsts=_short(firsts),
    )


def _short(positions: IntArray) -> Any:
    """The positions as a slice, if they are evenly spaced: it is faster as an index."""
    if len(positions) == 0:
        return slice(0)
    step = int(positions[1] - positions[0]) if len(positions) > 1 else 1
    evenly = slice(int(positions[0]), int(positions[-1]) + 1, step)
    return evenly if np.array_equal(positions, np.r_[evenly]) else positions
