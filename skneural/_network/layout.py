"""Positions of output units, and of the columns of class space, for each target."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

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

    n_units: list[int]
    """The number of units of each target."""
    starts: IntArray
    """The first unit of each target."""
    target: IntArray
    """The target of each unit."""
    unit_class: IntArray
    """The class of each unit."""
    class_starts: IntArray
    """The first column of class space of each target."""
    class_target: IntArray
    """The target of each column of class space."""
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
    n_units = [len(of_size[k]) for k in n_classes]
    starts, class_starts = np.cumsum([0, *n_units[:-1]]), np.cumsum([0, *n_classes[:-1]])
    groups = []
    for k, units in of_size.items():
        targets = np.flatnonzero(np.equal(n_classes, k))
        group_units = starts[targets, None] + np.arange(len(units))
        groups.append(Group(k, targets, group_units, class_starts[targets, None] + np.arange(k)))
    numbers = np.arange(len(n_classes))
    firsts = class_starts[np.equal(n_classes, 2)]
    return Layout(
        n_units=n_units,
        starts=starts,
        target=np.repeat(numbers, n_units),
        unit_class=np.concatenate([of_size[k] for k in n_classes]),
        class_starts=class_starts,
        class_target=np.repeat(numbers, n_classes),
        groups=groups,
        scored=_short(np.delete(np.arange(sum(n_classes)), firsts)),
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
