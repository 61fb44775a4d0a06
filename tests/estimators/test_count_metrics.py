"""Metrics that depend only on counts, beside those of scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, get_scorer

from skneural._estimators.count_metrics import COUNT_METRICS, counts_above
from skneural._estimators.threshold_search import best_threshold, check_scorer

ROUNDED = [1, 6]  # digits of the probabilities: few, so that many are equal, or many


def draw(seed, digits, n=60):
    """Probabilities, codes and weights of some rows."""
    rng = np.random.default_rng(seed)
    probability = rng.random(n).round(digits)
    code = (rng.random(n) < 0.2 + 0.6 * probability).astype(int)
    code[:12] = np.tile([0, 1], 6)
    return probability, code, rng.integers(1, 4, n) / 4


@pytest.mark.parametrize("digits", ROUNDED)
def test_counts_are_those_of_the_predictions_above_each_threshold(digits):
    probability, code, weight = draw(0, digits)
    thresholds = np.concatenate([probability[:20], [0.0, 0.05, 0.5, 1.0]])
    counts = counts_above(thresholds, probability, code == 1, weight)
    for threshold, tp, fp, fn, tn in zip(thresholds, *counts, strict=True):
        expected = confusion_matrix(code, probability > threshold, sample_weight=weight)
        np.testing.assert_array_equal([[tn, fp], [fn, tp]], expected)


@pytest.mark.parametrize("digits", ROUNDED)
@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("name", COUNT_METRICS)
def test_the_threshold_is_the_one_that_the_scorer_finds_one_by_one(name, is_weighted, digits):
    for seed in range(20):
        probability, code, weight = draw(seed, digits)
        weights = {"sample_weight": weight} if is_weighted else {}
        found = [
            best_threshold(check_scorer(scoring, is_weighted), probability, code, 100, weights)
            for scoring in (name, get_scorer(name))
        ]
        np.testing.assert_allclose(*found, rtol=1e-12)


@pytest.mark.parametrize("name", COUNT_METRICS)
def test_where_nothing_is_predicted_scores_are_those_of_scikit_learn(name):
    code = np.array([0, 1, 1])
    counts = [np.array([float(count)]) for count in (0, 0, 2, 1)]
    one_by_one = check_scorer(get_scorer(name), False)
    expected = one_by_one([0.5], np.zeros(3), code, {})
    np.testing.assert_allclose(COUNT_METRICS[name](*counts), expected)
