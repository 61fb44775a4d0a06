"""Checks and encodings of what users pass: labels, targets, weights and parameters."""

from skneural._inputs import parameters
from skneural._inputs.classes import PASS_CLASSES
from skneural._inputs.distinct import distinct_columns, short_labels, union_columns
from skneural._inputs.labels import check_column_order, check_labels, is_missing, label_array
from skneural._inputs.one_hot import is_one_hot
from skneural._inputs.shown import shown
from skneural._inputs.soft_labels import harden
from skneural._inputs.targets import (
    Targets,
    check_no_label_is_always_missing,
    encode_targets,
    find_targets,
    targets_of_classes,
)
from skneural._inputs.warn import warn
from skneural._inputs.weights import check_sample_weight, check_sum, check_weights, class_weights

__all__ = [
    "PASS_CLASSES",
    "Targets",
    "check_column_order",
    "check_labels",
    "check_no_label_is_always_missing",
    "check_sample_weight",
    "check_sum",
    "check_weights",
    "class_weights",
    "distinct_columns",
    "encode_targets",
    "find_targets",
    "harden",
    "is_missing",
    "is_one_hot",
    "label_array",
    "parameters",
    "short_labels",
    "shown",
    "targets_of_classes",
    "union_columns",
    "warn",
]
