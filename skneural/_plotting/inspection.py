"""Helpers of the displays that inspect estimators and labels."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from skneural._estimators import BaseMLPClassifier
from skneural._inputs import is_missing, shown
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


def dense_labels(y: Any, name: str) -> Any:
    """Convert labels to a dense array, in which missing labels remain as they are."""
    y = y.toarray() if sp.issparse(y) else y
    return check_array(y, ensure_2d=False, dtype=None, ensure_all_finite=False, input_name=name)


def label_codes(y: Any, classes: Any, name: str) -> IntArray:
    """Return the position of each label among the classes; -1 for missing labels."""
    positions = {label: code for code, label in enumerate(np.asarray(classes).tolist())}
    labels = [None if is_missing(label) else label for label in y.tolist()]
    if unknown := {label for label in labels if label is not None} - set(positions):
        raise ValueError(
            f"{name} has labels that are not classes: {shown(sorted(unknown, key=str))}; the "
            f"classes are {shown(list(positions))}."
        )
    return np.array([positions.get(label, -1) for label in labels])
