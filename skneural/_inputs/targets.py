"""Conversion of scikit-learn's kinds of target to codes and back.

====================== ============================ ====================================
kind of ``y``          targets                      ``classes_``
====================== ============================ ====================================
binary, multiclass     one, of K classes            array of shape (K,)
multilabel-indicator   L, of two classes: 0 and 1   ``arange(L)``, a number for each label
multiclass-multioutput one for every column         list of arrays of shape (K_j,)
====================== ============================ ====================================

Missing labels of an indicator are NaN in `y` and -1 among the codes. Rows of class probabilities
instead of labels are soft labels of one target.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from skneural._inputs.classes import PASS_CLASSES, are_of_outputs, check_classes
from skneural._inputs.distinct import distinct_labels, row_blocks
from skneural._inputs.labels import (
    MAY_BE_MISSING,
    check_same_type,
    label_columns,
    split_missing,
    stack_columns,
)
from skneural._inputs.shown import shown
from skneural._inputs.soft_labels import check_probabilities, harden
from skneural._typing import IntArray, Vector


@dataclass(frozen=True)
class Targets:
    """The kind of a target and its classes, as in the table above."""

    kind: str
    classes: Any

    @property
    def is_multilabel(self) -> bool:
        return self.kind == "multilabel-indicator"

    @property
    def is_multioutput(self) -> bool:
        return self.kind == "multiclass-multioutput"

    @property
    def is_single(self) -> bool:
        """Whether `y` has one label for each row, or its class probabilities."""
        return not (self.is_multilabel or self.is_multioutput)

    @property
    def target_classes(self) -> list[Any]:
        """The classes of each target, in the order of their codes."""
        if self.is_multilabel:
            return [np.array([0, 1])] * len(self.classes)
        return self.classes if self.is_multioutput else [self.classes]

    @property
    def n_classes(self) -> list[int]:
        if self.is_multilabel:
            return [2] * len(self.classes)
        return [len(classes) for classes in self.target_classes]

    def matches(self, other: "Targets") -> bool:
        """Whether kinds, classes and the order of classes are equal."""
        return (
            self.kind == other.kind
            and len(self.classes) == len(other.classes)
            and all(map(np.array_equal, self.target_classes, other.target_classes))
        )

    def encode(self, y: Any, name: str = "y") -> Any:
        """Codes of a `y` of this kind, or class probabilities as they are.

        Codes have the smallest possible dtype. For dense labels, no other array of the length of
        `y` is allocated.

        Raises
        ------
        ValueError
            If `y` has another shape, or labels that are not classes.
        """
        if sp.issparse(y):
            return self._encode_block(y, name)
        if self.has_probabilities(y):
            return check_probabilities(y, self.classes, name)
        blocks = row_blocks(y)
        first = self._encode_block(y[next(blocks)], name)
        codes = np.empty((len(y), first.shape[1]), dtype=first.dtype)
        codes[: len(first)] = first
        for block in blocks:
            codes[block] = self._encode_block(y[block], name)
        return codes

    def _encode_block(self, y: Any, name: str) -> Any:
        y, missing = split_missing(y)
        if self.is_multilabel:
            if y.ndim != 2 or y.shape[1] != len(self.classes) or not _is_indicator(y):
                raise ValueError(
                    f"{name} must be a 0/1 indicator with {len(self.classes)} columns, like the y "
                    f"of fit. {PASS_CLASSES}"
                )
            return _indicator_codes(y, missing)
        if sp.issparse(y):
            raise ValueError(f"{name} must be dense, because y is {self.kind}.")
        if missing is not None:
            raise ValueError(f"{name} contains NaN, but y is not an indicator: it is {self.kind}.")
        columns = label_columns(y)
        if len(columns) != len(self.target_classes) or (self.is_multioutput and y.ndim != 2):
            raise ValueError(
                f"{name} must have {len(self.target_classes)} columns, one for each output; got "
                f"shape {y.shape}."
            )
        pairs = zip(columns, self.target_classes, strict=True)
        return np.column_stack([_known_codes(*pair, name) for pair in pairs])

    def has_probabilities(self, y: Any) -> bool:
        """Whether `y` has a column for each class instead of a single column of labels."""
        return self.is_single and y.ndim == 2 and y.shape[1] > 1

    def accuracy(self, predicted: Any, y: Any, weight: Vector) -> float:
        """The weighted share of rows in which all predictions are right.

        Missing labels are ignored, and rows without any label do not count. If `y` holds class
        probabilities, a prediction counts as the probability of the predicted class.

        Raises
        ------
        ValueError
            If `y` does not fit the predictions, or no row with a positive weight has a label.
        """
        if self.has_probabilities(y):
            labels = harden(check_probabilities(y, self.classes, "y"))
            shares = labels if labels.dtype.kind == "f" else labels == np.arange(y.shape[1])
            codes = np.searchsorted(self.classes, predicted)[:, None]
            return float(
                np.average(np.take_along_axis(shares, codes, axis=1).ravel(), weights=weight)
            )
        y, missing = split_missing(y.toarray() if sp.issparse(y) else y)
        if y.shape != predicted.shape:
            raise ValueError(
                f"y must have the shape of the predictions, {predicted.shape}; got {y.shape}."
            )
        if self.is_multilabel and not _is_indicator(y):
            raise ValueError(
                f"y must be an indicator of zeros and ones, like the y given to fit. {PASS_CLASSES}"
            )
        if not self.is_multilabel and missing is not None:
            raise ValueError(f"{MAY_BE_MISSING}; this one is {self.kind}.")
        if self.is_multioutput:
            for column, classes in zip(label_columns(y), self.classes, strict=True):
                check_same_type(column, classes, "y")
        is_right = predicted == y
        if missing is not None:
            is_right |= missing
            weight = weight * ~missing.all(axis=1)
        if not weight.any():
            raise ValueError("y cannot be scored: all labels of rows with a weight are missing.")
        return float(np.average(is_right.all(axis=1), weights=weight))

    def is_column(self, y: Any) -> bool:
        """Whether labels of a single target are a column, not one-dimensional."""
        return self.is_single and y.ndim == 2 and y.shape[1] == 1

    def decode(self, codes: IntArray) -> Any:
        """Labels in the form of the `y` that was encoded."""
        if self.is_multilabel:
            return codes
        labels = [classes[code] for classes, code in zip(self.target_classes, codes.T, strict=True)]
        return stack_columns(labels) if self.is_multioutput else labels[0]


def encode_targets(y: Any) -> tuple[Targets, Any]:
    """The kind and classes of `y`, and its codes of shape (n_samples, n_targets).

    `y` is an array or a CSR matrix, with NaN for missing labels. The codes of a sparse indicator
    stay sparse.
    """
    targets = find_targets(y if sp.issparse(y) else distinct_labels(y))
    codes = targets.encode(y)
    if targets.is_multilabel and codes.min() < 0:
        n_missing = np.asarray((codes < 0).sum(axis=0)).ravel()
        check_no_label_is_always_missing(codes.shape[0] - n_missing)
    return targets, codes


def find_targets(y: Any) -> Targets:
    """The kind and classes of `y`, in which missing labels are NaN."""
    given, (y, missing) = y, split_missing(y)
    kind = _kind(y)
    if kind.startswith("continuous"):
        raise ValueError(
            f"Unknown label type: {kind}. y must hold class labels, not numbers on a scale; "
            "np.digitize turns ranges into classes. If y holds a row of class probabilities for "
            "each sample, pass their classes to fit: classes=..."
        )
    if kind == "multilabel-indicator" and _is_indicator(y):
        return Targets(kind, np.arange(y.shape[1]))
    if missing is not None:
        raise ValueError(f"{MAY_BE_MISSING}; this one is {kind}, of shape {given.shape}.")
    if kind in ("binary", "multiclass"):
        classes = np.unique(column_or_1d(y))
        if len(classes) < 2:
            raise ValueError(
                f"y holds only one class, {shown(classes.tolist()[0])}; a classifier needs at "
                "least two."
            )
        if kind == "multiclass":
            check_classification_targets(y)  # warns if most labels differ
        return Targets(kind, classes)
    if sp.issparse(y):
        raise ValueError("A sparse y must be a multilabel indicator: only zeros and ones.")
    return Targets("multiclass-multioutput", list(map(np.unique, label_columns(y))))


def _kind(y: Any) -> str:
    """Scikit-learn's kind of target; columns of text and of numbers are several outputs."""
    if y.ndim == 2 and y.dtype.kind == "O":
        kinds = [type_of_target(column, input_name="y") for column in label_columns(y)]
        if "continuous" in kinds:
            return "continuous-multioutput"
        return "multiclass-multioutput" if len(kinds) > 1 else kinds[0]
    return str(type_of_target(y, input_name="y", raise_unknown=True))


def targets_of_classes(classes: Any) -> Targets:
    """One target with these classes; or several outputs, of a list with the classes of each."""
    if are_of_outputs(classes):
        return Targets("multiclass-multioutput", [check_classes(each, 1) for each in classes])
    classes = check_classes(classes)
    return Targets("binary" if len(classes) == 2 else "multiclass", classes)


def _indicator_codes(y: Any, missing: Any) -> Any:
    codes = y.astype(np.int8)
    if missing is not None:
        (codes.data if sp.issparse(codes) else codes)[missing] = -1
    return codes


def check_no_label_is_always_missing(n_known: Any) -> None:
    """Refuse an indicator with columns of missing labels only; `n_known` counts the others.

    Raises
    ------
    ValueError
    """
    if (nothing := np.flatnonzero(n_known == 0)).size:
        raise ValueError(
            f"All labels are missing in columns {shown(nothing.tolist())} of y. Remove these "
            "columns."
        )


def _is_indicator(y: Any) -> bool:
    """Whether all values are 0 or 1; scikit-learn accepts any two integers as an indicator."""
    return bool(np.isin(y.data if sp.issparse(y) else y, (0, 1)).all())


def _known_codes(y: Any, classes: Any, name: str) -> IntArray:
    """The positions of labels among the classes, which are sorted."""
    check_same_type(y, classes, name)
    codes = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
    if (unknown := classes[codes] != y).any():
        raise ValueError(
            f"{name} has labels that are not classes: {shown(np.unique(y[unknown]).tolist())}. "
            f"{PASS_CLASSES}"
        )
    return np.asarray(codes, dtype=np.min_scalar_type(-len(classes)))
