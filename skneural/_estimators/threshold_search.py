"""The best threshold of a label, by predictions of rows that were not trained on."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import get_scorer

from skneural._typing import FloatArray

_FEWEST_ROWS = 5  # of a label and without it, from which a threshold is chosen


class _Decided(ClassifierMixin, BaseEstimator):
    """For scorers: a classifier of two classes that predicts what it is given."""

    classes_ = np.array([0, 1])

    def predict(self, decisions):
        return decisions


def presence(probabilities, classes) -> FloatArray:
    """The probability that each label is present, from what `predict_proba` gives.

    Some of scikit-learn's classifiers give an array for each label, with a column for each of the
    classes 0 and 1 that occur.

    Raises
    ------
    ValueError
        If there are other classes.
    """
    if not isinstance(probabilities, list):
        return np.asarray(probabilities)
    columns = []
    for part, known in zip(probabilities, classes, strict=True):
        if not set(known) <= {0, 1}:
            raise ValueError(
                "Each output must have the classes 0 and 1, for absent and present; one has "
                f"{list(known)}."
            )
        columns.append(part[:, list(known).index(1)] if 1 in known else np.zeros(len(part)))
    return np.column_stack(columns)


def check_scorer(scoring, is_weighted):
    """The scorer that judges predictions, or an error that says what is allowed."""
    try:
        scorer = scoring if callable(scoring) else get_scorer(scoring)
        weights = {"sample_weight": np.ones(2)} if is_weighted else {}
        scorer(_Decided(), np.array([0, 1]), np.array([0, 1]), **weights)
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            "scoring must be the name of a scorer that judges predictions of two classes, such as "
            f"'f1', or what sklearn.metrics.make_scorer makes of a metric; got {scoring!r}"
            f"{', which has to take sample_weight too' if is_weighted else ''}."
        ) from error
    return scorer


def best_threshold(scorer, probability, code, n_thresholds, weights) -> tuple[float, float]:
    """The threshold of a label with the best score, and that score."""
    if np.bincount(code, minlength=2).min() < _FEWEST_ROWS:
        return 0.5, np.nan
    tried = _places_below(probability, code == 1, n_thresholds)
    tried = tried[np.argsort(np.abs(tried - 0.5), kind="stable")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)  # where nothing is predicted
        scores = [
            scorer(_Decided(), (probability > threshold).astype(int), code, **weights)
            for threshold in tried
        ]
    if np.isnan(scores).all():
        return 0.5, np.nan
    best = int(np.nanargmax(scores))
    return float(tried[best]), float(scores[best])


def _places_below(probability, is_chosen, most) -> FloatArray:
    """Thresholds in (0, 1) between chosen probabilities and the next lower ones; and 0.5."""
    values = np.unique(probability)
    places = np.flatnonzero(np.isin(values, probability[is_chosen]))
    if len(places) > most:
        places = places[np.linspace(0, len(places) - 1, most).astype(int)]
    below = np.append(0.0, values)[places]
    between = (below + values[places]) / 2
    return np.append(between[(between > 0) & (between < 1)], 0.5)
