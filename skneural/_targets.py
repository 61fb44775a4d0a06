"""Scikit-learn's targets and weights, to and from the codes that the outputs work with.

====================== ============================ ====================================
kind of ``y``          targets                      ``classes_``
====================== ============================ ====================================
binary, multiclass     one, of K classes            array of shape (K,)
multilabel-indicator   L, of two classes: 0 and 1   ``arange(L)``, a number for each label
multiclass-multioutput one for every column         list of arrays of shape (K_j,)
====================== ============================ ====================================
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import type_of_target

from skneural._typing import FloatArray, IntArray


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
    def target_classes(self) -> list[Any]:
        """The classes of each target, in the order of their codes."""
        if self.is_multilabel:
            return [np.array([0, 1])] * len(self.classes)
        return self.classes if self.is_multioutput else [self.classes]

    @property
    def n_classes(self) -> list[int]:
        return [len(classes) for classes in self.target_classes]

    def matches(self, other: "Targets") -> bool:
        """Whether kind, classes and their order are the same."""
        return (
            self.kind == other.kind
            and len(self.classes) == len(other.classes)
            and all(map(np.array_equal, self.target_classes, other.target_classes))
        )

    def encode(self, y: Any) -> Any:
        """Codes of another `y`, of the same kind; shape (n_samples, n_targets).

        Raises
        ------
        ValueError
            If it has another shape, or labels that are no classes.
        """
        if sp.issparse(y):
            y = y.copy()
            y.sum_duplicates()
        if self.is_multilabel:
            if y.ndim != 2 or y.shape[1] != len(self.classes) or not _is_indicator(y):
                raise ValueError(
                    f"y_val must be a 0/1 indicator with {len(self.classes)} columns, as y is."
                )
            return y.astype(np.int8)
        if sp.issparse(y):
            raise ValueError(f"y_val must be dense, as y is: {self.kind}.")
        columns = y.T if self.is_multioutput else [column_or_1d(y, warn=True)]
        if len(columns) != len(self.target_classes) or (self.is_multioutput and y.ndim != 2):
            raise ValueError(
                f"y_val must have {len(self.target_classes)} columns, as y has; "
                f"got shape {y.shape}."
            )
        pairs = zip(columns, self.target_classes, strict=True)
        return np.column_stack([_known_codes(column, classes) for column, classes in pairs])

    def decode(self, codes: IntArray) -> Any:
        """Labels in the form of the ``y`` that was encoded."""
        if self.is_multilabel:
            return codes
        labels = [classes[code] for classes, code in zip(self.target_classes, codes.T, strict=True)]
        return np.column_stack(labels) if self.is_multioutput else labels[0]

    def present(self, class_columns: FloatArray) -> FloatArray:
        """The columns of class space that users are shown: of a label, its presence."""
        return class_columns[:, 1::2] if self.is_multilabel else class_columns


def encode_targets(y: Any) -> tuple[Targets, Any]:
    """The kind and classes of `y`, and its codes of shape (n_samples, n_targets).

    `y` is an array or a CSR matrix without missing values. The codes of a sparse indicator
    stay sparse.
    """
    if sp.issparse(y):
        y = y.copy()
        y.sum_duplicates()
    kind = type_of_target(y, input_name="y", raise_unknown=True)
    if kind.startswith("continuous"):
        raise ValueError(
            f"Unknown label type: {kind}. y must hold class labels, not numbers on a scale; "
            "np.digitize makes classes of ranges."
        )
    if kind == "multilabel-indicator" and _is_indicator(y):
        return Targets(kind, np.arange(y.shape[1])), y.astype(np.int8)
    if kind in ("binary", "multiclass"):
        classes, codes = _encode_column(column_or_1d(y, warn=True))
        if len(classes) < 2:
            raise ValueError(
                f"y holds only one class, {classes.tolist()[0]!r}; a classifier needs at least 2."
            )
        return Targets(kind, classes), codes[:, None]
    if sp.issparse(y):
        raise ValueError("A sparse y must be a multilabel indicator: only zeros and ones.")
    columns = [_encode_column(column) for column in y.T]
    targets = Targets("multiclass-multioutput", [classes for classes, _ in columns])
    return targets, np.column_stack([codes for _, codes in columns])


def _is_indicator(y: Any) -> bool:
    """Scikit-learn takes any two numbers for an indicator; only 0 and 1 mean absent, present."""
    return bool(np.isin(y.data if sp.issparse(y) else y, (0, 1)).all())


def _encode_column(y: Any) -> tuple[Any, IntArray]:
    classes, codes = np.unique(y, return_inverse=True)
    return classes, codes.astype(np.min_scalar_type(-len(classes)))


def _known_codes(y: Any, classes: Any) -> IntArray:
    unknown = [label for label in np.unique(y).tolist() if label not in classes.tolist()]
    if unknown:
        raise ValueError(f"y_val has labels that y does not have: {unknown}.")
    return np.asarray(np.searchsorted(classes, y), dtype=np.min_scalar_type(-len(classes)))


def warn_if_one_hot(codes: Any) -> None:
    """Point out that an indicator with one label per row may be meant as classes."""
    if (codes.sum(axis=1) == 1).all():
        warnings.warn(
            "Every row of y has exactly one label. A 0/1 indicator stands for independent "
            "labels, each with a softmax of its own; if the columns are classes that exclude "
            "each other, pass y.argmax(axis=1) instead.",
            UserWarning,
            stacklevel=4,
        )
