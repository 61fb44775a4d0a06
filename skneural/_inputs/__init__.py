"""Checks and encodings of what users pass: labels, targets, weights and parameters."""

from skneural._inputs import parameters
from skneural._inputs.labels import check_labels, is_missing
from skneural._inputs.one_hot import is_one_hot
from skneural._inputs.shown import shown
from skneural._inputs.soft_labels import check_column_names, check_probabilities, harden
from skneural._inputs.targets import (
    Targets,
    check_no_label_is_always_missing,
    distinct_columns,
    encode_targets,
    find_targets,
    short_labels,
    targets_of_classes,
    union_columns,
)
from skneural._inputs.warn import warn
from skneural._inputs.weights import check_sample_weight, check_weights, class_weights

__all__ = [
    "Targets",
    "check_column_names",
    "check_labels",
    "check_no_label_is_always_missing",
    "check_probabilities",
    "check_sample_weight",
    "check_weights",
    "class_weights",
    "distinct_columns",
    "encode_targets",
    "find_targets",
    "harden",
    "is_missing",
    "is_one_hot",
    "parameters",
    "short_labels",
    "shown",
    "targets_of_classes",
    "union_columns",
    "warn",
]
