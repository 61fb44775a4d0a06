"""Search for the decision threshold of a label, given held-out probabilities."""

import warnings
from functools import partial

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import get_scorer

from skneural._estimators.count_metrics import COUNT_METRICS, counts_above
from skneural._inputs import shown
from skneural._typing import FloatArray

_FEWEST_ROWS = 5  # with the label, and without it; below, 0.5 is kept


class _Decided(ClassifierMixin, BaseEstimator):
    """Binary classifier for scorers, whose predictions are its input."""

    classes_ = np.array([0, 1])

    def predict(self, decisions):
        return decisions


def presence(probabilities, classes) -> FloatArray:
    """Convert the output of `predict_proba` to the probability that each label is present.

    Some scikit-learn classifiers return a list with an array for each label, whose columns are
    the classes 0 and 1, or only one of them if the other does not occur.

    Raises
    ------
    ValueError
        If a label has classes other than 0 and 1.
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
    """Return a function that scores the thresholds of a label.

    Its arguments are thresholds, probabilities, codes and ``{"sample_weight": ...}`` or ``{}``.

    Raises
    ------
    ValueError
        If the scorer cannot evaluate binary predictions.
    """
    try:
        scorer = scoring if callable(scoring) else get_scorer(scoring)
        weights = {"sample_weight": np.ones(2)} if is_weighted else {}
        scorer(_Decided(), np.array([0, 1]), np.array([0, 1]), **weights)
    except (AttributeError, TypeError, ValueError) as error:
        signature = f"scorer(estimator, X, y{', sample_weight' if is_weighted else ''})"
        raise ValueError(
            "scoring must be the name of a scorer of binary predictions, such as 'f1', or a "
            f"callable {signature}, as returned by sklearn.metrics.make_scorer; got "
            f"{shown(scoring)}."
        ) from error
    if isinstance(scoring, str) and scoring in COUNT_METRICS:
        return partial(_scores_of_counts, COUNT_METRICS[scoring])
    return partial(_scores_one_by_one, scorer)


def _scores_of_counts(metric, thresholds, probability, code, weights):
    """Score all thresholds after a single sort."""
    weight = weights.get("sample_weight", 1.0)
    return metric(*counts_above(thresholds, probability, code == 1, weight))


def _scores_one_by_one(scorer, thresholds, probability, code, weights):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)  # nothing predicted
        return [
            scorer(_Decided(), (probability > threshold).astype(int), code, **weights)
            for threshold in thresholds
        ]


def best_threshold(score, probability, code, n_thresholds, weights) -> tuple[float, float]:
    """Return the threshold of a label with the best score, and that score.

    `score` is a result of `check_scorer`. Where no threshold can be chosen, they are 0.5 and NaN.
    """
    if np.bincount(code, minlength=2).min() < _FEWEST_ROWS:
        return 0.5, np.nan
    candidates = _candidates(probability, code == 1, n_thresholds)
    candidates = candidates[np.argsort(np.abs(candidates - 0.5), kind="stable")]
    scores = score(candidates, probability, code, weights)
    if np.isnan(scores).all():
        return 0.5, np.nan
    best = int(np.nanargmax(scores))
    return float(candidates[best]), float(scores[best])


def _candidates(probability, is_present, n_most) -> FloatArray:
    """Return thresholds halfway between rows with the label and the next lower ones, and 0.5."""
    values = np.unique(probability)
    positions = np.flatnonzero(np.isin(values, probability[is_present]))
    if len(positions) > n_most:
        positions = positions[np.linspace(0, len(positions) - 1, n_most).astype(int)]
    below = np.append(0.0, values)[positions]
    between = (below + values[positions]) / 2
    return np.append(between[(between > 0) & (between < 1)], 0.5)
