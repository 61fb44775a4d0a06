"""Precision, recall and F1 of a label at every threshold where they change."""

import numpy as np
from sklearn.metrics import precision_recall_curve
from sklearn.utils import check_array, check_consistent_length

from skneural._inputs import shown
from skneural._plotting.inspection import dense_labels, label_codes, last_step


def threshold_in_use(classifier):
    """Return the threshold of a classifier, or of the best estimator of a search; else 0.5."""
    classifier = last_step(getattr(classifier, "best_estimator_", classifier))
    for name in ("thresholds_", "best_threshold_", "threshold"):
        if hasattr(classifier, name):
            threshold = getattr(classifier, name)
            return 0.5 if isinstance(threshold, str) else threshold  # scikit-learn's "auto"
    return 0.5


def of_second_class(y, probabilities, classifier):
    """Return the indicator and the probability of the second of two classes."""
    if isinstance(probabilities, list) or probabilities.shape[1] != 2:
        raise ValueError(
            f"A Y with one column requires a classifier of two classes; this "
            f"{type(classifier).__name__} has classes_ {classifier.classes_}."
        )
    codes = label_codes(y, classifier.classes_, "Y")
    return np.where(codes < 0, np.nan, codes), probabilities[:, 1]


def check_predictions(Y_true, Y_proba):
    """Convert both to floats of shape (n_samples, n_labels); missing labels become NaN."""
    Y_true = dense_labels(Y_true, "Y_true")
    Y_proba = check_array(Y_proba, ensure_2d=False, dtype=np.float64, input_name="Y_proba")
    check_consistent_length(Y_true, Y_proba)
    shapes = Y_true.shape, Y_proba.shape
    Y_true, Y_proba = (one.reshape(len(one), -1) for one in (Y_true, Y_proba))
    if Y_true.shape != Y_proba.shape:
        raise ValueError(
            f"Y_proba must have the shape of Y_true, {shapes[0]}; got {shapes[1]}. For two "
            "classes, pass the probability of the second."
        )
    columns = [label_codes(y, [0, 1], "Y_true") for y in Y_true.T]
    if Y_proba.min() < 0 or Y_proba.max() > 1:
        raise ValueError(
            f"Y_proba must be in [0, 1]; got values from {Y_proba.min():.3g} to "
            f"{Y_proba.max():.3g}."
        )
    codes = np.column_stack(columns)
    return np.where(codes < 0, np.nan, codes), Y_proba


def check_threshold(threshold, n_labels):
    """Return the threshold of each label as a float."""
    values = np.asarray(threshold)
    if values.dtype.kind not in "fiu" or not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"threshold must be in [0, 1], got {shown(threshold)}.")
    if values.shape not in ((), (n_labels,)):
        raise ValueError(
            f"threshold must be a number, or one for each of the {n_labels} labels; got "
            f"{shown(threshold)}."
        )
    return np.broadcast_to(values.astype(np.float64), n_labels)


def threshold_curves(y, probability):
    """Return thresholds, and precision, recall and F1 from each threshold up to the next.

    A label is predicted where its probability is greater than the threshold. From the greatest
    probability on, nothing is predicted and precision is NaN. For a label that is never present,
    all three are NaN.
    """
    known = ~np.isnan(y)
    y, probability = y[known], probability[known]
    if not y.any():
        undefined = np.full(2, np.nan)
        return np.array([0.0, 1.0]), undefined, undefined, undefined
    # scikit-learn predicts where a probability equals the threshold, so its values at a
    # probability hold here from the next lower one on.
    precision, recall, probabilities = precision_recall_curve(y, probability)
    precision, recall = np.append(precision, precision[-1]), np.append(recall, recall[-1])
    total = precision + recall
    f1 = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    precision[-2:] = np.nan  # scikit-learn defines it as 1
    return np.concatenate([[0.0], probabilities, [1.0]]), precision, recall, f1
