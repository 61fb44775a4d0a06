"""Weights of rows and of classes."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils import check_array, check_consistent_length

from skneural._data import BLOCK_NUMBERS, Data, Rows, Sums, code_columns, group_sums
from skneural._inputs.masks import refuse_masked
from skneural._inputs.shown import shown
from skneural._inputs.targets import Targets
from skneural._network import LEAST_WEIGHT
from skneural._typing import Vector

BLOCK_ROWS = BLOCK_NUMBERS  # rows whose weights are added up at a time


_TIMES = {"m": "a time difference", "M": "a date"}  # which numpy would convert to numbers


@dataclass
class ClassTotals(Sums):
    """The sum of the weights of each class, for each target."""

    of_target: list[Any]


def check_sample_weight(sample_weight: Any, X: Any, name: str = "sample_weight") -> Vector:
    """Check weights of the rows of `X`: finite, not negative, not all tiny; 1 by default."""
    if sample_weight is None:
        return np.broadcast_to(1.0, X.shape[0])
    weight = check_weights(sample_weight, name)
    check_consistent_length(X, weight)
    check_sum(weight.sum(), name)
    return weight


def check_sum(total: float, name: str) -> None:
    """Refuse weights that are all zero, or so small that shares of them lose digits."""
    if total < LEAST_WEIGHT:
        raise ValueError(
            f"{name} must have a sum of at least {LEAST_WEIGHT:g}, above zero; these weights sum "
            f"to {total:g}."
        )


def check_weights(sample_weight: Any, name: str) -> Vector:
    """Check weights of some of the rows: finite and not negative."""
    refuse_masked(sample_weight, name)
    try:
        weight: Vector = check_array(
            sample_weight, ensure_2d=False, dtype=np.float64, input_name=name
        )
    except (TypeError, ValueError) as error:
        if name in str(error):
            raise
        raise ValueError(f"{name} must have a number for each row: {error}") from error
    if (kind := np.asarray(sample_weight).dtype.kind) in "mM":
        raise ValueError(f"{name} must have a number for each row, not {_TIMES[kind]}.")
    if weight.ndim != 1:
        raise ValueError(f"{name} must be 1-d, one number per row, got {weight.ndim}-d.")
    if weight.min() < 0:
        raise ValueError(f"{name} must not be negative, got {weight.min()}.")
    with np.errstate(over="ignore"):
        total = weight.sum()
    if not np.isfinite(total):
        raise ValueError(f"{name} must have a finite sum; the largest weight is {weight.max():g}.")
    return weight


def class_weights(class_weight: Any, targets: Targets, data: Data) -> list[Vector] | None:
    """The weights of the classes of each target, in the order of their codes.

    "balanced" gives the classes of a target the same total weight: class k gets
    ``sum_i w_i / (K_j sum_{i: y_ij = k} w_i)``, where K_j counts the classes that occur. A row of
    weight 2 counts as two rows, and a soft label counts partly for each class; missing labels do
    not count.

    Raises
    ------
    ValueError
        If `class_weight` cannot be used with these targets.
    """
    if class_weight is None:
        return None
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise ValueError(
                f"class_weight must be a dict, a list of dicts, 'balanced' or None, "
                f"got {shown(class_weight)}."
            )
        totals = data.reduce(partial(_class_totals, targets.n_classes)).of_target
        return list(map(_even, totals))
    several = not targets.is_single
    if not isinstance(class_weight, list | tuple if several else Mapping):
        raise ValueError(
            f"class_weight must be {'a list of dicts, one per output' if several else 'a dict'}, "
            f"'balanced' or None for a {targets.kind} y, got {shown(class_weight)}."
        )
    tables = list(class_weight) if several else [class_weight]
    if len(tables) != len(targets.n_classes):
        raise ValueError(
            f"class_weight must have one dict for each of the {len(targets.n_classes)} outputs, "
            f"got {len(tables)}."
        )
    pairs = zip(tables, targets.target_classes, strict=True)
    return [_from_mapping(table, classes) for table, classes in pairs]


def _class_totals(n_classes: list[int], rows: Rows) -> ClassTotals:
    """The totals of some rows; for small data, their bits do not depend on the order of rows."""
    labels, weight = rows.all_labels(), rows.all_weights()
    totals = ClassTotals([np.zeros(k) for k in n_classes])
    for start in range(0, rows.n_rows, BLOCK_ROWS):
        block = slice(start, start + BLOCK_ROWS)
        totals += _block_totals(n_classes, labels[block], weight[block])
    return totals


def _block_totals(n_classes: list[int], labels: Any, weight: Vector) -> ClassTotals:
    if labels.dtype.kind == "f":  # soft, of one target
        parts = np.sort(labels * weight[:, None], axis=0)
        return ClassTotals([parts.sum(axis=0)])
    totals = []
    for codes, k in zip(code_columns(labels), n_classes, strict=True):
        known = codes >= 0
        totals.append(group_sums(codes[known], weight[known], k))
    return ClassTotals(totals)


def _even(totals: Vector) -> Vector:
    """Weights that give all classes that occur the same total."""
    occurring = totals > 0
    weights = np.zeros(len(totals))
    weights[occurring] = totals.sum() / (occurring.sum() * totals[occurring])
    return weights


def _from_mapping(table: Any, classes: Any) -> Vector:
    if not isinstance(table, Mapping):
        raise ValueError(f"class_weight must map classes to weights, got {shown(table)}.")
    known = classes.tolist()
    members = set(known)
    unknown = [key for key in table if key not in members]
    # A part of the data may lack a class that has a weight, as folds of a time series do.
    if unknown and not all(label in table for label in known):
        raise ValueError(
            f"class_weight has keys that are not classes: {shown(unknown)}; y has {shown(known)}, "
            "of which some have no weight."
        )
    weights = [table.get(label, 1.0) for label in known]
    if not all(map(_is_weight, weights)):
        raise ValueError(f"class_weight must be finite and not negative, got {shown(table)}.")
    return np.array(weights, dtype=np.float64)


def _is_weight(value: Any) -> bool:
    is_number = isinstance(value, Real)
    return is_number and bool(
        0 <= value <= sys.float_info.max
    )  # not float(value): 10**400 is an int
