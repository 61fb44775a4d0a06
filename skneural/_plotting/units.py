"""Names of output units, and the units that should be active for given labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skneural._estimators import fitted_output
from skneural._inputs import shown
from skneural._network import TargetCoding, find_coding
from skneural._plotting.inspection import label_codes


@dataclass(frozen=True)
class UnitLayout:
    """The classes of the output units of a network.

    Parameters
    ----------
    coding : TargetCoding
        The coding of the output layer.
    classes : list of array-like
        The classes of each target; 0 and 1 for each label of a multilabel `y`.
    names : list of array-like
        The names of the classes of each target; for a multilabel `y`, the name of each label.
    is_multilabel : bool
    """

    coding: TargetCoding
    classes: list[Any]
    names: list[Any]
    is_multilabel: bool

    @classmethod
    def of_classifier(cls, classifier: Any, display_labels: Any = None) -> "UnitLayout":
        """The layout of a fitted classifier."""
        targets, output = fitted_output(classifier)
        classes = targets.classes if targets.is_multioutput else [targets.classes]
        names = _checked_names(
            classes, _listed("display_labels", display_labels, targets.is_multioutput)
        )
        if targets.is_multilabel:
            return cls(output.coding, targets.target_classes, list(names[0]), True)
        return cls(output.coding, classes, names, False)

    @classmethod
    def of_activations(
        cls,
        n_units: Sequence[int],
        *,
        is_multioutput: bool,
        n_labels: int | None,
        classes: Any = None,
        display_labels: Any = None,
    ) -> "UnitLayout":
        """The layout of activations of which only the number of units of each output is known.

        `n_labels` is the number of columns of an indicator, if the labels are one. Otherwise,
        units are those of classes if possible, or else those of labels.
        """
        classes = _listed("classes", classes, is_multioutput)
        names = _listed("display_labels", display_labels, is_multioutput)
        if classes is None:
            numbers = [n_labels or max(k, 2) for k in n_units]
            classes = [range(k) for k in (numbers if names is None else map(len, names))]
        names = _checked_names(classes, names)
        if len(classes) != len(n_units):
            raise ValueError(
                f"There must be classes for each of the {len(n_units)} outputs; got {len(classes)}."
            )
        if n_labels is not None and n_labels != len(names[0]):
            raise ValueError(
                f"y_true must have a column for each of the {len(names[0])} labels; got {n_labels}."
            )
        if n_labels is None and (coding := find_coding(list(map(len, classes)), n_units)):
            return cls(coding, classes, names, False)
        labels = list(names[0])
        if not is_multioutput and (coding := find_coding([2] * len(labels), n_units)):
            return cls(coding, [[0, 1]] * len(labels), labels, True)
        raise ValueError(
            f"{sum(n_units)} output units cannot stand for {sum(map(len, names))} names: "
            f"{', '.join(str(name) for some in names for name in some)}."
        )

    def unit_names(self) -> list[str]:
        """The name of each output unit."""
        pairs = zip(self.coding.units.part.tolist(), self.coding.unit_class.tolist(), strict=True)
        if not self.is_multilabel:
            several = len(self.names) > 1
            prefixes = [f"output {j}: " if several else "" for j in range(len(self.names))]
            return [f"{prefixes[j]}{self.names[j][k]}" for j, k in pairs]
        if self.coding.n_units == len(self.names):
            return list(map(str, self.names))
        return [f"{self.names[j]}: {('absent', 'present')[k]}" for j, k in pairs]

    def true_units(self, y: Any, name: str) -> tuple[Any, list[str]]:
        """Whether each unit should be active, and a name for each row; from dense labels.

        `name` is that of `y` in errors.
        """
        columns = y.T if y.ndim == 2 else [y]
        if len(columns) != len(self.classes):
            raise ValueError(
                f"{name} must have a column for each of the {len(self.classes)} outputs; got "
                f"{len(columns)}."
            )
        codes = np.column_stack(
            [label_codes(*pair, name) for pair in zip(columns, self.classes, strict=True)]
        )
        if self.is_multilabel:
            rows = [[self.names[j] for j in np.flatnonzero(row == 1)] or ["none"] for row in codes]
        else:
            rows = [
                [
                    "?" if code < 0 else some[code]
                    for some, code in zip(self.names, row, strict=True)
                ]
                for row in codes
            ]
        return self.coding.targets(codes) == 1, [", ".join(map(str, row)) for row in rows]


def _listed(name: str, values: Any, is_multioutput: bool) -> Any:
    """A list with an item for each output, which has to be a list itself."""
    if values is None:
        return None
    listed = list(values) if is_multioutput and hasattr(values, "__len__") else [values]
    if any(isinstance(some, str) or not hasattr(some, "__len__") for some in listed):
        several = "a list with those of each output" if is_multioutput else "a list"
        raise ValueError(f"{name} must be {several}; got {shown(values)}.")
    return listed


def _checked_names(classes: Any, display_labels: Any) -> Any:
    """The names of the classes of each output, or of all labels."""
    if display_labels is None:
        return classes
    n_classes, n_names = [[len(some) for some in several] for several in (classes, display_labels)]
    if n_names != n_classes:
        raise ValueError(
            "Each class must have a name in display_labels; got "
            f"{n_classes} classes and {n_names} names."
        )
    return display_labels
