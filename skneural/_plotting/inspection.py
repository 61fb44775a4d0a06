"""Helpers of the displays that inspect estimators and labels."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from skneural._estimators import BaseMLPClassifier
from skneural._inputs import is_missing
from skneural._typing import IntArray


def last_step(estimator: Any) -> Any:
    """Return the final step of a pipeline, or the estimator itself."""
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    return estimator


def as_last_step_sees(estimator: Any, X: Any) -> Any:
    """Transform `X` by all steps of a pipeline but the last."""
    while isinstance(estimator, Pipeline):
        if len(estimator) > 1:
            X = estimator[:-1].transform(X)
        estimator = estimator.steps[-1][1]
    return X


def fitted_network(estimator: Any, display: type) -> Any:
    """Return the fitted classifier of this package that `estimator` is or ends with.

    Raises
    ------
    TypeError
        If there is no such classifier.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    """
    classifier = last_step(estimator)
    if not isinstance(classifier, BaseMLPClassifier):
        ending = f" that ends with {type(classifier).__name__}"
        raise TypeError(
            f"{display.__name__}.from_estimator requires a SoftmaxMLPClassifier, a "
            "SigmoidMLPClassifier, or a Pipeline that ends with one; got "
            f"{type(estimator).__name__}{'' if estimator is classifier else ending}. For a "
            "meta-estimator, pass its best_estimator_ or estimator_."
        )
    check_is_fitted(classifier)
    return classifier


def unit_names(n_units: int, names: Any) -> list[str]:
    """Name output units after classes or labels.

    There is one unit per name, one unit for the second of two classes, or two units (absent,
    present) per label.
    """
    texts = [str(name) for name in names]
    if n_units == len(texts):
        return texts
    if n_units == 1 and len(texts) == 2:
        return texts[1:]
    if n_units == 2 * len(texts):
        return [f"{text}: {state}" for text in texts for state in ("absent", "present")]
    raise ValueError(f"{n_units} output units cannot stand for {len(texts)} names: {texts}.")


def unit_names_of_several(n_units: Any, names: Any) -> list[str]:
    """Name the output units of several outputs."""
    return [
        f"output {j}: {name}"
        for j, pair in enumerate(zip(n_units, names, strict=True))
        for name in unit_names(*pair)
    ]


def names_of_output_units(classifier: Any) -> list[str]:
    """Name the output units of a fitted network."""
    classes = classifier.classes_
    if not isinstance(classes, list):
        return unit_names(classifier.n_outputs_, classes)
    is_one_of_two = classifier.out_activation_ == "logistic"
    n_units = [1 if is_one_of_two and len(some) == 2 else len(some) for some in classes]
    return unit_names_of_several(n_units, classes)


def dense_labels(y: Any, name: str) -> Any:
    """Convert labels to a dense array, in which missing labels remain as they are."""
    y = y.toarray() if sp.issparse(y) else y
    return check_array(y, ensure_2d=False, dtype=None, ensure_all_finite=False, input_name=name)


def label_codes(y: Any, classes: Any, name: str) -> IntArray:
    """Return the position of each label among the classes; -1 for missing labels."""
    places = {label: code for code, label in enumerate(np.asarray(classes).tolist())}
    labels = [None if is_missing(label) else label for label in y.tolist()]
    if unknown := {label for label in labels if label is not None} - set(places):
        raise ValueError(
            f"{name} has labels that are not classes: {sorted(unknown, key=str)}; the classes are "
            f"{list(places)}."
        )
    return np.array([places.get(label, -1) for label in labels])


def names_of_classes(classes, display_labels, n_labels, n_outputs):
    """Return the names of the classes of each output, or of all labels."""
    names = classes if display_labels is None else display_labels
    n_classes, n_names = [[len(some) for some in several] for several in (classes, names)]
    if len(classes) != n_outputs or n_names != n_classes:
        raise ValueError(
            "Each output must have classes, and each class a name in display_labels; got "
            f"{n_outputs} outputs, {n_classes} classes and {n_names} names."
        )
    if n_labels not in (None, n_classes[0]):
        raise ValueError(
            f"y_true must have a column for each of the {n_classes[0]} labels; got {n_labels}."
        )
    return names


def true_units(n_units, classes, names, y, n_labels):
    """Return which units should be 1, and a name for each row."""
    if n_labels:
        n_units = [n_units[0] // n_labels] * n_labels
        columns, classes = y.T, [[0, 1]] * n_labels
    else:
        columns = y.T if y.ndim == 2 else [y]
    if len(columns) != len(n_units):
        raise ValueError(
            f"y_true must have a column for each of the {len(n_units)} outputs; got {len(columns)}."
        )
    codes = [label_codes(*pair, "y_true") for pair in zip(columns, classes, strict=True)]
    own = [np.arange(len(c)) if len(c) == k else [1] for c, k in zip(classes, n_units, strict=True)]
    is_true = np.hstack([code[:, None] == units for code, units in zip(codes, own, strict=True)])
    if n_labels:
        present = np.transpose(codes) == 1
        rows = [[names[0][j] for j in np.flatnonzero(row)] or ["none"] for row in present]
    else:
        rows = [
            ["?" if code < 0 else some[code] for some, code in zip(names, row, strict=True)]
            for row in np.transpose(codes)
        ]
    return is_true, [", ".join(map(str, row)) for row in rows]
